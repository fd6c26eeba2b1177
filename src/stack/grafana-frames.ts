import { z } from "zod";
import { type Point, roundNumber } from "./range-query.ts";

/** A series of a query's result. */
export interface FrameSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** In the order of time. */
  readonly points: readonly Point[];
}

const fieldSchema = z.looseObject({
  type: z.string(),
  labels: z.record(z.string(), z.string()).nullish(),
});

const frameSchema = z.looseObject({
  schema: z.looseObject({ fields: z.array(fieldSchema).nullish() }).optional(),
  data: z.looseObject({ values: z.custom<readonly unknown[]>(Array.isArray).nullish() }).nullish(),
});

const responseSchema = z.looseObject({
  results: z.record(z.string(), z.looseObject({ frames: z.array(frameSchema).nullish() })),
});

/**
 * Returns the series of one query in a response of /api/ds/query: one for each field of numbers. Empty for a response
 * of another shape.
 */
export function parseFrames(json: unknown, refId: string): FrameSeries[] {
  const parsed = responseSchema.safeParse(json);
  return (parsed.data?.results[refId]?.frames ?? []).flatMap(listSeries);
}

function listSeries({ schema, data }: z.infer<typeof frameSchema>): FrameSeries[] {
  const fields = schema?.fields ?? [];
  const times = toList(data?.values?.[fields.findIndex(({ type }) => type === "time")]);
  return fields.flatMap(({ type, labels }, index) => {
    if (type !== "number") return [];
    const values = toList(data?.values?.[index]);
    const points = values.flatMap((value, place): Point[] => {
      const time = times[place];
      if (typeof time !== "number") return [];
      // JSON has no NaN and no infinity: Grafana writes null.
      return [[Math.round(time / 1000), typeof value === "number" ? roundNumber(value) : null]];
    });
    return [{ labels: labels ?? {}, points }];
  });
}

function toList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
