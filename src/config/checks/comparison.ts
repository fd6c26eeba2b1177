import { type ForeignPattern, scriptPattern } from "../../lib/pattern.ts";
import { shown } from "../../yaml/mistakes.ts";
import { type Parser, problem } from "../../yaml/parsers.ts";

/** What a value must be, as a check writes it: `>= 1`, `!= error`, `~ app-.*`, or just the value. */
export interface Comparison {
  readonly operator: "==" | "!=" | ">" | ">=" | "<" | "<=" | "~" | "!~";
  /** A text's pattern for `~` and `!~`, a number for the orders. */
  readonly value: number | string | boolean | null;
  /** As a message shows it: `>= 1`. */
  readonly text: string;
}

/** Whether a value is as wanted. A value of another type never is, but for `!=` and `!~`. */
export function holds({ operator, value }: Comparison, seen: unknown): boolean {
  switch (operator) {
    case "==":
      return seen === value;
    case "!=":
      return seen !== undefined && seen !== value;
    case "~":
    case "!~":
      if (typeof seen !== "string") return false;
      return patternOf(String(value)).test(seen) === (operator === "~");
    case ">":
      return areNumbers(seen, value) && seen > Number(value);
    case ">=":
      return areNumbers(seen, value) && seen >= Number(value);
    case "<":
      return areNumbers(seen, value) && seen < Number(value);
    case "<=":
      return areNumbers(seen, value) && seen <= Number(value);
  }
}

/** Whether it was said in so many words that there may be none: `0`, `>= 0`, `< 1`; `<= 5` doesn't say so. */
export function allowsNone(comparison: Comparison): boolean {
  if (!holds(comparison, 0)) return false;
  return comparison.value === 0 || (comparison.operator === "<" && comparison.value === 1);
}

/** Compares with a number: `>= 1`, `== 0`, or `3`. */
export const numberComparison: Parser<Comparison> = (given) => {
  if (typeof given === "number") return { value: equal(given) };
  const right = 'right would be e.g. ">= 1", "== 0" or 3';
  const parts = typeof given === "string" ? split(given) : undefined;
  if (parts === undefined) return problem(`${shown(given)} is no comparison with a number; ${right}`);
  const { operator, rest } = parts;
  if (operator === "~" || operator === "!~")
    return problem(`${shown(given)}: ${operator} compares texts, and this is a number; ${right}`);
  const number = numberOf(rest);
  if (number === undefined) return problem(`${shown(given)} is no comparison with a number; ${right}`);
  return { value: { operator: operator ?? "==", value: number, text: `${operator ?? "=="} ${rest}` } };
};

/** Compares with a text, as a label's value is one: `my-app`, `!= x`, `~ my-.*`. */
export const textComparison: Parser<Comparison> = (given) => {
  const right = "right would be a text, or e.g. != x or ~ my-.*, in quotes";
  if (typeof given !== "string" || given.trim() === "")
    return problem(`${shown(given)} is no text; ${right}`);
  const { operator, rest } = split(given) ?? { operator: undefined, rest: "" };
  if (operator === undefined) return { value: equal(given.trim()) };
  if (rest === "" || operator.startsWith("<") || operator.startsWith(">"))
    return problem(`${shown(given)} is no comparison with a text; ${right}`);
  return withPattern(given, operator, unquoted(rest));
};

/** Compares with whatever JSON holds. A value without an operator is meant as it stands. */
export const valueComparison: Parser<Comparison> = (given) => {
  const right = 'right would be a value, or e.g. ">= 2", "!= error" or "~ v1.*"';
  if (given === null || typeof given === "number" || typeof given === "boolean")
    return { value: equal(given) };
  if (typeof given !== "string") return problem(`${shown(given)} is no comparison; ${right}`);
  const { operator, rest } = split(given) ?? { operator: undefined, rest: "" };
  if (operator === undefined) return { value: equal(given) };
  if (operator === "==" || operator === "!=") {
    return { value: { operator, value: scalar(rest), text: `${operator} ${rest}` } };
  }
  if (operator === "~" || operator === "!~") return withPattern(given, operator, unquoted(rest));
  const number = numberOf(rest);
  if (number === undefined) return problem(`${shown(given)}: ${operator} needs a number; ${right}`);
  return { value: { operator, value: number, text: `${operator} ${rest}` } };
};

function equal(value: Comparison["value"]): Comparison {
  return { operator: "==", value, text: `== ${typeof value === "string" ? JSON.stringify(value) : value}` };
}

/** `=~` is what PromQL writes for `~`. */
function split(given: string) {
  const match = /^(==|!=|>=|<=|=~|!~|>|<|~)\s*(.*)$/s.exec(given.trim());
  const operator = (match?.[1] === "=~" ? "~" : match?.[1]) as Comparison["operator"] | undefined;
  return { operator, rest: match?.[2]?.trim() ?? given.trim() };
}

function withPattern(given: string, operator: Comparison["operator"], value: string) {
  const text = `${operator} ${value}`;
  if (operator === "==" || operator === "!=") return { value: { operator, value, text } };
  try {
    patternOf(value);
  } catch {
    return problem(`${shown(given)}: this is no regular expression`);
  }
  return { value: { operator, value, text } };
}

/** Fits from the first character to the last, as in PromQL; `(?i)` in front leaves case aside. */
function patternOf(pattern: string): ForeignPattern {
  const plain = pattern.replace(/^\(\?i\)/, "");
  return scriptPattern(`^(?:${plain})$`, plain === pattern ? "s" : "si");
}

function numberOf(text: string): number | undefined {
  if (/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
  const infinity = /^([+-]?)Inf$/i.exec(text);
  if (!infinity) return undefined;
  return infinity[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

function scalar(text: string): Comparison["value"] {
  if (text === "true" || text === "false") return text === "true";
  return text === "null" ? null : (numberOf(text) ?? unquoted(text));
}

function unquoted(text: string): string {
  return /^(["']).*\1$/s.test(text) && text.length > 1 ? text.slice(1, -1) : text;
}

function areNumbers(seen: unknown, value: unknown): seen is number {
  return typeof seen === "number" && typeof value === "number";
}
