import { formatList, hasWord, maxLineLength, shorten } from "../../../lib/text.ts";
import { type Check, pass, skip, skipNotDeployed, type Verdict } from "../../../stack/check.ts";
import { createGrafanaClient, type GrafanaClient } from "../../../stack/grafana.ts";
import { readLog } from "../../../stack/kube.ts";
import type { Stack } from "../../../stack/stack.ts";
import { listComponentPods } from "../../access/components.ts";
import { listRequestedPlugins, type RequestedPlugin } from "../../requested/grafana-settings.ts";

export const grafanaPlugins: Check = {
  id: "grafana-plugins",
  title: "Grafana has the plugins that were requested",
  severity: "error",
  meaning: "Panels and data sources of a plugin that is missing show an error instead of data.",
  fix: "correct the plugin's ID and version (grafana.com/grafana/plugins), let the pod reach grafana.com, or put the plugin into the image",
  run: checkGrafanaPlugins,
};

/** Milliseconds: Grafana responds while it downloads plugins in the background, each with several attempts. */
const installingMs = 60_000;

/** A requested plugin that is not installed, or has another version, and the text that reports it. */
interface MissingPlugin {
  readonly text: string;
  readonly plugin: RequestedPlugin;
}

/** Fails if a requested plugin is not installed or has another version. */
async function checkGrafanaPlugins(stack: Stack): Promise<Verdict> {
  const { context, grafana, rendered } = stack;
  if (grafana === undefined) return skipNotDeployed("Grafana");
  const requested = listRequestedPlugins(rendered);
  if (requested.length === 0) return skip("no plugin is requested");
  const client = createGrafanaClient(context, grafana);
  const live = new Map((await client.plugins()).map(({ id, version }) => [id, version]));
  const missing = requested.flatMap((plugin): MissingPlugin[] => {
    const version = live.get(plugin.id);
    if (version === undefined) return [{ plugin, text: `${formatPlugin(plugin)} is not installed` }];
    if (plugin.version === undefined || plugin.version === "latest" || plugin.version === version) return [];
    return [{ plugin, text: `${plugin.id} has version ${version || "unknown"}, not ${plugin.version}` }];
  });
  if (missing.length === 0)
    return pass(formatList(requested.map(({ id }) => `${id} ${live.get(id) ?? ""}`.trimEnd())));
  return await reportMissingPlugins(stack, client, requested, missing);
}

/** Returns the failure for missing plugins, with the cause from Grafana's log and settings. */
async function reportMissingPlugins(
  stack: Stack,
  client: GrafanaClient,
  requested: readonly RequestedPlugin[],
  missing: readonly MissingPlugin[],
): Promise<Verdict> {
  const settings = (await client.settings())?.["plugins"] ?? {};
  const log = await readGrafanaLog(stack);
  const downloadError = missing.map(({ plugin }) => findDownloadError(log, plugin.id)).find(Boolean);
  const isPreinstallDisabled = settings["preinstall_disabled"] === "true";
  return {
    status: "fail",
    expected: `plugins ${formatList(requested.map((plugin) => `${formatPlugin(plugin)} (${plugin.by})`))}`,
    seen: formatList(missing.map(({ text }) => text)),
    cause: downloadError ?? explainMissingPlugin(missing, settings),
    fault: {
      id: "grafana-plugin-missing",
      // Waiting can change neither a failed download nor the settings.
      graceMs: downloadError !== undefined || isPreinstallDisabled ? 0 : installingMs,
    },
  };
}

/**
 * Returns why a plugin without a download error is missing, from Grafana's settings: it is disabled, preinstalling is off,
 * or a variable overrides grafana.ini.
 * @param settings the section `plugins` of Grafana's settings
 */
function explainMissingPlugin(
  missing: readonly MissingPlugin[],
  settings: Readonly<Record<string, string>>,
): string {
  const disabledIds = (settings["disable_plugins"] ?? "").split(/[\s,]+/);
  const disabledId = missing.map(({ plugin }) => plugin.id).find((id) => disabledIds.includes(id));
  if (disabledId !== undefined) return `plugins.disable_plugins of Grafana's settings names ${disabledId}`;
  if (settings["preinstall_disabled"] === "true")
    return "plugins.preinstall_disabled is true, which turns off every way to have Grafana install plugins at its start";
  const iniPlugin = missing.find(({ plugin }) => /grafana\.ini$/.test(plugin.by))?.plugin;
  const isOverridden =
    iniPlugin !== undefined && Object.values(settings).every((value) => !value.includes(iniPlugin.id));
  if (isOverridden)
    return `a variable overrides ${iniPlugin.by}: GF_PLUGINS_PREINSTALL or, with the chart's \`plugins\`, GF_PLUGINS_PREINSTALL_SYNC`;
  return "Grafana's log does not say why: it may still be downloading, or can't reach grafana.com";
}

/** Returns `ID@VERSION`, or the id alone if any version will do. */
function formatPlugin({ id, version }: RequestedPlugin): string {
  return version === undefined ? id : `${id}@${version}`;
}

/** Returns the logs of Grafana's pods; empty if they can't be read. */
async function readGrafanaLog(stack: Stack): Promise<string> {
  const pods = (await listComponentPods(stack, "grafana").catch(() => undefined)) ?? [];
  const logs = pods.flatMap(({ metadata }) => {
    const { name, namespace } = metadata ?? {};
    return name && namespace ? [readLog(stack, { namespace, pod: name, container: "grafana" })] : [];
  });
  return (await Promise.all(logs)).join("\n");
}

/**
 * Returns the error in Grafana's log about a plugin's download; undefined if there is none, or if the download
 * succeeded later.
 */
function findDownloadError(log: string, id: string): string | undefined {
  const pluginLines = log
    .split("\n")
    .map((line) => line.slice(0, maxLineLength))
    .filter((line) => hasWord(line, id));
  const lastResult = pluginLines.findLast((line) => /fail|error|✗|success|installed/i.test(line));
  if (lastResult === undefined || !/level=(error|warn)|fail|✗/i.test(lastResult)) return undefined;
  const error = /error="((?:[^"\\]|\\.)*)"/.exec(lastResult)?.[1]?.replaceAll('\\"', '"');
  return `Grafana's log: ${shorten(error ?? lastResult.trim(), 600)}`;
}
