import { parseDuration } from "../../../lib/duration.ts";
import { parsePrometheusSize } from "../../../lib/quantity.ts";
import { formatCount, formatList } from "../../../lib/text.ts";
import type { PrometheusConfig } from "../../../model/prometheus-config.ts";
import { trimPath } from "../../../plan/web-paths.ts";
import { type Check, notDeployed, pass, skipped, type Verdict } from "../../../stack/check.ts";

import { prometheusClient } from "../../../stack/prometheus.ts";
import type { Stack } from "../../../stack/stack.ts";
import {
  type AskedText,
  globalsAsked,
  type Requested,
  type RequestedFlag,
  type RequestedJob,
  requestedFlags,
  requestedJobs,
  retentionAsked,
} from "../../requested/prometheus-settings.ts";
import { notInForce } from "../../runner/grace-periods.ts";

export const prometheusSettingsEffective: Check = {
  id: "prometheus-settings-effective",
  title: "Prometheus has the scrape jobs and flags that were requested",
  severity: "error",
  meaning:
    "A scrape job or a flag that the values request has no effect: its targets are not scraped, its feature is off.",
  fix: "set each job and flag in one place that the chart reads (other values can replace the whole list), and let Prometheus load its configuration",
  run: checkPrometheusSettingsEffective,
};

async function checkPrometheusSettingsEffective(stack: Stack): Promise<Verdict> {
  const { context, prometheus, rendered } = stack;
  if (prometheus === undefined) return notDeployed("Prometheus");
  const jobs = requestedJobs(rendered);
  const flags = requestedFlags(rendered);
  if (jobs.length === 0 && flags.length === 0)
    return skipped("neither the values nor the charts request scrape jobs or flags of their own");
  const client = prometheusClient(context, prometheus);
  const lost = jobs.length === 0 ? [] : missingJobs(jobs, await client.config());
  const wrong = flags.length === 0 ? [] : wrongFlags(flags, await client.effectiveFlags());
  if (lost.length + wrong.length === 0)
    return pass(`${formatCount(jobs.length, "requested scrape job")}, ${formatCount(flags.length, "flag")}`);
  const names = [
    ...jobs.map(({ what, by }) => `job ${what.name} (${by})`),
    ...(wrong.length > 0 ? [`the flags of ${formatList([...new Set(flags.map(({ by }) => by))])}`] : []),
  ];
  return {
    status: "fail",
    expected: formatList(names),
    seen: formatList([...lost, ...wrong]),
    cause:
      lost.length > 0
        ? "the chart does not make them part of prometheus.yml (another value replaces the file, or the key belongs elsewhere), or Prometheus has not loaded it"
        : "another value replaces Prometheus' arguments, or the Prometheus that answers was not started with the arguments of this deployment",
    fault:
      lost.length > 0
        ? await notInForce(stack, client, "scrape-job-missing")
        : { id: "prometheus-flag-ignored", graceMs: 12_000 },
  };
}

function missingJobs(
  jobs: readonly Requested<RequestedJob>[],
  { scrape_configs }: PrometheusConfig,
): string[] {
  return jobs.flatMap(({ what: { name, targets }, by }) => {
    const live = (scrape_configs ?? []).find((one) => one.job_name === name);
    if (live === undefined) return [`job ${name} of ${by} is not in Prometheus' configuration`];
    const there = (live.static_configs ?? []).flatMap((one) => one.targets ?? []);
    const without = targets.filter((target) => !there.includes(target));
    return without.length === 0 ? [] : [`job ${name} of ${by} lacks the targets ${formatList(without)}`];
  });
}

function wrongFlags(
  flags: readonly Requested<RequestedFlag>[],
  live: Readonly<Record<string, string>>,
): string[] {
  return flags.flatMap(({ what: { name, value }, by }) => {
    // A feature or a flag that is off is written with `no-` before it.
    const negated = /^no-(.+)$/.exec(name)?.[1];
    const isNegated = negated !== undefined && !(name in live) && negated in live;
    const key = isNegated ? (negated ?? name) : name;
    const wanted = isNegated ? "false" : value;
    const has = live[key];
    if (has === undefined) return [`${name} (${by}) is not among its flags`];
    // Prometheus shows this one as it has understood it.
    if (key === "web.route-prefix" && trimPath(wanted) === trimPath(has)) return [];
    return isSameFlagValue(wanted, has) ? [] : [`${name} is ${has || "empty"}, not ${wanted} (${by})`];
  });
}

