import type {
  AdhocFilter,
  Datasource,
  Panel,
  PanelQuery,
  Value,
  Values,
} from "../../dashboards/dashboard.ts";
import { assumedScrapeMs, listGlobals, parseInterval, type Timing } from "../../dashboards/options.ts";
import { findReference, resolveDatasource } from "../../dashboards/unanswered.ts";
import { fillVariables } from "../../dashboards/variables.ts";
import type { Expressions, ParsedQuery } from "../../promql/promql.ts";
import type { PanelRequest } from "../../stack/grafana.ts";

/** A query of a panel, ready to be sent. */
export interface PreparedQuery {
  readonly request: PanelRequest;
  /** With all variables filled in, Grafana's own too. */
  readonly filled: string;
  /** As it is written in the dashboard. */
  readonly written: string;
}

/** A panel's queries: those that can be sent, those whose data source is missing, and those that are not PromQL. */
export interface PreparedQueries {
  readonly asks: readonly PreparedQuery[];
  readonly missing: readonly string[];
  readonly other: readonly string[];
}

export interface Window {
  readonly from: number;
  readonly to: number;
}

/** Fills a panel's queries with values, without the dashboard's ad hoc filters. Hidden queries count only if an expression may need them. */
export function prepareQueries(
  panel: Panel,
  values: Values,
  datasources: readonly Datasource[],
  window: Window,
): PreparedQueries {
  const asks: PreparedQuery[] = [];
  const missing = new Set<string>();
  const other = new Set<string>();
  const computes = panel.queries.some((query) => findReference(panel, query)?.uid === "__expr__");
  for (const query of panel.queries) {
    if (query.hidden && !computes) continue;
    const resolved = resolveDatasource(findReference(panel, query), values, datasources);
    if (resolved.kind === "missing") missing.add(resolved.why);
    else if (resolved.kind === "other") other.add(resolved.what);
    else if (resolved.kind !== "prometheus") other.add("a datasource within a mixed one");
    else if (query.expr !== undefined)
      asks.push(toAsk(panel, query, query.expr, resolved.datasource, values, window));
    else if (query.language !== undefined)
      other.add(`${resolved.datasource.name} in ${query.language.name}, which no Prometheus answers`);
  }
  return { asks, missing: [...missing], other: [...other] };
}

function toAsk(
  panel: Panel,
  query: PanelQuery,
  written: string,
  datasource: Datasource,
  values: Values,
  { from, to }: Window,
): PreparedQuery {
  const own = query.interval === undefined ? undefined : fillVariables(query.interval, values, "plain");
  const least = panel.interval === undefined ? undefined : fillVariables(panel.interval, values, "plain");
  const set = parseInterval(datasource.timeInterval) ?? assumedScrapeMs;
  const timing: Timing = {
    rangeMs: to - from,
    intervalMs: parseInterval(own) ?? parseInterval(least) ?? set,
    scrapeMs: parseInterval(own) ?? set,
    from,
    to,
  };
  return {
    filled: fillVariables(written, values, "promql", listGlobals(timing, "filled")),
    written,
    request: {
      uid: datasource.uid,
      type: datasource.type,
      expr: fillVariables(written, values, "promql", listGlobals(timing, "asked")),
      instant: true,
      range: query.range,
      interval: parseInterval(own) === undefined ? undefined : own,
      intervalFactor: query.intervalFactor,
      intervalMs: timing.intervalMs,
    },
  };
}

/** Number of a panel's repeats that are queried before it counts as empty. */
const mostRepeats = 20;

/** Returns the values of each repeat of a panel. */
export function listRepeats(panel: Panel, values: Values): Values[] {
  return panel.repeats
    .reduce<Values[]>(
      (sets, name) =>
        sets.flatMap((set) => {
          const value = set.get(name);
          if (value === undefined || value.values.length < 2) return [set];
          return value.values.map((_, index) => new Map(set).set(name, pickValue(value, index)));
        }),
      [values],
    )
    .slice(0, mostRepeats);
}

function pickValue(value: Value, index: number): Value {
  const only = (list: readonly string[]) => list.slice(index, index + 1);
  return { ...value, values: only(value.values), texts: only(value.texts), allValue: undefined };
}

const operators: readonly string[] = ["=", "!=", "=~", "!~"];

/** Puts a dashboard's ad hoc filters into queries. Grafana gets them filled in: a filter has no place in a text with variables. */
export async function filterAsks(
  asks: readonly PreparedQuery[],
  filters: readonly AdhocFilter[],
  expressions: Expressions,
): Promise<readonly PreparedQuery[]> {
  if (filters.length === 0) return asks;
  const parsed = await expressions.parse(asks.map(({ filled }) => filled));
  return asks.map((ask, index) => {
    const filled = withFilters(ask.filled, parsed[index], filters);
    return { ...ask, filled, request: { ...ask.request, expr: filled } };
  });
}

/** Puts filters into every selector of a query; an invalid query stays as it is. */
export function withFilters(
  query: string,
  parsed: ParsedQuery | undefined,
  filters: readonly AdhocFilter[],
): string {
  const matchers = filters
    .filter(({ operator, label }) => operators.includes(operator) && label !== "")
    .map(({ label, operator, value }) => `${label}${operator}${JSON.stringify(value)}`);
  if (parsed?.status !== "parsed" || matchers.length === 0) return query;
  const added = matchers.join(",");
  return [...parsed.selectors]
    .sort((a, b) => b.from - a.from)
    .reduce((text, { from, to, text: selector }) => {
      const inner = /^([^{]*)\{([\s\S]*)\}$/.exec(selector);
      const before = inner?.[2]?.trim().replace(/,$/, "");
      const filtered = `${inner ? inner[1] : selector}{${before ? `${before},` : ""}${added}}`;
      return text.slice(0, from) + filtered + text.slice(to);
    }, query);
}
