import { findCollector, findNearestMetric } from "../../dashboards/missing-metrics.ts";
import { formatInterval, parseInterval } from "../../dashboards/options.ts";
import { findNearestWord } from "../../lib/suggest.ts";
import { formatList } from "../../lib/text.ts";
import type { Matcher, RangeWindow, Selector } from "../../promql/promql.ts";
import type { SourceClient } from "./datasource.ts";

/** Why a query has no result. Metrics that are absent for the same reason are reported together. */
export type Reason =
  | { readonly kind: "absent"; readonly metric: string; readonly why: string }
  | { readonly kind: "other"; readonly text: string };

/**
 * Joins reasons to a sentence, each once. Metrics that are absent for the same reason are grouped.
 * @param most limit for the reasons that are listed
 */
export function formatReasons(reasons: readonly Reason[], most = 3): string {
  const metricsByReason = new Map<string, Set<string>>();
  for (const reason of reasons) {
    if (reason.kind !== "absent") continue;
    metricsByReason.set(reason.why, (metricsByReason.get(reason.why) ?? new Set()).add(reason.metric));
  }
  const absentMetrics = [...metricsByReason].map(([why, names]) =>
    names.size === 1
      ? `metric ${[...names][0]} does not exist${why}`
      : `metrics ${formatList([...names])} do not exist${why}`,
  );
  const otherReasons = reasons.flatMap((reason) => (reason.kind === "other" ? [reason.text] : []));
  const sentences = [...new Set([...absentMetrics, ...otherReasons])];
  const omittedNote = sentences.length > most ? [`${sentences.length - most} more`] : [];
  return [...sentences.slice(0, most), ...omittedNote].join("; ");
}

function toOtherReason(text: string): Reason {
  return { kind: "other", text };
}

/**
 * Returns why a query has no series, although Prometheus accepts it: reasons of its selectors, else of its windows,
 * else of the expression around them. All variables in the query must be filled in, Grafana's own too.
 */
export async function explainEmptyQuery(source: SourceClient, query: string): Promise<Reason[]> {
  const [parsed] = await source.parse([query]);
  if (parsed === undefined) return [];
  if (parsed.status === "invalid") return [toOtherReason(`the query is invalid: ${parsed.error.message}`)];
  const selectorReasons = await Promise.all(
    parsed.selectors.map((selector) => explainNoSeries(source, selector)),
  );
  if (selectorReasons.some((reason) => reason !== undefined))
    return selectorReasons.filter((reason) => reason !== undefined);
  const windowReasons = await Promise.all(
    parsed.windows.map((window) => explainTooFewSamples(source, window)),
  );
  if (windowReasons.some((reason) => reason !== undefined))
    return windowReasons.filter((reason) => reason !== undefined);
  return [toOtherReason(explainExpression(query, parsed.selectors))];
}

/** Returns why a selector finds no series; undefined if it has series now. */
export async function explainNoSeries(source: SourceClient, selector: Selector): Promise<Reason | undefined> {
  const { metric, text } = selector;
  if (metric !== undefined && !(await source.metricNames()).includes(metric))
    return { kind: "absent", metric, why: await explainAbsentMetric(source, metric) };
  if (await hasSeries(source, text)) return undefined;
  if (metric === undefined) return toOtherReason(`no series fits ${text}`);
  if (!(await hasSeries(source, formatSelector(metric))))
    return toOtherReason(`${metric} has no sample in the last 5 minutes, though it had some before`);
  return toOtherReason(await explainNoMatch(source, metric, selector));
}

/** Returns which matcher of a selector no series of the metric fits. */
async function explainNoMatch(
  source: SourceClient,
  metric: string,
  { matchers, text }: Selector,
): Promise<string> {
  const labels = (await source.labelNames(formatSelector(metric))).filter((name) => name !== "__name__");
  for (const matcher of matchers) {
    const { label, op, value } = matcher;
    if (await hasSeries(source, formatSelector(metric, matcher))) continue;
    if (!labels.includes(label)) return describeAbsentLabel(metric, label, labels);
    const values = await source.labelValues(label, formatSelector(metric));
    const existingValues = formatList(values.map((value) => JSON.stringify(value)));
    return `no series of ${metric} has ${label}${op}${JSON.stringify(value)}; ${label} is ${existingValues}`;
  }
  return `no series of ${metric} fits all of ${text.slice(text.indexOf("{"))} together`;
}

/**
 * Returns a selector of one metric, with a matcher if one is given. The name is a label value, so that any name is
 * valid.
 */
function formatSelector(metric: string, matcher?: Matcher): string {
  const matcherText = matcher ? `,${matcher.label}${matcher.op}${JSON.stringify(matcher.value)}` : "";
  return `{__name__=${JSON.stringify(metric)}${matcherText}}`;
}

/** True if the selector finds series, or if Prometheus refuses it: then another explanation applies. */
async function hasSeries(source: SourceClient, selector: string): Promise<boolean> {
  const samples = await source.samples(`count(${selector})`);
  return "refused" in samples || samples.length > 0;
}

