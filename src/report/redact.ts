import { isCredentialName, removed } from "./redact-names.ts";
import { redactPairs } from "./redact-pairs.ts";

/** Takes credentials out of what is kept for somebody to read. */
export interface Redactor {
  /** Of a log, a configuration file, a message. */
  text(text: string): string;
  /** Of an object of the API, or any other data. */
  data(value: unknown): unknown;
}

/**
 * Removes the run's own secrets wherever they stand (as they are, in base64, in JSON, in a URL), and whatever looks like a
 * credential: what stands at a name that says password, token, secret and the like, logins in URLs, webhooks' paths,
 * private keys, tokens of a known form, and all that is in Secrets. In doubt it is removed.
 * @param secrets the passwords of this run
 */
export function createRedactor(secrets: readonly string[]): Redactor {
  const forms = [...new Set(secrets.flatMap(formsOf))].sort((a, b) => b.length - a.length);
  const text = (given: string): string => {
    const known = forms.reduce((rest, secret) => rest.replaceAll(secret, removed), given);
    return redactPairs(withoutTokens(known));
  };
  return { text, data: (value) => redactData(value, text) };
}

/** How a secret can stand in a text. One of several lines is also found line by line, as an indented block has it. */
function formsOf(secret: string): string[] {
  if (secret === "") return [];
  const lines = secret.split("\n").map((line) => line.trim());
  const inJson = JSON.stringify(secret).slice(1, -1);
  const whole = [secret, encodeURIComponent(secret), inJson, JSON.stringify(inJson).slice(1, -1)];
  const base64 = Buffer.from(secret).toString("base64");
  return [
    ...whole,
    // The end of a short one is a part of many words.
    ...(base64.length >= 8 ? [base64, base64.replace(/=+$/, "")] : []),
    ...(lines.length > 1 ? lines.filter((line) => line.length >= 6) : []),
  ];
}

/** Bounded and anchored at a word's beginning, so that long lines of a log cost no more than short ones. */
const tokens: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, removed],
  // A login in a URL; one with an @ in it too.
  [/(?<![\w+.-])([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/"'<>]{1,500}@/gi, `$1${removed}@`],
  // The path of a webhook is its password.
  [/(https?:\/\/[\w.:-]{0,200}hooks\.[\w.:-]{1,200}\/)[^\s"'<>]+/gi, `$1${removed}`],
  [
    /(https?:\/\/[\w.:-]{1,200}\/(?:[\w.-]{1,60}\/){0,4}(?:webhooks?|hooks)[\w.-]{0,60}\/)[^\s"'<>]+/gi,
    `$1${removed}`,
  ],
  [/\b(Bearer|Basic) +(?=[\w+/=.~-]*[\d=])[\w+/=.~-]{8,}/gi, `$1 ${removed}`],
  [/(?<![\w-])eyJ[\w-]{10,}\.[\w-]{10,}(?:\.[\w-]*)?/g, removed],
  [/(?<!\w)(?:gh[pousr]_|github_pat_|glpat-|glsa_|xox[abpr]-|AKIA)\w[\w-]{10,}/g, removed],
];

function withoutTokens(text: string): string {
  return tokens.reduce((rest, [pattern, instead]) => rest.replace(pattern, instead), text);
}

function redactData(value: unknown, text: Redactor["text"]): unknown {
  if (typeof value === "string") return text(value);
  if (Array.isArray(value)) return value.map((one) => redactData(one, text));
  if (!isMapping(value)) return value;
  const isSecret = value.kind === "Secret";
  const isCredential = (key: string) =>
    isCredentialName(key) ||
    (key === "value" && typeof value.name === "string" && isCredentialName(value.name, "env"));
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (isSecret && (key === "data" || key === "stringData")) return [key, withoutValues(inner)];
      // kubectl's copy of the whole object.
      if (key === "kubectl.kubernetes.io/last-applied-configuration") return [key, removed];
      if (isCredential(key)) return [key, withoutScalars(inner, text)];
      return [key, redactData(inner, text)];
    }),
  );
}

function withoutValues(data: unknown): unknown {
  return isMapping(data) ? Object.fromEntries(Object.keys(data).map((key) => [key, removed])) : removed;
}

/** Texts and numbers, also in a list; a mapping has names of its own. */
function withoutScalars(value: unknown, text: Redactor["text"]): unknown {
  if (typeof value === "string") return value === "" ? value : removed;
  if (typeof value === "number") return removed;
  if (Array.isArray(value)) return value.map((one) => withoutScalars(one, text));
  return redactData(value, text);
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
