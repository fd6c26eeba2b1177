import { z } from "zod";
import { canBeZero } from "../../config/checks/comparison.ts";
import type { PromqlCheck } from "../../config/checks/own-checks.ts";
import type { Context } from "../../host/host.ts";
import { tryParseJson } from "../../lib/text.ts";
import { parsePosition, pointAt } from "../../promql/promql.ts";
import { pass, type Verdict } from "../../stack/check.ts";
import { createUnexpectedError, expectOk, parseJson, sendRequest } from "../../stack/http.ts";
import type { HttpEndpoint, Stack } from "../../stack/stack.ts";
import { explainEmptyQuery } from "./empty-queries.ts";
import { hasScraped, type SeriesByFreshness, splitByFreshness } from "./fresh-series.ts";
import { describeExpectation, formatLabels, judgeSeries } from "./series.ts";

/** Milliseconds for which an explanation is cached: it costs several requests, and a check runs twice a second. */
const explanationMs = 5_000;

/** Grace period: a query may fail because of series that are about to disappear, e.g. those of an old pod. */
const executionGraceMs = 10_000;

/** Returns the function that makes one attempt of a check: it evaluates the check's query and judges the result. */
export function createPromqlRun(check: PromqlCheck): (stack: Stack) => Promise<Verdict> {
  const { expression, expect } = check;
  const explainEmpty = createExplainer(expression);
  return async (stack) => {
    const endpoint = stack.prometheus;
    const expected = describeExpectation(expect);
    if (endpoint === undefined) return reportNoPrometheus(expected);
    const result = await evaluateQuery(
      stack.context,
      endpoint,
      expression,
      await computeWindow(check, stack, endpoint),
    );
    if (result.status === "refused") return reportRefused(expression, result);
    const { fresh, stale } = expect.fresh
      ? await splitByFreshness(stack, endpoint, expression, result.series)
      : { fresh: result.series, stale: [] };
    const { isAsExpected, seen } = judgeSeries(expect, fresh);
    if (isAsExpected && fresh.length === 0 && expect.fresh && !(await hasScraped(stack, endpoint)))
      return {
        status: "fail",
        expected,
        seen: "no series, but Prometheus has scraped nothing since the deployment",
      };
    if (isAsExpected) return pass(seen + describeStale(stale));
    const verdict = { status: "fail", expected, seen: seen + describeStale(stale) } as const;
    if (result.series.length > 0) return verdict;
    const cause = await explainEmpty(stack, endpoint);
    return cause === undefined ? verdict : { ...verdict, cause };
  };
}

/**
 * True if series that appear later could make the check fail: it limits their number, or expects something of every
 * series. Other expectations are proven by the series that exist.
 */
export function requiresCoverage({ expect }: PromqlCheck): boolean {
  const { series, every, range, labels, fresh } = expect;
  const isAtLeast = series.operator === ">" || (series.operator === ">=" && !canBeZero(series));
  return (
    fresh && (!isAtLeast || every !== undefined || range !== undefined || Object.keys(labels).length > 0)
  );
}

/** Returns the verdict if the stack has no Prometheus. */
function reportNoPrometheus(expected: string): Verdict {
  const fix = "deploy Prometheus, or leave this check out with --skip";
  return { status: "fail", expected, seen: "no Prometheus in this stack", final: true, fix };
}

/**
 * Returns the time range of a range query by Prometheus' clock, which may differ from this host's; undefined for an
 * instant query.
 */
async function computeWindow(
  { over, expect }: PromqlCheck,
  stack: Stack,
  endpoint: HttpEndpoint,
): Promise<Window | undefined> {
  if (over === undefined) return undefined;
  const timeResult = await evaluateQuery(stack.context, endpoint, "time()");
  const end =
    (timeResult.status === "answered" ? timeResult.series[0]?.samples[0]?.value : undefined) ??
    stack.context.host.now() / 1000;
  const deployedSeconds = expect.fresh ? Date.parse(stack.deployedAt) / 1000 : 0;
  return {
    start: Math.min(Math.max(end - over.rangeMs / 1000, deployedSeconds), end),
    end,
    stepMs: over.stepMs,
  };
}

/** Returns the verdict for a query that Prometheus refuses, with a mark at the place of the error. */
function reportRefused(
  expression: string,
  { type, message }: Extract<QueryResult, { status: "refused" }>,
): Verdict {
  const expected = "an expression that Prometheus can evaluate";
  const position = parsePosition(message);
  const markedExpression =
    position === undefined ? expression : pointAt(expression, toCharacterPosition(expression, position));
  const seen = `Prometheus: ${message}\n${markedExpression.replaceAll(/^/gm, "    ")}`;
  // The expression does not change, so the error is final.
  if (type === "bad_data")
    return { status: "fail", expected, seen, final: true, fault: { id: "own-promql-refused", graceMs: 0 } };
  const fault = { id: "own-promql-failed", graceMs: executionGraceMs };
  return { status: "fail", expected, seen, fault };
}

/** Converts a column in bytes, as Prometheus counts, to characters. */
function toCharacterPosition(
  expression: string,
  { line, column }: { line: number; column: number },
): { line: number; column: number } {
  const text = expression.split("\n")[line - 1] ?? "";
  const precedingText = Buffer.from(text)
    .subarray(0, column - 1)
    .toString();
  return { line, column: precedingText.length + 1 };
}

