import { isMapping } from "../../lib/object.ts";
import { shown } from "../../yaml/mistakes.ts";
import { type Parser, type Problem, problem } from "../../yaml/parsers.ts";

/** A value that goes over all others of an app, as helm's `--set` does. */
export interface SetValue {
  /** `["server", "hosts", 0]`. */
  readonly path: readonly (string | number)[];
  readonly value: unknown;
}

/**
 * A mapping from key paths to values, or a list of `path=value` as helm's `--set` takes them. A text is read as helm reads it
 * (https://helm.sh/docs/intro/using_helm/#the-format-and-limitations-of---set); anything else keeps its type.
 */
export const setValues: Parser<readonly SetValue[]> = (given) => {
  if (given === null) return { value: [] };
  if (!isMapping(given) && !Array.isArray(given))
    return problem(`${shown(given)} is not values to set; right would be e.g. server.retention: 30d`);
  const values: SetValue[] = [];
  const problems: Problem[] = [];
  for (const [at, one] of Array.isArray(given) ? given.entries() : Object.entries(given)) {
    const outcome = typeof at === "number" ? pairOf(one) : assignment(at, one);
    // Of a mapping the key is what is read, and the value with it.
    const isKeys = typeof at === "string" && "why" in parseSet(`${at}=`);
    if ("why" in outcome) problems.push({ at: [at], text: outcome.why, ...(isKeys ? { inKey: true } : {}) });
    else values.push(...outcome.values);
  }
  return problems.length > 0 ? { problems } : { value: values };
};

type Outcome = { readonly values: readonly SetValue[] } | { readonly why: string };

function pairOf(given: unknown): Outcome {
  if (typeof given === "string" && given !== "") return parseSet(given);
  return { why: `${shown(given)} is not a value to set; right would be server.retention=30d` };
}

function assignment(key: string, value: unknown): Outcome {
  if (typeof value === "string") return parseSet(`${key}=${value}`);
  const found = parseSet(`${key}=`);
  return "why" in found ? found : { values: found.values.map(({ path }) => ({ path, value })) };
}

/** helm's own limit. */
const highestIndex = 65_536;

/** Reads `a.b=1,c={x,y},d[0].e=null`, a backslash taking the meaning from the next character. */
export function parseSet(text: string): Outcome {
  const values: SetValue[] = [];
  let rest = text;
  while (rest !== "") {
    const key = keyIn(rest);
    if ("why" in key) return key;
    const value = valueIn(key.rest);
    if ("why" in value) return value;
    values.push({ path: key.path, value: value.value });
    rest = value.rest;
  }
  return { values };
}

function keyIn(text: string): { path: (string | number)[]; rest: string } | { why: string } {
  const path: (string | number)[] = [];
  let rest = text;
  for (;;) {
    const { read, stop, after } = readUntil(rest, rest.startsWith("[") ? "]" : ".[=,");
    if (rest.startsWith("[")) {
      const index = Number(read.slice(1));
      if (stop === undefined || !/^\[\d+$/.test(read) || index > highestIndex)
        return { why: `${read}${stop ?? ""} is no index of a list; right would be e.g. [0]` };
      path.push(index);
      rest = after.startsWith(".") ? after.slice(1) : after;
      if (after.startsWith("=")) return { path, rest: after.slice(1) };
      if (!after.startsWith(".") && !after.startsWith("["))
        return { why: `${text} has no value; right would be key=value` };
      continue;
    }
    if (stop === undefined || stop === ",") {
      const key = text.slice(0, text.length - after.length - (stop === undefined ? 0 : 1));
      return {
        why: `the key ${key} has no value; right would be ${key}=value, and \\, for a comma in a value`,
      };
    }
    if (read === "") return { why: `there is nothing before ${stop} in ${text}; right would be a key` };
    path.push(read);
    if (stop === "=") return { path, rest: after };
    rest = stop === "[" ? `[${after}` : after;
  }
}

function valueIn(text: string): { value: unknown; rest: string } | { why: string } {
  if (!text.startsWith("{")) {
    const { read, after } = readUntil(text, ",");
    return { value: typed(read), rest: after };
  }
  const items: unknown[] = [];
  let rest = text.slice(1);
  for (;;) {
    const { read, stop, after } = readUntil(rest, ",}");
    if (stop === undefined)
      return { why: `the list ${text} doesn't end; right would be a } after its last item` };
    // helm, too, takes {} for a list of one empty text.
    items.push(typed(read));
    rest = after;
    if (stop === "}") return { value: items, rest: rest.startsWith(",") ? rest.slice(1) : rest };
  }
}

/** Up to the first of these characters that no backslash stands before. */
function readUntil(text: string, ends: string): { read: string; stop: string | undefined; after: string } {
  let read = "";
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === "\\" && at + 1 < text.length) {
      at += 1;
      read += text.charAt(at);
    } else if (ends.includes(character)) return { read, stop: character, after: text.slice(at + 1) };
    else read += character;
  }
  return { read, stop: undefined, after: "" };
}

/** helm knows true, false, null and whole numbers; everything else, 1.5 and 007 too, stays a text. */
function typed(text: string): unknown {
  const word = text.toLowerCase();
  if (word === "true" || word === "false") return word === "true";
  if (word === "null") return null;
  if (text === "0") return 0;
  if (/^[-+]?[1-9]\d*$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  return text;
}
