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
export function clipData<T>(data: T, leave: readonly string[] = []): T {
  return clipValue(data, leave) as T;
}

function clipValue(value: unknown, leave: readonly string[]): unknown {
  if (typeof value === "string") return clipLines(value);
  if (Array.isArray(value)) return value.map((one) => clipValue(one, leave));
  if (typeof value !== "object" || value === null) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  const entries = Object.entries(value).map(([key, inner]) => [
    key,
    leave.includes(key) ? inner : clipValue(inner, leave),
  ]);
  return Object.fromEntries(entries);
}
