import { isCredentialName, removedText } from "./data.ts";

/**
 * Matches a name and the text between the name and its value, in YAML, JSON (also inside a JSON string), INI, logfmt or a
 * URL.
 */
const namePattern = /(?<![\w.-])([\w.-]{1,80})(\\?["']?[ \t]*(?::|=)[ \t]*)/g;

/**
 * Returns the text without the values of names that mean a credential. At the beginning of a line the value reaches to
 * the end of the line, since it may contain spaces. Within a line it is only the next word.
 */
export function redactPairs(text: string): string {
  const parts: string[] = [];
  let end = 0;
  namePattern.lastIndex = 0;
  for (let match = namePattern.exec(text); match !== null; match = namePattern.exec(text)) {
    const [whole, name = "", separator = ""] = match;
    if (match.index < end || !isCredentialName(name)) continue;
    const valueStart = match.index + whole.length;
    const value = findValueAt(text, valueStart, match.index, separator);
    if (value === undefined) continue;
    parts.push(text.slice(end, valueStart), value.replacement);
    end = value.end;
    namePattern.lastIndex = Math.max(end, valueStart);
  }
  return parts.join("") + text.slice(end);
}

/** The replacement of a value, and the position after the value. */
interface ReplacedValue {
  readonly replacement: string;
  readonly end: number;
}

/** Match a value in quotes, with its quote: as JSON inside a JSON string, in double quotes, in single quotes. */
const quotedPatterns: readonly (readonly [RegExp, string])[] = [
  [/\\"[^\n]*?\\"/y, '\\"'],
  [/"(?:[^"\\\n]|\\.)*"/y, '"'],
  [/'(?:[^'\n]|'')*'/y, "'"],
];

/**
 * Returns the replacement of the value that begins at `from`; undefined if the value can't be a credential: it is
 * empty, a mapping, or a word such as `null`.
 * @param nameStart position of the value's name
 * @param separator the text between the name and the value
 */
function findValueAt(
  text: string,
  from: number,
  nameStart: number,
  separator: string,
): ReplacedValue | undefined {
  for (const [pattern, quote] of quotedPatterns) {
    const quotedValue = matchAt(pattern, text, from);
    if (quotedValue !== undefined)
      return quotedValue.length === 2 * quote.length
        ? undefined
        : { replacement: quote + removedText + quote, end: from + quotedValue.length };
  }
  const blockStart =
    matchAt(/[|>][-+0-9]*[ \t]*(?:#[^\n]*)?(?=\n)/y, text, from) ?? matchAt(/(?=\r?\n)/y, text, from);
  if (blockStart !== undefined)
    return separator.includes(":") ? findIndentedLines(text, from, nameStart) : undefined;
  // A mapping has names of its own. The other words are not credentials.
  if (matchAt(/\{|(?:null|true|false|~)(?=[\s,}\]]|$)|<(?:removed|secret)>|$/y, text, from) !== undefined)
    return undefined;
  const word = matchAt(getUnquotedPattern(text, nameStart), text, from) ?? "";
  return word === "" ? undefined : { replacement: removedText, end: from + word.length };
}

/**
 * Returns the pattern for a value without quotes: to the end of the line if the name begins the line, to the end of
 * the entry in an inline mapping, else to the end of the word.
 */
function getUnquotedPattern(text: string, nameStart: number): RegExp {
  const precedingText = text.slice(
    Math.max(text.lastIndexOf("\n", nameStart - 1) + 1, nameStart - 200),
    nameStart,
  );
  if (/^[\s"'\\-]*$/.test(precedingText)) return /[^\r\n]+/y;
  if (/[{,]\s*["'\\]*$/.test(precedingText)) return /[^\r\n,}]+/y;
  return /[^\s,;&}\])"']+/y;
}

/** True if a line begins with a YAML key. */
function beginsWithName(line: string): boolean {
  return /^["']?[\w./-]{1,200}["']?:(?:\s|$)/.test(line.replace(/^[\s-]+/, ""));
}

/**
 * Returns the replacement of the lines below a name that belong to its value: a block scalar or a list. Undefined if
 * there are none.
 */
function findIndentedLines(text: string, from: number, nameStart: number): ReplacedValue | undefined {
  const lineStart = text.lastIndexOf("\n", nameStart - 1) + 1;
  const indent = /^[ \t]*(?:- +)*/.exec(text.slice(lineStart, nameStart))?.[0].length ?? 0;
  const isBlock = /[|>]/.test(text[from] ?? "");
  let end = text.indexOf("\n", from);
  let hasContent = false;
  while (end !== -1) {
    const nextEnd = text.indexOf("\n", end + 1);
    const line = text.slice(end + 1, nextEnd === -1 ? text.length : nextEnd);
    const lineIndent = /^[ \t]*/.exec(line)?.[0].length ?? 0;
    const isBlank = line.trim() === "";
    const isDeeper =
      lineIndent > indent || (!isBlock && lineIndent === indent && line.trim().startsWith("- "));
    if (!isBlank && (!isDeeper || (!isBlock && beginsWithName(line)))) break;
    hasContent ||= !isBlank;
    end = nextEnd;
  }
  return hasContent ? { replacement: removedText, end: end === -1 ? text.length : end } : undefined;
}

/** Returns the text that a sticky pattern matches at a position; undefined if it does not match. */
function matchAt(pattern: RegExp, text: string, position: number): string | undefined {
  pattern.lastIndex = position;
  return pattern.exec(text)?.[0];
}

/** Match a name with its value: as JSON writes it, as JSON inside a JSON string, or as an argument such as `token=x`. */
const certainPairPatterns: readonly RegExp[] = [
  /((?<!\\)"([\w.-]{1,80})": ?")((?:[^"\\\n]|\\.)+)(?=")/g,
  /(\\"([\w.-]{1,80})\\": ?\\")([^\n]+?)(?=\\")/g,
  /((?<![\w.-])([\w.-]{1,80})="?)([^\s"'`,;&<>{}()[\]]+)/g,
];

/** Matches names that certainly mean a credential. */
const certainNamePattern =
  /passw(?:or)?d|passphrase|(?:api|access|auth|private|secret|client)[-_]?(?:key|token|secret)|^(?:token|credentials?|authorization|pwd)$/i;

/**
 * Returns a message with the values of names that certainly mean a credential replaced. Only JSON and arguments are
 * searched: prose after a colon stays readable.
 */
export function maskCertainPairs(text: string, replacement: string): string {
  return certainPairPatterns.reduce(
    (replaced, pattern) =>
      replaced.replace(pattern, (whole, beginning: string, name: string, value: string) => {
        if (
          !certainNamePattern.test(name) ||
          !isCredentialName(name) ||
          /^(?:\*\*\*|null|true|false|\$|\.\.\.)/.test(value)
        )
          return whole;
        return `${beginning}${replacement}`;
      }),
    text,
  );
}
