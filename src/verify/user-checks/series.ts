import { canBeZero, isFulfilled } from "../../config/checks/comparison.ts";
import type { PromqlCheck } from "../../config/checks/own-checks.ts";
import { getOwnValue } from "../../lib/object.ts";
import { formatCount, formatList } from "../../lib/text.ts";
import type { OwnSample, OwnSeries } from "./promql.ts";

/** The expectation of a check on the result of a query. */
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
    ...Object.entries(labels).map(([name, comparison]) => `each with ${name} ${comparison.text}`),
    ...(every ? [`every value ${every.text}`] : []),
    ...(range ? [`every value ${formatRange(range)}`] : []),
    ...(any ? [`at least one value ${any.text}`] : []),
    ...(finite ? ["no NaN, no Inf"] : []),
  ];
  return parts.join(", ");
}

/** Returns how the number of series differs from the expectation; undefined if it is as expected. */
function describeWrongCount(
  { series: expectedCount }: Expect,
  series: readonly OwnSeries[],
): string | undefined {
  if (isFulfilled(expectedCount, series.length)) return undefined;
  return `${series.length} series: ${formatList(series.map(formatSeries), 3)}`;
}

/** Returns which series have an unexpected label value; undefined if none has. */
function describeWrongLabels({ labels }: Expect, series: readonly OwnSeries[]): string | undefined {
  for (const [name, expected] of Object.entries(labels)) {
    // For Prometheus, a missing label is an empty one.
    const wrongSeries = series.filter(
      ({ labels: seriesLabels }) => !isFulfilled(expected, getOwnValue(seriesLabels, name) ?? ""),
    );
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
  const rules: [description: string, isRight: (value: number) => boolean][] = [];
  if (finite) rules.push(["NaN or infinite", (value) => Number.isFinite(value)]);
  if (every) rules.push([`not ${every.text}`, (value) => isFulfilled(every, value)]);
  if (range) rules.push([`not ${formatRange(range)}`, (value) => isWithin(range, value)]);
  for (const [description, isRight] of rules) {
    const wrongSeries = series.flatMap((candidate) => {
      const samples = candidate.samples.filter(({ value }) => !isRight(value));
      const firstWrong = samples[0];
      return firstWrong === undefined
        ? []
        : [`${formatLabels(candidate.labels)} is ${formatSamples(candidate, samples, firstWrong)}`];
    });
    if (wrongSeries.length > 0)
      return `${formatShare(wrongSeries.length, series.length)} ${description}: ${formatList(wrongSeries, 3)}`;
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

/** Returns a range for messages. */
function formatRange({ min, max }: NonNullable<Expect["range"]>): string {
  if (min === undefined) return `at most ${max}`;
  return max === undefined ? `at least ${min}` : `from ${min} to ${max}`;
}

/** Returns `2 of 5 series`. */
function formatShare(part: number, total: number): string {
  return `${part} of ${formatCount(total, "series")}`;
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

/** Returns a series with its last value. */
function formatSeries(series: OwnSeries): string {
  return `${formatLabels(series.labels)} ${series.samples.at(-1)?.text ?? ""}`.trimEnd();
}

/**
 * Returns the text of a series' first wrong sample; with its time and the number of wrong samples if the series has
 * several.
 */
function formatSamples(series: OwnSeries, wrongSamples: readonly OwnSample[], firstWrong: OwnSample): string {
  if (series.samples.length === 1) return firstWrong.text;
  return `${firstWrong.text} at ${new Date(firstWrong.time * 1000).toISOString()} (${wrongSamples.length} of ${formatCount(series.samples.length, "sample")})`;
}

/** Returns labels as PromQL writes them: `up{job="app"}`; `{}` for a series without labels. */
export function formatLabels(labels: Readonly<Record<string, string>>): string {
  const { __name__: name = "", ...rest } = labels;
  const pairs = Object.entries(rest).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return pairs.length === 0 && name !== "" ? name : `${name}{${pairs.join(", ")}}`;
}
