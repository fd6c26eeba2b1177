import { getOwnValue } from "../lib/object.ts";
import { compileGoPattern } from "../lib/pattern.ts";

/** One condition on a label, as routes and inhibition rules have them. */
export interface LabelMatcher {
  readonly label: string;
  readonly op: "=" | "!=" | "=~" | "!~";
  readonly value: string;
}

export type Labels = Readonly<Record<string, string>>;

/**
 * Parses matchers as Alertmanager's configuration writes them: `severity="critical"`, `team=~ops|dev`, several between
 * braces with commas (pkg/labels/parse.go of Alertmanager; quoted names as in its newer parser).
 * @throws Error with the part that is not a matcher
 */
export function parseMatchers(text: string): LabelMatcher[] {
  const inner = text.trim().replace(/^\{/, "").replace(/\}$/, "");
  const parts = splitAtCommas(inner);
  if (parts.at(-1)?.trim() === "") parts.pop();
  return parts.map(parseMatcher);
}

/** Splits a text at the commas that are not inside double quotes. `\"` does not end a quoted text. */
function splitAtCommas(text: string): string[] {
  const parts = [""];
  let isQuoted = false;
  let isEscaped = false;
  for (const char of text) {
    if (char === '"' && !isEscaped) isQuoted = !isQuoted;
    isEscaped = char === "\\" && !isEscaped;
    if (char === "," && !isQuoted) parts.push("");
    else parts[parts.length - 1] += char;
  }
  return parts;
}

/** Matches a label with or without quotes, an operator, and the rest of the text as the value. */
const matcherPattern = /^(?:"((?:[^"\\]|\\.)*)"|([^\s"{}=!~,]+))\s*(=~|!=|!~|=)(.*)$/s;

/** Parses one matcher. @throws Error with the text if it is not a matcher */
function parseMatcher(text: string): LabelMatcher {
  const match = matcherPattern.exec(text.trim());
  if (!match) throw new Error(`bad matcher format: ${text.trim()}`);
  const [, quotedLabel, plainLabel, op] = match;
  const valueText = (match[4] ?? "").trim();
  const label = quotedLabel === undefined ? (plainLabel ?? "") : unescapeText(quotedLabel);
  const quotedValue = /^"((?:[^"\\]|\\.)*)"$/s.exec(valueText);
  if (!quotedValue && /(^|[^\\])"/.test(valueText))
    throw new Error(`matcher value contains unescaped double quote: ${valueText}`);
  const value = unescapeText(quotedValue ? (quotedValue[1] ?? "") : valueText);
  return { label, op: op as LabelMatcher["op"], value };
}

/** Returns a text with its escapes for line breaks, double quotes and backslashes replaced. */
function unescapeText(text: string): string {
  return text.replace(/\\([n"\\])/g, (_, char: string) => (char === "n" ? "\n" : char));
}

/** True if labels match a matcher. A missing label counts as one with an empty value. */
export function matchesLabel({ label, op, value }: LabelMatcher, labels: Labels): boolean {
  const actual = getOwnValue(labels, label) ?? "";
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
    return compileGoPattern(pattern).test(value);
  } catch {
    return false;
  }
}

/** The longest expression for which values are guessed, in characters. */
const maxPatternLength = 1_000;
/** The maximum number of repetitions in a guess for a part such as `\d{3}`. */
const maxRepeats = 100;

/** The maximum number of guesses for one expression. */
const maxGuesses = 50;

/** Returns values that match a regular expression, guessed from its text; empty if no guess matches. */
export function guessFittingValues(pattern: string): string[] {
  if (pattern.length > maxPatternLength) return [];
  const patternWithoutFlags = pattern.replace(/^\(\?[ims]+\)/, "");
  return [...new Set(expandAlternatives(patternWithoutFlags))].filter((value) => fitsPattern(pattern, value));
}

/**
 * Returns at most 50 texts for the alternatives of an expression, with an example in place of each wildcard or class.
 * Groups are expanded first, until none is left.
 */
function expandAlternatives(pattern: string): string[] {
  let patterns = [pattern];
  for (;;) {
    const expanded = patterns.flatMap(expandFirstGroup).slice(0, maxGuesses);
    const isUnchanged =
      expanded.length === patterns.length && expanded.every((text, index) => text === patterns[index]);
    if (isUnchanged) break;
    patterns = expanded;
  }
  return patterns
    .flatMap((text) => text.split("|").slice(0, maxBranches).map(guessValueOfBranch))
    .slice(0, maxGuesses);
}

/** The maximum number of alternatives of one expression that are tried. */
const maxBranches = 20;
/** The maximum number of alternatives of one group that are tried. */
const maxChoices = 10;

/**
 * Returns the expression once for each choice of its first innermost group, with the choice in place of the group. A
 * group with `?` or `*` can also be empty.
 */
function expandFirstGroup(pattern: string): string[] {
  const group = /\((?:\?(?:P?<\w+>|:))?([^()]*)\)([?*]?)/.exec(pattern);
  if (!group) return [pattern];
  const [whole, inner = "", repeat] = group;
  const before = pattern.slice(0, group.index);
  const after = pattern.slice(group.index + whole.length);
  const choices = [...inner.split("|"), ...(repeat ? [""] : [])];
  return choices.slice(0, maxChoices).map((choice) => `${before}${choice}${after}`);
}

/**
 * Returns a text that an expression without groups and alternatives probably matches: the first character of a class,
 * `1` for a digit, `x` for a word character or a dot, and nothing for `.*`.
 */
function guessValueOfBranch(branch: string): string {
  return branch
    .replace(/^\^|\$$/g, "")
    .replace(/\[\^[^[\]]*\][+*?]?/g, "_")
    .replace(
      /\[([^[\]])[^[\]]*\](\+|\*|\?|\{(\d{1,9})[^{}]{0,20}\})?/g,
      (_, first: string, __, count?: string) => first.repeat(Math.min(Number(count ?? 1), maxRepeats)),
    )
    .replace(/\\d(\+|\*|\{(\d{1,9})[^{}]{0,20}\})?/g, (_, __, count?: string) =>
      "1".repeat(Math.min(Number(count ?? 1), maxRepeats)),
    )
    .replace(/\\w(\+|\*)?/g, "x")
    .replace(/(^|[^\\])\.\*/g, "$1")
    .replace(/(^|[^\\])\.\+?/g, "$1x")
    .replace(/(^|[^\\])[?*]/g, "$1")
    .replace(/(^|[^\\])\+/g, "$1")
    .replace(/\\(.)/g, "$1");
}
