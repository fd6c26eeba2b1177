import * as z from "zod";
import { describeMismatch } from "../../yaml/mistakes.ts";
import {
  addRefusal,
  type Context,
  createChoiceSchema,
  createNamedListSchema,
  createRecordSchema,
  createTextSchema,
  duration,
  trueOrFalse,
} from "../../yaml/primitives.ts";
import { type Comparison, numberComparison, textComparison } from "./comparison.ts";
import { createHttpCheckSchema, type HttpCheck } from "./http.ts";
import { type ResourceCheck, resource } from "./resource.ts";

/** A check of the user's own, from `checks:` in the file. */
export interface OwnCheck {
  /** Shown as the check `own/NAME`. */
  readonly name: string;
  readonly title: string | undefined;
  readonly severity: "error" | "warning";
  /** Milliseconds within which the check must pass; undefined: as many as for the other checks. */
  readonly withinMs: number | undefined;
  /** How to fix it, in the user's words. */
  readonly hint: string | undefined;
  readonly what: PromqlCheck | HttpCheck | ResourceCheck;
}

/** Returns the schema of the section `checks:`. */
export function createChecksSchema(context: Context) {
  const fields = z.strictObject({
    name: createTextSchema("a check's name (lower-case letters, digits and -)", /^[a-z0-9]+(-[a-z0-9]+)*$/),
    title: createTextSchema("a title").optional(),
    severity: createChoiceSchema("a severity", ["error", "warning"]).optional(),
    within: duration.optional(),
    hint: createTextSchema("a hint").optional(),
    promql: expression.optional(),
    expect: expectation.optional(),
    over: duration.optional(),
    step: duration.optional(),
    http: createHttpCheckSchema(context).optional(),
    resource: resource.optional(),
  });
  const check = fields.transform((given, issues): OwnCheck => {
    const { name, title, severity = "error", within: withinMs, hint } = given;
    return { name, title, severity, withinMs, hint, what: readKind(given, issues) };
  });
  return createNamedListSchema(check, "a list of checks");
}

interface KindFields {
  readonly promql?: string | undefined;
  readonly http?: HttpCheck | undefined;
  readonly resource?: ResourceCheck | undefined;
  readonly expect?: PromqlCheck["expect"] | undefined;
  readonly over?: number | undefined;
  readonly step?: number | undefined;
}

/**
 * Returns the part of a check that its key promql, http or resource defines. Adds an issue if the check has none or
 * several of these keys, or a key that belongs to promql only.
 */
function readKind(given: KindFields, issues: z.RefinementCtx): OwnCheck["what"] {
  const { promql, http, resource } = given;
  const definedKinds = (["promql", "http", "resource"] as const).filter((kind) => given[kind] !== undefined);
  if (definedKinds.length !== 1) {
    const message = definedKinds.length === 0 ? "nothing to check" : `both ${definedKinds.join(" and ")}`;
    return addRefusal(issues, `${message}; expected one of: promql, http, resource`);
  }
  if (promql !== undefined) {
    const over = readRange(given.over, given.step);
    if (typeof over === "string") return addRefusal(issues, over, ["step"]);
    return { kind: "promql", expression: promql, over, expect: given.expect ?? expectation.parse({}) };
  }
  const misplacedKey = (["expect", "over", "step"] as const).find((key) => given[key] !== undefined);
  if (misplacedKey !== undefined)
    return addRefusal(
      issues,
      "only promql has this key; an http or resource check has its expectations inside",
      [misplacedKey],
    );
  return (http ?? resource) as HttpCheck | ResourceCheck;
}

/** A query to the stack's Prometheus, and the conditions for its result. */
export interface PromqlCheck {
  readonly kind: "promql";
  readonly expression: string;
  /** The time range and step of a range query; undefined: a query at one instant. */
  readonly over: { readonly rangeMs: number; readonly stepMs: number } | undefined;
  readonly expect: {
    /** The number of series. */
    readonly series: Comparison;
    /** The value of every sample. */
    readonly every: Comparison | undefined;
    /** The value of at least one sample. */
    readonly any: Comparison | undefined;
    /** The range of every sample's value, both ends included. */
    readonly range: { readonly min: number | undefined; readonly max: number | undefined } | undefined;
    /** The labels of every series. */
    readonly labels: Readonly<Record<string, Comparison>>;
    /** No value is NaN or infinite. */
    readonly finite: boolean;
    /** Only samples that were scraped recently and after the deployment count. */
    readonly fresh: boolean;
  };
}

const oneSeries: Comparison = { operator: ">=", value: 1, text: ">= 1" };

/**
 * The schema of an expression. Prometheus' own parser checks it once the whole configuration is known
 * (`app/validate/queries.ts`).
 */
export const expression = z
  .string({ error: ({ input }) => describeNonExpression(input) })
  .refine((given) => given.trim() !== "", { error: ({ input }) => describeNonExpression(input) })
  .transform((given) => given.trimEnd());

function describeNonExpression(given: unknown): string {
  return describeMismatch(given, "a PromQL expression", 'for example up{job="my-app"}, in quotes');
}

const number = z.number({ error: ({ input }) => describeMismatch(input, "a number") });

const range = z
  .strictObject({ min: number.optional(), max: number.optional() })
  .transform(({ min, max }, issues) => {
    if (min === undefined && max === undefined) return addRefusal(issues, "empty; expected min, max or both");
    if (min !== undefined && max !== undefined && min > max)
      return addRefusal(issues, `no value is between ${min} and ${max}`);
    return { min, max };
  });

/** The schema of the expected result; by default at least one series, all values finite and fresh. */
export const expectation = z
  .strictObject({
    series: numberComparison.optional(),
    every: numberComparison.optional(),
    any: numberComparison.optional(),
    range: range.optional(),
    labels: createRecordSchema(
      createTextSchema("a label's name"),
      textComparison,
      "labels with the values that they must have, for example {job: my-app}",
    ).optional(),
    finite: trueOrFalse.optional(),
    fresh: trueOrFalse.optional(),
  })
  .transform(
    ({ series = oneSeries, every, any, range, labels = {}, finite = true, fresh = true }) =>
      ({ series, every, any, range, labels, finite, fresh }) satisfies PromqlCheck["expect"],
  );

/**
 * Limit of steps of a range query. Prometheus allows 11,000 points per series; this limit keeps a result readable.
 */
const maximumSteps = 1_000;

/**
 * Returns the time range of a check; undefined for a check at an instant; a problem as text if the step is invalid.
 * Without a step, the range has at most 100 steps of whole seconds.
 * @param rangeMs undefined for a check at an instant
 */
function readRange(rangeMs: number | undefined, stepMs: number | undefined): PromqlCheck["over"] | string {
  if (rangeMs === undefined)
    return stepMs === undefined
      ? undefined
      : "a step belongs to over; expected for example over: 5m beside it";
  const step = stepMs ?? Math.max(1_000, Math.ceil(rangeMs / 100_000) * 1_000);
  if (step > rangeMs) return "the step is longer than over";
  if (rangeMs / step > maximumSteps)
    return `over holds more than ${maximumSteps} steps; expected a longer step`;
  return { rangeMs, stepMs: step };
}
