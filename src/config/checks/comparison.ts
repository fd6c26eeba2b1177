import * as z from "zod";
import { compileScriptPattern, type ForeignPattern } from "../../lib/pattern.ts";
import { formatValue } from "../../yaml/mistakes.ts";
import { addRefusal, createReadSchema, createRecordSchema } from "../../yaml/primitives.ts";

/** A path into JSON: `$.items[0].name`, `status["a.b"]`, `$.items[*].ready`. */
export interface JsonPath {
  /** The path as the user wrote it. */
  readonly text: string;
  readonly steps: readonly Step[];
}

/** A key, an index in a list (negative: from the end), or all items of a list or mapping. */
type Step = { readonly key: string } | { readonly index: number } | { readonly all: true };

/** A value to which a path leads, with the value's own path. */
export interface FoundValue {
  readonly at: string;
  readonly value: unknown;
}

/** Parses a path. The `$` at its start is optional. Returns the problem if it is invalid. */
export function readJsonPath(given: string): JsonPath | { readonly problem: string } {
  const text = given.trim();
  let rest = text.startsWith("$") ? text.slice(1) : `.${text}`;
  if (rest.startsWith(".[")) rest = rest.slice(1);
  const steps: Step[] = [];
  while (rest !== "") {
    const match = stepPattern.exec(rest);
    if (!match)
      return {
        problem: `${formatValue(text)} is not a path (at ${formatValue(rest)}); expected for example $.status, $.items[0].name or $.items[*].ready`,
      };
    steps.push(createStep(match));
    rest = rest.slice(match[0].length);
  }
  return { text, steps };
}

