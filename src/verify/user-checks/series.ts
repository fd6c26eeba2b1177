import { canBeZero, isFulfilled } from "../../config/checks/comparison.ts";
import type { PromqlCheck } from "../../config/checks/own-checks.ts";
import { getOwnValue } from "../../lib/object.ts";
import { formatCount, formatList } from "../../lib/text.ts";
import type { OwnSample, OwnSeries } from "./promql.ts";

type Expect = PromqlCheck["expect"];

/** Whether a response is as expected, with a description of it. */
export type Judgement = { readonly isAsExpected: boolean; readonly seen: string };

/** Compares the fresh series with the expectation. Returns the first difference, or a summary of the series. */
export function judgeSeries(expect: Expect, series: readonly OwnSeries[]): Judgement {
  if (series.length === 0) {
    return { isAsExpected: canBeZero(expect.series), seen: "no series" };
  }
  const difference =
    describeWrongCount(expect, series) ??
    describeWrongLabels(expect, series) ??
    describeWrongValues(expect, series) ??
    describeNoMatch(expect, series);
  return difference === undefined
    ? { isAsExpected: true, seen: summarizeSeries(series) }
    : { isAsExpected: false, seen: difference };
}

/** Returns the expectation in one line. */
export function describeExpectation(expect: Expect): string {
  const { series, every, any, range, labels, finite } = expect;
  const parts = [
    `${series.operator === "==" ? series.value : series.text} series`,
    ...Object.entries(labels).map(([name, wanted]) => `each with ${name} ${wanted.text}`),
    ...(every ? [`every value ${every.text}`] : []),
    ...(range ? [`every value ${formatRange(range)}`] : []),
    ...(any ? [`at least one value ${any.text}`] : []),
    ...(finite ? ["no NaN, no Inf"] : []),
  ];
  return parts.join(", ");
}

/** Returns how the number of series differs from the expectation; undefined if it is as expected. */
function describeWrongCount({ series: wanted }: Expect, series: readonly OwnSeries[]): string | undefined {
  if (isFulfilled(wanted, series.length)) return undefined;
  return `${series.length} series: ${formatList(series.map(formatSeries), 3)}`;
}

/** Returns which series have an unexpected label value; undefined if none has. */
function describeWrongLabels({ labels }: Expect, series: readonly OwnSeries[]): string | undefined {
  for (const [name, wanted] of Object.entries(labels)) {
    // For Prometheus, a missing label is an empty one.
    const wrongSeries = series.filter((one) => !isFulfilled(wanted, getOwnValue(one.labels, name) ?? ""));
    if (wrongSeries.length > 0)
      return `${formatShare(wrongSeries.length, series.length)} with another ${name}: ${formatList(wrongSeries.map(formatSeries), 3)}`;
  }
  return undefined;
}

/** Returns which series have unexpected values; undefined if none has. */
function describeWrongValues(
  { finite, every, range }: Expect,
  series: readonly OwnSeries[],
): string | undefined {
  const rules: [what: string, isRight: (value: number) => boolean][] = [];
  if (finite) rules.push(["NaN or infinite", (value) => Number.isFinite(value)]);
  if (every) rules.push([`not ${every.text}`, (value) => isFulfilled(every, value)]);
  if (range) rules.push([`not ${formatRange(range)}`, (value) => isWithin(range, value)]);
  for (const [what, isRight] of rules) {
    const wrongSeries = series.flatMap((one) => {
      const samples = one.samples.filter(({ value }) => !isRight(value));
      const firstWrong = samples[0];
      return firstWrong === undefined
        ? []
        : [`${formatLabels(one.labels)} is ${formatSamples(one, samples, firstWrong)}`];
    });
    if (wrongSeries.length > 0)
      return `${formatShare(wrongSeries.length, series.length)} ${what}: ${formatList(wrongSeries, 3)}`;
  }
  return undefined;
}

/** Returns the series if none of their values meets the condition `any`; undefined if one does. */
function describeNoMatch({ any }: Expect, series: readonly OwnSeries[]): string | undefined {
  if (!any || series.some(({ samples }) => samples.some(({ value }) => isFulfilled(any, value))))
    return undefined;
  return `none ${any.text}: ${formatList(series.map(formatSeries), 3)}`;
}

/** True if a value is in the range; a missing bound does not limit it. */
function isWithin({ min, max }: NonNullable<Expect["range"]>, value: number): boolean {
  return value >= (min ?? Number.NEGATIVE_INFINITY) && value <= (max ?? Number.POSITIVE_INFINITY);
}

function formatRange({ min, max }: NonNullable<Expect["range"]>): string {
  if (min === undefined) return `at most ${max}`;
  return max === undefined ? `at least ${min}` : `from ${min} to ${max}`;
}

function formatShare(some: number, all: number): string {
  return `${some} of ${formatCount(all, "series")}`;
}

/** Returns the number of series and the range of their values in one line. */
function summarizeSeries(series: readonly OwnSeries[]): string {
  const values = series.flatMap(({ samples }) => samples.map(({ value }) => value));
  const [lowest, highest] = values.reduce(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
  const range = lowest === highest ? `value ${lowest}` : `values from ${lowest} to ${highest}`;
  const samples = values.length > series.length ? `, ${formatCount(values.length, "sample")}` : "";
  return `${formatCount(series.length, "series")}${samples}, ${range}`;
}

function formatSeries(series: OwnSeries): string {
  return `${formatLabels(series.labels)} ${series.samples.at(-1)?.text ?? ""}`.trimEnd();
}

/**
 * Returns the text of a series' first wrong sample; with its time and the number of wrong samples if the series has
 * several.
 */
function formatSamples(series: OwnSeries, bad: readonly OwnSample[], first: OwnSample): string {
  if (series.samples.length === 1) return first.text;
  return `${first.text} at ${new Date(first.time * 1000).toISOString()} (${bad.length} of ${formatCount(series.samples.length, "sample")})`;
}

/** `up{job="app"}`, as PromQL writes it; `{}` for a series without labels. */
export function formatLabels(labels: Readonly<Record<string, string>>): string {
  const { __name__: name = "", ...rest } = labels;
  const inner = Object.entries(rest).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return inner.length === 0 && name !== "" ? name : `${name}{${inner.join(", ")}}`;
}
