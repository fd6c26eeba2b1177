import { entriesOf, mapping } from "../../yaml/mapping.ts";
import { shown } from "../../yaml/mistakes.ts";
import { flag, type Parser, problem, text } from "../../yaml/parsers.ts";
import { type Comparison, numberComparison, textComparison } from "./comparison.ts";

/** A question to the stack's Prometheus, and what its answer must be like. */
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
    /** Only what was scraped lately, and since the deployment, counts. */
    readonly fresh: boolean;
  };
}

const oneSeries: Comparison = { operator: ">=", value: 1, text: ">= 1" };

/** Prometheus answers no range query with more points a series (11 000); this keeps an answer readable too. */
const mostSteps = 1_000;

/** An expression. Prometheus' own parser judges it when the whole configuration is known (`core/judge-queries.ts`). */
export const expression: Parser<string> = (given) =>
  typeof given === "string" && given.trim() !== ""
    ? { value: given.trimEnd() }
    : problem(`${shown(given)} is not a PromQL expression: expected for example up{job="my-app"}, in quotes`);

const number: Parser<number> = (given) =>
  typeof given === "number" && Number.isFinite(given)
    ? { value: given }
    : problem(`${shown(given)} is not a number`);

const expectFields = mapping("a mapping with series, every, any, range, labels, finite or fresh", {
  series: numberComparison,
  every: numberComparison,
  any: numberComparison,
  range: mapping("a mapping with min, max or both", { min: number, max: number }),
  labels: entriesOf(
    "labels with the values that they must have, e.g. {job: my-app}",
    text("a label's name"),
    textComparison,
  ),
  finite: flag,
  fresh: flag,
});

/** What the answer must be like; left out: at least one series, all finite and fresh. */
export const expectation: Parser<PromqlCheck["expect"]> = (given, base) => {
  const parsed = expectFields(given, base);
  if ("problems" in parsed) return parsed;
  const { series = oneSeries, every, any, range, labels = {}, finite = true, fresh = true } = parsed.value;
  if (range && range.min === undefined && range.max === undefined)
    return problem("nothing is in it; right would be min, max or both", ["range"]);
  if (range?.min !== undefined && range.max !== undefined && range.min > range.max)
    return problem(`no value is between ${range.min} and ${range.max}`, ["range"]);
  const bounds = range && { min: range.min, max: range.max };
  return { value: { series, every, any, range: bounds, labels, finite, fresh } };
};

/** @param rangeMs undefined when the check asks at an instant */
export function overOf(
  rangeMs: number | undefined,
  stepMs: number | undefined,
): PromqlCheck["over"] | string {
  if (rangeMs === undefined) {
    return stepMs === undefined
      ? undefined
      : "a step belongs to over; right would be e.g. over: 5m beside it";
  }
  const step = stepMs ?? Math.max(1_000, Math.ceil(rangeMs / 100_000) * 1_000);
  if (step > rangeMs) return "the step is longer than over";
  if (rangeMs / step > mostSteps)
    return `over holds more than ${mostSteps} steps; right would be a longer step`;
  return { rangeMs, stepMs: step };
}
