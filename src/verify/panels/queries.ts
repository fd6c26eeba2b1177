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
  /** How a series is named, variables filled in. */
  readonly legend: string | undefined;
  /** True if the panel does not show it. */
  readonly hidden: boolean;
}

/** A panel's queries: those that can be sent, those whose data source is missing, and those that are not PromQL. */
interface PreparedQueries {
  readonly prepared: readonly PreparedQuery[];
  /** Why the data source of a query is missing, in sentences. */
  readonly missingSources: readonly string[];
  /** Data sources that are not a Prometheus, or get a query in another language, for messages. */
  readonly otherSources: readonly string[];
}

/** A time range in milliseconds since the epoch. */
export interface TimeWindow {
  readonly from: number;
  readonly to: number;
}

/**
 * Fills a panel's queries with values, without the dashboard's ad hoc filters. Hidden queries are skipped unless the
 * panel has an expression, which may need them.
 */
export function prepareQueries(
  panel: Panel,
  values: Values,
  datasources: readonly Datasource[],
  window: TimeWindow,
): PreparedQueries {
  const prepared: PreparedQuery[] = [];
  const missingSources = new Set<string>();
  const otherSources = new Set<string>();
  const hasExpression = panel.queries.some((query) => findReference(panel, query)?.uid === "__expr__");
  for (const query of panel.queries) {
    if (query.hidden && !hasExpression) continue;
    const resolved = resolveDatasource(findReference(panel, query), values, datasources);
    if (resolved.kind === "missing") missingSources.add(resolved.why);
    else if (resolved.kind === "other") otherSources.add(resolved.what);
    else if (resolved.kind !== "prometheus") otherSources.add("a datasource within a mixed one");
    else if (query.expr !== undefined)
      prepared.push(prepareQuery(panel, query, query.expr, resolved.datasource, values, window));
    else if (query.language !== undefined)
      otherSources.add(`${resolved.datasource.name} in ${query.language.name}, which no Prometheus answers`);
  }
  return { prepared, missingSources: [...missingSources], otherSources: [...otherSources] };
}

/** Returns a query with its variables filled in, and the request that Grafana gets. */
function prepareQuery(
  panel: Panel,
  query: PanelQuery,
  written: string,
  datasource: Datasource,
  values: Values,
  { from, to }: TimeWindow,
): PreparedQuery {
  const queryInterval =
    query.interval === undefined ? undefined : fillVariables(query.interval, values, "plain");
  const panelInterval =
    panel.interval === undefined ? undefined : fillVariables(panel.interval, values, "plain");
  const scrapeIntervalMs = parseInterval(datasource.timeInterval) ?? assumedScrapeMs;
  const timing: Timing = {
    rangeMs: to - from,
    intervalMs: parseInterval(queryInterval) ?? parseInterval(panelInterval) ?? scrapeIntervalMs,
    scrapeMs: parseInterval(queryInterval) ?? scrapeIntervalMs,
    from,
    to,
  };
  return {
    filled: fillVariables(written, values, "promql", listGlobals(timing, "filled")),
    written,
    legend: query.legendFormat === undefined ? undefined : fillVariables(query.legendFormat, values, "plain"),
    hidden: query.hidden,
    request: {
      uid: datasource.uid,
      type: datasource.type,
      expr: fillVariables(written, values, "promql", listGlobals(timing, "asked")),
      instant: true,
      range: query.range,
      interval: parseInterval(queryInterval) === undefined ? undefined : queryInterval,
      intervalFactor: query.intervalFactor,
      intervalMs: timing.intervalMs,
    },
  };
}

/** The maximum number of a panel's repeats that are queried. */
const maxRepeats = 20;

/**
 * Returns the values of the variables for each repeat of a panel: each value of a variable by which the panel is
 * repeated. At most `maxRepeats`.
 */
export function listRepeats(panel: Panel, values: Values): Values[] {
  return panel.repeats
    .reduce<Values[]>(
      (valueSets, name) =>
        valueSets.flatMap((valueSet) => {
          const value = valueSet.get(name);
          if (value === undefined || value.values.length < 2) return [valueSet];
          return value.values.map((_, index) => new Map(valueSet).set(name, pickValue(value, index)));
        }),
      [values],
    )
    .slice(0, maxRepeats);
}

/** Returns the value with only one of its values and texts. */
function pickValue(value: Value, index: number): Value {
  const pickAt = (list: readonly string[]) => list.slice(index, index + 1);
  return { ...value, values: pickAt(value.values), texts: pickAt(value.texts), allValue: undefined };
}

/** The operators of ad hoc filters that PromQL has too. */
const matcherOperators: readonly string[] = ["=", "!=", "=~", "!~"];

/**
 * Returns the queries with a dashboard's ad hoc filters added. Their requests then contain no variables, since filters
 * can only be added to complete PromQL.
 */
export async function applyAdhocFilters(
  preparedQueries: readonly PreparedQuery[],
  filters: readonly AdhocFilter[],
  expressions: Expressions,
): Promise<readonly PreparedQuery[]> {
  if (filters.length === 0) return preparedQueries;
  const parsed = await expressions.parse(preparedQueries.map(({ filled }) => filled));
  return preparedQueries.map((preparedQuery, index) => {
    const filled = addFiltersToQuery(preparedQuery.filled, parsed[index], filters);
    return { ...preparedQuery, filled, request: { ...preparedQuery.request, expr: filled } };
  });
}

/** Returns a query with the filters added to every selector; unchanged if the query is invalid. */
export function addFiltersToQuery(
  query: string,
  parsed: ParsedQuery | undefined,
  filters: readonly AdhocFilter[],
): string {
  const matchers = filters
    .filter(({ operator, label }) => matcherOperators.includes(operator) && label !== "")
    .map(({ label, operator, value }) => `${label}${operator}${JSON.stringify(value)}`);
  if (parsed?.status !== "parsed" || matchers.length === 0) return query;
  const addedMatchers = matchers.join(",");
  // The last selector is changed first, so that the positions of the others stay valid.
  return [...parsed.selectors]
    .sort((a, b) => b.from - a.from)
    .reduce((text, { from, to, text: selector }) => {
      const selectorParts = /^([^{]*)\{([\s\S]*)\}$/.exec(selector);
      const existingMatchers = selectorParts?.[2]?.trim().replace(/,$/, "");
      const metric = selectorParts ? selectorParts[1] : selector;
      const allMatchers = existingMatchers ? `${existingMatchers},${addedMatchers}` : addedMatchers;
      const filtered = `${metric}{${allMatchers}}`;
      return text.slice(0, from) + filtered + text.slice(to);
    }, query);
}
