import { getValueAt, isEmptyValue, isMapping, type Values } from "../../lib/object.ts";
import { stackChart } from "../../model/chart.ts";
import type { OverlaySetting } from "./overlay.ts";
import { listScrapeSettings } from "./scrape-intervals.ts";
import { createCiStackSettings } from "./stack-chart.ts";

interface CiOptions {
  /** The user's files of monitors. */
  readonly texts?: readonly string[];
  /** The volumes outlive the stack, so the charts' own volumes stay. */
  readonly keepsData?: boolean | undefined;
}

/**
 * Returns the settings of profile ci for a chart, by the chart's name. Every key exists in the upstream chart. No setting
 * removes what the user set, under whatever key.
 */
export function listCiSettings(
  chart: string,
  values: Values,
  { texts = [], keepsData = false }: CiOptions = {},
): readonly OverlaySetting[] {
  const grafanaOf = (own: unknown) =>
    listCiGrafanaSettings(isMapping(own) ? own : {}, readinessReason, resourcesReason);
  if (chart === "prometheus")
    return [...prometheusSettings, ...(keepsData ? [] : volumeFreeSettings), ...listScrapeSettings(values)];
  if (chart === "grafana") return grafanaOf(values);
  if (chart === stackChart) return createCiStackSettings(values, texts, grafanaOf(values["grafana"]));
  return [];
}

const readinessReason = "a ready pod is noticed within a second instead of up to ten";
const resourcesReason =
  "small enough for any runner, but not the first to starve or to be evicted on a busy one";

const prometheusSettings: readonly OverlaySetting[] = [
  {
    path: ["server", "readinessProbeInitialDelay"],
    value: 0,
    why: "the chart waits 30 s before the first probe",
  },
  { path: ["server", "readinessProbePeriodSeconds"], value: 1, why: readinessReason },
  {
    path: ["configmapReload", "prometheus", "readinessProbe", "periodSeconds"],
    value: 1,
    why: readinessReason,
  },
  { path: ["alertmanager", "readinessProbe", "periodSeconds"], value: 1, why: readinessReason },
  {
    path: ["kube-state-metrics", "readinessProbe", "initialDelaySeconds"],
    value: 0,
    why: "the chart waits 5 s before the first probe",
  },
  { path: ["kube-state-metrics", "readinessProbe", "periodSeconds"], value: 1, why: readinessReason },
  { path: ["prometheus-node-exporter", "readinessProbe", "periodSeconds"], value: 1, why: readinessReason },
  {
    path: ["server", "resources", "requests"],
    value: { cpu: "50m", memory: "64Mi" },
    why: resourcesReason,
    unlessAny: [["server", "resources"]],
  },
  {
    path: ["server", "terminationGracePeriodSeconds"],
    value: 10,
    why: "the chart lets a shutdown take 5 minutes, and teardown waits for it",
    // What it waits for at a shutdown.
    unlessAny: [["server", "extraArgs", "storage.remote.flush-deadline"]],
  },
];

const volumeFreeSettings: readonly OverlaySetting[] = [
  {
    path: ["server", "persistentVolume", "enabled"],
    value: false,
    why: "a volume that dies with the job costs 5 to 10 s of provisioning",
    unlessAny: [
      ["server", "persistentVolume"],
      // Its claims come with persistentVolume.
      ["server", "statefulSet"],
    ],
  },
  {
    path: ["alertmanager", "persistence", "enabled"],
    value: false,
    why: "a volume that dies with the job costs 5 to 10 s of provisioning",
    unlessAny: [["alertmanager", "persistence"]],
  },
];

const offlineReason =
  "a test's Grafana needs nothing from grafana.com: everything that connects there and can be turned off is off";

/**
 * Returns the settings of profile ci for Grafana.
 * @param values those of Grafana's own chart, wherever they are in another chart's values
 */
function listCiGrafanaSettings(
  values: Values,
  everySecond: string,
  small: string,
): readonly OverlaySetting[] {
  return [
    { path: ["readinessProbe", "periodSeconds"], value: 1, why: everySecond },
    {
      path: ["resources", "requests"],
      value: { cpu: "50m", memory: "64Mi" },
      why: small,
      unlessAny: [["resources"]],
    },
    { path: ["grafana.ini", "analytics", "check_for_updates"], value: false, why: offlineReason },
    { path: ["grafana.ini", "analytics", "check_for_plugin_updates"], value: false, why: offlineReason },
    { path: ["grafana.ini", "analytics", "reporting_enabled"], value: false, why: offlineReason },
    ...(canNeedPlugins(values) ? [] : pluginFreeSettings),
  ];
}

/**
 * Grafana compiles its default list of plugins in: `preinstall: ""` does not empty it, and `preinstall_disabled` turns
 * off `preinstall_sync` and GF_INSTALL_PLUGINS too (grafana/grafana, pkg/setting/setting_plugins.go). So there is no way
 * to have only the user's plugins, and with one of them the default list stays.
 */
const pluginFreeSettings: readonly OverlaySetting[] = [
  {
    path: ["grafana.ini", "plugins", "preinstall_disabled"],
    value: true,
    why: "Grafana 11.5 and later download plugins from grafana.com at each start, and your values request none",
  },
  {
    path: ["grafana.ini", "plugins", "public_key_retrieval_disabled"],
    value: true,
    why: "Grafana downloads keys for the signatures of plugins from grafana.com, and your values request no plugin",
  },
];

const pluginVariables =
  /^GF_(INSTALL_PLUGINS|PLUGINS_PREINSTALL|PLUGINS_PREINSTALL_(SYNC|ASYNC|DISABLED|AUTO_UPDATE))$/;
const pluginSettings = ["preinstall", "preinstall_sync", "preinstall_async", "preinstall_auto_update"];
/** Data sources that every Grafana has in its image. As of 13 most others are among the plugins that it downloads. */
const bundledTypes = ["prometheus", "alertmanager"];

/** True if the values request a plugin, or include a file that monstack can't read and that may request one. */
function canNeedPlugins(values: Values): boolean {
  const valueAt = (...path: string[]) => getValueAt(values, path);
  const variables = [valueAt("env"), valueAt("envValueFrom")].flatMap((value) =>
    isMapping(value) ? Object.keys(value) : [],
  );
  const unread = [
    valueAt("envFromSecret"),
    valueAt("envFromSecrets"),
    valueAt("envFromConfigMaps"),
    valueAt("envRenderSecret"),
  ];
  return (
    !isEmptyValue(valueAt("plugins")) ||
    pluginSettings.some((key) => !isEmptyValue(valueAt("grafana.ini", "plugins", key))) ||
    variables.some((name) => pluginVariables.test(name)) ||
    unread.some((value) => !isEmptyValue(value)) ||
    valueAt("sidecar", "plugins", "enabled") === true ||
    listDatasourceTypes(values).some((type) => !bundledTypes.includes(type))
  );
}

/** Returns the types of the data sources in the values of Grafana's chart. */
function listDatasourceTypes(values: Values): string[] {
  const files = getValueAt(values, ["datasources"]);
  const lists = [
    ...(isMapping(files) ? Object.values(files).map((file) => isMapping(file) && file["datasources"]) : []),
    getValueAt(values, ["additionalDataSources"]),
  ];
  return lists.flatMap((list) =>
    Array.isArray(list)
      ? list.flatMap((datasource: unknown) =>
          isMapping(datasource) && typeof datasource["type"] === "string" ? [datasource["type"]] : [],
        )
      : [],
  );
}