/** Returns the rest of the sentence `metric x does not exist`: the reason, or the nearest name. */
async function explainAbsentMetric(source: SourceClient, metric: string): Promise<string> {
  const names = await source.metricNames();
  // If longer names exist, the metric was renamed, and its collector is on.
  const collector = names.some((name) => name.startsWith(`${metric}_`)) ? undefined : findCollector(metric);
  const collectorState =
    collector === undefined ? undefined : await explainMissingCollector(source, collector);
  if (collectorState !== undefined) return `: node-exporter's collector ${collector} ${collectorState}`;
  const kind = await source.findAbsentKind(metric, names);
  if (kind !== undefined) return `: no ${kind} exists in this cluster`;
  const nearestMetric = findNearestMetric(metric, names);
  if (nearestMetric !== undefined) return `; the nearest is ${nearestMetric}`;
  const family = metric.split("_")[0] ?? "";
  return names.some((name) => name.startsWith(`${family}_`))
    ? ""
    : `, nor does any other that begins with ${family}_`;
}

/** Returns the state of node-exporter's collector: off, on or failing. Undefined if there is no node-exporter. */
async function explainMissingCollector(source: SourceClient, collector: string): Promise<string | undefined> {
  const samples = await source.samples("max by (collector) (node_scrape_collector_success)");
  if ("refused" in samples || samples.length === 0) return undefined;
  const collectorSample = samples.find(({ metric }) => metric["collector"] === collector);
  if (collectorSample === undefined) return `is off (--collector.${collector})`;
  return collectorSample.value[1] === "1"
    ? "is on, but finds nothing of it on this machine"
    : "is on, but fails or finds nothing on this machine";
}

/** Returns the sentence that a metric lacks a label, with the nearest label. */
function describeAbsentLabel(metric: string, label: string, labels: readonly string[]): string {
  // Old dashboards have `pod_name` and `container_name`, which became `pod` and `container`.
  const labelWithoutName = labels.find((name) => label === `${name}_name`);
  const nearestLabel = labelWithoutName ?? findNearestWord(label, labels);
  return nearestLabel === undefined
    ? `${metric} has no label ${label}; it has ${formatList(labels, 8)}`
    : `${metric} has no label ${label}; the nearest is ${nearestLabel}`;
}

/** Functions that need two samples in their window. All others need one. */
const functionsOfTwoSamples: readonly string[] = [
  "rate",
  "irate",
  "increase",
  "delta",
  "idelta",
  "deriv",
  "predict_linear",
];

/**
 * Returns the reason if a function such as rate() finds fewer than two samples in its window; undefined if it finds
 * enough.
 */
async function explainTooFewSamples(source: SourceClient, window: RangeWindow): Promise<Reason | undefined> {
  const { selector, ms, text } = window;
  const caller = window.function ?? "";
  if (selector === undefined || ms === undefined || !functionsOfTwoSamples.includes(caller)) return undefined;
  const samples = await source.samples(`count(count_over_time(${selector.text}[${text}]) >= 2)`);
  if ("refused" in samples || samples.length > 0) return undefined;
  const subject = selector.metric ?? selector.text;
  const scrapeIntervalMs = await findScrapeInterval(source, selector);
  const call = `${caller}(${subject}[${text}])`;
  if (scrapeIntervalMs === undefined)
    return toOtherReason(`the window of ${call} holds fewer than two samples`);
  const intervalText = formatInterval(scrapeIntervalMs);
  if (ms >= 2 * scrapeIntervalMs)
    return toOtherReason(
      `${call} needs two samples, and ${subject} was not scraped twice yet (every ${intervalText})`,
    );
  const advice = `at least ${formatInterval(4 * scrapeIntervalMs)} is usual`;
  return toOtherReason(
    `the window of ${call} is too short, ${subject} is scraped every ${intervalText}; ${advice}`,
  );
}

/** Returns the scrape interval of the job of the series in milliseconds; undefined if Prometheus does not report it. */
async function findScrapeInterval(source: SourceClient, selector: Selector): Promise<number | undefined> {
  const samples = await source.samples(`count by (job) (${selector.text})`);
  const jobs = "refused" in samples ? [] : samples.map(({ metric }) => metric["job"]);
  const intervals = (await source.targets())
    .filter(({ labels, scrapePool }) => jobs.includes(labels?.["job"] ?? scrapePool))
    .flatMap(({ scrapeInterval }) => parseInterval(scrapeInterval) ?? []);
  return intervals.length > 0 ? Math.max(...intervals) : undefined;
}

/**
 * Returns which part of an expression leaves no result, if all of its selectors have series: an offset, a comparison,
 * `and` or `unless`, an arithmetic operator, else the whole expression.
 */
function explainExpression(query: string, selectors: readonly Selector[]): string {
  const withoutSelectors = query
    .replace(/"(?:[^"\\]|\\.){0,1000}"|'(?:[^'\\]|\\.){0,1000}'|`[^`]{0,1000}`/g, "")
    .replace(/\{[^{}]*\}/g, "")
    .replace(/\[[^[\]]*\]/g, "");
  const offset = /\boffset\s+(\S+)/.exec(withoutSelectors)?.[1];
  if (offset !== undefined)
    return `it looks ${offset.replace(/(?<!\W)\W+$/, "")} back (offset), and there was nothing yet`;
  const condition = /(==|!=|>=|<=|>|<)\s*(?!bool)(-?[\w.]*)/.exec(withoutSelectors);
  if (condition) return `no series meets its condition ${`${condition[1]} ${condition[2]}`.trim()} now`;
  if (/\b(and|unless)\b/i.test(withoutSelectors)) return "its and/unless leaves nothing";
  if (selectors.length > 1 && /[-+*/%^]/.test(withoutSelectors))
    return "both sides of its operator have series, but none with the same labels";
  return "its selectors have series, but the whole has none";
}
