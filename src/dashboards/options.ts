import { compileScriptPattern, type ForeignPattern, SlowPattern } from "../lib/pattern.ts";
import type { Datasource, Value, Values, Variable } from "./dashboard.ts";
import { fillVariables } from "./variables.ts";

/** The request that a query variable sends to its data source. `match` is a series selector. */
export type VariableRequest =
  | { readonly kind: "label-values"; readonly label: string; readonly match: string | undefined }
  | { readonly kind: "label-names"; readonly match: string | undefined }
  | { readonly kind: "metrics"; readonly pattern: string }
  | { readonly kind: "query-result"; readonly expr: string }
  | { readonly kind: "series"; readonly match: string };

/**
 * Parses a variable's query as Grafana's Prometheus data source does: `label_values(...)`, `label_names(...)`,
 * `metrics(...)`, `query_result(...)`, else a series selector. Undefined for an empty query. Variables in the query
 * must be filled in.
 */
export function parseVariableQuery(query: string): VariableRequest | undefined {
  const text = query.trim();
  if (text === "") return undefined;
  const values = /^label_values\((?:([\s\S]+),\s*)?([a-zA-Z_$][a-zA-Z0-9_]*)\)$/.exec(text);
  if (values) return { kind: "label-values", label: values[2] ?? "", match: values[1]?.trim() };
  const names = /^label_names\(([\s\S]*)\)$/.exec(text);
  if (names) return { kind: "label-names", match: names[1]?.trim() || undefined };
  const metrics = /^metrics\(([\s\S]+)\)$/.exec(text);
  if (metrics) return { kind: "metrics", pattern: metrics[1] ?? "" };
  const result = /^query_result\(([\s\S]+)\)$/.exec(text);
  if (result) return { kind: "query-result", expr: result[1] ?? "" };
  return { kind: "series", match: text };
}

export interface Option {
  readonly text: string;
  readonly value: string;
}

/**
 * Returns the texts of a query's result as options: filtered by the variable's regex, each once, sorted.
 * @throws SlowPattern if the regex takes too long
 */
export function filterOptions(texts: readonly string[], { sort }: Variable, regex: string): Option[] {
  const pattern = compileVariableRegex(regex);
  const options = texts.flatMap((text) =>
    pattern === undefined ? [{ text, value: text }] : applyFilter(text, pattern),
  );
  return sortOptions([...new Map(options.map((option) => [option.value, option])).values()], sort);
}

/**
 * Returns the compiled regex of a variable: `/x/i`, or a bare expression that must match the whole text. Undefined for
 * an empty or invalid one, which filters nothing.
 */
function compileVariableRegex(regex: string): ForeignPattern | undefined {
  if (regex === "") return undefined;
  const slashed = /^\/([\s\S]*)\/([a-z]*)$/.exec(regex);
  try {
    return slashed ? compileScriptPattern(slashed[1] ?? "", slashed[2]) : compileScriptPattern(`^${regex}$`);
  } catch (error) {
    if (error instanceof SlowPattern) throw error;
    return undefined;
  }
}

/**
 * Returns the option that the pattern makes of a text: from the named groups `text` and `value`, else from the first
 * group, else the whole text. Empty if the pattern does not match.
 */
function applyFilter(text: string, pattern: ForeignPattern): Option[] {
  const match = pattern.exec(text);
  if (!match) return [];
  const [namedText, namedValue] = [match.named.get("text"), match.named.get("value")];
  if (namedText !== undefined || namedValue !== undefined)
    return [{ text: namedText ?? namedValue ?? text, value: namedValue ?? namedText ?? text }];
  const part = match.groups.length > 1 ? match.groups[1] : text;
  return part === undefined ? [] : [{ text: part, value: part }];
}

/**
 * Sorts options by Grafana's sort number: 1 and 2 by characters, 3 and 4 by the first number, 5 and 6 by characters
 * regardless of case, 7 and 8 in natural order. Even numbers are descending; 0 keeps the order.
 */
