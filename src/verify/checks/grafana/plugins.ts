import { formatList, hasWord, mostOfLine, shorten } from "../../../lib/text.ts";
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
  const downloadErrors = missing.flatMap(({ plugin }) => findDownloadError(log, plugin.id) ?? []);
  const isPreinstallDisabled = settings["preinstall_disabled"] === "true";
  const disabled = (settings["disable_plugins"] ?? "").split(/[\s,]+/);
  const disabledPlugin = missing.map(({ plugin }) => plugin.id).find((id) => disabled.includes(id));
  const overriddenPlugin = missing.find(({ plugin }) => /grafana\.ini$/.test(plugin.by));
  const cause =
    downloadErrors[0] ??
    (disabledPlugin !== undefined
      ? `plugins.disable_plugins of Grafana's settings names ${disabledPlugin}`
      : isPreinstallDisabled
        ? "plugins.preinstall_disabled is true, which turns off every way to have Grafana install plugins at its start"
        : overriddenPlugin !== undefined &&
            Object.values(settings).every((value) => !value.includes(overriddenPlugin.plugin.id))
          ? `a variable overrides ${overriddenPlugin.plugin.by}: GF_PLUGINS_PREINSTALL or, with the chart's \`plugins\`, GF_PLUGINS_PREINSTALL_SYNC`
          : "Grafana's log does not say why: it may still be downloading, or can't reach grafana.com");
  return {
    status: "fail",
    expected: `plugins ${formatList(requested.map((one) => `${formatPlugin(one)} (${one.by})`))}`,
    seen: formatList(missing.map(({ text }) => text)),
    cause,
    fault: {
      id: "grafana-plugin-missing",
      graceMs: downloadErrors.length > 0 || isPreinstallDisabled ? 0 : installingMs,
    },
  };
}

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

/** Returns the error in Grafana's log about a plugin's download; undefined if there is none or the download succeeded later. */
function findDownloadError(log: string, id: string): string | undefined {
  const pluginLines = log
    .split("\n")
    .map((line) => line.slice(0, mostOfLine))
    .filter((line) => hasWord(line, id));
  const last = pluginLines.findLast((line) => /fail|error|✗|success|installed/i.test(line));
  if (last === undefined || !/level=(error|warn)|fail|✗/i.test(last)) return undefined;
  const error = /error="((?:[^"\\]|\\.)*)"/.exec(last)?.[1]?.replaceAll('\\"', '"');
  return `Grafana's log: ${shorten(error ?? last.trim(), 600)}`;
}
