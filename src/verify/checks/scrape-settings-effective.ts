import { parseDuration } from "../../lib/duration.ts";
import { prometheusClient } from "../../stack/prometheus.ts";
import type { Check, Stack, Verdict } from "../../stack/types.ts";
import { listOf, notDeployed, pass, skipped } from "../../stack/verdicts.ts";
import { type AskedText, globalsAsked } from "../asked-of-prometheus.ts";

export const scrapeSettingsEffective: Check = {
  id: "scrape-settings-effective",
  title: "Prometheus scrapes and evaluates as often as was asked",
  severity: "error",
  meaning:
    "Samples come more seldom or more often than the configuration says: windows of queries are empty, or the load is higher.",
  fix: "set scrape-interval, scrape-timeout and evaluation-interval in one place only, and let Prometheus load its configuration",
  run,
};

/** The kubelet brings a changed ConfigMap into a running pod within about a minute; then the reloader loads it. */
const reloadGraceMs = 90_000;

async function run({ context, plan, prometheus, rendered }: Stack): Promise<Verdict> {
  if (prometheus === undefined) return notDeployed("Prometheus");
  const asked = globalsAsked(rendered, plan.config.prometheus);
  const keys = (["scrape_interval", "scrape_timeout", "evaluation_interval"] as const).flatMap((key) => {
    const one = asked[key];
    return one === undefined ? [] : [{ key, ...one }];
  });
  if (keys.length === 0) return skipped("nobody asks for an interval; Prometheus' own defaults hold");
  const { global } = await prometheusClient(context, prometheus).config();
  const compared = keys.map((one) => ({ ...one, live: global?.[one.key] ?? "not in its configuration" }));
  const wrong = compared.filter(({ text, live }) => !isSame(text, live));
  const seen = (list: typeof compared) => listOf(list.map(({ key, live }) => `${key} is ${live}`));
  if (wrong.length === 0) return pass(seen(compared));
  const isOverridden = wrong.some(({ text, rendered }) => rendered !== undefined && !isSame(text, rendered));
  return {
    status: "fail",
    expected: listOf(wrong.map(expectation)),
    seen: seen(wrong),
    cause: isOverridden
      ? "the chart renders another one: something else in your values sets it too"
      : "the configuration that Prometheus runs with is not the one of this deployment: it was not loaded again, or comes from elsewhere",
    final: isOverridden,
    fault: { id: "scrape-settings-ignored", graceMs: reloadGraceMs },
  };
}

function expectation({ key, text, by }: { key: string } & AskedText): string {
  return `${key} is ${text}, as ${by} has it`;
}

function isSame(a: string, b: string): boolean {
  return a === b || (parseDuration(a) !== undefined && parseDuration(a) === parseDuration(b));
}
