import type { Redactor } from "../lib/redact/redactor.ts";

/** Keys whose values are words of the schema: a password that is such a word must not break it. */
const ours = new Set([
  "schemaVersion",
  "mode",
  "kind",
  "id",
  "status",
  "severity",
  "startedAt",
  "endedAt",
  "sha256",
]);

/** The same, where other keys hold them too. */
const words = new Set([
  ...["pass", "fail", "warn", "error", "skipped", "data", "partial", "empty", "static", "unsupported"],
  ...["certain", "likely", "possible", "met", "unmet", "unknown", "left-out", "k3s", "helm", "kubectl"],
]);

/** Results, or a part of them, without secrets: what every renderer is given. */
export function redactResults<T>(results: T, redactor: Redactor): T {
  return redactTexts(results, redactor.message);
}

/** The same with another way to redact a text. */
export function redactTexts<T>(results: T, redact: (text: string) => string): T {
  return mapTexts(results, redact) as T;
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return words.has(value) ? value : change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, ours.has(key) ? inner : mapTexts(inner, change)]),
  );
}
