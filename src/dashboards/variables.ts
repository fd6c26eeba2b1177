import { z } from "zod";
import { encodeUrlPart } from "../lib/text.ts";
import type { Value, Values, Variable } from "./dashboard.ts";
import { datasourceSchema, toDatasourceRef } from "./panels.ts";

const optionalText = z.string().nullish().catch(undefined);
const scalarAsText = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const variableSchema = z.looseObject({
  name: z.string(),
  type: optionalText,
  query: z.unknown().optional(),
  definition: optionalText,
  regex: optionalText,
  sort: z.number().nullish().catch(undefined),
  datasource: datasourceSchema,
  multi: z.boolean().nullish().catch(undefined),
  includeAll: z.boolean().nullish().catch(undefined),
  allValue: optionalText,
  refresh: z.union([z.number(), z.boolean()]).nullish().catch(undefined),
  current: z
    .looseObject({
      value: z
        .union([scalarAsText.transform((value) => [value]), z.array(scalarAsText)])
        .nullish()
        .catch(undefined),
    })
    .nullish()
    .catch(undefined),
  auto: z.boolean().nullish().catch(undefined),
  auto_count: z.number().nullish().catch(undefined),
  auto_min: optionalText,
  filters: z
    .array(z.looseObject({ key: z.string(), operator: z.string(), value: z.string() }))
    .nullish()
    .catch(undefined),
});

/** Returns a dashboard's template variables. Entries without a name are ignored. */
export function readVariables(list: readonly unknown[]): Variable[] {
  return list.flatMap((entry) => {
    const parsed = variableSchema.safeParse(entry);
    return parsed.success ? [toVariable(parsed.data)] : [];
  });
}

/** Converts a variable of the model. */
function toVariable(raw: z.infer<typeof variableSchema>): Variable {
  return {
    name: raw.name,
    type: raw.type ?? "query",
    query: readQuery(raw.query) || raw.definition || "",
    regex: raw.regex ?? "",
    sort: raw.sort ?? 0,
    datasource: toDatasourceRef(raw.datasource),
    multi: raw.multi ?? false,
    includeAll: raw.includeAll ?? false,
    allValue: raw.allValue || undefined,
    current: (raw.current?.value ?? []).filter((value) => value !== ""),
    refreshes: raw.refresh !== 0 && raw.refresh !== false,
    auto: raw.auto ? { count: raw.auto_count ?? 30, least: raw.auto_min || "10s" } : undefined,
    filters: (raw.filters ?? []).map(({ key, operator, value }) => ({ label: key, operator, value })),
  };
}

/** Returns a variable's query: a text, or since Grafana 7.4 an object that contains it. */
function readQuery(query: unknown): string {
  if (typeof query === "string") return query;
  const parsed = z.looseObject({ query: z.string() }).safeParse(query);
  return parsed.success ? parsed.data.query : "";
}

/**
 * Returns the variables in an order in which each one comes after those that its query, regex or data source uses. If
 * variables use each other, the first one in the dashboard comes first.
 */
export function sortByUse(variables: readonly Variable[]): Variable[] {
  const unsorted = variables.map((variable) => ({ variable, uses: new Set(listUsedVariables(variable)) }));
  const unsortedCounts = new Map<string, number>();
  for (const { name } of variables) unsortedCounts.set(name, (unsortedCounts.get(name) ?? 0) + 1);
  const sorted: Variable[] = [];
  while (unsorted.length > 0) {
    const canComeNext = ({ variable, uses }: (typeof unsorted)[number]) =>
      [...uses].every((name) => (unsortedCounts.get(name) ?? 0) === (name === variable.name ? 1 : 0));
    const [next] = unsorted.splice(Math.max(0, unsorted.findIndex(canComeNext)), 1);
    if (next === undefined) break;
    const { variable } = next;
    sorted.push(variable);
    unsortedCounts.set(variable.name, (unsortedCounts.get(variable.name) ?? 1) - 1);
    // Uses of variables that are already sorted no longer count.
    for (const { uses } of unsorted) if (unsortedCounts.get(variable.name) === 0) uses.delete(variable.name);
  }
  return sorted;
}

/** Returns the names of the variables that a variable's query, regex and data source use. */
function listUsedVariables({ query, regex, datasource }: Variable): string[] {
  return listVariablesIn([query, regex, datasource?.uid ?? ""].join(" "));
}

