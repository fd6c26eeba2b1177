import { nearest } from "../../config/suggest.ts";
import { collectorOf } from "../../dashboards/collectors.ts";
import { intervalMs, intervalText } from "../../dashboards/intervals.ts";
import { nearestMetric } from "../../dashboards/metric-names.ts";
import { type Matcher, parseQuery, type RangeWindow, type Selector } from "../promql.ts";
import { listOf } from "../verdicts.ts";
import type { Source } from "./source.ts";

/**
 * Why a query that Prometheus answered has no series, in a sentence. The query's variables must be filled in, Grafana's own
 * too.
 */
export async function whyEmpty(source: Source, query: string): Promise<string> {
  const parsed = parseQuery(query);
  if (parsed.status === "invalid") return `the query can't be read: ${parsed.error.message}`;
  const reasons = await Promise.all(parsed.selectors.map((selector) => whyNoSeries(source, selector)));
  const missing = [...new Set(reasons.filter((reason) => reason !== undefined))];
  if (missing.length > 0) return listOf(missing, 3);
  const short = await Promise.all(parsed.windows.map((window) => whyTooFew(source, window)));
  const windows = [...new Set(short.filter((reason) => reason !== undefined))];
  return windows.length > 0 ? listOf(windows, 2) : whyOfShape(query, parsed.selectors);
}

/** Undefined when the selector has series now. */
export async function whyNoSeries(source: Source, selector: Selector): Promise<string | undefined> {
  const { metric, matchers, text } = selector;
  if (metric !== undefined && !(await source.metricNames()).includes(metric))
    return absentMetric(source, metric);
  if (await hasSeries(source, text)) return undefined;
  if (metric === undefined) return `no series fits ${text}`;
  if (!(await hasSeries(source, named(metric))))
    return `${metric} has no sample in the last 5 minutes, though it had some before`;
  const labels = (await source.labelNames(named(metric))).filter((name) => name !== "__name__");
  for (const matcher of matchers) {
    const { label, op, value } = matcher;
    const one = `${label}${op}${JSON.stringify(value)}`;
    if (await hasSeries(source, named(metric, matcher))) continue;
    if (!labels.includes(label)) return absentLabel(metric, label, labels);
    const values = await source.labelValues(label, named(metric));
    return `no series of ${metric} has ${one}; ${label} is ${listOf(values.map((each) => JSON.stringify(each)))}`;
  }
  return `no series of ${metric} fits all of ${text.slice(text.indexOf("{"))} together`;
}

/** A selector of one metric, whatever characters are in its name. */
function named(metric: string, matcher?: Matcher): string {
  const more = matcher ? `,${matcher.label}${matcher.op}${JSON.stringify(matcher.value)}` : "";
  return `{__name__=${JSON.stringify(metric)}${more}}`;
}

async function hasSeries(source: Source, selector: string): Promise<boolean> {
  const samples = await source.samples(`count(${selector})`);
  return "refused" in samples || samples.length > 0;
}

async function absentMetric(source: Source, metric: string): Promise<string> {
  const names = await source.metricNames();
  const absent = `metric ${metric} does not exist`;
  const isRenamed = names.some((name) => name.startsWith(`${metric}_`));
  const collector = collectorOf(metric);
  const collectors = await source.labelValues("collector", named("node_scrape_collector_success"));
  if (collector !== undefined && collectors.length > 0 && !isRenamed) {
    return collectors.includes(collector)
      ? `${absent}: node-exporter's collector ${collector} is on, but finds nothing of it on this machine`
      : `${absent}: node-exporter's collector ${collector} is off (--collector.${collector})`;
  }
  const near = nearestMetric(metric, names);
  if (near !== undefined) return `${absent}; the nearest is ${near}`;
  const family = metric.split("_")[0] ?? "";
  return names.some((name) => name.startsWith(`${family}_`))
    ? absent
    : `${absent}, nor any other that begins with ${family}_`;
}

function absentLabel(metric: string, label: string, labels: readonly string[]): string {
  const shorter = labels.find((one) => label === `${one}_name`);
  const near = shorter ?? nearest(label, labels);
  return near === undefined
    ? `${metric} has no label ${label}; it has ${listOf(labels, 8)}`
    : `${metric} has no label ${label}; the nearest is ${near}`;
}

/** These need two samples; the others make do with one. */
const needTwo: readonly string[] = [
  "rate",
  "irate",
  "increase",
  "delta",
  "idelta",
  "deriv",
  "predict_linear",
];

async function whyTooFew(source: Source, window: RangeWindow): Promise<string | undefined> {
  const { selector, ms, text } = window;
  const caller = window.function ?? "";
  if (selector === undefined || ms === undefined || !needTwo.includes(caller)) return undefined;
  const samples = await source.samples(`count(count_over_time(${selector.text}[${text}]) >= 2)`);
  if ("refused" in samples || samples.length > 0) return undefined;
  const what = selector.metric ?? selector.text;
  const scraped = await scrapeIntervalOf(source, selector);
  if (scraped !== undefined && ms >= 2 * scraped)
    return `${caller}(${what}[${text}]) needs two samples, and ${what} was not scraped twice yet (every ${intervalText(scraped)})`;
  const every = scraped === undefined ? "" : `: it is scraped every ${intervalText(scraped)}`;
  const better = scraped === undefined ? "" : `; at least ${intervalText(4 * scraped)} is usual`;
  return `the window of ${caller}(${what}[${text}]) is too short to hold two samples${every}${better}`;
}

/** Of the job that the series come from, in milliseconds; undefined when nobody says it. */
async function scrapeIntervalOf(source: Source, selector: Selector): Promise<number | undefined> {
  const samples = await source.samples(`count by (job) (${selector.text})`);
  const jobs = "refused" in samples ? [] : samples.map(({ metric }) => metric["job"]);
  const intervals = (await source.targets())
    .filter(({ labels, scrapePool }) => jobs.includes(labels?.["job"] ?? scrapePool))
    .flatMap(({ scrapeInterval }) => intervalMs(scrapeInterval) ?? []);
  return intervals.length > 0 ? Math.max(...intervals) : undefined;
}

/** All selectors have series: then it is what is made of them. */
function whyOfShape(query: string, selectors: readonly Selector[]): string {
  const bare = query
    .replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/g, "")
    .replace(/\{[^}]*\}/g, "")
    .replace(/\[[^\]]*\]/g, "");
  const back = /\boffset\s+(\S+)/.exec(bare)?.[1];
  if (back !== undefined)
    return `it looks ${back.replace(/\W+$/, "")} back (offset), and there was nothing yet`;
  const condition = /(==|!=|>=|<=|>|<)\s*(?!bool)(-?[\w.]*)/.exec(bare);
  if (condition) return `no series meets its condition ${`${condition[1]} ${condition[2]}`.trim()} now`;
  if (/\b(and|unless)\b/i.test(bare)) return "its and/unless leaves nothing";
  if (selectors.length > 1 && /[-+*/%^]/.test(bare))
    return "both sides of its operator have series, but none with the same labels";
  return "its selectors have series, but the whole has none";
}
