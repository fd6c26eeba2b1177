import { isMapping } from "../object.ts";
import { collectUrlCredentials } from "./urls.ts";

/**
 * Returns the data without the values of keys that name a credential, and without all values of Secrets.
 * @param redactText returns a text without credentials; called for all other texts
 */
export function redactData(value: unknown, redactText: (text: string) => string): unknown {
  if (typeof value === "string") return redactText(value);
  if (Array.isArray(value)) return value.map((item) => redactData(item, redactText));
  if (!isMapping(value)) return value;
  const isSecret = value["kind"] === "Secret";
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => {
      if (isSecret && (key === "data" || key === "stringData")) return [key, removeAllValues(child)];
      // The secrets of Grafana's data sources are below this key.
      if (key === "secureJsonData") return [key, removeAllValues(child)];
      // kubectl writes a copy of the whole object into this annotation.
      if (key === "kubectl.kubernetes.io/last-applied-configuration") return [key, removedText];
      if (isCredentialKey(key, value)) return [key, removeScalars(child, redactText)];
      return [key, redactData(child, redactText)];
    }),
  );
}

/**
 * True if the value of a key is a credential, by the key's name.
 * @param mapping the mapping with the key: an environment variable has its name in the key `name` beside `value`
 */
export function isCredentialKey(key: string, mapping: Readonly<Record<string, unknown>>): boolean {
  const { name } = mapping;
  return (
    isCredentialName(key) || (key === "value" && typeof name === "string" && isCredentialName(name, "env"))
  );
}

/** Returns the mapping with each value replaced; a replacement text for any other value. */
function removeAllValues(data: unknown): unknown {
  return isMapping(data)
    ? Object.fromEntries(Object.keys(data).map((key) => [key, removedText]))
    : removedText;
}

/**
 * Returns the value with its texts and numbers replaced, also in lists. The keys of a mapping are judged by
 * themselves.
 */
function removeScalars(value: unknown, redactText: (text: string) => string): unknown {
  if (typeof value === "string") return value === "" ? value : removedText;
  if (typeof value === "number") return removedText;
  if (Array.isArray(value)) return value.map((item) => removeScalars(item, redactText));
  return redactData(value, redactText);
}

/** The text that replaces a credential. */
export const removedText = "<removed>";

/** Matches names of credentials. */
const credentialNamePattern =
  /passw(?:or)?d|passphrase|pwd$|token|secret|credential|authorization|api[-_]?key|(?:private|access|auth|client|service|routing|integration|signing|encryption|session|account|shared)[-_]?key|api_?url|webhook_?url|dsn$|connection[-_]?string|cookie/i;

/** Matches names whose value leads to a credential or is about one, but is not one: `password_file`, `tokenUrl`. */
const referenceNamePattern =
  /_?file$|path$|secret_?name$|secret_?key_?ref$|secret_?ref$|existing_?secret$|secrets$|(?:password|user|token)_?key$|account_?token$|token_?(?:reviews?|url|ttl|expiration|lifetime)|expiration|^disable|enabled$/i;

/**
 * True if a name means a credential.
 * @param kind for `env`, the name of an environment variable, more names count: any that contains KEY
 */
export function isCredentialName(name: string, kind: "key" | "env" = "key"): boolean {
  if (kind === "env")
    return /passw|token|secret|key|credential|auth_|dsn$/i.test(name) && !/_file$/i.test(name);
  return credentialNamePattern.test(name) && !referenceNamePattern.test(name);
}

/** Matches names whose value is probably the name of a Secret: `tlsSecret: grafana-tls`. */
const secretObjectNamePattern = /(?<!client|app|auth|api|shared|oauth|signing|hmac)[-_]?secrets?$/i;

/** Matches a text that only refers to a secret, and an empty one: `${NAME}`, Grafana's `$__file{...}`, a chart's template. */
const secretReferencePattern = /^\s*$|\$\{|\$__|\{\{|^<.*>$/;

/**
 * Returns the credentials in a user's data: the values of keys that name credentials, and the logins in URLs.
 * @param parse returns the data of a text that is a file of its own
 */
export function collectCredentials(value: unknown, parse: (text: string) => unknown): string[] {
  if (typeof value === "string") {
    const innerData = value.includes("\n") || value.startsWith("{") ? parse(value) : undefined;
    return [
      ...collectUrlCredentials(value),
      ...(typeof innerData === "object" ? collectCredentials(innerData, () => undefined) : []),
    ];
  }
  if (Array.isArray(value)) return value.flatMap((item) => collectCredentials(item, parse));
  if (!isMapping(value)) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    const isSecret =
      key === "secureJsonData" || (isCredentialKey(key, value) && !secretObjectNamePattern.test(key));
    return [...(isSecret ? collectScalars(child) : []), ...collectCredentials(child, parse)];
  });
}

/**
 * Returns the texts and numbers of a secret value, also in its lists and mappings. Leaves out references, and mappings
 * within a mapping: their keys are judged by themselves.
 */
function collectScalars(value: unknown): string[] {
  if (typeof value === "string") return secretReferencePattern.test(value) ? [] : [value];
  if (typeof value === "number") return [String(value)];
  if (Array.isArray(value)) return value.flatMap(collectScalars);
  return isMapping(value)
    ? Object.values(value)
        .filter((item) => !isMapping(item))
        .flatMap(collectScalars)
    : [];
}

/** Matches a line with a name and a value. */
const pairPattern = /^["']?([\w.-]{1,80})["']?[ \t]{0,20}[:=][ \t]{0,20}(\S.*)$/;
/** The characters at the end of a value that are not part of it. */
const closingCharacters = ['"', "'", ",", "}", "]"];

/**
 * Returns a value without its quotes, its comment, its YAML anchor or tag, and the brackets that close an inline
 * mapping or list.
 */
function stripQuotes(value: string): string {
  const [text = ""] = value.split(/\s#/, 1);
  let [start, end] = [/^["']/.test(text) ? 1 : 0, text.trimEnd().length];
  while (end > start && closingCharacters.includes(text[end - 1] ?? "")) end--;
  while (/[*&!]/.test(text[start] ?? "")) start++;
  return text.slice(start, end);
}

/**
 * Returns the credentials in a text that can't be parsed, line by line. Needed because the parser's error message
 * quotes the text.
 */
export function collectCredentialsByLine(text: string): string[] {
  const namedValues = text.split("\n").flatMap((line) => {
    const [, name = "", value = ""] = pairPattern.exec(line.replace(/^[\s-]+/, "")) ?? [];
    const unquotedValue = stripQuotes(value);
    return isCredentialKey(name, {}) && !secretReferencePattern.test(unquotedValue) ? [unquotedValue] : [];
  });
  return [...namedValues, ...collectUrlCredentials(text)];
}
