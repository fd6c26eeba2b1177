import type * as z from "zod";
import { isMapping } from "../../lib/object.ts";
import { describeMismatch } from "../../yaml/mistakes.ts";
import { addRefusal, createReadSchema } from "../../yaml/primitives.ts";

/** A value that overrides all others of an app, as helm's `--set` does. */
export interface SetValue {
  /** `["server", "hosts", 0]`. */
  readonly path: readonly (string | number)[];
  readonly value: unknown;
}

/**
 * The schema of `set`: a mapping from key paths to values, or a list of `path=value` in the syntax of helm's `--set`.
 * A text is read as helm reads it (https://helm.sh/docs/intro/using_helm/#the-format-and-limitations-of---set);
 * anything else keeps its type.
 */
export const setValues = createReadSchema(
  { type: ["object", "array", "null"], items: { type: "string" } },
  (given, issues): readonly SetValue[] => {
    if (given === null) return [];
    if (Array.isArray(given))
      return given.flatMap((pair, index) => reportOutcome(readPair(pair), [index], "value", issues));
    if (!isMapping(given))
      return addRefusal(
        issues,
        describeMismatch(given, "values to set", "for example server.retention: 30d"),
      );
    return Object.entries(given).flatMap(([key, value]) => {
      const isKeyWrong = "why" in parseSet(`${key}=`);
      return reportOutcome(readAssignment(key, value), [key], isKeyWrong ? "key" : "value", issues);
    });
  },
);

type Outcome = { readonly values: readonly SetValue[] } | { readonly why: string };

/** Returns the values of an outcome. A failure becomes an issue at the path. */
function reportOutcome(
  outcome: Outcome,
  path: (string | number)[],
  on: "key" | "value",
  issues: z.RefinementCtx,
): readonly SetValue[] {
  if ("values" in outcome) return outcome.values;
  issues.addIssue({ code: "custom", message: outcome.why, path, params: { on } });
  return [];
}

function readPair(given: unknown): Outcome {
  if (typeof given === "string" && given !== "") return parseSet(given);
  return { why: describeMismatch(given, "a value to set", "for example server.retention=30d") };
}

/** Returns the value for a key path. A text is parsed as helm does, any other value is kept as it is. */
function readAssignment(key: string, value: unknown): Outcome {
  if (typeof value === "string") return parseSet(`${key}=${value}`);
  const parsed = parseSet(`${key}=`);
  return "why" in parsed ? parsed : { values: parsed.values.map(({ path }) => ({ path, value })) };
}

/** helm's own limit for an index in a list. */
const highestIndex = 65_536;

/**
 * Parses helm's syntax `a.b=1,c={x,y},d[0].e=null`, in which a backslash escapes the next character. Returns the
 * values or the reason why the text is invalid.
 */
export function parseSet(text: string): Outcome {
  const values: SetValue[] = [];
  let rest = text;
  while (rest !== "") {
    const key = readKey(rest);
    if ("why" in key) return key;
    const value = readValue(key.rest);
    if ("why" in value) return value;
    values.push({ path: key.path, value: value.value });
    rest = value.rest;
  }
  return { values };
}

/** Reads a key path up to its `=`. Returns the path and the text after it, or the reason why it is invalid. */
function readKey(text: string): { path: (string | number)[]; rest: string } | { why: string } {
  const path: (string | number)[] = [];
  let rest = text;
  for (;;) {
    const { read, stop, after } = readUntil(rest, rest.startsWith("[") ? "]" : ".[=,");
    if (rest.startsWith("[")) {
      const index = Number(read.slice(1));
      if (stop === undefined || !/^\[\d+$/.test(read) || index > highestIndex)
        return { why: `${read}${stop ?? ""} is not an index of a list; expected for example [0]` };
      path.push(index);
      rest = after.startsWith(".") ? after.slice(1) : after;
      if (after.startsWith("=")) return { path, rest: after.slice(1) };
      if (!after.startsWith(".") && !after.startsWith("["))
        return { why: `${text} has no value; expected key=value` };
      continue;
    }
    if (stop === undefined || stop === ",") {
      const key = text.slice(0, text.length - after.length - (stop === undefined ? 0 : 1));
      return {
        why: `the key ${key} has no value; expected ${key}=value, and \\, for a comma in a value`,
      };
    }
    if (read === "") return { why: `there is nothing before ${stop} in ${text}; expected a key` };
    path.push(read);
    if (stop === "=") return { path, rest: after };
    rest = stop === "[" ? `[${after}` : after;
  }
}

/**
 * Reads a value or a list in braces up to the next comma. Returns the value and the text after it, or the reason why
 * it is invalid.
 */
function readValue(text: string): { value: unknown; rest: string } | { why: string } {
  if (!text.startsWith("{")) {
    const { read, after } = readUntil(text, ",");
    return { value: convertToType(read), rest: after };
  }
  const items: unknown[] = [];
  let rest = text.slice(1);
  for (;;) {
    const { read, stop, after } = readUntil(rest, ",}");
    if (stop === undefined) return { why: `the list ${text} doesn't end; expected a } after its last item` };
    // helm, too, takes {} for a list of one empty text.
    items.push(convertToType(read));
    rest = after;
    if (stop === "}") return { value: items, rest: rest.startsWith(",") ? rest.slice(1) : rest };
  }
}

/**
 * Reads up to the first of the stop characters that is not escaped by a backslash. Returns the text before it, the
 * character itself (undefined if there is none), and the text after it.
 */
function readUntil(
  text: string,
  stopCharacters: string,
): { read: string; stop: string | undefined; after: string } {
  let readText = "";
  for (let offset = 0; offset < text.length; offset++) {
    const character = text.charAt(offset);
    if (character === "\\" && offset + 1 < text.length) {
      offset += 1;
      readText += text.charAt(offset);
    } else if (stopCharacters.includes(character))
      return { read: readText, stop: character, after: text.slice(offset + 1) };
    else readText += character;
  }
  return { read: readText, stop: undefined, after: "" };
}

/**
 * Returns the value with the type that helm gives it: true, false, null or a whole number. Anything else, 1.5 and 007
 * too, is returned as a text.
 */
function convertToType(text: string): unknown {
  const word = text.toLowerCase();
  if (word === "true" || word === "false") return word === "true";
  if (word === "null") return null;
  if (text === "0") return 0;
  if (/^[-+]?[1-9]\d*$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  return text;
}
