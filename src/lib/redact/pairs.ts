import { isCredentialName, removedText } from "./data.ts";

/** A name and what is between it and its value, in YAML, JSON (also such as stands in a text), INI, logfmt or a URL. */
const namePattern = /(?<![\w.-])([\w.-]{1,80})(\\?["']?[ \t]*(?::|=)[ \t]*)/g;

/**
 * Removes the values of names that say credential. What is at the beginning of a line goes to its end, since a value may
 * hold blanks; within a line of prose only the next word does.
 */
export function redactPairs(text: string): string {
  const parts: string[] = [];
  let end = 0;
  namePattern.lastIndex = 0;
  for (let found = namePattern.exec(text); found !== null; found = namePattern.exec(text)) {
    const [whole, name = "", between = ""] = found;
    if (found.index < end || !isCredentialName(name)) continue;
    const from = found.index + whole.length;
    const value = findValueAt(text, from, found.index, between);
    if (value === undefined) continue;
    parts.push(text.slice(end, from), value.shown);
    end = value.end;
    namePattern.lastIndex = Math.max(end, from);
  }
  return parts.join("") + text.slice(end);
}

interface ReplacedValue {
  readonly shown: string;
  readonly end: number;
}

const quotedPatterns: readonly (readonly [RegExp, string])[] = [
  [/\\"[^\n]*?\\"/y, '\\"'],
  [/"(?:[^"\\\n]|\\.)*"/y, '"'],
  [/'(?:[^'\n]|'')*'/y, "'"],
];

/** Returns the value that begins at `from`; undefined if it can't be a credential. */
function findValueAt(text: string, from: number, name: number, between: string): ReplacedValue | undefined {
  for (const [pattern, quote] of quotedPatterns) {
    const found = matchAt(pattern, text, from);
    if (found !== undefined)
      return found.length === 2 * quote.length
        ? undefined
        : { shown: quote + removedText + quote, end: from + found.length };
  }
  const block =
    matchAt(/[|>][-+0-9]*[ \t]*(?:#[^\n]*)?(?=\n)/y, text, from) ?? matchAt(/(?=\r?\n)/y, text, from);
  if (block !== undefined) return between.includes(":") ? findIndentedLines(text, from, name) : undefined;
  // A mapping has names of its own; these words say nothing.
  if (matchAt(/\{|(?:null|true|false|~)(?=[\s,}\]]|$)|<(?:removed|secret)>|$/y, text, from) !== undefined)
    return undefined;
  const unquoted = matchAt(getUnquotedPattern(text, name), text, from) ?? "";
  return unquoted === "" ? undefined : { shown: removedText, end: from + unquoted.length };
}

/** Returns a pattern for a value without quotes: up to the end of its line, of its entry in a flow mapping, or of the word. */
function getUnquotedPattern(text: string, name: number): RegExp {
  const line = text.slice(Math.max(text.lastIndexOf("\n", name - 1) + 1, name - 200), name);
  if (/^[\s"'\\-]*$/.test(line)) return /[^\r\n]+/y;
  if (/[{,]\s*["'\\]*$/.test(line)) return /[^\r\n,}]+/y;
  return /[^\s,;&}\])"']+/y;
}

function beginsWithName(line: string): boolean {
  return /^["']?[\w./-]{1,200}["']?:(?:\s|$)/.test(line.replace(/^[\s-]+/, ""));
}

/** Returns the lines of a block scalar or a list below a name: all lines with a deeper indentation. */
function findIndentedLines(text: string, from: number, name: number): ReplacedValue | undefined {
  const start = text.lastIndexOf("\n", name - 1) + 1;
  const indent = /^[ \t]*(?:- +)*/.exec(text.slice(start, name))?.[0].length ?? 0;
  const isBlock = /[|>]/.test(text[from] ?? "");
  let end = text.indexOf("\n", from);
  let any = false;
  while (end !== -1) {
    const next = text.indexOf("\n", end + 1);
    const line = text.slice(end + 1, next === -1 ? text.length : next);
    const inner = /^[ \t]*/.exec(line)?.[0].length ?? 0;
    const isBlank = line.trim() === "";
    const isDeeper = inner > indent || (!isBlock && inner === indent && line.trim().startsWith("- "));
    if (!isBlank && (!isDeeper || (!isBlock && beginsWithName(line)))) break;
    any ||= !isBlank;
    end = next;
  }
  return any ? { shown: removedText, end: end === -1 ? text.length : end } : undefined;
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/** A name that says password beyond doubt, and its value: as JSON writes it, or a program its arguments. */
const certainPairPatterns: readonly RegExp[] = [
  /((?<!\\)"([\w.-]{1,80})": ?")((?:[^"\\\n]|\\.)+)(?=")/g,
  /(\\"([\w.-]{1,80})\\": ?\\")([^\n]+?)(?=\\")/g,
  /((?<![\w.-])([\w.-]{1,80})="?)([^\s"'`,;&<>{}()[\]]+)/g,
];

const certainNamePattern =
  /passw(?:or)?d|passphrase|(?:api|access|auth|private|secret|client)[-_]?(?:key|token|secret)|^(?:token|credentials?|authorization|pwd)$/i;

/** In a message only what a program wrote for programs is taken for a credential: prose after a colon stays readable. */
export function maskCertainPairs(text: string, replacement: string): string {
  return certainPairPatterns.reduce(
    (rest, pattern) =>
      rest.replace(pattern, (whole, before: string, name: string, value: string) => {
        if (
          !certainNamePattern.test(name) ||
          !isCredentialName(name) ||
          /^(?:\*\*\*|null|true|false|\$|\.\.\.)/.test(value)
        )
          return whole;
        return `${before}${replacement}`;
      }),
    text,
  );
}