function sortOptions(options: Option[], sort: number): Option[] {
  if (sort === 0) return options;
  const getFirstNumber = ({ text }: Option) => Number(/\d+/.exec(text)?.[0] ?? -1);
  const compareCharacters = (a: string, b: string) => Number(a > b) - Number(a < b);
  const compareOptions = [
    (a: Option, b: Option) => compareCharacters(a.text, b.text),
    (a: Option, b: Option) => getFirstNumber(a) - getFirstNumber(b),
    (a: Option, b: Option) => compareCharacters(a.text.toLowerCase(), b.text.toLowerCase()),
    (a: Option, b: Option) => a.text.localeCompare(b.text, "en", { numeric: true }),
  ][Math.ceil(sort / 2) - 1];
  const ascending = compareOptions === undefined ? options : options.sort(compareOptions);
  return sort % 2 === 0 ? ascending.reverse() : ascending;
}

/**
 * Returns the options of a variable that needs no query; undefined for other types.
 * @throws SlowPattern if its regex takes too long
 */
export function listFixedOptions(
  variable: Variable,
  datasources: readonly Datasource[],
): Option[] | undefined {
  const { query, current } = variable;
  switch (variable.type) {
    case "custom":
      return (query.match(/(?:\\,|[^,])+/g) ?? []).map(parseCustomOption);
    case "interval":
      return [...(query.match(/(["'])(.*?)\1|\w+/g) ?? [])].map((text) => {
        const unquoted = text.replaceAll(/["']/g, "");
        return { text: unquoted, value: unquoted };
      });
    case "constant":
      return [{ text: query, value: query }];
    case "textbox": {
      const value = current[0] ?? query;
      return [{ text: value, value }];
    }
    case "datasource":
      return listDatasourceOptions(variable, datasources);
    default:
      return undefined;
  }
}

/** Parses an option of a custom variable: `text : value`, or a value alone. */
function parseCustomOption(entry: string): Option {
  const plain = entry.replaceAll("\\,", ",").trim();
  const [, text, value] = /^(.{1,1000})\s:\s(.{1,1000})$/.exec(plain) ?? [];
  return text !== undefined && value !== undefined ? { text, value } : { text: plain, value: plain };
}

/** Returns the data sources of the type that a variable names, sorted by name, as options. */
function listDatasourceOptions({ query, regex }: Variable, datasources: readonly Datasource[]): Option[] {
  const pattern = compileVariableRegex(regex);
  return datasources
    .filter(({ type, name }) => type === query && (pattern === undefined || pattern.test(name)))
    .toSorted((a, b) => a.name.toLowerCase().localeCompare(b.name.toLowerCase(), "en"))
    .map(({ name, uid }) => ({ text: name, value: uid }));
}

const allOption = "$__all";

/**
 * Returns a variable's value when the dashboard is opened: the automatic interval, "All", the saved choice if it is
 * still an option, else the first option.
 */
export function chooseValue(variable: Variable, options: readonly Option[], rangeMs: number): Value {
  const { includeAll, current, multi } = variable;
  const isList = multi || includeAll;
  const autoInterval = computeAutoInterval(variable, rangeMs);
  if (autoInterval !== undefined)
    return { values: [autoInterval], texts: ["auto"], allValue: undefined, isList: false };
  const saved = options.filter(({ value, text }) => current.includes(value) || current.includes(text));
  const wantsAll = current.includes(allOption) || (saved.length === 0 && includeAll);
  const savedOrFirst = saved.length > 0 ? saved : options.slice(0, 1);
  const selected = wantsAll && includeAll ? options : savedOrFirst;
  return {
    values: selected.map(({ value }) => value),
    texts: selected.map(({ text }) => text),
    allValue: wantsAll && includeAll ? variable.allValue : undefined,
    isList,
  };
}

/**
 * Returns the value of an interval variable that is set to `auto`: the range divided into the number of steps.
 * Undefined if it is not set to `auto`.
 */
function computeAutoInterval({ type, auto, current }: Variable, rangeMs: number): string | undefined {
  const saved = current[0];
  if (type !== "interval" || auto === undefined) return undefined;
  if (saved !== undefined && !saved.startsWith("$__auto")) return undefined;
  return formatInterval(
    Math.max(parseInterval(auto.least) ?? 0, Math.ceil(rangeMs / auto.count / 1000) * 1000),
  );
}

/** A variable's request and filter without variables. */
interface FilledQuery {
  readonly request: VariableRequest | undefined;
  readonly regex: string;
}

/** Returns a variable's request and filter, with the values of the variables that they use. */
export function fillQuery(
  { query, regex }: Variable,
  values: Values,
  globals: ReadonlyMap<string, string>,
): FilledQuery {
  return {
    request: parseVariableQuery(fillVariables(query, values, "promql", globals)),
    regex: fillVariables(regex, values, "regex", globals),
  };
}

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  M: 2_592_000_000,
  y: 31_536_000_000,
};

/**
 * Parses one of Grafana's intervals (`15s`, `>1m`, a bare number of seconds) to milliseconds; undefined for any other
 * text.
 */
export function parseInterval(text: string | undefined): number | undefined {
  const match = /^[<>=]*\s*(\d+(?:\.\d+)?)\s*(ms|[smhdwMy])?$/.exec(text?.trim() ?? "");
  if (!match) return undefined;
  const length = Number(match[1]) * (unitMs[match[2] ?? "s"] ?? 0);
  return length > 0 ? length : undefined;
}

/** Returns a length of time in the largest unit that divides it, e.g. `90s`, `5m`. */
export function formatInterval(ms: number): string {
  const unit = ["d", "h", "m", "s"].find(
    (name) => ms >= (unitMs[name] ?? 0) && ms % (unitMs[name] ?? 1) === 0,
  );
  return unit === undefined ? `${Math.round(ms)}ms` : `${ms / (unitMs[unit] ?? 1)}${unit}`;
}

/** Scrape interval that Grafana assumes if its data source has none. */
export const assumedScrapeMs = 15_000;

/** The time range and intervals of a query, in milliseconds. */
export interface Timing {
  readonly rangeMs: number;
  /** The step that results from the panel's width. */
  readonly intervalMs: number;
  /** The scrape interval: the query's own `interval`, else that of the data source. */
  readonly scrapeMs: number;
  /** From and to, since the epoch. */
  readonly from: number;
  readonly to: number;
}

/** Global variables that Grafana's server fills in for Prometheus. The browser fills in the others. */
const serverGlobals = [
  "__interval",
  "__interval_ms",
  "__rate_interval",
  "__range",
  "__range_s",
  "__range_ms",
] as const;

/**
 * Returns Grafana's global variables with their values. With `asked`, those that Grafana's server fills in are written
 * as `${name}`, for a query that is sent to Grafana. With `filled`, all have values, for a query that is sent directly
 * to Prometheus.
 * https://grafana.com/docs/grafana/latest/dashboards/variables/add-template-variables/#global-variables
 */
export function listGlobals(timing: Timing, kind: "asked" | "filled"): ReadonlyMap<string, string> {
  const { rangeMs, scrapeMs, from, to } = timing;
  // Grafana's rule: at least four scrapes, so that a rate has enough samples.
  const rateMs = Math.max(timing.intervalMs + scrapeMs, 4 * scrapeMs);
  const computedValues = new Map([
    ["__interval", formatInterval(timing.intervalMs)],
    ["__interval_ms", String(timing.intervalMs)],
    ["__rate_interval", formatInterval(rateMs)],
    ["__rate_interval_ms", String(rateMs)],
    ["__range", `${Math.round(rangeMs / 1000)}s`],
    ["__range_s", String(Math.round(rangeMs / 1000))],
    ["__range_ms", String(rangeMs)],
    ["__from", String(from)],
    ["__to", String(to)],
  ]);
  if (kind === "filled") return computedValues;
  return new Map([...computedValues, ...serverGlobals.map((name) => [name, `\${${name}}`] as const)]);
}
