import { compileScriptPattern, type ForeignPattern, SlowPattern } from "../lib/pattern.ts";
import type { Datasource, Value, Values, Variable } from "./dashboard.ts";
import { fillVariables } from "./variables.ts";

/** What a query variable asks the datasource. Match is a series selector. */
export type VariableRequest =
  | { readonly kind: "label-values"; readonly label: string; readonly match: string | undefined }
  | { readonly kind: "label-names"; readonly match: string | undefined }
  | { readonly kind: "metrics"; readonly pattern: string }
  | { readonly kind: "query-result"; readonly expr: string }
  | { readonly kind: "series"; readonly match: string };

/** Reads a variable's query the way Grafana's Prometheus datasource does; variables must be filled in. */
export function readRequest(query: string): VariableRequest | undefined {
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
 * Returns what the datasource answered, cut by the variable's filter, each once, sorted.
 * @throws SlowPattern if the filter runs for too long
 */
export function filterOptions(found: readonly string[], { sort }: Variable, regex: string): Option[] {
  const pattern = toPattern(regex);
  const options = found.flatMap((text) =>
    pattern === undefined ? [{ text, value: text }] : applyFilter(text, pattern),
  );
  return sortOptions([...new Map(options.map((one) => [one.value, one])).values()], sort);
}

/** `/x/i`, or a bare expression that must fit the whole text. An invalid expression filters nothing. */
function toPattern(regex: string): ForeignPattern | undefined {
  if (regex === "") return undefined;
  const slashed = /^\/([\s\S]*)\/([a-z]*)$/.exec(regex);
  try {
    return slashed ? compileScriptPattern(slashed[1] ?? "", slashed[2]) : compileScriptPattern(`^${regex}$`);
  } catch (error) {
    if (error instanceof SlowPattern) throw error;
    return undefined;
  }
}

/** Named groups `text` and `value`, else the first group, else the whole text. */
function applyFilter(text: string, pattern: ForeignPattern): Option[] {
  const match = pattern.exec(text);
  if (!match) return [];
  const [shown, value] = [match.named.get("text"), match.named.get("value")];
  if (shown !== undefined || value !== undefined)
    return [{ text: shown ?? value ?? text, value: value ?? shown ?? text }];
  const part = match.groups.length > 1 ? match.groups[1] : text;
  return part === undefined ? [] : [{ text: part, value: part }];
}

/** Grafana's numbers: 1/2 by letters, 3/4 by the first number, 5/6 letters of either case, 7/8 natural; even is backwards. */
function sortOptions(options: Option[], sort: number): Option[] {
  if (sort === 0) return options;
  const number = ({ text }: Option) => Number(/\d+/.exec(text)?.[0] ?? -1);
  const letters = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  const order = [
    (a: Option, b: Option) => letters(a.text, b.text),
    (a: Option, b: Option) => number(a) - number(b),
    (a: Option, b: Option) => letters(a.text.toLowerCase(), b.text.toLowerCase()),
    (a: Option, b: Option) => a.text.localeCompare(b.text, "en", { numeric: true }),
  ][Math.ceil(sort / 2) - 1];
  const list = order === undefined ? options : options.sort(order);
  return sort % 2 === 0 ? list.reverse() : list;
}

/**
 * Returns the options of a variable that asks nobody; undefined when it is of another type.
 * @throws SlowPattern if its filter runs for too long
 */
export function listFixedOptions(
  variable: Variable,
  datasources: readonly Datasource[],
): Option[] | undefined {
  const { query, current } = variable;
  switch (variable.type) {
    case "custom":
      return (query.match(/(?:\\,|[^,])+/g) ?? []).map(toOption);
    case "interval":
      return [...(query.match(/(["'])(.*?)\1|\w+/g) ?? [])].map((text) => {
        const plain = text.replaceAll(/["']/g, "");
        return { text: plain, value: plain };
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

/** `text : value`, or a value alone. */
function toOption(entry: string): Option {
  const plain = entry.replaceAll("\\,", ",").trim();
  const [, text, value] = /^(.{1,1000})\s:\s(.{1,1000})$/.exec(plain) ?? [];
  return text !== undefined && value !== undefined ? { text, value } : { text: plain, value: plain };
}

function listDatasourceOptions({ query, regex }: Variable, datasources: readonly Datasource[]): Option[] {
  const pattern = toPattern(regex);
  return datasources
    .filter(({ type, name }) => type === query && (pattern === undefined || pattern.test(name)))
    .toSorted((a, b) => a.name.toLowerCase().localeCompare(b.name.toLowerCase(), "en"))
    .map(({ name, uid }) => ({ text: name, value: uid }));
}

const all = "$__all";

/** Returns what a variable stands for when a dashboard is opened: the saved choice where it still is one, else the first. */
export function chooseValue(variable: Variable, options: readonly Option[], rangeMs: number): Value {
  const { includeAll, current, multi } = variable;
  const isList = multi || includeAll;
  const automatic = computeAutoInterval(variable, rangeMs);
  if (automatic !== undefined)
    return { values: [automatic], texts: ["auto"], allValue: undefined, isList: false };
  const saved = options.filter(({ value, text }) => current.includes(value) || current.includes(text));
  const wantsAll = current.includes(all) || (saved.length === 0 && includeAll);
  const picked = wantsAll && includeAll ? options : saved.length > 0 ? saved : options.slice(0, 1);
  return {
    values: picked.map(({ value }) => value),
    texts: picked.map(({ text }) => text),
    allValue: wantsAll && includeAll ? variable.allValue : undefined,
    isList,
  };
}

/** `auto` comes first in an interval variable's list: the range in so many steps. */
function computeAutoInterval({ type, auto, current }: Variable, rangeMs: number): string | undefined {
  const saved = current[0];
  if (type !== "interval" || auto === undefined) return undefined;
  if (saved !== undefined && !saved.startsWith("$__auto")) return undefined;
  return formatInterval(
    Math.max(parseInterval(auto.least) ?? 0, Math.ceil(rangeMs / auto.count / 1000) * 1000),
  );
}

/** Returns a variable's query and filter with the variables before it filled in. */
export function fillQuery({ query, regex }: Variable, values: Values, globals: ReadonlyMap<string, string>) {
  return {
    request: readRequest(fillVariables(query, values, "promql", globals)),
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

/** One of Grafana's intervals (`15s`, `>1m`, a bare number of seconds) in milliseconds; undefined for any other text. */
export function parseInterval(text: string | undefined): number | undefined {
  const match = /^[<>=]*\s*(\d+(?:\.\d+)?)\s*(ms|[smhdwMy])?$/.exec(text?.trim() ?? "");
  if (!match) return undefined;
  const length = Number(match[1]) * (unitMs[match[2] ?? "s"] ?? 0);
  return length > 0 ? length : undefined;
}

/** Returns a length of time in the largest unit that divides it, e.g. `90s`, `5m`. */
export function formatInterval(ms: number): string {
  const unit = ["d", "h", "m", "s"].find((one) => ms >= (unitMs[one] ?? 0) && ms % (unitMs[one] ?? 1) === 0);
  return unit === undefined ? `${Math.round(ms)}ms` : `${ms / (unitMs[unit] ?? 1)}${unit}`;
}

/** Scrape interval that Grafana assumes when its datasource names none. */
export const assumedScrapeMs = 15_000;

/** What a query is asked with: times in milliseconds. */
export interface Timing {
  readonly rangeMs: number;
  /** The step that a panel's width would lead to. */
  readonly intervalMs: number;
  /** What the query's own `interval`, or else the datasource, names as the scrape interval. */
  readonly scrapeMs: number;
  /** From and to, since the epoch. */
  readonly from: number;
  readonly to: number;
}

/** Those that Grafana itself fills in when it asks a Prometheus; what else begins with `__` the browser would. */
const grafanasOwn = [
  "__interval",
  "__interval_ms",
  "__rate_interval",
  "__range",
  "__range_s",
  "__range_ms",
] as const;

/**
 * Grafana's global variables. `asked`: those of Grafana itself are left to it, in a form that it knows; `filled`: they are
 * worked out as it does, to be read and to ask Prometheus directly.
 * https://grafana.com/docs/grafana/latest/dashboards/variables/add-template-variables/#global-variables
 */
export function listGlobals(timing: Timing, kind: "asked" | "filled"): ReadonlyMap<string, string> {
  const { rangeMs, scrapeMs, from, to } = timing;
  const rateMs = Math.max(timing.intervalMs + scrapeMs, 4 * scrapeMs);
  const worked = new Map([
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
  if (kind === "filled") return worked;
  return new Map([...worked, ...grafanasOwn.map((name) => [name, `\${${name}}`] as const)]);
}
