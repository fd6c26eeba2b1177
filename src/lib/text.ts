/** Characters of a line of foreign text that are looked at and kept. */
export const mostOfLine = 2_000;

/** The word that the cut falls into may be the beginning of a secret, which nobody would know as one. */
const mostOfWord = 500;

/**
 * Cuts each line that is too long. The word at the cut goes as a whole, so that no part of a secret is left that could
 * not be recognised any more. Cut before anything is searched for in a text, and before it is redacted.
 */
export function clipLines(text: string, most = mostOfLine): string {
  if (text.length <= most) return text;
  return text
    .split("\n")
    .map((line) => clipLine(line, most))
    .join("\n");
}

function clipLine(line: string, most: number): string {
  if (line.length <= most) return line;
  let kept = most;
  while (kept > 0 && kept > most - mostOfWord && !/[\s"',;&=]/.test(line[kept - 1] ?? "")) kept--;
  return `${line.slice(0, kept)}... (${line.length - kept} more characters)`;
}

/** The same of all texts in data; `leave` names the keys whose texts stay as they are. */
export function clipTexts<T>(data: T, leave: readonly string[] = []): T {
  return clipNestedTexts(data, leave) as T;
}

function clipNestedTexts(value: unknown, leave: readonly string[]): unknown {
  if (typeof value === "string") return clipLines(value);
  if (Array.isArray(value)) return value.map((one) => clipNestedTexts(one, leave));
  if (typeof value !== "object" || value === null) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  const entries = Object.entries(value).map(([key, inner]) => [
    key,
    leave.includes(key) ? inner : clipNestedTexts(inner, leave),
  ]);
  return Object.fromEntries(entries);
}

/**
 * Returns a text of at most `most` characters. What is left out is the middle: a message names its subject first and its reason
 * last.
 */
export function shorten(text: string, most: number): string {
  if (text.length <= most) return text;
  const gap = " [...] ";
  const head = Math.floor((most - gap.length) / 3);
  return text.slice(0, head) + gap + text.slice(text.length - (most - gap.length - head));
}

/** A reader takes in no more of a line that joins a list. */
const mostCharacters = 1_000;
/** Where a line may be cut: between two items of its list. */
const itemSeparatorPattern = /[;,] /g;

/**
 * Cuts a line that is too long, between two items of the list that it joins, and says how much is left out.
 * @param whole where the reader finds all of it
 */
export function limitLine(line: string, whole = "results.json", most = mostCharacters): string {
  if (line.length <= most) return line;
  const ends = [...line.slice(0, most).matchAll(itemSeparatorPattern)].map(({ index }) => index);
  const end = ends.filter((index) => index > most / 2).at(-1) ?? most;
  const items = [...line.slice(end).matchAll(itemSeparatorPattern)].length;
  const left = items > 0 ? `${items} more` : `${line.length - end} more characters`;
  return `${line.slice(0, end)} and ${left} (all of it is in ${whole})`;
}

/** True if a text has a name in it as a word of its own: not as a part of a longer name. */
export function hasWord(text: string, word: string): boolean {
  if (word === "") return false;
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (!isWordCharacter(text[at - 1]) && !isWordCharacter(text[at + word.length])) return true;
  }
  return false;
}

function isWordCharacter(char: string | undefined): boolean {
  return char !== undefined && /[\w-]/.test(char);
}

/**
 * Splits the output of a program that ends each item with a NUL. A name on Linux can hold every other character, line
 * breaks included, so that output with names is read in no other form. An item whose NUL is missing was cut short and
 * is left out.
 */
export function splitNul(output: string): string[] {
  return output.split("\0").slice(0, -1);
}

/** A text as one part of a URL's path or query. Half of a surrogate pair, which JSON and YAML can hold, becomes U+FFFD. */
export function encodeUrlPart(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

/** `1 node`, `2 nodes`, `3 series`. */
export function formatCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 || noun.endsWith("s") ? "" : "s"}`;
}

/** `a, b, c and 4 more`. */
export function formatList(items: readonly string[], most = 5): string {
  const rest = items.length - most;
  return items.slice(0, most).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}
