import { z } from "zod";
import type { Context } from "../../host/host.ts";
import { expectOk, parseJson, send, tryJson, unexpected } from "../../stack/http.ts";
import type { HttpEndpoint } from "../../stack/types.ts";

/** A series of an answer. An instant query gives it one sample. */
export interface OwnSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly OwnSample[];
}

export interface OwnSample {
  /** Seconds since the epoch. */
  readonly time: number;
  /** NaN and the infinities too. */
  readonly value: number;
  /** As Prometheus writes it. */
  readonly text: string;
}

export type Asked =
  | { readonly status: "answered"; readonly series: readonly OwnSeries[] }
  /** Prometheus has read the question and says what is wrong with it. */
  | { readonly status: "refused"; readonly type: "bad_data" | "execution"; readonly message: string };

/** What a range query covers, by Prometheus' clock. */
export interface Window {
  /** Seconds since the epoch. */
  readonly start: number;
  readonly end: number;
  readonly stepMs: number;
}

const point = z.tuple([z.number(), z.string()]);
const labels = z.record(z.string(), z.string());
// A native histogram comes as `histogram(s)`: it has no value of its own.
const result = z.discriminatedUnion("resultType", [
  z.object({
    resultType: z.literal("vector"),
    result: z.array(z.object({ metric: labels, value: point.optional() })),
  }),
  z.object({
    resultType: z.literal("matrix"),
    result: z.array(z.object({ metric: labels, values: z.array(point).optional() })),
  }),
  z.object({ resultType: z.literal("scalar"), result: point }),
  z.object({ resultType: z.literal("string"), result: point }),
]);
const success = z.object({ status: z.literal("success"), data: result });
const refusal = z.object({
  status: z.literal("error"),
  errorType: z.enum(["bad_data", "execution"]),
  error: z.string(),
});

/**
 * Asks Prometheus an expression of the user's.
 * @param window undefined: at this instant
 * @throws HttpError when there is no good answer
 */
export async function ask(
  context: Context,
  { url }: HttpEndpoint,
  expression: string,
  window?: Window,
): Promise<Asked> {
  const parameters = new URLSearchParams({ query: expression });
  if (window) {
    parameters.set("start", window.start.toFixed(3));
    parameters.set("end", window.end.toFixed(3));
    parameters.set("step", String(window.stepMs / 1000));
  }
  const path = window ? "/api/v1/query_range" : "/api/v1/query";
  const answer = await send(context, `${url.replace(/(?<!\/)\/+$/, "")}${path}?${parameters}`);
  const refused = refusal.safeParse(tryJson(answer.body));
  if (refused.success) {
    return { status: "refused", type: refused.data.errorType, message: refused.data.error };
  }
  const { data } = parseJson(expectOk(answer), success);
  if (data.resultType === "string") throw unexpected(answer, "a text, which is no value");
  return { status: "answered", series: toSeries(data) };
}

function toSeries(data: Exclude<z.infer<typeof result>, { resultType: "string" }>): OwnSeries[] {
  switch (data.resultType) {
    case "scalar":
      return [{ labels: {}, samples: [toSample(data.result)] }];
    case "vector":
      return data.result.map(({ metric, value }) => ({
        labels: metric,
        samples: [value ? toSample(value) : histogram],
      }));
    case "matrix":
      return data.result.map(({ metric, values }) => ({
        labels: metric,
        samples: values?.map(toSample) ?? [histogram],
      }));
  }
}

const histogram: OwnSample = {
  time: Number.NaN,
  value: Number.NaN,
  text: "a native histogram, which has no value",
};

function toSample([time, text]: readonly [number, string]): OwnSample {
  const value = /^[+-]?Inf$/.test(text) ? Number(text.replace("Inf", "Infinity")) : Number(text);
  return { time, value, text };
}

/** Every metric that Prometheus has now. */
export async function metricNames(context: Context, { url }: HttpEndpoint): Promise<readonly string[]> {
  const answer = await send(context, `${url.replace(/(?<!\/)\/+$/, "")}/api/v1/label/__name__/values`);
  const names = z.object({ status: z.literal("success"), data: z.array(z.string()) });
  return parseJson(expectOk(answer), names).data;
}
