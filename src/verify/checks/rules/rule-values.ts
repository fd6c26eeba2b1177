import { ruleGroup } from "../../../alerting/own-alerts.ts";
import { parseDuration } from "../../../lib/duration.ts";
import { formatCount, formatList } from "../../../lib/text.ts";
import type { ParsedQuery, RangeWindow, Selector } from "../../../promql/promql.ts";
import { type Check, pass, skip, type Verdict } from "../../../stack/check.ts";
import type { PrometheusClient, Rule, RuleGroup, Target } from "../../../stack/prometheus.ts";
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

interface Used {
  readonly rule: Rule;
  readonly window: RangeWindow & { readonly ms: number; readonly selector: Selector };
}

async function checkRangeWindows(stack: Stack): Promise<Verdict> {
  const found = await readRulesInForce(stack);
  if ("verdict" in found) return found.verdict;
  const { client } = found;
  const groups = [...found.groups, ...found.later].filter(({ name }) => name !== ruleGroup.name);
  const rules = groups.flatMap((group) => group.rules.filter(({ query }) => query.includes("[")));
  const parsed = await stack.expressions.parse(rules.map(({ query }) => query));
  const used = rules.flatMap((rule, index) => listWindows(rule, parsed[index]));
  if (used.length === 0) return skip("no rule looks at a range");
  const intervals = await readIntervals(client);
  const judged = await Promise.all(
    used.map(async (one) => ({
      ...one,
      intervalMs: await findSampleInterval(one, client, groups, intervals),
    })),
  );
  const short = judged.filter(({ window, intervalMs }) => window.ms < 2 * intervalMs);
  const shortest = used.reduce((a, b) => (b.window.ms < a.window.ms ? b : a));
  const expected = `${formatCount(used.length, "range")} at least twice as long as the scrape interval`;
  if (short.length === 0)
    return pass(
      `${formatCount(used.length, "range")}, the shortest ${shortest.window.text}, all span two scrapes`,
    );
  const lines = short.map(
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

function listWindows(rule: Rule, parsed: ParsedQuery | undefined): Used[] {
  // Prometheus has accepted it, so it can only be newer than the parser here.
  if (parsed?.status !== "parsed") return [];
  return parsed.windows.flatMap((window) => {
    const { ms, selector } = window;
    return ms === undefined || selector === undefined ? [] : [{ rule, window: { ...window, ms, selector } }];
  });
}

interface Intervals {
  /** Of a job that names none, in milliseconds. */
  readonly globalMs: number;
  readonly longestMs: number;
  /** By the label `job` that its series carry. */
  readonly byJob: ReadonlyMap<string, number>;
}

async function readIntervals(client: PrometheusClient): Promise<Intervals> {
  const [targets, config] = await Promise.all([client.targets(), client.config()]);
  const globalMs = parseDuration(config.global?.scrape_interval ?? "") ?? 60_000;
  const of = ({ intervalMs = globalMs }: Target) => intervalMs;
  const byJob = new Map<string, number>();
  for (const target of targets) {
    const job = target.labels["job"] ?? target.job;
    byJob.set(job, Math.max(of(target), byJob.get(job) ?? 0));
  }
  return { globalMs, longestMs: Math.max(globalMs, ...byJob.values()), byJob };
}

/** How often the series of this window get a sample. What isn't there yet is taken to be of a usual job. */
async function findSampleInterval(
  { window }: Used,
  client: PrometheusClient,
  groups: readonly RuleGroup[],
  { globalMs, longestMs, byJob }: Intervals,
): Promise<number> {
  const { metric, text } = window.selector;
  const recordedBy = groups.find(({ rules }) =>
    rules.some(({ type, name }) => type === "recording" && name === metric),
  );
  if (recordedBy) return recordedBy.intervalMs;
  if (window.ms >= 2 * longestMs) return longestMs;
  const jobs = await client.query(`count by (job) (${text})`);
  const own = jobs.flatMap(({ labels }) => byJob.get(labels["job"] ?? "") ?? []);
  return own.length > 0 ? Math.max(...own) : globalMs;
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

/** Names in one query: a URL has its limits. */
const most = 25;

async function checkRecordedValues(stack: Stack): Promise<Verdict> {
  const found = await readRulesInForce(stack);
  if ("verdict" in found) return found.verdict;
  const { client, groups, later } = found;
  const rules = groups.flatMap(({ intervalMs, rules }) =>
    rules.filter(({ type }) => type === "recording").map(({ name }) => ({ name, intervalMs })),
  );
  if (rules.length === 0) return skip("Prometheus has alerting rules only");
  const names = [...new Set(rules.map(({ name }) => name))];
  const parts = Array.from({ length: Math.ceil(names.length / most) }, (_, part) =>
    names.slice(part * most, (part + 1) * most),
  );
  const odd = (await Promise.all(parts.map((part) => client.query(buildNotFiniteQuery(part))))).flat();
  const counts = await Promise.all(parts.map((part) => client.query(countOf(part))));
  const series = counts.flat().reduce((sum, { value }) => sum + value, 0);
  const fault = (id: string) => ({
    id,
    graceMs: computeScrapeGraceMs(2, Math.max(...rules.map(({ intervalMs }) => intervalMs))),
  });
  const expected = `${formatCount(names.length, "recorded metric")} with finite values`;
  if (odd.length > 0) {
    const lines = odd.map(({ labels, text }) => `${nameOf(labels)} is ${text}`);
    return { status: "fail", expected, seen: formatList(lines), fault: fault("recorded-not-finite") };
  }
  if (series > 0)
    return pass(
      `${formatCount(series, "series")} of ${formatCount(names.length, "recorded metric")}, all finite${describeNotDueYet(later)}`,
    );
  const seen = "none of them has any series";
  const cause = "the metrics that they are made of don't exist here";
  return { status: "fail", expected, seen, cause, fault: fault("recorded-nothing") };
}

/** Comparisons keep the value and the name; only NaN differs from itself. Of equal label sets `or` keeps one: enough. */
function buildNotFiniteQuery(names: readonly string[]): string {
  return names
    .map((name) => `{__name__=${JSON.stringify(name)}}`)
    .map((one) => `${one} == Inf or ${one} == -Inf or ${one} != ${one}`)
    .join(" or ");
}

function countOf(names: readonly string[]): string {
  return `count({__name__=~"${names.map((name) => name.replace(/[^\w:]/g, ".")).join("|")}"})`;
}

function nameOf({ __name__ = "", ...labels }: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${text}"`);
  return `${__name__}{${pairs.join(", ")}}`;
}
