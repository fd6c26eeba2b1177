import type { ParsedQuery, RangeWindow, Selector } from "../../promql/promql.ts";
import { createPrometheusClient, type PrometheusClient, type Sample } from "../../stack/prometheus.ts";
import type { HttpEndpoint, Stack } from "../../stack/stack.ts";
import { explainStaleness, type Freshness, readFreshness } from "../runner/freshness.ts";
import type { OwnSeries } from "./promql.ts";

/** The series of a query result: those that count, and those that do not, with the reason. */
export interface SeriesByFreshness {
  readonly fresh: readonly OwnSeries[];
  readonly stale: readonly { readonly series: OwnSeries; readonly why: string }[];
}

/**
 * The series that one selector of the query finds now. `why` is the reason why a series is stale; undefined if it is
 * fresh.
 */
interface SelectorSamples {
  readonly selector: string;
  readonly samples: readonly { readonly labels: Sample["labels"]; readonly why: string | undefined }[];
}

/** The maximum number of selectors that are queried: each costs a request. */
const maxSelectors = 10;

/**
 * Splits series into those made from scrapes since the deployment (fresh) and those that Prometheus only remembers
 * (stale).
 * A series is fresh if each selector of the query has a fresh sample with that series' labels. If the query has changed
 * the labels, any fresh sample of the selector is enough. Selectors that read the past on purpose (`offset`, `@`) are
 * ignored.
 */
export async function splitByFreshness(
  stack: Stack,
  endpoint: HttpEndpoint,
  expression: string,
  series: readonly OwnSeries[],
): Promise<SeriesByFreshness> {
  const [parsed] = series.length === 0 ? [] : await stack.expressions.parse([expression]);
  const selectors = parsed?.status === "parsed" ? listSelectors(parsed) : [];
  if (selectors.length === 0) return { fresh: series, stale: [] };
  const client = createPrometheusClient(stack.context, endpoint);
  const freshness = await readFreshness(client, stack.deployedAt);
  const sources = await Promise.all(selectors.map((selector) => readSource(client, selector, freshness)));
  const stalenessTests = sources.filter(({ samples }) => samples.length > 0).map(createStalenessTest);
  const fresh: OwnSeries[] = [];
  const stale: { series: OwnSeries; why: string }[] = [];
  for (const candidate of series) {
    const why = stalenessTests
      .map((explainStale) => explainStale(candidate))
      .find((reason) => reason !== undefined);
    if (why === undefined) fresh.push(candidate);
    else stale.push({ series: candidate, why });
  }
  return { fresh, stale };
}

/** True if Prometheus has scraped anything since the deployment. Without that, an empty result proves nothing. */
export async function hasScraped(stack: Stack, endpoint: HttpEndpoint): Promise<boolean> {
  const client = createPrometheusClient(stack.context, endpoint);
  const freshness = await readFreshness(client, stack.deployedAt);
  const targets = await client.query("timestamp(up)");
  return targets.some((sample) => explainStaleness(sample, freshness) === undefined);
}

interface QuerySelector {
  readonly text: string;
  /** The longest range around the selector, as written; undefined if it is not inside a range. */
  readonly range: string | undefined;
}

/** Returns the distinct selectors of a query, without those of the past; at most 10. */
function listSelectors({ selectors, windows }: Extract<ParsedQuery, { status: "parsed" }>): QuerySelector[] {
  const querySelectors = selectors.flatMap((selector) => {
    if (selector.shifted) return [];
    const enclosingWindows = windows.filter((window) => isWithinWindow(window, selector));
    const longestWindow = enclosingWindows.toSorted((a, b) => (b.ms ?? 0) - (a.ms ?? 0))[0];
    return [{ text: selector.text, range: longestWindow?.text }];
  });
  const findFirst = (querySelector: QuerySelector) =>
    querySelectors.find(({ text, range }) => text === querySelector.text && range === querySelector.range);
  return querySelectors
    .filter((querySelector) => findFirst(querySelector) === querySelector)
    .slice(0, maxSelectors);
}

/** True if the selector stands inside the range window. */
function isWithinWindow(window: RangeWindow, { from, to }: Selector): boolean {
  return window.from <= from && to <= window.to;
}

/** Returns the series that a selector finds now, or within its range if there are none now. */
async function readSource(
  client: PrometheusClient,
  { text, range }: QuerySelector,
  freshness: Freshness,
): Promise<SelectorSamples> {
  const currentSamples = await client.query(`timestamp(${text})`);
  if (currentSamples.length > 0 || range === undefined) {
    const samples = currentSamples.map((sample) => ({
      labels: sample.labels,
      why: explainStaleness(sample, freshness),
    }));
    return { selector: text, samples };
  }
  // A range reaches further back than the five minutes in which a sample is still there at an instant.
  const earlierSamples = await client.query(`last_over_time(${text}[${range}])`);
  const why = "has not been scraped for 5 minutes";
  return { selector: text, samples: earlierSamples.map(({ labels }) => ({ labels, why })) };
}

/**
 * Creates a function that returns why a series is stale as far as one selector is concerned; undefined if it is fresh.
 */
function createStalenessTest({
  selector,
  samples,
}: SelectorSamples): (series: OwnSeries) => string | undefined {
  const formatReason = (why: string | undefined) => (why === undefined ? undefined : `${selector} ${why}`);
  const hasFresh = samples.some(({ why }) => why === undefined);
  const reasonsByNames = new Map<string, Map<string, string | undefined>>();
  return ({ labels }) => {
    const names = Object.keys(labels)
      .filter((name) => name !== "__name__")
      .toSorted();
    const namesKey = names.join("\n");
    const reasons = reasonsByNames.get(namesKey) ?? groupStaleness(names, samples);
    reasonsByNames.set(namesKey, reasons);
    const valuesKey = joinValues(names, labels);
    if (reasons.has(valuesKey)) return formatReason(reasons.get(valuesKey));
    return hasFresh ? undefined : formatReason(samples[0]?.why);
  };
}

/**
 * Groups samples by the values of some labels. Returns for each group why all its samples are stale; undefined if one
 * is fresh.
 */
function groupStaleness(
  names: readonly string[],
  samples: SelectorSamples["samples"],
): Map<string, string | undefined> {
  const reasons = new Map<string, string | undefined>();
  for (const { labels, why } of samples) {
    const key = joinValues(names, labels);
    if (!reasons.has(key) || why === undefined) reasons.set(key, why);
  }
  return reasons;
}

/** Returns a key made of the values of some labels. */
function joinValues(names: readonly string[], labels: Sample["labels"]): string {
  return JSON.stringify(names.map((name) => labels[name] ?? ""));
}