/** Returns a text with the number of stale series and the first one's reason; empty if there are none. */
function describeStale(stale: SeriesByFreshness["stale"]): string {
  const [firstStale] = stale;
  if (firstStale === undefined) return "";
  return `; ${stale.length} stale, not counted: ${formatLabels(firstStale.series.labels)} (${firstStale.why})`;
}

/** Creates a function that explains why the expression finds nothing. It caches the explanation for 5 s. */
function createExplainer(
  expression: string,
): (stack: Stack, endpoint: HttpEndpoint) => Promise<string | undefined> {
  let cached: { readonly at: number; readonly cause: string | undefined } | undefined;
  return async (stack: Stack, endpoint: HttpEndpoint): Promise<string | undefined> => {
    const now = stack.context.host.now();
    if (cached === undefined || now - cached.at >= explanationMs)
      cached = { at: now, cause: await explainEmptyQuery(stack, endpoint, expression) };
    return cached.cause;
  };
}

/** A series of a result. An instant query returns one sample each. */
export interface OwnSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly OwnSample[];
}

/** A sample of a result. */
export interface OwnSample {
  /** Seconds since the epoch. */
  readonly time: number;
  /** Can be NaN or infinite. */
  readonly value: number;
  /** The value as Prometheus writes it. */
  readonly text: string;
}

/** The response to a query. */
type QueryResult =
  | { readonly status: "answered"; readonly series: readonly OwnSeries[] }
  /** Prometheus refuses the query. */
  | { readonly status: "refused"; readonly type: "bad_data" | "execution"; readonly message: string };

/** The time range of a range query, by Prometheus' clock. */
export interface Window {
  /** Seconds since the epoch. */
  readonly start: number;
  readonly end: number;
  readonly stepMs: number;
}

const pointSchema = z.tuple([z.number(), z.string()]);
const labelsSchema = z.record(z.string(), z.string());
// A native histogram comes as `histogram(s)`: it has no value of its own.
const resultSchema = z.discriminatedUnion("resultType", [
  z.object({
    resultType: z.literal("vector"),
    result: z.array(z.object({ metric: labelsSchema, value: pointSchema.optional() })),
  }),
  z.object({
    resultType: z.literal("matrix"),
    result: z.array(z.object({ metric: labelsSchema, values: z.array(pointSchema).optional() })),
  }),
  z.object({ resultType: z.literal("scalar"), result: pointSchema }),
  z.object({ resultType: z.literal("string"), result: pointSchema }),
]);
const successSchema = z.object({ status: z.literal("success"), data: resultSchema });
const refusalSchema = z.object({
  status: z.literal("error"),
  errorType: z.enum(["bad_data", "execution"]),
  error: z.string(),
});

/**
 * Evaluates an expression of the user's, at an instant or over a time range.
 * @param window the time range; undefined for an instant query
 * @throws HttpError if the request fails
 */
async function evaluateQuery(
  context: Context,
  { url }: HttpEndpoint,
  expression: string,
  window?: Window,
): Promise<QueryResult> {
  const parameters = new URLSearchParams({ query: expression });
  if (window) {
    parameters.set("start", window.start.toFixed(3));
    parameters.set("end", window.end.toFixed(3));
    parameters.set("step", String(window.stepMs / 1000));
  }
  const path = window ? "/api/v1/query_range" : "/api/v1/query";
  const response = await sendRequest(context, `${url.replace(/(?<!\/)\/+$/, "")}${path}?${parameters}`);
  const refusedQuery = refusalSchema.safeParse(tryParseJson(response.body));
  if (refusedQuery.success) {
    return { status: "refused", type: refusedQuery.data.errorType, message: refusedQuery.data.error };
  }
  const { data } = parseJson(expectOk(response), successSchema);
  if (data.resultType === "string") throw createUnexpectedError(response, "a text, which is not a value");
  return { status: "answered", series: toSeries(data) };
}

/** Converts a query result to series. A scalar becomes one series without labels. */
function toSeries(data: Exclude<z.infer<typeof resultSchema>, { resultType: "string" }>): OwnSeries[] {
  switch (data.resultType) {
    case "scalar":
      return [{ labels: {}, samples: [toSample(data.result)] }];
    case "vector":
      return data.result.map(({ metric, value }) => ({
        labels: metric,
        samples: [value ? toSample(value) : histogramSample],
      }));
    case "matrix":
      return data.result.map(({ metric, values }) => ({
        labels: metric,
        samples: values?.map(toSample) ?? [histogramSample],
      }));
  }
}

/** Stands for a native histogram. */
const histogramSample: OwnSample = {
  time: Number.NaN,
  value: Number.NaN,
  text: "a native histogram, which has no value",
};

/** Parses a sample as Prometheus sends it, infinities included. */
function toSample([time, text]: readonly [number, string]): OwnSample {
  const value = /^[+-]?Inf$/.test(text) ? Number(text.replace("Inf", "Infinity")) : Number(text);
  return { time, value, text };
}

/** Returns the names of all metrics. */
export async function listMetricNames(context: Context, { url }: HttpEndpoint): Promise<readonly string[]> {
  const response = await sendRequest(
    context,
    `${url.replace(/(?<!\/)\/+$/, "")}/api/v1/label/__name__/values`,
  );
  const names = z.object({ status: z.literal("success"), data: z.array(z.string()) });
  return parseJson(expectOk(response), names).data;
}
