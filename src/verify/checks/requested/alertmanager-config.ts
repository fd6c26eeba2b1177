import { isDeepStrictEqual } from "node:util";
import { isMapping } from "../../../lib/object.ts";
import { formatCount, formatList } from "../../../lib/text.ts";
import { parseYaml } from "../../../lib/yaml-text.ts";
import { sortByComponentApp } from "../../../model/chart-keys.ts";
import { listFiles, type RenderedApp } from "../../../model/rendered.ts";
import { createAlertmanagerClient } from "../../../stack/alertmanager.ts";
import { type Check, pass, skip, skipNotDeployed, type Verdict } from "../../../stack/check.ts";
import type { Stack } from "../../../stack/stack.ts";

export const alertmanagerConfigEffective: Check = {
  id: "alertmanager-config-effective",
  title: "Alertmanager uses the receivers, routes and templates that were requested",
  severity: "error",
  meaning: "Alerts go elsewhere, or in another form, than the configuration says.",
  fix: "set Alertmanager's configuration in one place only, and see that Alertmanager loads it: its log has the line that it refuses",
  run: checkAlertmanagerConfigEffective,
};

/**
 * Milliseconds: the kubelet updates a changed file in a running pod within about a minute; then the reloader
 * loads it.
 */
const reloadMs = 90_000;

/** Alertmanager's configuration, or a mapping in it. */
type Config = Readonly<Record<string, unknown>>;

/** Compares the configuration that the charts render with the one that Alertmanager runs with. */
async function checkAlertmanagerConfigEffective({
  context,
  alertmanager,
  rendered,
}: Stack): Promise<Verdict> {
  if (alertmanager === undefined) return skipNotDeployed("Alertmanager");
  const requested = findRequestedConfig(rendered);
  if (requested === undefined) return skip("the charts render no configuration of Alertmanager's");
  const live = await createAlertmanagerClient(context, alertmanager).config();
  const problems = listDifferences(requested, isMapping(live) ? live : {});
  if (problems.length === 0) {
    const parts = [
      formatCount(listNames(requested["receivers"]).length, "receiver"),
      formatCount(listTexts(requested["templates"]).length, "template path"),
    ];
    return pass(formatList(parts));
  }
  return {
    status: "fail",
    expected: "the receivers, routes and templates of this deployment are in force",
    seen: formatList(problems),
    cause: "Alertmanager goes on with the configuration from before, or takes it from elsewhere",
    fault: { id: "alertmanager-config-ignored", graceMs: reloadMs },
  };
}

/** Returns the first `alertmanager.yml` with a route that the charts render; undefined if there is none. */
function findRequestedConfig(rendered: readonly RenderedApp[]): Config | undefined {
  for (const { key, content } of listFiles(sortByComponentApp("alertmanager", rendered))) {
    if (!/^alertmanager\.ya?ml$/.test(key)) continue;
    try {
      const config: unknown = parseYaml(content);
      if (isMapping(config) && isMapping(config["route"])) return config;
    } catch {
      // Invalid YAML is refused before the deployment.
    }
  }
  return undefined;
}

/**
 * Returns a line for each requested part that the live configuration lacks or has in another form. Additional
 * receivers and routes are no difference: the operator creates them from AlertmanagerConfigs.
 */
function listDifferences(requested: Config, live: Config): string[] {
  const describeMissing = (
    noun: string,
    requestedNames: readonly string[],
    liveNames: readonly string[],
  ): string[] =>
    requestedNames.filter((name) => !liveNames.includes(name)).map((name) => `${noun} ${name} is missing`);
  const getRootRoute = (config: Config) => (isMapping(config["route"]) ? config["route"] : {});
  const listChildRoutes = (config: Config): unknown[] => {
    const routes = getRootRoute(config)["routes"];
    return Array.isArray(routes) ? routes : [];
  };
  const requestedReceiver = getRootRoute(requested)["receiver"];
  const liveReceiver = getRootRoute(live)["receiver"];
  const liveRoutes = listChildRoutes(live).map(summarizeRoute);
  const liveIntegrations = new Map(listIntegrations(live));
  return [
    ...describeMissing("receiver", listNames(requested["receivers"]), listNames(live["receivers"])),
    ...listIntegrations(requested).flatMap(([receiver, integrations]) => {
      const liveReceiverIntegrations = liveIntegrations.get(receiver);
      return liveReceiverIntegrations === undefined || liveReceiverIntegrations === integrations
        ? []
        : [`receiver ${receiver} has ${liveReceiverIntegrations}, not ${integrations}`];
    }),
    ...(requestedReceiver === liveReceiver
      ? []
      : [`the default receiver is ${String(liveReceiver)}, not ${String(requestedReceiver)}`]),
    ...listChildRoutes(requested)
      .map(summarizeRoute)
      .filter((route) => !liveRoutes.some((liveRoute) => isDeepStrictEqual(liveRoute, route)))
      .map((route) => `the route ${JSON.stringify(route)} is missing`),
    ...listTexts(requested["templates"])
      .filter((path) => !listTexts(live["templates"]).some((livePath) => isSamePath(path, livePath)))
      .map((path) => `the template path ${path} is missing`),
    ...describeMissing("time interval", listIntervals(requested), listIntervals(live)),
  ];
}

/** True if both paths name the same file. A relative path is relative to the folder of the configuration. */
function isSamePath(requested: string, live: string): boolean {
  return requested === live || live.endsWith(`/${requested.replace(/^\.\//, "")}`);
}

/**
 * Returns each receiver's name with the number of its integrations, for example `1 webhook, 2 email`. Their settings
 * are not compared: Alertmanager adds defaults and hides secrets.
 */
function listIntegrations(config: Config): [name: string, integrations: string][] {
  return listMappings(config["receivers"]).map((receiver) => [
    String(receiver["name"]),
    formatList(
      Object.entries(receiver)
        .flatMap(([key, value]) =>
          Array.isArray(value) ? [`${formatCount(value.length, key.replace("_configs", ""))}`] : [],
        )
        .toSorted(),
    ) || "nothing",
  ]);
}

/**
 * Returns the receiver, `continue` and the child routes of a route. Matchers and times are left out: matchers have
 * several spellings, and Alertmanager adds default times.
 */
function summarizeRoute(route: unknown): unknown {
  if (!isMapping(route)) return {};
  const children = Array.isArray(route["routes"]) ? route["routes"].map(summarizeRoute) : [];
  return {
    receiver: route["receiver"],
    continue: route["continue"] === true,
    ...(children.length > 0 ? { routes: children } : {}),
  };
}

/** Returns the names of the time intervals, also in their older form. */
function listIntervals(config: Config): string[] {
  return listNames(config["time_intervals"]).concat(listNames(config["mute_time_intervals"]));
}

/** Returns the names of the mappings in a list. */
function listNames(value: unknown): string[] {
  return listMappings(value).map(({ name }) => String(name));
}

/** Returns the mappings in a list; empty if the value is not a list. */
function listMappings(value: unknown): Config[] {
  return Array.isArray(value) ? value.filter(isMapping) : [];
}

/** Returns the entries of a list as texts; empty if the value is not a list. */
function listTexts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
