import type { AdhocFilter } from "../../dashboards/types.ts";
import type { Expressions } from "../../promql/expressions.ts";
import type { ParsedQuery } from "../../promql/promql.ts";
import type { Ask } from "./ask.ts";

const operators: readonly string[] = ["=", "!=", "=~", "!~"];

/** Puts a dashboard's ad hoc filters into queries. Grafana gets them filled in: a filter has no place in a text with variables. */
export async function filterAsks(
  asks: readonly Ask[],
  filters: readonly AdhocFilter[],
  expressions: Expressions,
): Promise<readonly Ask[]> {
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
