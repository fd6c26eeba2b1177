import { encodeUrlPart } from "../lib/url-part.ts";
import type { Value, Values } from "./types.ts";
import { variablePattern } from "./variables.ts";

/** How a variable without a format of its own is written. */
export type Style =
  /** Into PromQL, as Grafana's Prometheus datasource does. */
  | "promql"
  /** Into a variable's filter. */
  | "regex"
  /** As it is: into the name of a datasource. */
  | "plain";

/** A text with its variables filled in; one that nobody knows stays as it is written. */
export function fill(
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
      return written(value, format, style);
    },
  );
}

function written(value: Value, format: string | undefined, style: Style): string {
  if (format === "text") return value.texts.join(" + ");
  if (value.allValue !== undefined) return value.allValue;
  if (format !== undefined) return formatted(value.values, format);
  switch (style) {
    case "plain":
      return value.values[0] ?? "";
    case "regex":
      return formatted(value.values, "regex");
    case "promql":
      return value.isList ? alternatives(value.values.map(escapedInMatcher)) : escapedInString(value);
  }
}

function escapedInString({ values }: Value): string {
  return (values[0] ?? "").replaceAll("\\", "\\\\").replaceAll('"', '\\"');
}

/** Twice: once for the regular expression, once for the string that it is in. */
function escapedInMatcher(text: string): string {
  return text.replaceAll("\\", "\\\\\\\\").replaceAll(/[$^*{}[\]+?.()|]/g, "\\\\$&");
}

function alternatives(values: readonly string[]): string {
  return values.length === 1 ? (values[0] ?? "") : `(${values.join("|")})`;
}

/** https://grafana.com/docs/grafana/latest/dashboards/variables/variable-syntax/ */
function formatted(values: readonly string[], format: string): string {
  const each = (change: (text: string) => string, glue: string) => values.map(change).join(glue);
  const [name = "", ...rest] = format.split(":");
  switch (name) {
    case "regex":
      return alternatives(values.map((text) => text.replaceAll(/[\\^$*+?.()|[\]{}/]/g, "\\$&")));
    case "pipe":
      return values.join("|");
    case "csv":
    case "raw":
      return values.join(",");
    case "json":
      return JSON.stringify(values.length === 1 ? values[0] : values);
    case "singlequote":
      return each((text) => `'${text.replaceAll("'", "\\'")}'`, ",");
    case "doublequote":
      return each((text) => `"${text.replaceAll('"', '\\"')}"`, ",");
    case "sqlstring":
      return each((text) => `'${text.replaceAll("'", "''")}'`, ",");
    case "percentencode":
      return encodeUrlPart(values.length === 1 ? (values[0] ?? "") : `{${values.join(",")}}`);
    case "join":
      return values.join(rest.join(":") || ",");
    default:
      return values.length === 1 ? (values[0] ?? "") : `{${values.join(",")}}`;
  }
}
