import { z } from "zod";
import { encodeUrlPart } from "../lib/text.ts";
import { type PrometheusClient, parseData } from "./prometheus.ts";

/** A time range in whole seconds since the epoch. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
  /** Seconds between two points. */
  readonly step: number;
}

/** The most points of a series in a report. */
const maxPoints = 120;

/** Returns the range between two times, in milliseconds since the epoch, with at most 120 points. */
export function createRange(fromMs: number, toMs: number): TimeRange {
  const to = Math.floor(toMs / 1000);
  const from = Math.min(Math.floor(fromMs / 1000), to - 1);
  return { from, to, step: Math.ceil((to - from) / (maxPoints - 1)) };
}

/** Unix seconds and a value; null for a value that is not finite. */
export type Point = readonly [time: number, value: number | null];

/** A series over a time range. */
export interface RangeSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly Point[];
}

const matrixSchema = z.object({
  resultType: z.literal("matrix"),
  result: z.array(
    z.object({
      metric: z.record(z.string(), z.string()),
      // Not parsed one by one: there can be some thousands.
      values: z.custom<readonly (readonly [number, string])[]>(Array.isArray),
    }),
  ),
});

/**
 * Evaluates an expression over a time range.
 * @throws HttpError on any failure
 */
export async function queryRange(
  { get }: Pick<PrometheusClient, "get">,
  expression: string,
  { from, to, step }: TimeRange,
): Promise<RangeSeries[]> {
  const range = `start=${from}&end=${to}&step=${step}`;
  const response = await get(`/api/v1/query_range?query=${encodeUrlPart(expression)}&${range}`);
  const { result } = parseData(response, matrixSchema, `query ${expression}`);
  return result.map(({ metric, values }) => ({
    labels: metric,
    points: values.map(([time, text]) => [time, roundNumber(Number(text))] as const),
  }));
}

/** Returns a number with 6 significant digits, which is more than a drawing shows; null if it is not finite. */
export function roundNumber(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(6)) : null;
}