/** A flag without a value is on; one that may be there several times has all its values in one text. */
function isSameFlagValue(wanted: string, live: string): boolean {
  if (wanted === live || (wanted === "" && live === "true")) return true;
  if (/^\$\(|\$\{/.test(wanted)) return true;
  if (
    live.split(/[\s,]+/).includes(wanted) ||
    wanted.split(",").every((one) => live.split(/[\s,]+/).includes(one))
  )
    return true;
  const measures = [parseDuration, parsePrometheusSize].map(
    (measure) => [measure(wanted), measure(live)] as const,
  );
  return measures.some(([one, other]) => one !== undefined && one === other);
}

export const prometheusRetention: Check = {
  id: "prometheus-retention",
  title: "Prometheus keeps its data as long as was asked",
  severity: "error",
  meaning: "Metrics are dropped sooner, or kept longer, than the configuration says.",
  fix: "set retention (and retention-size), take other values that replace its arguments away, and let Prometheus' pod be replaced",
  run: checkPrometheusRetention,
};

async function checkPrometheusRetention({ context, plan, prometheus, rendered }: Stack): Promise<Verdict> {
  if (prometheus === undefined) return notDeployed("Prometheus");
  const asked = retentionAsked(rendered, plan.config.prometheus);
  if (asked.time === undefined && asked.size === undefined) {
    return skipped("the charts ask for no retention; Prometheus' own default holds");
  }
  const flags = await prometheusClient(context, prometheus).effectiveFlags();
  const compared = [
    compare("storage.tsdb.retention.time", asked.time, flags, parseDuration),
    compare("storage.tsdb.retention.size", asked.size, flags, parsePrometheusSize),
  ].flat();
  const wrong = compared.filter(({ same }) => !same);
  const seen = (list: typeof compared) => formatList(list.map(({ flag, live }) => `${flag} is ${live}`));
  if (wrong.length === 0) return pass(seen(compared));
  return {
    status: "fail",
    expected: formatList(wrong.map(({ flag, asked }) => `${flag} is ${asked.text}, as ${asked.by} has it`)),
    seen: seen(wrong),
    cause: wrong.every(({ asked }) => asked.text === asked.rendered)
      ? "the Prometheus that answers was not started with the arguments of this deployment"
      : "the chart does not make it an argument of Prometheus: another of your values replaces the arguments, or the chart does not know the key",
    // The pod from before may still answer for a moment.
    fault: { id: "retention-ignored", graceMs: 2_000 },
  };
}

function compare(
  flag: string,
  asked: AskedText | undefined,
  flags: Readonly<Record<string, string>>,
  measure: (text: string) => number | undefined,
) {
  if (asked === undefined) return [];
  const live = flags[flag] ?? "not among its flags";
  const wanted = measure(asked.text);
  const same = asked.text === live || (wanted !== undefined && wanted === measure(live));
  return [{ flag, asked, live, same }];
}

export const scrapeSettingsEffective: Check = {
  id: "scrape-settings-effective",
  title: "Prometheus scrapes and evaluates as often as was asked",
  severity: "error",
  meaning:
    "Samples come more seldom or more often than the configuration says: windows of queries are empty, or the load is higher.",
  fix: "set scrape-interval, scrape-timeout and evaluation-interval in one place only, and let Prometheus load its configuration",
  run: checkScrapeSettingsEffective,
};

/** The kubelet brings a changed ConfigMap into a running pod within about a minute; then the reloader loads it. */
const reloadGraceMs = 90_000;

async function checkScrapeSettingsEffective({
  context,
  plan,
  prometheus,
  rendered,
}: Stack): Promise<Verdict> {
  if (prometheus === undefined) return notDeployed("Prometheus");
  const asked = globalsAsked(rendered, plan.config.prometheus);
  const keys = (["scrape_interval", "scrape_timeout", "evaluation_interval"] as const).flatMap((key) => {
    const one = asked[key];
    return one === undefined ? [] : [{ key, ...one }];
  });
  if (keys.length === 0) return skipped("nobody asks for an interval; Prometheus' own defaults hold");
  const { global } = await prometheusClient(context, prometheus).config();
  const compared = keys.map((one) => ({ ...one, live: global?.[one.key] ?? "not in its configuration" }));
  const wrong = compared.filter(({ text, live }) => !isSameDuration(text, live));
  const seen = (list: typeof compared) => formatList(list.map(({ key, live }) => `${key} is ${live}`));
  if (wrong.length === 0) return pass(seen(compared));
  const isOverridden = wrong.some(
    ({ text, rendered }) => rendered !== undefined && !isSameDuration(text, rendered),
  );
  return {
    status: "fail",
    expected: formatList(wrong.map(expectation)),
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

function isSameDuration(a: string, b: string): boolean {
  return a === b || (parseDuration(a) !== undefined && parseDuration(a) === parseDuration(b));
}
