import { getOwnValue, getValueAt, isEmptyValue, isMapping, type Values } from "../lib/object.ts";
import { getChartName, stackChart } from "../model/chart.ts";
import type { PlannedApp } from "../model/plan.ts";
import type { NotificationTemplates } from "../rules/alertmanager.ts";
import { type AlertSources, listRules } from "../rules/inhibition.ts";
import { readYaml } from "../yaml/read.ts";
import { findAlertmanagerPath } from "./capture.ts";

/** Key paths in a chart's values at which Alertmanager is configured. */
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

/** Returns the places in a chart that keeps Alertmanager's values below `path`. */
function createPlaces(path: readonly string[]): Places {
  const extendPath = (...keys: string[]) => [...path, ...keys];
  return {
    templates: extendPath("templates"),
    folder: "/etc/alertmanager",
    mounts: ["extraConfigmapMounts", "extraSecretMounts", "extraVolumeMounts", "extraVolumes"].map((key) =>
      extendPath(key),
    ),
    features: extendPath("extraArgs", "enable-feature"),
    tag: extendPath("image", "tag"),
  };
}

const spec = ["alertmanager", "alertmanagerSpec"];
/** The places in the values of each chart that deploys an Alertmanager, by the chart's name. */
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

/**
 * Returns the template files that an app's values bring into Alertmanager's pods, and the key path of each file in the
 * values.
 */
export function findNotificationTemplates({
  chart,
  values,
}: PlannedApp): NotificationTemplates & { readonly at: Readonly<Record<string, readonly string[]>> } {
  const places = getOwnValue(charts, getChartName(chart));
  const configuredFiles = places && getValueAt(values, places.templates);
  if (places === undefined) return { files: [], isComplete: false, at: {} };
  const templateFiles = Object.entries(isMapping(configuredFiles) ? configuredFiles : {}).flatMap(
    ([name, text]) =>
      typeof text === "string" ? [{ key: name, name: `${places.folder}/${name}`, text }] : [],
  );
  return {
    files: templateFiles.map(({ name, text }) => ({ name, text })),
    isComplete: places.mounts.every((path) => isEmptyValue(getValueAt(values, path))),
    at: Object.fromEntries(templateFiles.map(({ key, name }) => [name, [...places.templates, key]])),
  };
}

/** Returns the features that the values enable in Alertmanager with `--enable-feature`. */
export function findAlertmanagerFeatures({ chart, values }: PlannedApp): string[] {
  const places = getOwnValue(charts, getChartName(chart));
  const features = places && getValueAt(values, places.features);
  const list = Array.isArray(features) ? features : [features ?? ""];
  return list.flatMap((feature) => String(feature).split(",")).filter((feature) => feature !== "");
}

/** Returns the image tag of Alertmanager in the values; undefined if the values leave it to the chart. */
export function findAlertmanagerTag({ chart, values }: PlannedApp): string | undefined {
  const places = getOwnValue(charts, getChartName(chart));
  const tag = places && getValueAt(values, places.tag);
  return typeof tag === "string" && tag !== "" ? tag : undefined;
}

/**
 * Returns Alertmanager's configuration in an app's values and its key path; undefined if the values have none. Parts that
 * the chart adds are filled in, so that upstream's code can check the configuration.
 */
export function findConfigInValues(
  app: PlannedApp,
): { readonly path: readonly string[]; readonly config: Values } | undefined {
  const path = findAlertmanagerPath(app);
  const places = getOwnValue(charts, getChartName(app.chart));
  const configured = path && getValueAt(app.values, path);
  if (path === undefined || places === undefined || !isMapping(configured)) return undefined;
  const { enabled: _, ...ownConfig } = configured;
  const receivers = Array.isArray(ownConfig["receivers"])
    ? ownConfig["receivers"]
    : [{ name: "default-receiver" }];
  const [first] = receivers.filter(isMapping);
  const route = isMapping(ownConfig["route"]) ? ownConfig["route"] : {};
  const config = {
    templates: [`${places.folder}/*.tmpl`],
    ...ownConfig,
    receivers,
    route: { receiver: first?.["name"], ...route },
  };
  return { path, config };
}

/**
 * Returns where the alerts of a stack come from, as far as the values and the user's rule files show it. Undefined if a
 * chart brings its own rules, if files with unknown content are mounted, or if there is not exactly one Prometheus.
 * @param ruleTexts the contents of the user's rule files
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

/** Keys of the Prometheus chart that mount files into its server. Such files may contain further rules. */
const mounts = [
  "extraConfigmapMounts",
  "extraSecretMounts",
  "extraVolumeMounts",
  "extraVolumes",
  "extraHostPathMounts",
].map((key) => ["server", key]);

/** Returns the mapping below a key; an empty mapping if the key holds anything else. */
function getMappingAt(values: Values, key: string): Values {
  const value = values[key];
  return isMapping(value) ? value : {};
}

/**
 * Returns the names of the labels that Prometheus adds to alerts: external labels and labels from relabelling. Undefined
 * if relabelling can add any label.
 */
function findAddedLabels(values: Values): string[] | undefined {
  const externalLabels = [
    ["server", "global"],
    ["serverFiles", "prometheus.yml", "global"],
  ].flatMap((path) => {
    const labels = getValueAt(values, [...path, "external_labels"]);
    return isMapping(labels) ? Object.keys(labels) : [];
  });
  const relabelRules = [
    ["serverFiles", "prometheus.yml", "alerting", "alert_relabel_configs"],
    ["alertRelabelConfigs", "alert_relabel_configs"],
  ].flatMap((path) => getValueAt(values, path) ?? []);
  const targetLabels = relabelRules.map((rule: unknown) =>
    isMapping(rule) ? rule["target_label"] : undefined,
  );
  const canAddAnyLabel = relabelRules.some(
    (rule: unknown) => isMapping(rule) && rule["action"] === "labelmap",
  );
  return canAddAnyLabel
    ? undefined
    : [...externalLabels, ...targetLabels.filter((label) => typeof label === "string")];
}
