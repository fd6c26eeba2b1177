import { lt, valid } from "semver";
import { getMappingAt, getValueAt, isEmptyValue, isMapping, type Values } from "../../lib/object.ts";
import { type OverlaySetting, readinessReason, resourcesReason } from "./overlay.ts";

interface GrafanaOptions {
  /** The version of Grafana's own chart, if the configuration says one. */
  readonly version?: string | undefined;
  readonly keepsData?: boolean;
}

const offlineReason =
  "a test's Grafana needs nothing from grafana.com: everything that connects there and can be turned off is off";

/**
 * Returns the settings of profile ci for Grafana.
 * @param values those of Grafana's own chart, wherever they are in another chart's values
 */
export function listCiGrafanaSettings(
  values: Values,
  { version, keepsData = false }: GrafanaOptions,
): readonly OverlaySetting[] {
  const isFree = !canNeedPlugins(values);
  return [
    { path: ["readinessProbe", "periodSeconds"], value: 1, why: readinessReason },
    {
      path: ["resources", "requests"],
      value: { cpu: "50m", memory: "64Mi" },
      why: resourcesReason,
      unlessAny: [["resources"]],
    },
    { path: ["grafana.ini", "analytics", "check_for_updates"], value: false, why: offlineReason },
    { path: ["grafana.ini", "analytics", "check_for_plugin_updates"], value: false, why: offlineReason },
    { path: ["grafana.ini", "analytics", "reporting_enabled"], value: false, why: offlineReason },
    ...(isFree ? pluginFreeSettings : []),
    ...(isFree && !keepsData && canBeInMemory(values, version) ? [inMemorySetting] : []),
  ];
}

/**
 * Grafana's folder is a tmpfs of its pod. Plugins would be in it too, so it is used only without them.
 */
const inMemorySetting: OverlaySetting = {
  path: ["persistence", "inMemory", "enabled"],
  value: true,
  why: "Grafana writes hundreds of migrations of its new database to the disk, one after the other; memory is faster",
  unlessAny: [
    ["persistence"],
    ["grafana.ini", "database"],
    ["grafana.ini", "paths", "data"],
    // A tmpfs counts as the pod's memory.
    ["resources", "limits"],
  ],
};

/** Version of the chart that brought `persistence.inMemory`. */
const inMemorySince = "6.4.0";
const databaseVariables = /^GF_(?:DATABASE_|PATHS_DATA$)/;

/** False if the chart has no such key, or if Grafana's variables place its database. */
function canBeInMemory(values: Values, version: string | undefined): boolean {
  const isTooOld = version !== undefined && valid(version) !== null && lt(version, inMemorySince);
  return !isTooOld && !listVariables(values).some((name) => databaseVariables.test(name));
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
  const unread = [
    valueAt("envFromSecret"),
    valueAt("envFromSecrets"),
    valueAt("envFromConfigMaps"),
    valueAt("envRenderSecret"),
  ];
  return (
    !isEmptyValue(valueAt("plugins")) ||
    pluginSettings.some((key) => !isEmptyValue(valueAt("grafana.ini", "plugins", key))) ||
    listVariables(values).some((name) => pluginVariables.test(name)) ||
    unread.some((value) => !isEmptyValue(value)) ||
    valueAt("sidecar", "plugins", "enabled") === true ||
    listDatasourceTypes(values).some((type) => !bundledTypes.includes(type))
  );
}

/** Returns the names of the variables that the values set for Grafana. */
function listVariables(values: Values): string[] {
  return ["env", "envValueFrom"].flatMap((key) => Object.keys(getMappingAt(values, [key])));
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
