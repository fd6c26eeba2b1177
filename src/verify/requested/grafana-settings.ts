import { sortByComponentApp } from "../../model/chart-keys.ts";
import { listFiles, type RenderedApp } from "../../model/rendered.ts";
import { listRequestedContainers, type RequestedContainer } from "./containers.ts";

/** A key of grafana.ini, or of the settings that Grafana reports. */
export interface GrafanaSetting {
  readonly section: string;
  readonly key: string;
  readonly value: string;
}

/** Returns Grafana's own container as the charts render it; undefined if there is none. */
export function findGrafanaContainer(rendered: readonly RenderedApp[]): RequestedContainer | undefined {
  return listRequestedContainers(sortByComponentApp("grafana", rendered)).find(
    ({ name, workload }) => name === "grafana" && workload.podLabels["app.kubernetes.io/name"] === "grafana",
  );
}

/** Returns the settings of the grafana.ini that the charts render, in the file's order; empty if they render none. */
export function readRequestedIni(rendered: readonly RenderedApp[]): GrafanaSetting[] {
  const text =
    listFiles(sortByComponentApp("grafana", rendered)).find(({ key }) => key === "grafana.ini")?.content ??
    "";
  // Keys before the first heading belong to the section DEFAULT.
  let section = "DEFAULT";
  return text.split("\n").flatMap((line) => {
    const heading = /^\s*\[(.+)\]\s*$/.exec(line)?.[1];
    if (heading !== undefined) section = heading.trim();
    const [, key, value = ""] = /^\s*([^#;=[\s][^=]*)=(.*)$/.exec(line) ?? [];
    return key === undefined ? [] : [{ section, key: key.trimEnd(), value: removeQuotes(value.trim()) }];
  });
}

/** Returns a value of grafana.ini without the quotes around it. */
function removeQuotes(value: string): string {
  const quoted = /^("""|["'`])(.*)\1$/s.exec(value);
  return quoted?.[2] ?? value;
}

/** Returns the variable that overrides a key: `GF_AUTH_ANONYMOUS_ENABLED` (grafana/grafana, pkg/setting, EnvKey). */
export function formatSettingVariable({ section, key }: Pick<GrafanaSetting, "section" | "key">): string {
  return `GF_${section}_${key}`.replaceAll(/[.-]/g, "_").toUpperCase();
}

/** A plugin that is requested. */
export interface RequestedPlugin {
  readonly id: string;
  /** Undefined: any. */
  readonly version: string | undefined;
  /** Where it is requested: `GF_PLUGINS_PREINSTALL_SYNC`, or `plugins.preinstall of grafana.ini`. */
  readonly by: string;
}

/** Returns the plugins that the charts request through variables or grafana.ini, each id once. */
export function listRequestedPlugins(rendered: readonly RenderedApp[]): RequestedPlugin[] {
  const env = findGrafanaContainer(rendered)?.env ?? new Map<string, string | undefined>();
  const preinstalledByEnv = ["GF_PLUGINS_PREINSTALL_SYNC", "GF_PLUGINS_PREINSTALL"].flatMap((name) =>
    (env.get(name) ?? "").split(/[\s,]+/).flatMap((entry) => parsePreinstallEntry(entry, name)),
  );
  const installedByEnv = (env.get("GF_INSTALL_PLUGINS") ?? "")
    .split(",")
    .flatMap((entry) => parseInstallPlugins(entry.trim()));
  const preinstalledByIni = readRequestedIni(rendered)
    .filter(({ section, key }) => section === "plugins" && /^preinstall(_sync)?$/.test(key))
    .flatMap(({ key, value }) =>
      value.split(/[\s,]+/).flatMap((entry) => parsePreinstallEntry(entry, `plugins.${key} of grafana.ini`)),
    );
  const plugins = [...preinstalledByIni, ...installedByEnv, ...preinstalledByEnv];
  return [...new Map(plugins.map((plugin) => [plugin.id, plugin])).values()];
}

/**
 * Parses an entry of a preinstall list: `ID`, `ID@VERSION` or `ID@VERSION@URL`. Returns an empty list for an empty
 * entry.
 */
function parsePreinstallEntry(entry: string, by: string): RequestedPlugin[] {
  const [id = "", version = ""] = entry.split("@");
  return id === "" ? [] : [{ id, version: version || undefined, by }];
}

/**
 * Parses an entry of GF_INSTALL_PLUGINS: `ID`, `ID VERSION` or `URL;FOLDER`. Returns an empty list for an empty entry.
 * The chart passes `plugins` on in this variable; later versions use GF_PLUGINS_PREINSTALL_SYNC.
 */
function parseInstallPlugins(entry: string): RequestedPlugin[] {
  const by = "GF_INSTALL_PLUGINS";
  if (entry === "") return [];
  if (entry.includes(";")) return [{ id: entry.split(";")[1]?.trim() ?? "", version: undefined, by }];
  const [id = "", version] = entry.split(/[@\s]+/);
  return [{ id, version: version || undefined, by }];
}
