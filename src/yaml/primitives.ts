import { join, resolve } from "node:path";
import * as z from "zod";
import { parseDuration } from "../lib/duration.ts";
import { parsePrometheusSize, parseQuantity } from "../lib/quantity.ts";
import { didYouMean, formatExpectedChoices } from "../lib/suggest.ts";
import { describeMismatch, formatValue } from "./mistakes.ts";

/** The limits for what the files of a configuration may name. */
export interface Limits {
  readonly isRestricted: boolean;
  /** Returns why a file can't name an environment variable; undefined if it can. */
  refusesVariable(name: string): string | undefined;
  /** Returns why a file can't name an absolute path; undefined if it can. */
  refusesPath(path: string): string | undefined;
  /** True if an input, a flag or the environment sets a setting, so that its value in a file has no effect. */
  isOverridden(setting: string): boolean;
  /**
   * Returns what to do about a setting that a file can't set.
   * @param input how the action sets it: `the input profile`
   */
  instead(setting: string, input: string): string;
  /** Returns the part of the environment that files may name. */
  variables(env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string | undefined>>;
}

/** The data with which a setting's value is resolved. */
export interface Context {
  /** Absolute path of the folder at which relative paths start. */
  readonly folder: string;
  /** The folder that replaces `~`. */
  readonly home: string | undefined;
  /** The variables for `${NAME}`; undefined if nothing will be fetched, so that no login is needed. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Undefined for an input or a flag, which may name everything. */
  readonly limits?: Limits | undefined;
}

/** A schema, or a function that makes one for a context: paths, variables and limits depend on it. */
export type Schema<T> = z.ZodType<T> | ((context: Context) => z.ZodType<T>);

/** Returns the schema for a context. */
export function resolveSchema<T>(schema: Schema<T>, context: Context): z.ZodType<T> {
  return typeof schema === "function" ? schema(context) : schema;
}

/** Adds an issue in a transform and returns the value that zod expects then: `return addRefusal(issues, "...")`. */
export function addRefusal(
  issues: z.RefinementCtx,
  message: string,
  path: readonly (string | number)[] = [],
  params: { readonly on?: "key"; readonly character?: number } = {},
): never {
  issues.addIssue({ code: "custom", message, path: [...path], params });
  return z.NEVER;
}

/**
 * Returns the schema of a text that is not empty and matches the pattern.
 * @param expected the expected value in messages, with an article: `a namespace (...)`
 */
export function createTextSchema(expected: string, pattern?: RegExp) {
  const error = ({ input }: { readonly input?: unknown }) =>
    typeof input === "number" || typeof input === "boolean"
      ? `${input} is ${typeof input === "number" ? "a number" : "true or false"} to YAML; expected ${expected}, in quotes`
      : describeMismatch(input, expected);
  const schema = z.string({ error }).trim().min(1, { error, abort: true });
  return pattern ? schema.regex(pattern, { error }) : schema;
}

/** Returns the schema of a text that no message shows. */
export function createSecretSchema(expected: string) {
  const error = `invalid value (not shown): expected ${expected}, in quotes`;
  return z.string({ error }).min(1, { error });
}

/**
 * Returns the schema of one of several texts.
 * @param what the kind of value in messages, with an article: `a scheme`
 */
export function createChoiceSchema<const T extends string>(what: string, choices: readonly T[]) {
  return z.enum(choices, {
    error: ({ input }) =>
      `${formatValue(input)} is not ${what}; ${typeof input === "string" ? didYouMean(input, choices) : formatExpectedChoices(choices)}`,
  });
}

/** What an editor knows of a value, in JSON Schema. `x-single`: a list, whose only item needs no list. `x-also`: another form. */
export type EditorHint = Readonly<Record<string, unknown>>;

/**
 * Returns the schema of a value that a function reads.
 * @param hint the values that the function accepts, in JSON Schema, which cannot be seen from the function
 */
export function createReadSchema<T>(hint: EditorHint, read: (given: unknown, issues: z.RefinementCtx) => T) {
  return z.unknown().transform(read).meta(hint);
}

/** The schema of a boolean. */
export const trueOrFalse = z.boolean({ error: ({ input }) => describeMismatch(input, "true or false") });

/**
 * Returns the schema of a whole number. A text of at most 15 digits is read as a number, since inputs and flags are
 * texts; more digits may not be exact in JavaScript.
 * @param what the kind of number in messages: `a port`
 */
function createWholeNumberSchema(minimum: number, maximum: number, what: string, expected?: string) {
  const error = ({ input }: { readonly input?: unknown }) => describeMismatch(input, what, expected);
  const readNumber = (given: unknown) =>
    typeof given === "string" && /^\d{1,15}$/.test(given.trim()) ? Number(given) : given;
  return z.preprocess(readNumber, z.int({ error }).min(minimum, { error }).max(maximum, { error }));
}

export const port = createWholeNumberSchema(1, 65_535, "a port", "a whole number from 1 to 65535");
export const wholeNumber = createWholeNumberSchema(0, Number.MAX_SAFE_INTEGER, "a whole number from 0");
export const positiveNumber = createWholeNumberSchema(1, Number.MAX_SAFE_INTEGER, "a whole number from 1");

/** The schema of a duration; its value is in milliseconds. */
export const duration = createReadSchema(
  { type: "string", pattern: "^(\\d+(\\.\\d+)?(ms|[smhdwy]))+$" },
  (given, issues) => {
    const ms = typeof given === "string" ? parseDuration(given.trim(), { allowsFractions: true }) : undefined;
    if (ms !== undefined && ms > 0) return ms;
    return addRefusal(
      issues,
      typeof given === "number"
        ? `${given} has no unit; expected a duration such as ${given}s, 5m or 1h30m`
        : describeMismatch(given, "a duration", "for example 90s, 5m or 1h30m"),
    );
  },
);

/** Prometheus accepts each unit once, the longest first (model.ParseDuration). */
const prometheusGrammar = /^(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?$/;

/** The schema of a duration that Prometheus itself reads. The text is kept as it is written. */
export const prometheusDuration = createReadSchema(
  { type: "string", pattern: prometheusGrammar.source },
  (given, issues) => {
    const written = typeof given === "string" ? given.trim() : "";
    const ms = parseDuration(written);
    if (ms !== undefined && ms > 0 && prometheusGrammar.test(written)) return written;
    const expected = "expected a duration of Prometheus such as 15s, 30d or 1d12h";
    if (typeof given === "number") return addRefusal(issues, `${given} has no unit; ${expected}`);
    if (ms === 0) return addRefusal(issues, `${formatValue(given)} is not longer than 0; ${expected}`);
    const why = ms === undefined ? "is not a duration" : "has its units out of order, or one of them twice";
    const fractions = /\d\.\d/.test(written) ? " without fractions" : "";
    return addRefusal(issues, `${formatValue(given)} ${why}; ${expected}${fractions}`);
  },
);

/**
 * The schema of a size that Prometheus itself reads, with units that are powers of 1024. The text is kept as it is
 * written.
 */
export const prometheusSize = createReadSchema(
  { type: "string", pattern: "^\\d+(\\.\\d+)?([KMGTPE]i?)?B$" },
  (given, issues) => {
    const written = typeof given === "string" ? given.trim() : "";
    if (/^\d+(\.\d+)?([KMGTPE]i?)?B$/.test(written) && (parsePrometheusSize(written) ?? 0) > 0)
      return written;
    const expected = "expected a size with a unit of Prometheus: 512MB, 40GB, 1TB";
    if (typeof given === "number") return addRefusal(issues, `${given} has no unit; ${expected}`);
    const hint = /^\d+(\.\d+)?[KMGTPE]i?$/.test(written)
      ? `did you mean ${written.replace("i", "")}B?`
      : expected;
    return addRefusal(issues, `${formatValue(given)} is not a size; ${hint}`);
  },
);

/** The minimum amount of bytes. Less is nearly always a forgotten unit: `512` in place of `512Mi`. */
const minByteQuantity = 1024 ** 2;

/** The schema of an amount of bytes that Kubernetes reads. The text is kept as it is written. */
export const byteQuantity = createReadSchema(
  { type: ["string", "number"], pattern: "^\\d+(\\.\\d+)?([kKMGTPE]i?)?$" },
  (given, issues) => {
    const { written, amount } = parseGivenQuantity(given);
    if (amount !== undefined && amount >= minByteQuantity) return written;
    const expected =
      "expected for example 512Mi or 50Gi, in Ki, Mi, Gi, Ti (powers of 1024) or k, M, G, T (of 1000)";
    if (amount !== undefined) {
      const milli = /^[\d.]+m$/.test(written) ? " (m is a thousandth)" : "";
      return addRefusal(issues, `${formatValue(given)} is only ${amount} bytes${milli}; ${expected}`);
    }
    const unitMatch = /^(\d+(?:\.\d+)?)([KMGTPE])i?[bB]$/.exec(written);
    const hint = unitMatch ? `did you mean ${unitMatch[1]}${unitMatch[2]}i?` : expected;
    return addRefusal(issues, `${formatValue(given)} is not a Kubernetes quantity; ${hint}`);
  },
);

/** The schema of a number of cores that Kubernetes reads. The text is kept as it is written. */
export const coreQuantity = createReadSchema(
  { type: ["string", "number"], pattern: "^\\d+(\\.\\d+)?m?$" },
  (given, issues) => {
    const { written, amount } = parseGivenQuantity(given);
    if (amount !== undefined && amount >= 0.001 && amount < 1024) return written;
    return addRefusal(issues, describeMismatch(given, "a number of cores", "for example 250m, 0.5 or 2"));
  },
);

/** Returns a quantity as it is written, and its amount; the amount is undefined if the text is not a quantity. */
function parseGivenQuantity(given: unknown): {
  readonly written: string;
  readonly amount: number | undefined;
} {
  const written = typeof given === "number" ? String(given) : typeof given === "string" ? given.trim() : "";
  return { written, amount: parseQuantity(written) };
}

/** True if a text is a valid URL with http:// or https://. */
export function isHttpUrl(given: string): boolean {
  return /^https?:\/\//.test(given) && URL.canParse(given);
}

/** Returns the schema of a path, which is made absolute. */
export function createPathSchema(context: Context) {
  return createTextSchema("a path").transform((written, issues) =>
    resolveWrittenPath(written, context, issues),
  );
}

/** Returns the schema of a list of paths, which are made absolute. */
export function createPathListSchema(context: Context) {
  return createListSchema(createPathSchema(context), "a list of paths");
}

/** Returns a path made absolute. Adds an issue if a file may not name it. */
export function resolveWrittenPath(
  written: string,
  { folder, home, limits }: Context,
  issues: z.RefinementCtx,
): string {
  const isBelowHome = home !== undefined && (written === "~" || written.startsWith("~/"));
  const absolutePath = isBelowHome ? join(home, written.slice(1)) : resolve(folder, written);
  const refusal = limits?.refusesPath(absolutePath);
  if (refusal === undefined) return absolutePath;
  return addRefusal(issues, `${formatValue(written)} can't be named in a file: ${refusal}`);
}

/**
 * Returns the schema of a list. A single text, number or boolean counts as a list of one; a single mapping is refused.
 * @param expected the expected value in messages: `a list of paths`
 */
export function createListSchema<T extends z.ZodType>(item: T, expected: string) {
  const wrap = (given: unknown) => (typeof given === "object" || given === undefined ? given : [given]);
  return z
    .preprocess(wrap, z.array(item, { error: ({ input }) => describeMismatch(input, "a list", expected) }))
    .meta({ "x-single": true });
}

/**
 * Returns the schema of a list that can be empty (`key:`), and whose only item, also a mapping, needs no `-`.
 * @param expected the expected value in messages: `a list of paths`
 */
export function createLooseListSchema<T extends z.ZodType>(item: T, expected: string) {
  const wrap = (given: unknown) =>
    given === null ? [] : given === undefined || Array.isArray(given) ? given : [given];
  return z
    .preprocess(wrap, z.array(item, { error: ({ input }) => describeMismatch(input, "a list", expected) }))
    .meta({ "x-single": true, "x-also": { type: "null" } });
}

/** Returns the schema of a list of mappings with different names. The list can be empty (`key:`). */
export function createNamedListSchema<T extends { readonly name: string }>(
  item: z.ZodType<T>,
  expected: string,
) {
  const list = z.array(item, {
    error: ({ input }) =>
      describeMismatch(
        input,
        "a list",
        typeof input === "object" && input !== null ? "a list whose items start with -" : expected,
      ),
  });
  return z.preprocess(
    (given) => (given === null ? [] : given),
    list.superRefine((items, issues) => {
      for (const [index, { name }] of items.entries())
        if (items.findIndex((otherItem) => otherItem.name === name) < index)
          issues.addIssue({
            code: "custom",
            message: `another one is named ${name}; expected a name of its own: name: ...`,
            path: [index, "name"],
          });
    }),
  );
}

/**
 * Returns the schema of a mapping with at least one key, whose keys the user chooses.
 * @param expected the expected content in messages
 */
export function createRecordSchema<T>(key: z.ZodType<string, string>, value: z.ZodType<T>, expected: string) {
  return z
    .record(key, value, { error: ({ input }) => describeMismatch(input, "a mapping", expected) })
    .refine((entries) => Object.keys(entries).length > 0, { error: `empty; expected ${expected}` });
}

/** Returns the schema of a key that is refused, whatever its value. */
export function createRefusedKeySchema(message: string) {
  return z.never({ error: message }).optional();
}

/** Splits the text of an input or a flag; empty parts are left out. */
export function splitText(given: string, separator = /[,\n]/): string[] {
  return given
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** Reads `key=value` pairs in the text of an input or a flag; the value of a part without `=` is null. */
export function splitPairs(given: string): Record<string, string | null> {
  return Object.fromEntries(
    splitText(given).map((part) => {
      const [key = "", value] = part.split(/=(.*)/s, 2);
      return [key.trim(), value?.trim() ?? null];
    }),
  );
}

/** Reads true or false in the text of an input or a flag; any other text is left to the schema. */
export function readBoolean(given: string): unknown {
  return given === "true" || given === "false" ? given === "true" : given;
}