const stepPattern = /^(?:\.([^.[\]"'\s]+)|\[(-?\d+)\]|\[(\*)\]|\["([^"]+)"\]|\['([^']+)'\])/;

/** Returns the step for a match of `oneStep`. */
function createStep([, name, index, star, double, single]: readonly (string | undefined)[]): Step {
  if (index !== undefined) return { index: Number(index) };
  if (star !== undefined || name === "*") return { all: true };
  return { key: name ?? double ?? single ?? "" };
}

/** Returns all values that a path leads to; empty if there are none. */
export function findValues({ steps }: JsonPath, value: unknown): readonly FoundValue[] {
  return steps.reduce<readonly FoundValue[]>(
    (foundValues, step) => foundValues.flatMap((foundValue) => followStep(foundValue, step)),
    [{ at: "$", value }],
  );
}

/** Returns the values one step below a value. */
function followStep({ at, value }: FoundValue, step: Step): FoundValue[] {
  if (Array.isArray(value)) {
    if ("all" in step)
      return value.map((innerValue, index) => ({ at: `${at}[${index}]`, value: innerValue }));
    const index = "index" in step ? step.index : Number.NaN;
    const innerValue: unknown = value.at(index);
    return Number.isInteger(index) && innerValue !== undefined
      ? [{ at: `${at}[${index}]`, value: innerValue }]
      : [];
  }
  if (typeof value !== "object" || value === null || "index" in step) return [];
  const entries = Object.entries(value);
  return entries
    .filter(([key]) => "all" in step || key === step.key)
    .map(([key, innerValue]) => ({
      at: `${at}${/^[\w-]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`}`,
      value: innerValue,
    }));
}

/** The condition for a value in a check: `>= 1`, `!= error`, `~ app-.*`, or the value itself. */
export interface Comparison {
  readonly operator: "==" | "!=" | ">" | ">=" | "<" | "<=" | "~" | "!~";
  /** A text's pattern for `~` and `!~`, a number for the orders. */
  readonly value: number | string | boolean | null;
  /** The text in messages: `>= 1`. */
  readonly text: string;
}

/** True if a value fulfils a comparison. A value of another type never does, except with `!=`. */
export function isFulfilled({ operator, value }: Comparison, seen: unknown): boolean {
  switch (operator) {
    case "==":
      return seen === value;
    case "!=":
      return seen !== undefined && seen !== value;
    case "~":
    case "!~":
      if (typeof seen !== "string") return false;
      return compilePattern(String(value)).test(seen) === (operator === "~");
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

/** True if a comparison explicitly allows zero: `0`, `>= 0` and `< 1` do, `<= 5` does not. */
export function canBeZero(comparison: Comparison): boolean {
  if (!isFulfilled(comparison, 0)) return false;
  return comparison.value === 0 || (comparison.operator === "<" && comparison.value === 1);
}

/** The schema of a comparison with a number: `>= 1`, `== 0`, or `3`. */
export const numberComparison = createReadSchema(
  { type: ["number", "string"] },
  (given, issues): Comparison => {
    if (typeof given === "number") return createEquality(given);
    const expected = 'expected for example ">= 1", "== 0" or 3';
    const { operator, rest } = splitComparison(given);
    if (operator === "~" || operator === "!~")
      return addRefusal(
        issues,
        `${formatValue(given)}: ${operator} compares texts, and this is a number; ${expected}`,
      );
    const value = readNumber(rest);
    if (value !== undefined) return createComparison(operator ?? "==", value, rest);
    return addRefusal(issues, `${formatValue(given)} is not a comparison with a number; ${expected}`);
  },
);

/** The schema of a comparison with a text, such as a label's value: `my-app`, `!= x`, `~ my-.*`. */
export const textComparison = createReadSchema({ type: "string" }, (given, issues): Comparison => {
  const expected = "expected a text, or for example != x or ~ my-.*, in quotes";
  if (typeof given !== "string" || given.trim() === "")
    return addRefusal(issues, `${formatValue(given)} is not a text; ${expected}`);
  const { operator, rest } = splitComparison(given);
  if (operator === undefined) return createEquality(given.trim());
  if (rest === "" || operator.startsWith("<") || operator.startsWith(">"))
    return addRefusal(issues, `${formatValue(given)} is not a comparison with a text; ${expected}`);
  return createTextComparison(operator, unquote(rest), given, issues);
});

/** The schema of a comparison with any JSON value. A value without an operator must be equal. */
export const valueComparison = createReadSchema(
  { type: ["string", "number", "boolean", "null"] },
  (given, issues): Comparison => {
    const expected = 'expected a value, or for example ">= 2", "!= error" or "~ v1.*"';
    if (given === null || typeof given === "number" || typeof given === "boolean")
      return createEquality(given);
    if (typeof given !== "string")
      return addRefusal(issues, `${formatValue(given)} is not a comparison; ${expected}`);
    const { operator, rest } = splitComparison(given);
    if (operator === undefined) return createEquality(given);
    if (operator === "==" || operator === "!=") return createComparison(operator, readScalar(rest), rest);
    if (operator === "~" || operator === "!~")
      return createTextComparison(operator, unquote(rest), given, issues);
    const value = readNumber(rest);
    if (value !== undefined) return createComparison(operator, value, rest);
    return addRefusal(issues, `${formatValue(given)}: ${operator} needs a number; ${expected}`);
  },
);

function createComparison(
  operator: Comparison["operator"],
  value: Comparison["value"],
  shown: string,
): Comparison {
  return { operator, value, text: `${operator} ${shown}` };
}

function createEquality(value: Comparison["value"]): Comparison {
  return createComparison("==", value, typeof value === "string" ? JSON.stringify(value) : String(value));
}

/** Returns the operator and the text after it. PromQL's `=~` is an alias of `~`. */
function splitComparison(given: unknown): {
  readonly operator: Comparison["operator"] | undefined;
  readonly rest: string;
} {
  const text = typeof given === "string" ? given.trim() : "";
  const [, operator, rest] = /^(==|!=|>=|<=|=~|!~|>|<|~)\s*(.*)$/s.exec(text) ?? [];
  const operatorName = operator === "=~" ? "~" : (operator as Comparison["operator"] | undefined);
  return { operator: operatorName, rest: rest?.trim() ?? text };
}

/** Returns a comparison with a text. Adds an issue if a pattern is invalid. */
function createTextComparison(
  operator: Comparison["operator"],
  value: string,
  given: string,
  issues: z.RefinementCtx,
): Comparison {
  if (operator === "~" || operator === "!~") {
    try {
      compilePattern(value);
    } catch {
      return addRefusal(issues, `${formatValue(given)}: invalid regular expression`);
    }
  }
  return createComparison(operator, value, value);
}

/** Compiles a pattern that matches whole texts, as in PromQL; `(?i)` at its start ignores case. */
function compilePattern(pattern: string): ForeignPattern {
  const plain = pattern.replace(/^\(\?i\)/, "");
  return compileScriptPattern(`^(?:${plain})$`, plain === pattern ? "s" : "si");
}

/** Returns the number in a text, as PromQL writes it (`1e3`, `-Inf`); undefined for any other text. */
function readNumber(text: string): number | undefined {
  if (/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
  const infinity = /^([+-]?)Inf$/i.exec(text);
  if (!infinity) return undefined;
  return infinity[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** Returns the boolean, null or number in a text, else the text without its quotes. */
function readScalar(text: string): Comparison["value"] {
  if (text === "true" || text === "false") return text === "true";
  return text === "null" ? null : (readNumber(text) ?? unquote(text));
}

function unquote(text: string): string {
  return /^(["']).*\1$/s.test(text) && text.length > 1 ? text.slice(1, -1) : text;
}

function areNumbers(seen: unknown, value: unknown): seen is number {
  return typeof seen === "number" && typeof value === "number";
}

/** The schema of a mapping from JSON paths to the values expected there. */
export const comparisonsByPath = createRecordSchema(
  z.string().superRefine((given, issues) => {
    const path = readJsonPath(given);
    if ("problem" in path) issues.addIssue(path.problem);
  }),
  valueComparison,
  'paths with the values that are expected there, for example {$.status: ok, status.readyReplicas: ">= 2"}',
).transform((entries) =>
  Object.entries(entries).flatMap(([text, comparison]) => {
    const path = readJsonPath(text);
    return "problem" in path ? [] : [{ path, comparison }];
  }),
);
