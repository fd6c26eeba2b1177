import { isMapping } from "../values.ts";
import { isCredentialKey } from "./data.ts";
import { urlCredentials } from "./urls.ts";

/** Names that are rather those of a Secret than of a credential: `tlsSecret: grafana-tls`. */
const nameOfSecret = /(?<!client|app|auth|api|shared|oauth|signing|hmac)[-_]?secrets?$/i;

/** What only leads to a secret: `${NAME}`, Grafana's `$__file{...}`, a chart's template. */
const reference = /^\s*$|\$\{|\$__|\{\{|^<.*>$/;

/**
 * Collects the credentials in data of a user's, by the names of their keys, and those in URLs.
 * @param parse what a text holds, if it is a file of its own
 */
export function credentialsIn(value: unknown, parse: (text: string) => unknown): string[] {
  if (typeof value === "string") {
    const inside = value.includes("\n") || value.startsWith("{") ? parse(value) : undefined;
    return [
      ...urlCredentials(value),
      ...(typeof inside === "object" ? credentialsIn(inside, () => undefined) : []),
    ];
  }
  if (Array.isArray(value)) return value.flatMap((one) => credentialsIn(one, parse));
  if (!isMapping(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const isSecret = key === "secureJsonData" || (isCredentialKey(key, value) && !nameOfSecret.test(key));
    return [...(isSecret ? scalarsIn(inner) : []), ...credentialsIn(inner, parse)];
  });
}

/** Also those in a list and, of what is secret as a whole, in a mapping. */
function scalarsIn(value: unknown): string[] {
  if (typeof value === "string") return reference.test(value) ? [] : [value];
  if (typeof value === "number") return [String(value)];
  if (Array.isArray(value)) return value.flatMap(scalarsIn);
  return isMapping(value)
    ? Object.values(value)
        .filter((one) => !isMapping(one))
        .flatMap(scalarsIn)
    : [];
}

const pair = /^["']?([\w.-]{1,80})["']?[ \t]{0,20}[:=][ \t]{0,20}(\S.*)$/;
const closing = ['"', "'", ",", "}", "]"];

/** A value without quotes around it, and without what closes a mapping or a list in a line. */
function bareValue(value: string): string {
  const [text = ""] = value.split(/\s#/, 1);
  let [from, to] = [/^["']/.test(text) ? 1 : 0, text.trimEnd().length];
  while (to > from && closing.includes(text[to - 1] ?? "")) to--;
  while (/[*&!]/.test(text[from] ?? "")) from++;
  return text.slice(from, to);
}

/** Those in a text that can't be parsed, line by line: what is wrong with it is told in its own words. */
export function credentialsInLines(text: string): string[] {
  const named = text.split("\n").flatMap((line) => {
    const [, name = "", value = ""] = pair.exec(line.replace(/^[\s-]+/, "")) ?? [];
    const bare = bareValue(value);
    return isCredentialKey(name, {}) && !reference.test(bare) ? [bare] : [];
  });
  return [...named, ...urlCredentials(text)];
}
