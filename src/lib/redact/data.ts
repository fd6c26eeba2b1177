import { isMapping } from "../object.ts";
import { collectUrlCredentials } from "./urls.ts";

/** Removes every value whose key names a credential. All other texts pass through `text`. */
export function redactData(value: unknown, text: (text: string) => string): unknown {
  if (typeof value === "string") return text(value);
  if (Array.isArray(value)) return value.map((one) => redactData(one, text));
  if (!isMapping(value)) return value;
  const isSecret = value["kind"] === "Secret";
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (isSecret && (key === "data" || key === "stringData")) return [key, removeAllValues(inner)];
      // Of a datasource of Grafana's.
      if (key === "secureJsonData") return [key, removeAllValues(inner)];
      // kubectl's copy of the whole object.
      if (key === "kubectl.kubernetes.io/last-applied-configuration") return [key, removedText];
      if (isCredentialKey(key, value)) return [key, removeScalars(inner, text)];
      return [key, redactData(inner, text)];
    }),
  );
}

/** @param within the mapping that the key is in: an environment variable has its name beside its value */
export function isCredentialKey(key: string, within: Readonly<Record<string, unknown>>): boolean {
  const { name } = within;
  return (
    isCredentialName(key) || (key === "value" && typeof name === "string" && isCredentialName(name, "env"))
  );
}

function removeAllValues(data: unknown): unknown {
  return isMapping(data)
    ? Object.fromEntries(Object.keys(data).map((key) => [key, removedText]))
    : removedText;
}

/** True for texts and numbers, also in a list. The keys of a mapping are judged by themselves. */
function removeScalars(value: unknown, text: (text: string) => string): unknown {
  if (typeof value === "string") return value === "" ? value : removedText;
  if (typeof value === "number") return removedText;
  if (Array.isArray(value)) return value.map((one) => removeScalars(one, text));
  return redactData(value, text);
}

/** The text that replaces a credential. */
export const removedText = "<removed>";

const credentialNamePattern =
  /passw(?:or)?d|passphrase|pwd$|token|secret|credential|authorization|api[-_]?key|(?:private|access|auth|client|service|routing|integration|signing|encryption|session|account|shared)[-_]?key|api_?url|webhook_?url|dsn$|connection[-_]?string|cookie/i;

/** Names that lead to a credential, or are about one, and hold none. */
const referenceNamePattern =
  /_?file$|path$|secret_?name$|secret_?key_?ref$|secret_?ref$|existing_?secret$|secrets$|(?:password|user|token)_?key$|account_?token$|token_?(?:reviews?|url|ttl|expiration|lifetime)|expiration|^disable|enabled$/i;

/**
 * Whether a key's value is a credential, by its name.
 * @param of an environment variable's name is taken more strictly: any KEY counts
 */
export function isCredentialName(name: string, of: "key" | "env" = "key"): boolean {
  if (of === "env")
    return /passw|token|secret|key|credential|auth_|dsn$/i.test(name) && !/_file$/i.test(name);
  return credentialNamePattern.test(name) && !referenceNamePattern.test(name);
}

/** Names that are rather those of a Secret than of a credential: `tlsSecret: grafana-tls`. */
const secretObjectNamePattern = /(?<!client|app|auth|api|shared|oauth|signing|hmac)[-_]?secrets?$/i;

/** What only leads to a secret: `${NAME}`, Grafana's `$__file{...}`, a chart's template. */
const secretReferencePattern = /^\s*$|\$\{|\$__|\{\{|^<.*>$/;

/**
 * Returns the credentials in a user's data: the values of keys that name credentials, and the logins in URLs.
 * @param parse returns the data of a text that is a file of its own
 */
export function collectCredentials(value: unknown, parse: (text: string) => unknown): string[] {
  if (typeof value === "string") {
    const inside = value.includes("\n") || value.startsWith("{") ? parse(value) : undefined;
    return [
      ...collectUrlCredentials(value),
      ...(typeof inside === "object" ? collectCredentials(inside, () => undefined) : []),
    ];
  }
  if (Array.isArray(value)) return value.flatMap((one) => collectCredentials(one, parse));
  if (!isMapping(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const isSecret =
      key === "secureJsonData" || (isCredentialKey(key, value) && !secretObjectNamePattern.test(key));
    return [...(isSecret ? collectScalars(inner) : []), ...collectCredentials(inner, parse)];
  });
}

/** Returns the texts and numbers of a secret value, also those in its lists and mappings. */
function collectScalars(value: unknown): string[] {
  if (typeof value === "string") return secretReferencePattern.test(value) ? [] : [value];
  if (typeof value === "number") return [String(value)];
  if (Array.isArray(value)) return value.flatMap(collectScalars);
  return isMapping(value)
    ? Object.values(value)
        .filter((one) => !isMapping(one))
        .flatMap(collectScalars)
    : [];
}

const pairPattern = /^["']?([\w.-]{1,80})["']?[ \t]{0,20}[:=][ \t]{0,20}(\S.*)$/;
const closingCharacters = ['"', "'", ",", "}", "]"];

/** Returns a value without its quotes and without the brackets that close an inline mapping or list. */
function stripQuotes(value: string): string {
  const [text = ""] = value.split(/\s#/, 1);
  let [from, to] = [/^["']/.test(text) ? 1 : 0, text.trimEnd().length];
  while (to > from && closingCharacters.includes(text[to - 1] ?? "")) to--;
  while (/[*&!]/.test(text[from] ?? "")) from++;
  return text.slice(from, to);
}

/** Returns the credentials in a text that can't be parsed, line by line: the parser's error message quotes the text. */
export function collectCredentialsByLine(text: string): string[] {
  const named = text.split("\n").flatMap((line) => {
    const [, name = "", value = ""] = pairPattern.exec(line.replace(/^[\s-]+/, "")) ?? [];
    const bare = stripQuotes(value);
    return isCredentialKey(name, {}) && !secretReferencePattern.test(bare) ? [bare] : [];
  });
  return [...named, ...collectUrlCredentials(text)];
}
