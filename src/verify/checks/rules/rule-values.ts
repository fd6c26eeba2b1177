import { ruleGroup } from "../../../alerting/own-alerts.ts";
import { parseDuration } from "../../../lib/duration.ts";
import { formatCount, formatList } from "../../../lib/text.ts";
import type { ParsedQuery, RangeWindow, Selector } from "../../../promql/promql.ts";
import { type Check, pass, skip, type Verdict } from "../../../stack/check.ts";
import type { PrometheusClient, Rule, RuleGroup } from "../../../stack/prometheus.ts";
import type { Stack } from "../../../stack/stack.ts";
import { computeScrapeGraceMs } from "../../runner/grace-periods.ts";
import { describeNotDueYet, readRulesInForce } from "./rules-in-force.ts";

export const rangeWindows: Check = {
  id: "range-windows",
  title: "Every range in the rules spans two scrapes",
  severity: "warning",
  absence: "targets",
  meaning:
    "A rate() over a shorter range finds one sample or none: the alert never fires, the recorded metric is empty.",
  fix: "make the range at least twice the scrape interval (four times is usual), or scrape more often",
  run: checkRangeWindows,
};

/** A range in a rule's expression, with its length in milliseconds and its selector. */
interface RuleRange {
  readonly rule: Rule;
  readonly window: RangeWindow & { readonly ms: number; readonly selector: Selector };
}

/** Fails if a range in a rule is shorter than two scrapes of its series. */
async function checkRangeWindows(stack: Stack): Promise<Verdict> {
  const inForce = await readRulesInForce(stack);
  if ("verdict" in inForce) return inForce.verdict;
  const { client } = inForce;
  const groups = [...inForce.groups, ...inForce.later].filter(({ name }) => name !== ruleGroup.name);
  const rules = groups.flatMap((group) => group.rules.filter(({ query }) => query.includes("[")));
  const parsed = await stack.expressions.parse(rules.map(({ query }) => query));
  const ranges = rules.flatMap((rule, index) => listWindows(rule, parsed[index]));
  if (ranges.length === 0) return skip("no rule looks at a range");
  const intervals = await readIntervals(client);
  const rangesWithInterval = await Promise.all(
    ranges.map(async (range) => ({
      ...range,
      intervalMs: await findSampleInterval(range, client, groups, intervals),
    })),
  );
  const shortRanges = rangesWithInterval.filter(({ window, intervalMs }) => window.ms < 2 * intervalMs);
  const shortestRange = ranges.reduce((a, b) => (b.window.ms < a.window.ms ? b : a));
  const expected = `${formatCount(ranges.length, "range")} at least twice as long as the scrape interval`;
  if (shortRanges.length === 0)
    return pass(
      `${formatCount(ranges.length, "range")}, the shortest ${shortestRange.window.text}, all span two scrapes`,
    );
  const lines = shortRanges.map(
    ({ rule, window, intervalMs }) =>
      `${rule.name} looks at ${window.selector.text}[${window.text}], which is scraped every ${intervalMs / 1000} s`,
  );
  return {
    status: "fail",
    expected,
    seen: formatList(lines),
    fault: { id: "window-too-short", graceMs: 0 },
  };
}

/** Returns the ranges of a rule whose length and selector are known. */
function listWindows(rule: Rule, parsed: ParsedQuery | undefined): RuleRange[] {
  // Prometheus has accepted the expression, so its syntax is newer than this parser.
  if (parsed?.status !== "parsed") return [];
  return parsed.windows.flatMap((window) => {
    const { ms, selector } = window;
    return ms === undefined || selector === undefined ? [] : [{ rule, window: { ...window, ms, selector } }];
  });
}

/** The scrape intervals of Prometheus in milliseconds. */
interface Intervals {
  /** The interval of a job without one of its own. */
  readonly globalMs: number;
  readonly longestMs: number;
  /** By the label `job` of the series. */
  readonly byJob: ReadonlyMap<string, number>;
}

/** Reads the scrape intervals from Prometheus' targets and configuration. */
async function readIntervals(client: PrometheusClient): Promise<Intervals> {
  const [targets, config] = await Promise.all([client.targets(), client.config()]);
  const globalMs = parseDuration(config.global?.scrape_interval ?? "") ?? 60_000;
  const byJob = new Map<string, number>();
  for (const { labels, job: configuredJob, intervalMs = globalMs } of targets) {
    const job = labels["job"] ?? configuredJob;
    byJob.set(job, Math.max(intervalMs, byJob.get(job) ?? 0));
  }
  return { globalMs, longestMs: Math.max(globalMs, ...byJob.values()), byJob };
}

