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

/** Grafana answers while it downloads plugins in the background, each with several attempts. */
const installingMs = 60_000;

interface Missing {
  readonly text: string;
  readonly plugin: RequestedPlugin;
}

async function checkGrafanaPlugins(stack: Stack): Promise<Verdict> {
  const { context, grafana, rendered } = stack;
  if (grafana === undefined) return skipNotDeployed("Grafana");
  const requested = listRequestedPlugins(rendered);
  if (requested.length === 0) return skip("no plugin is requested");
  const client = createGrafanaClient(context, grafana);
  const live = new Map((await client.plugins()).map(({ id, version }) => [id, version]));
  const missing = requested.flatMap((plugin): Missing[] => {
    const version = live.get(plugin.id);
    if (version === undefined) return [{ plugin, text: `${nameOf(plugin)} is not installed` }];
    if (plugin.version === undefined || plugin.version === "latest" || plugin.version === version) return [];
    return [{ plugin, text: `${plugin.id} has version ${version || "unknown"}, not ${plugin.version}` }];
  });
  if (missing.length === 0)
    return pass(formatList(requested.map(({ id }) => `${id} ${live.get(id) ?? ""}`.trimEnd())));
  return await reportMissingPlugins(stack, client, requested, missing);
}

async function reportMissingPlugins(
  stack: Stack,
  client: GrafanaClient,
  requested: readonly RequestedPlugin[],
  missing: readonly Missing[],
): Promise<Verdict> {
  const settings = (await client.settings())?.["plugins"] ?? {};
  const log = await logOf(stack);
  const said = missing.flatMap(({ plugin }) => findDownloadError(log, plugin.id) ?? []);
  const isOff = settings["preinstall_disabled"] === "true";
  const disabled = (settings["disable_plugins"] ?? "").split(/[\s,]+/);
  const off = missing.map(({ plugin }) => plugin.id).find((id) => disabled.includes(id));
  const lost = missing.find(({ plugin }) => /grafana\.ini$/.test(plugin.by));
  const cause =
    said[0] ??
    (off !== undefined
      ? `plugins.disable_plugins of Grafana's settings names ${off}`
      : isOff
        ? "plugins.preinstall_disabled is true, which turns off every way to have Grafana install plugins at its start"
        : lost !== undefined && Object.values(settings).every((value) => !value.includes(lost.plugin.id))
          ? `a variable overrides ${lost.plugin.by}: GF_PLUGINS_PREINSTALL or, with the chart's \`plugins\`, GF_PLUGINS_PREINSTALL_SYNC`
          : "Grafana's log does not say why: it may still be downloading, or can't reach grafana.com");
  return {
    status: "fail",
    expected: `plugins ${formatList(requested.map((one) => `${nameOf(one)} (${one.by})`))}`,
    seen: formatList(missing.map(({ text }) => text)),
    cause,
    fault: { id: "grafana-plugin-missing", graceMs: said.length > 0 || isOff ? 0 : installingMs },
  };
}

function nameOf({ id, version }: RequestedPlugin): string {
  return version === undefined ? id : `${id}@${version}`;
}

async function logOf(stack: Stack): Promise<string> {
  const pods = (await listComponentPods(stack, "grafana").catch(() => undefined)) ?? [];
  const logs = pods.flatMap(({ metadata }) => {
    const { name, namespace } = metadata ?? {};
    return name && namespace ? [readLog(stack, { namespace, pod: name, container: "grafana" })] : [];
  });
  return (await Promise.all(logs)).join("\n");
}

/** Grafana's own words about a download that failed; undefined when it succeeded later, or nothing is said. */
function findDownloadError(log: string, id: string): string | undefined {
  const about = log
    .split("\n")
    .map((line) => line.slice(0, mostOfLine))
    .filter((line) => hasWord(line, id));
  const last = about.findLast((line) => /fail|error|✗|success|installed/i.test(line));
  if (last === undefined || !/level=(error|warn)|fail|✗/i.test(last)) return undefined;
  const error = /error="((?:[^"\\]|\\.)*)"/.exec(last)?.[1]?.replaceAll('\\"', '"');
  return `Grafana's log: ${shorten(error ?? last.trim(), 600)}`;
}
