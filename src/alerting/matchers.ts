import { ownValue } from "../lib/object.ts";
import { goPattern } from "../lib/pattern.ts";

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
 * @throws Error with the part that is not a matcher
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

const shape = /^(?:"((?:[^"\\]|\\.)*)"|([^\s"{}=!~,]+))\s*(=~|!=|!~|=)(.*)$/s;

function parseMatcher(text: string): LabelMatcher {
  const match = shape.exec(text.trim());
  if (!match) throw new Error(`bad matcher format: ${text.trim()}`);
  const [, quotedLabel, plainLabel, op] = match;
  const raw = (match[4] ?? "").trim();
  const label = quotedLabel === undefined ? (plainLabel ?? "") : unescapeText(quotedLabel);
  const quoted = /^"((?:[^"\\]|\\.)*)"$/s.exec(raw);
  if (!quoted && /(^|[^\\])"/.test(raw))
    throw new Error(`matcher value contains unescaped double quote: ${raw}`);
  const value = unescapeText(quoted ? (quoted[1] ?? "") : raw);
  return { label, op: op as LabelMatcher["op"], value };
}

function unescapeText(text: string): string {
  return text.replace(/\\([n"\\])/g, (_, char: string) => (char === "n" ? "\n" : char));
}

/** True if labels match a matcher. A missing label counts as one with an empty value. */
export function matchesLabel({ label, op, value }: LabelMatcher, labels: Labels): boolean {
  const actual = ownValue(labels, label) ?? "";
  switch (op) {
    case "=":
      return actual === value;
    case "!=":
      return actual !== value;
    case "=~":
      return fitsPattern(value, actual);
    case "!~":
      return !fitsPattern(value, actual);
  }
}

/** True if a value matches a pattern. An invalid pattern matches nothing: Alertmanager itself reports it. */
function fitsPattern(pattern: string, value: string): boolean {
  try {
    return goPattern(pattern).test(value);
  } catch {
    return false;
  }
}

/** Characters of an expression for which values are guessed, and how often a part of it is repeated in a guess. */
const mostGuessed = 1_000;
const mostRepeats = 100;

/** Returns values that fit a regular expression, as far as they can be guessed from how it is written; never one that doesn't. */
export function guessFittingValues(pattern: string): string[] {
  if (pattern.length > mostGuessed) return [];
  const body = pattern.replace(/^\(\?[ims]+\)/, "");
  return [...new Set(expandAlternatives(body))].filter((value) => fitsPattern(pattern, value));
}

/**
 * Returns at most 50 alternatives of an expression, each with something in the place of what can be many things. The first
 * groups are written out first, so that what is left over stays small.
 */
function expandAlternatives(pattern: string): string[] {
  let open = [pattern];
  for (;;) {
    const next = open.flatMap(expandFirstGroup).slice(0, 50);
    if (next.length === open.length && next.every((one, index) => one === open[index])) break;
    open = next;
  }
  return open.flatMap((one) => one.split("|").slice(0, 20).map(guessText)).slice(0, 50);
}

/** Returns the expression with each choice of its first innermost group in the group's place. */
function expandFirstGroup(pattern: string): string[] {
  const group = /\((?:\?(?:P?<\w+>|:))?([^()]*)\)([?*]?)/.exec(pattern);
  if (!group) return [pattern];
  const [whole, inner = "", repeat] = group;
  const before = pattern.slice(0, group.index);
  const after = pattern.slice(group.index + whole.length);
  const choices = [...inner.split("|"), ...(repeat ? [""] : [])];
  return choices.slice(0, 10).map((choice) => `${before}${choice}${after}`);
}

function guessText(branch: string): string {
  return branch
    .replace(/^\^|\$$/g, "")
    .replace(/\[\^[^[\]]*\][+*?]?/g, "_")
    .replace(
      /\[([^[\]])[^[\]]*\](\+|\*|\?|\{(\d{1,9})[^{}]{0,20}\})?/g,
      (_, first: string, __, count?: string) => first.repeat(Math.min(Number(count ?? 1), mostRepeats)),
    )
    .replace(/\\d(\+|\*|\{(\d{1,9})[^{}]{0,20}\})?/g, (_, __, count?: string) =>
      "1".repeat(Math.min(Number(count ?? 1), mostRepeats)),
    )
    .replace(/\\w(\+|\*)?/g, "x")
    .replace(/(^|[^\\])\.\*/g, "$1")
    .replace(/(^|[^\\])\.\+?/g, "$1x")
    .replace(/(^|[^\\])[?*]/g, "$1")
    .replace(/(^|[^\\])\+/g, "$1")
    .replace(/\\(.)/g, "$1");
}
