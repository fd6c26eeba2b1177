import type { ParsedQuery, RangeWindow, Selector } from "../../promql/promql.ts";
import { createPrometheusClient, type PrometheusClient, type Sample } from "../../stack/prometheus.ts";
import type { HttpEndpoint, Stack } from "../../stack/stack.ts";
import { explainStaleness, type Freshness, readFreshness } from "../runner/freshness.ts";
import type { OwnSeries } from "./promql.ts";

/** An answer's series that count, and why the others don't. */
export interface Split {
  readonly fresh: readonly OwnSeries[];
  readonly stale: readonly { readonly series: OwnSeries; readonly why: string }[];
}

/** What one selector of the query finds now, and when each of it was scraped. */
interface Source {
  readonly selector: string;
  readonly samples: readonly { readonly labels: Sample["labels"]; readonly why: string | undefined }[];
}

/** More selectors than this are not looked at: each costs a request. */
const mostSelectors = 10;

/**
 * Separates the series made from recent scrapes since the deployment from those that Prometheus only remembers. A series counts when each selector of the query has a fresh sample with that series' labels; where the query
 * has changed the labels, any fresh sample of the selector. What asks for the past on purpose (`offset`, `@`) is not judged.
 */
export async function splitByFreshness(
  stack: Stack,
  endpoint: HttpEndpoint,
  expression: string,
  series: readonly OwnSeries[],
): Promise<Split> {
  const [parsed] = series.length === 0 ? [] : await stack.expressions.parse([expression]);
  const selectors = parsed?.status === "parsed" ? listSelectors(parsed) : [];
  if (selectors.length === 0) return { fresh: series, stale: [] };
  const client = createPrometheusClient(stack.context, endpoint);
  const freshness = await readFreshness(client, stack.deployedAt);
  const sources = await Promise.all(selectors.map((one) => readSource(client, one, freshness)));
  const judges = sources.filter(({ samples }) => samples.length > 0).map(createJudge);
  const fresh: OwnSeries[] = [];
  const stale: { series: OwnSeries; why: string }[] = [];
  for (const one of series) {
    const why = judges.map((judge) => judge(one)).find((reason) => reason !== undefined);
    if (why === undefined) fresh.push(one);
    else stale.push({ series: one, why });
  }
  return { fresh, stale };
}

/** That nothing is there proves something only when Prometheus has scraped anything at all since the deployment. */
export async function hasScraped(stack: Stack, endpoint: HttpEndpoint): Promise<boolean> {
  const client = createPrometheusClient(stack.context, endpoint);
  const freshness = await readFreshness(client, stack.deployedAt);
  const targets = await client.query("timestamp(up)");
  return targets.some((sample) => explainStaleness(sample, freshness) === undefined);
}

interface QuerySelector {
  readonly text: string;
  /** Of the longest range around it, as it is written. */
  readonly range: string | undefined;
}

function listSelectors({ selectors, windows }: Extract<ParsedQuery, { status: "parsed" }>): QuerySelector[] {
  const asked = selectors.flatMap((selector) => {
    if (selector.shifted) return [];
    const around = windows.filter((window) => isAround(window, selector));
    const longest = around.toSorted((a, b) => (b.ms ?? 0) - (a.ms ?? 0))[0];
    return [{ text: selector.text, range: longest?.text }];
  });
  const first = (one: QuerySelector) =>
    asked.find(({ text, range }) => text === one.text && range === one.range);
  return asked.filter((one) => first(one) === one).slice(0, mostSelectors);
}

function isAround(window: RangeWindow, { from, to }: Selector): boolean {
  return window.from <= from && to <= window.to;
}

async function readSource(
  client: PrometheusClient,
  { text, range }: QuerySelector,
  freshness: Freshness,
): Promise<Source> {
  const now = await client.query(`timestamp(${text})`);
  if (now.length > 0 || range === undefined) {
    const samples = now.map((sample) => ({
      labels: sample.labels,
      why: explainStaleness(sample, freshness),
    }));
    return { selector: text, samples };
  }
  // A range reaches further back than the five minutes in which a sample is still there at an instant.
  const before = await client.query(`last_over_time(${text}[${range}])`);
  const why = "has not been scraped for 5 minutes";
  return { selector: text, samples: before.map(({ labels }) => ({ labels, why })) };
}

/** Says why a series doesn't count, as far as one selector goes; undefined when it does. */
function createJudge({ selector, samples }: Source): (series: OwnSeries) => string | undefined {
  const reasonOf = (why: string | undefined) => (why === undefined ? undefined : `${selector} ${why}`);
  const anyFresh = samples.some(({ why }) => why === undefined);
  const byNames = new Map<string, Map<string, string | undefined>>();
  return ({ labels }) => {
    const names = Object.keys(labels)
      .filter((name) => name !== "__name__")
      .toSorted();
    const key = names.join("\n");
    const known = byNames.get(key) ?? groupStaleness(names, samples);
    byNames.set(key, known);
    const own = joinValues(names, labels);
    if (known.has(own)) return reasonOf(known.get(own));
    return anyFresh ? undefined : reasonOf(samples[0]?.why);
  };
}

/** From the values of some labels to why none of what has them is fresh. */
function groupStaleness(
  names: readonly string[],
  samples: Source["samples"],
): Map<string, string | undefined> {
  const found = new Map<string, string | undefined>();
  for (const { labels, why } of samples) {
    const key = joinValues(names, labels);
    if (!found.has(key) || why === undefined) found.set(key, why);
  }
  return found;
}

function joinValues(names: readonly string[], labels: Sample["labels"]): string {
  return JSON.stringify(names.map((name) => labels[name] ?? ""));
}