/** Forms of a variable: `$v`, `[[v]]`, `[[v:format]]`, `${v}`, `${v.field}`, `${v:format}`. */
const variablePattern =
  /\$(\w{1,200})|\[\[(\w{1,200})(?::(\w{1,200}))?\]\]|\$\{(\w{1,200})(?:\.([^:}]{1,200}))?(?::([^}]{1,200}))?\}/g;

/** Returns the names of the variables in a text. */
export function listVariablesIn(source: string): string[] {
  const names = [...source.matchAll(variablePattern)].map((match) => match[1] ?? match[2] ?? match[4] ?? "");
  return [...new Set(names)];
}

/** How a variable without a format of its own is written. */
type Style =
  /** Into PromQL, as Grafana's Prometheus datasource does. */
  | "promql"
  /** Into a variable's filter. */
  | "regex"
  /** As it is: into the name of a datasource. */
  | "plain";

/** Returns a text with its variables filled in. Unknown variables are left as written. */
export function fillVariables(
  source: string,
  values: Values,
  style: Style,
  globals: ReadonlyMap<string, string> = new Map(),
): string {
  return source.replace(
    variablePattern,
    (whole, plain, squared, squaredFormat, braced, field, bracedFormat) => {
      const name: string = plain ?? squared ?? braced ?? "";
      const global = globals.get(name);
      if (global !== undefined) return global;
      const value = values.get(name);
      if (value === undefined) return whole;
      const format: string | undefined =
        squaredFormat ?? bracedFormat ?? (field === "text" ? "text" : undefined);
      return formatValue(value, format, style);
    },
  );
}

/** Formats a variable's value in its own format, else in the style of the text around it. */
function formatValue(value: Value, format: string | undefined, style: Style): string {
  if (format === "text") return value.texts.join(" + ");
  if (value.allValue !== undefined) return value.allValue;
  if (format !== undefined) return formatValues(value.values, format);
  switch (style) {
    case "plain":
      return value.values[0] ?? "";
    case "regex":
      return formatValues(value.values, "regex");
    case "promql":
      return value.isList ? joinForMatcher(value) : escapeForString(value);
  }
}

/** Values with thousands of texts are written into every query of a dashboard. */
const joinedForMatcher = new WeakMap<Value, string>();

/** Returns the values as alternatives of a matcher. */
function joinForMatcher(value: Value): string {
  const joined = joinedForMatcher.get(value) ?? joinAlternatives(value.values.map(escapeForMatcher));
  joinedForMatcher.set(value, joined);
  return joined;
}

/** Escapes a value for a string in PromQL. */
function escapeForString({ values }: Value): string {
  return (values[0] ?? "").replaceAll("\\", "\\\\").replaceAll('"', '\\"');
}

/** Escapes a value twice: for the regular expression, and for the string that contains it. */
function escapeForMatcher(text: string): string {
  return text.replaceAll("\\", "\\\\\\\\").replaceAll(/[$^*{}[\]+?.()|]/g, "\\\\$&");
}

/** Returns the values as alternatives of a regular expression. */
function joinAlternatives(values: readonly string[]): string {
  return values.length === 1 ? (values[0] ?? "") : `(${values.join("|")})`;
}

/**
 * Formats values in one of Grafana's formats.
 * https://grafana.com/docs/grafana/latest/dashboards/variables/variable-syntax/
 */
function formatValues(values: readonly string[], format: string): string {
  const joinEscaped = (encode: (text: string) => string, separator: string) =>
    values.map(encode).join(separator);
  const [name = "", ...rest] = format.split(":");
  switch (name) {
    case "regex":
      return joinAlternatives(values.map((text) => text.replaceAll(/[\\^$*+?.()|[\]{}/]/g, "\\$&")));
    case "pipe":
      return values.join("|");
    case "csv":
    case "raw":
      return values.join(",");
    case "json":
      return JSON.stringify(values.length === 1 ? values[0] : values);
    case "singlequote":
      return joinEscaped((text) => `'${text.replaceAll("'", "\\'")}'`, ",");
    case "doublequote":
      return joinEscaped((text) => `"${text.replaceAll('"', '\\"')}"`, ",");
    case "sqlstring":
      return joinEscaped((text) => `'${text.replaceAll("'", "''")}'`, ",");
    case "percentencode":
      return encodeUrlPart(values.length === 1 ? (values[0] ?? "") : `{${values.join(",")}}`);
    case "join":
      return values.join(rest.join(":") || ",");
    default:
      return values.length === 1 ? (values[0] ?? "") : `{${values.join(",")}}`;
  }
}