/**
 * Returns how often the series of a range get a sample, in milliseconds: the interval of the group that records them,
 * else the longest interval of their jobs. Series that do not exist yet count as scraped at the global interval.
 */
async function findSampleInterval(
  { window }: RuleRange,
  client: PrometheusClient,
  groups: readonly RuleGroup[],
  { globalMs, longestMs, byJob }: Intervals,
): Promise<number> {
  const { metric, text } = window.selector;
  const recordingGroup = groups.find(({ rules }) =>
    rules.some(({ type, name }) => type === "recording" && name === metric),
  );
  if (recordingGroup) return recordingGroup.intervalMs;
  // Such a range is long enough for every job, so the series are not queried.
  if (window.ms >= 2 * longestMs) return longestMs;
  const jobs = await client.query(`count by (job) (${text})`);
  const intervals = jobs.flatMap(({ labels }) => byJob.get(labels["job"] ?? "") ?? []);
  return intervals.length > 0 ? Math.max(...intervals) : globalMs;
}

export const recordedValues: Check = {
  id: "recorded-values",
  title: "Recording rules give finite values",
  severity: "warning",
  absence: "rules",
  meaning:
    "What is built on a recorded metric, an alert or a panel, compares with NaN or infinity and stays silent or always fires.",
  fix: "guard the divisor in the rule's expression with `> 0`; NaN of a ratio is also what a service without any traffic gives",
  run: checkRecordedValues,
};

/** The maximum number of metric names in one query: the length of a URL is limited. */
const maxNamesPerQuery = 25;

/** Fails if a recorded metric has a value that is not finite, or if no recorded metric has series. */
async function checkRecordedValues(stack: Stack): Promise<Verdict> {
  const inForce = await readRulesInForce(stack);
  if ("verdict" in inForce) return inForce.verdict;
  const { client, groups, later } = inForce;
  const rules = groups.flatMap(({ intervalMs, rules }) =>
    rules.filter(({ type }) => type === "recording").map(({ name }) => ({ name, intervalMs })),
  );
  if (rules.length === 0) return skip("Prometheus has alerting rules only");
  const names = [...new Set(rules.map(({ name }) => name))];
  const nameGroups = Array.from({ length: Math.ceil(names.length / maxNamesPerQuery) }, (_, index) =>
    names.slice(index * maxNamesPerQuery, (index + 1) * maxNamesPerQuery),
  );
  const notFiniteSamples = (
    await Promise.all(nameGroups.map((group) => client.query(buildNotFiniteQuery(group))))
  ).flat();
  const counts = await Promise.all(nameGroups.map((group) => client.query(buildCountQuery(group))));
  const seriesCount = counts.flat().reduce((sum, { value }) => sum + value, 0);
  const createFault = (id: string) => ({
    id,
    graceMs: computeScrapeGraceMs(2, Math.max(...rules.map(({ intervalMs }) => intervalMs))),
  });
  const expected = `${formatCount(names.length, "recorded metric")} with finite values`;
  if (notFiniteSamples.length > 0) {
    const lines = notFiniteSamples.map(({ labels, text }) => `${formatSeries(labels)} is ${text}`);
    return { status: "fail", expected, seen: formatList(lines), fault: createFault("recorded-not-finite") };
  }
  if (seriesCount > 0)
    return pass(
      `${formatCount(seriesCount, "series")} of ${formatCount(names.length, "recorded metric")}, all finite${describeNotDueYet(later)}`,
    );
  const seen = "none of them has any series";
  const cause = "the metrics that they are made of don't exist here";
  return { status: "fail", expected, seen, cause, fault: createFault("recorded-nothing") };
}

/**
 * Returns a query for the series of these metrics that are infinite or NaN. A comparison keeps the value and the name;
 * only NaN differs from itself. `or` keeps one of several series with equal labels, which is enough.
 */
function buildNotFiniteQuery(names: readonly string[]): string {
  return names
    .map((name) => `{__name__=${JSON.stringify(name)}}`)
    .map((selector) => `${selector} == Inf or ${selector} == -Inf or ${selector} != ${selector}`)
    .join(" or ");
}

/** Returns a query for the number of series of these metrics. */
function buildCountQuery(names: readonly string[]): string {
  return `count({__name__=~"${names.map((name) => name.replace(/[^\w:]/g, ".")).join("|")}"})`;
}

/** Returns a series as PromQL writes it: `up{job="app"}`. */
function formatSeries({ __name__ = "", ...labels }: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${text}"`);
  return `${__name__}{${pairs.join(", ")}}`;
}
