import { z } from "zod";
import { type Answer, tryJson, unexpected } from "./http.ts";

const frameSchema = z.looseObject({
  schema: z.looseObject({ fields: z.array(z.looseObject({ type: z.string() })).nullish() }).optional(),
  data: z.looseObject({ values: z.array(z.array(z.unknown())).nullish() }).nullish(),
});

const resultSchema = z.looseObject({
  status: z.number().optional(),
  error: z.string().optional(),
  frames: z.array(frameSchema).nullish(),
});

/** What one query of /api/ds/query came to. No series and no error: the datasource answered, with nothing. */
export interface QueryOutcome {
  readonly error: string | undefined;
  /** The last number of each series; null (NaN, infinite) ones are left out. */
  readonly values: readonly number[];
  readonly series: number;
  /** A finite number anywhere in any series. */
  readonly hasNumber: boolean;
  /** No frame at all: how 9.4 says that there is nothing, and also how it hides an error of Prometheus. */
  readonly isBare: boolean;
}

/** 12.4 answers 400 with results; 9.4 answers 500 with a message only. */
export function outcomeOf(answer: Answer, id: string): QueryOutcome {
  const json = tryJson(answer.body);
  const results = z.looseObject({ results: z.record(z.string(), resultSchema) }).safeParse(json);
  if (!results.success) {
    const message = z.looseObject({ message: z.string() }).safeParse(json);
    if (answer.status === 200 || !message.success)
      throw unexpected(answer, `HTTP ${answer.status}, no query results`);
    const error = `HTTP ${answer.status}: ${message.data.message}`;
    return { error, values: [], series: 0, hasNumber: false, isBare: false };
  }
  const result = results.data.results[id];
  if (result === undefined) throw unexpected(answer, `HTTP ${answer.status} without a result ${id}`);
  const error = result.error ?? ((result.status ?? 200) >= 400 ? `status ${result.status}` : undefined);
  const frames = result.frames ?? [];
  const series = frames.flatMap(numbersOf);
  return {
    error,
    values: series.flatMap((numbers) => numbers.slice(-1).filter(isNumber)),
    series: series.length,
    hasNumber: series.some((numbers) => numbers.some(isNumber)),
    isBare: frames.length === 0,
  };
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** The values of each series in a frame. 12.4 answers "no series" as one frame without fields. */
function numbersOf(frame: z.infer<typeof frameSchema>): (readonly unknown[])[] {
  return (frame.schema?.fields ?? []).flatMap((field, index) =>
    field.type === "number" ? [frame.data?.values?.[index] ?? []] : [],
  );
}
