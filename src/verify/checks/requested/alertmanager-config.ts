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

/** The kubelet brings a changed file into a running pod within about a minute; then the reloader loads it. */
const reloadMs = 90_000;

type Config = Readonly<Record<string, unknown>>;

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

/** Only what an operator does not add to: it makes receivers and routes of AlertmanagerConfigs too. */
function listDifferences(requested: Config, live: Config): string[] {
  const lacks = (what: string, wanted: readonly string[], there: readonly string[]) =>
    wanted.filter((one) => !there.includes(one)).map((one) => `${what} ${one} is missing`);
  const route = (config: Config) => (isMapping(config["route"]) ? config["route"] : {});
  const routes = (config: Config): unknown[] => {
    const list = route(config)["routes"];
    return Array.isArray(list) ? list : [];
  };
  const own = route(requested)["receiver"];
  const has = route(live)["receiver"];
  const children = routes(live).map(shape);
  return [
    ...lacks("receiver", listNames(requested["receivers"]), listNames(live["receivers"])),
    ...listIntegrations(requested).flatMap(([name, kinds]) => {
      const there = new Map(listIntegrations(live)).get(name);
      return there === undefined || there === kinds ? [] : [`receiver ${name} has ${there}, not ${kinds}`];
    }),
    ...(own === has ? [] : [`the default receiver is ${String(has)}, not ${String(own)}`]),
    ...routes(requested)
      .filter((one) => !children.some((child) => isDeepStrictEqual(child, shape(one))))
      .map((one) => `the route ${JSON.stringify(shape(one))} is missing`),
    ...listTexts(requested["templates"])
      .filter((path) => !listTexts(live["templates"]).some((one) => isSamePath(path, one)))
      .map((path) => `the template path ${path} is missing`),
    ...lacks("time interval", listIntervals(requested), listIntervals(live)),
  ];
}

/** A path that does not begin at the root begins beside the configuration. */
function isSamePath(requested: string, live: string): boolean {
  return requested === live || live.endsWith(`/${requested.replace(/^\.\//, "")}`);
}

/** A receiver's integrations, without what Alertmanager fills in or hides. */
function listIntegrations(config: Config): [string, string][] {
  return list(config["receivers"]).map((one) => [
    String(one["name"]),
    formatList(
      Object.entries(one)
        .flatMap(([key, value]) =>
          Array.isArray(value) ? [`${formatCount(value.length, key.replace("_configs", ""))}`] : [],
        )
        .toSorted(),
    ) || "nothing",
  ]);
}

/** Where a route leads and what it takes; matchers are written in several ways, and times are filled in. */
function shape(route: unknown): unknown {
  if (!isMapping(route)) return {};
  const children = Array.isArray(route["routes"]) ? route["routes"].map(shape) : [];
  return {
    receiver: route["receiver"],
    continue: route["continue"] === true,
    ...(children.length > 0 ? { routes: children } : {}),
  };
}

function listIntervals(config: Config): string[] {
  return listNames(config["time_intervals"]).concat(listNames(config["mute_time_intervals"]));
}

function listNames(value: unknown): string[] {
  return list(value).map(({ name }) => String(name));
}

function list(value: unknown): Config[] {
  return Array.isArray(value) ? value.filter(isMapping) : [];
}

function listTexts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
