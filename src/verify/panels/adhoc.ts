import type { AdhocFilter } from "../../dashboards/types.ts";
import { parseQuery } from "../../promql/promql.ts";

const operators: readonly string[] = ["=", "!=", "=~", "!~"];

/** Puts a dashboard's ad hoc filters into every selector of a query; one that can't be read stays as it is. */
export function withFilters(query: string, filters: readonly AdhocFilter[]): string {
  const matchers = filters
    .filter(({ operator, label }) => operators.includes(operator) && label !== "")
    .map(({ label, operator, value }) => `${label}${operator}${JSON.stringify(value)}`);
  const parsed = matchers.length === 0 ? undefined : parseQuery(query);
  if (parsed?.status !== "parsed") return query;
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
