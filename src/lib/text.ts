/** The maximum length of a line of foreign text. Longer lines are cut. */
export const maxLineLength = 2_000;

/** The longest word that is removed as a whole at a cut. Its beginning may be a part of a secret that is not recognised. */
const maxWordLength = 500;

/**
 * Cuts each line that is too long, with the whole word at the cut, so that no part of a secret is left that could not
 * be recognised. Runs before a text is searched or redacted.
 */
export function clipLines(text: string, most = maxLineLength): string {
  if (text.length <= most) return text;
  return text
    .split("\n")
    .map((line) => clipLine(line, most))
    .join("\n");
}

/** Cuts a line that is too long, and notes how many characters were left out. */
function clipLine(line: string, most: number): string {
  if (line.length <= most) return line;
  let end = most;
  while (end > 0 && end > most - maxWordLength && !/[\s"',;&=]/.test(line[end - 1] ?? "")) end--;
  return `${line.slice(0, end)}... (${line.length - end} more characters)`;
}

/**
 * Cuts the lines that are too long in all texts of some data.
 * @param keptKeys keys whose texts are not changed
 */
export function clipTexts<T>(data: T, keptKeys: readonly string[] = []): T {
  return clipNestedTexts(data, keptKeys) as T;
}

/** Returns the value with its texts clipped. Objects of classes, such as dates, are returned unchanged. */
function clipNestedTexts(value: unknown, keptKeys: readonly string[]): unknown {
  if (typeof value === "string") return clipLines(value);
  if (Array.isArray(value)) return value.map((item) => clipNestedTexts(item, keptKeys));
  if (typeof value !== "object" || value === null) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  const entries = Object.entries(value).map(([key, child]) => [
    key,
    keptKeys.includes(key) ? child : clipNestedTexts(child, keptKeys),
  ]);
  return Object.fromEntries(entries);
}

/**
 * Returns a text of at most `most` characters without its middle: a message names its subject first and its reason
 * last.
 */
export function shorten(text: string, most: number): string {
  if (text.length <= most) return text;
  const gap = " [...] ";
  const head = Math.floor((most - gap.length) / 3);
  return text.slice(0, head) + gap + text.slice(text.length - (most - gap.length - head));
}

/** The maximum length of a line that joins a list. */
const maxCharacters = 1_000;
/** Matches the places at which such a line may be cut: between two items. */
const itemSeparatorPattern = /[;,] /g;

/**
 * Cuts a line that is too long between two items of the list that it joins, and notes how much is left out.
 * @param source where the reader finds the whole list
 */
export function limitLine(line: string, source = "results.json", most = maxCharacters): string {
  if (line.length <= most) return line;
  const ends = [...line.slice(0, most).matchAll(itemSeparatorPattern)].map(({ index }) => index);
  const end = ends.filter((index) => index > most / 2).at(-1) ?? most;
  const items = [...line.slice(end).matchAll(itemSeparatorPattern)].length;
  const omitted = items > 0 ? `${items} more` : `${line.length - end} more characters`;
  return `${line.slice(0, end)} and ${omitted} (all of it is in ${source})`;
}

/** True if a text contains a name as a separate word, not as a part of a longer name. */
export function hasWord(text: string, word: string): boolean {
  if (word === "") return false;
  for (let start = text.indexOf(word); start >= 0; start = text.indexOf(word, start + 1)) {
    if (!isWordCharacter(text[start - 1]) && !isWordCharacter(text[start + word.length])) return true;
  }
  return false;
}

/** True if a character can be part of a name. */
function isWordCharacter(char: string | undefined): boolean {
  return char !== undefined && /[\w-]/.test(char);
}

/**
 * Splits the output of a program that ends each item with a NUL. A name on Linux can contain every other character,
 * also line breaks, so that lists of names are read in this form only. An item without a NUL was cut and is left out.
 */
export function splitNul(output: string): string[] {
  return output.split("\0").slice(0, -1);
}

/**
 * Encodes a text as one part of a URL's path or query. Half of a surrogate pair, which JSON and YAML can contain,
 * becomes U+FFFD.
 */
export function encodeUrlPart(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

/** Returns a number with its noun: `1 node`, `2 nodes`, `3 series`. */
export function formatCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 || noun.endsWith("s") ? "" : "s"}`;
}

/** Returns at most `most` items and the number of the others: `a, b, c and 4 more`. */
export function formatList(items: readonly string[], most = 5): string {
  const omittedCount = items.length - most;
  return items.slice(0, most).join(", ") + (omittedCount > 0 ? ` and ${omittedCount} more` : "");
}

/** Returns the value of a JSON text; undefined if the text is not valid JSON. */
export function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
