import { getValueAt, isEmptyValue, isMapping, ownValue, type Values } from "../lib/object.ts";
import { getChartName, stackChart } from "../model/chart.ts";
import type { PlannedApp } from "../model/plan.ts";
import type { NotificationTemplates } from "../rules/alertmanager.ts";
import { type AlertSources, listRules } from "../rules/inhibition.ts";
import { readYaml } from "../yaml/read.ts";
import { findAlertmanagerPath } from "./capture.ts";

/** Where a chart's values say how Alertmanager runs. */
interface Places {
  /** Template files by their names. */
  readonly templates: readonly string[];
  /** The folder in the pod in which they are, and which the chart's own configuration loads. */
  readonly folder: string;
  /** Values that can bring files into the pod. */
  readonly mounts: readonly (readonly string[])[];
  /** Names of `--enable-feature`: a list, or a text with commas. */
  readonly features: readonly string[];
  readonly tag: readonly string[];
}

function createPlaces(path: readonly string[]): Places {
  const at = (...keys: string[]) => [...path, ...keys];
  return {
    templates: at("templates"),
    folder: "/etc/alertmanager",
    mounts: ["extraConfigmapMounts", "extraSecretMounts", "extraVolumeMounts", "extraVolumes"].map((key) =>
      at(key),
    ),
    features: at("extraArgs", "enable-feature"),
    tag: at("image", "tag"),
  };
}

const spec = ["alertmanager", "alertmanagerSpec"];
const charts: Readonly<Record<string, Places>> = {
  alertmanager: createPlaces([]),
  prometheus: createPlaces(["alertmanager"]),
  "kube-prometheus-stack": {
    templates: ["alertmanager", "templateFiles"],
    folder: "/etc/alertmanager/config",
    mounts: ["secrets", "configMaps", "volumeMounts", "containers"].map((key) => [...spec, key]),
    features: [...spec, "enableFeatures"],
    tag: [...spec, "image", "tag"],
  },
};

/** Returns the template files that an app's values bring into Alertmanager's pods, and where each stands in the values. */
export function findNotificationTemplates({
  chart,
  values,
}: PlannedApp): NotificationTemplates & { readonly at: Readonly<Record<string, readonly string[]>> } {
  const places = ownValue(charts, getChartName(chart));
  const found = places && getValueAt(values, places.templates);
  if (places === undefined) return { files: [], isComplete: false, at: {} };
  const texts = Object.entries(isMapping(found) ? found : {}).flatMap(([name, text]) =>
    typeof text === "string" ? [{ key: name, name: `${places.folder}/${name}`, text }] : [],
  );
  return {
    files: texts.map(({ name, text }) => ({ name, text })),
    isComplete: places.mounts.every((path) => isEmptyValue(getValueAt(values, path))),
    at: Object.fromEntries(texts.map(({ key, name }) => [name, [...places.templates, key]])),
  };
}

/** Returns the features that Alertmanager is started with, as far as the values say. */
export function findAlertmanagerFeatures({ chart, values }: PlannedApp): string[] {
  const places = ownValue(charts, getChartName(chart));
  const given = places && getValueAt(values, places.features);
  const list = Array.isArray(given) ? given : [given ?? ""];
  return list.flatMap((one) => String(one).split(",")).filter((one) => one !== "");
}

/** Returns the release of Alertmanager that the values name; undefined: the chart's own. */
export function findAlertmanagerTag({ chart, values }: PlannedApp): string | undefined {
  const places = ownValue(charts, getChartName(chart));
  const tag = places && getValueAt(values, places.tag);
  return typeof tag === "string" && tag !== "" ? tag : undefined;
}

/** Returns the part of the values that is Alertmanager's configuration, complete enough to be tried: what the chart adds is added. */
export function findConfigInValues(
  app: PlannedApp,
): { readonly path: readonly string[]; readonly config: Values } | undefined {
  const path = findAlertmanagerPath(app);
  const places = ownValue(charts, getChartName(app.chart));
  const given = path && getValueAt(app.values, path);
  if (path === undefined || places === undefined || !isMapping(given)) return undefined;
  const { enabled: _, ...own } = given;
  const receivers = Array.isArray(own["receivers"]) ? own["receivers"] : [{ name: "default-receiver" }];
  const [first] = receivers.filter(isMapping);
  const route = isMapping(own["route"]) ? own["route"] : {};
  const config = {
    templates: [`${places.folder}/*.tmpl`],
    ...own,
    receivers,
    route: { receiver: first?.["name"], ...route },
  };
  return { path, config };
}

/**
 * Returns where the alerts of a stack come from, as far as the values and the user's rule files say all of it: undefined where a
 * chart brings rules of its own, files that nobody knows yet are mounted, or Prometheus is elsewhere.
 * @param ruleTexts what the user's rule files hold
 */
export function findAlertSources(
  apps: readonly PlannedApp[],
  ruleTexts: readonly string[],
): AlertSources | undefined {
  const servers = apps.filter(({ chart }) => getChartName(chart) === "prometheus");
  const [server] = servers;
  if (
    server === undefined ||
    servers.length > 1 ||
    apps.some(({ chart }) => getChartName(chart) === stackChart)
  )
    return undefined;
  const { values } = server;
  if (mounts.some((path) => !isEmptyValue(getValueAt(values, path)))) return undefined;
  const contents = [
    ...Object.values(getMappingAt(values, "serverFiles")),
    ...Object.values(getMappingAt(values, "ruleFiles")),
  ];
  return {
    rules: [...contents, ...ruleTexts].flatMap((content) =>
      listRules(typeof content === "string" ? readYaml(content).data : content),
    ),
    added: findAddedLabels(values),
  };
}

const mounts = [
  "extraConfigmapMounts",
  "extraSecretMounts",
  "extraVolumeMounts",
  "extraVolumes",
  "extraHostPathMounts",
].map((key) => ["server", key]);

function getMappingAt(values: Values, key: string): Values {
  const found = values[key];
  return isMapping(found) ? found : {};
}

/** External labels, and what relabelling of alerts sets; undefined when that can be anything. */
function findAddedLabels(values: Values): string[] | undefined {
  const external = [
    ["server", "global"],
    ["serverFiles", "prometheus.yml", "global"],
  ].flatMap((path) => {
    const labels = getValueAt(values, [...path, "external_labels"]);
    return isMapping(labels) ? Object.keys(labels) : [];
  });
  const relabelling = [
    ["serverFiles", "prometheus.yml", "alerting", "alert_relabel_configs"],
    ["alertRelabelConfigs", "alert_relabel_configs"],
  ].flatMap((path) => getValueAt(values, path) ?? []);
  const targets = relabelling.map((one: unknown) => (isMapping(one) ? one["target_label"] : undefined));
  const isOpen = relabelling.some((one: unknown) => isMapping(one) && one["action"] === "labelmap");
  return isOpen ? undefined : [...external, ...targets.filter((one) => typeof one === "string")];
}
