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
  /** Milliseconds within which it must hold; undefined: as long as the other checks have. */
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
 * Returns what a check does, from the one of its keys promql, http and resource. Adds an issue if it has none or
 * several.
 */
function readKind(given: KindFields, issues: z.RefinementCtx): OwnCheck["what"] {
  const { promql, http, resource } = given;
  const there = (["promql", "http", "resource"] as const).filter((kind) => given[kind] !== undefined);
  if (there.length !== 1) {
    const found = there.length === 0 ? "nothing to check" : `both ${there.join(" and ")}`;
    return addRefusal(issues, `${found}; expected one of: promql, http, resource`);
  }
  if (promql !== undefined) {
    const over = readRange(given.over, given.step);
    if (typeof over === "string") return addRefusal(issues, over, ["step"]);
    return { kind: "promql", expression: promql, over, expect: given.expect ?? expectation.parse({}) };
  }
  const stray = (["expect", "over", "step"] as const).find((key) => given[key] !== undefined);
  if (stray !== undefined)
    return addRefusal(
      issues,
      "only promql has this key; an http or resource check has its expectations inside",
      [stray],
    );
  return (http ?? resource) as HttpCheck | ResourceCheck;
}

/** A query to the stack's Prometheus, and what its result must be. */
export interface PromqlCheck {
  readonly kind: "promql";
  readonly expression: string;
  /** Over a time instead of at an instant; both in milliseconds. */
  readonly over: { readonly rangeMs: number; readonly stepMs: number } | undefined;
  readonly expect: {
    /** How many there must be. */
    readonly series: Comparison;
    /** What every sample's value must be. */
    readonly every: Comparison | undefined;
    /** What at least one sample's value must be. */
    readonly any: Comparison | undefined;
    /** In which every sample's value must lie, both ends included. */
    readonly range: { readonly min: number | undefined; readonly max: number | undefined } | undefined;
    /** What every series must carry. */
    readonly labels: Readonly<Record<string, Comparison>>;
    /** No value is NaN or infinite. */
    readonly finite: boolean;
    /** Only samples that were scraped lately, and since the deployment, count. */
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
 * Returns the time range of a check; undefined for a check at an instant; a text if the step is invalid.
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
