/** One condition on a label, as routes and inhibition rules have them. */
export interface LabelMatcher {
  readonly label: string;
  readonly op: "=" | "!=" | "=~" | "!~";
  readonly value: string;
}

export type Labels = Readonly<Record<string, string>>;

/**
 * Matchers as Alertmanager's configuration writes them: `severity="critical"`, `team=~ops|dev`, several between braces
 * with commas (pkg/labels/parse.go of Alertmanager; quoted names as its newer parser takes them).
 * @throws Error that says which part is no matcher
 */
export function parseMatchers(text: string): LabelMatcher[] {
  const inner = text.trim().replace(/^\{/, "").replace(/\}$/, "");
  const parts = splitAtCommas(inner);
  if (parts.at(-1)?.trim() === "") parts.pop();
  return parts.map(parseMatcher);
}

function splitAtCommas(text: string): string[] {
  const parts = [""];
  let quoted = false;
  let escaped = false;
  for (const char of text) {
    if (char === '"' && !escaped) quoted = !quoted;
    escaped = char === "\\" && !escaped;
    if (char === "," && !quoted) parts.push("");
    else parts[parts.length - 1] += char;
  }
  return parts;
}

const shape = /^\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"{}=!~,]+))\s*(=~|!=|!~|=)\s*(.*?)\s*$/s;

function parseMatcher(text: string): LabelMatcher {
  const match = shape.exec(text);
  if (!match) throw new Error(`bad matcher format: ${text.trim()}`);
  const [, quotedLabel, plainLabel, op, raw = ""] = match;
  const label = quotedLabel === undefined ? (plainLabel ?? "") : unescaped(quotedLabel);
  const quoted = /^"((?:[^"\\]|\\.)*)"$/s.exec(raw);
  if (!quoted && /(^|[^\\])"/.test(raw))
    throw new Error(`matcher value contains unescaped double quote: ${raw}`);
  const value = unescaped(quoted ? (quoted[1] ?? "") : raw);
  return { label, op: op as LabelMatcher["op"], value };
}

function unescaped(text: string): string {
  return text.replace(/\\([n"\\])/g, (_, char: string) => (char === "n" ? "\n" : char));
}

/** A label that is not there is one with an empty value. */
export function matches({ label, op, value }: LabelMatcher, labels: Labels): boolean {
  const actual = labels[label] ?? "";
  switch (op) {
    case "=":
      return actual === value;
    case "!=":
      return actual !== value;
    case "=~":
      return fits(value, actual);
    case "!~":
      return !fits(value, actual);
  }
}

/** What only Go understands is taken as fitting nothing: Alertmanager itself says later where its alerts went. */
function fits(pattern: string, value: string): boolean {
  try {
    return toRegExp(pattern).test(value);
  } catch {
    return false;
  }
}

/**
 * Anchored, as Prometheus and Alertmanager take it. What Go writes otherwise than JavaScript is translated as far as it
 * is common: a leading (?i), named groups, \A and \z.
 * @throws SyntaxError when JavaScript doesn't take it
 */
export function toRegExp(pattern: string): RegExp {
  const flags = /^\(\?([ims]+)\)/.exec(pattern);
  const body = pattern
    .slice(flags?.[0].length ?? 0)
    .replace(/\(\?P</g, "(?<")
    .replace(/\\A/g, "^")
    .replace(/\\z/g, "$");
  return new RegExp(`^(?:${body})$`, `s${flags?.[1]?.includes("i") ? "i" : ""}`);
}

/** Values that fit a regular expression, as far as they can be guessed from how it is written; never one that doesn't. */
export function valuesFitting(pattern: string): string[] {
  const body = pattern.replace(/^\(\?[ims]+\)/, "");
  return [...new Set(expand(body))].filter((value) => fits(pattern, value));
}

/** The alternatives of an expression, each with something in the place of what can be many things. */
function expand(pattern: string): string[] {
  const group = /\((?:\?(?:P?<\w+>|:))?([^()]*)\)([?*]?)/.exec(pattern);
  if (group) {
    const [whole, inner = "", repeat] = group;
    const before = pattern.slice(0, group.index);
    const after = pattern.slice(group.index + whole.length);
    const choices = [...inner.split("|"), ...(repeat ? [""] : [])];
    return choices
      .slice(0, 10)
      .flatMap((choice) => expand(`${before}${choice}${after}`))
      .slice(0, 50);
  }
  return pattern.split("|").slice(0, 20).map(plain);
}

function plain(branch: string): string {
  return branch
    .replace(/^\^|\$$/g, "")
    .replace(/\[\^[^\]]*\][+*?]?/g, "_")
    .replace(/\[([^\]])[^\]]*\](\+|\*|\?|\{(\d+)[^}]*\})?/g, (_, first: string, __, count?: string) =>
      first.repeat(Number(count ?? 1)),
    )
    .replace(/\\d(\+|\*|\{(\d+)[^}]*\})?/g, (_, __, count?: string) => "1".repeat(Number(count ?? 1)))
    .replace(/\\w(\+|\*)?/g, "x")
    .replace(/(^|[^\\])\.\*/g, "$1")
    .replace(/(^|[^\\])\.\+?/g, "$1x")
    .replace(/(^|[^\\])[?*]/g, "$1")
    .replace(/(^|[^\\])\+/g, "$1")
    .replace(/\\(.)/g, "$1");
}
