import { z } from "zod";
import { encodeUrlPart, tryParseJson } from "../../lib/text.ts";
import type { Expressions } from "../../promql/promql.ts";
import type { GrafanaClient } from "../../stack/grafana.ts";
import { HttpError } from "../../stack/http.ts";
import type { FindAbsentKind } from "../targets/missing-metrics.ts";

const namesSchema = z.object({ data: z.array(z.string()).nullish() });
const seriesSchema = z.object({ data: z.array(z.record(z.string(), z.string())).nullish() });

const vectorSchema = z.object({
  data: z.object({
    resultType: z.string(),
    result: z.array(z.unknown()),
  }),
});

const sampleSchema = z.object({
  metric: z.record(z.string(), z.string()),
  value: z.tuple([z.number(), z.string()]),
});

export type VectorSample = z.infer<typeof sampleSchema>;

const targetsSchema = z.object({
  data: z.object({
    activeTargets: z.array(
      z.looseObject({
        labels: z.record(z.string(), z.string()).nullish(),
        scrapePool: z.string().optional(),
        scrapeInterval: z.string().optional(),
      }),
    ),
  }),
});

/** Prometheus' error for an expression that it refuses. */
interface RefusedQuery {
  readonly refused: string;
}

/** The time range in which names, labels and values are searched, in seconds. */
const lookBackSeconds = 3600;

type ActiveTarget = z.infer<typeof targetsSchema>["data"]["activeTargets"][number];

/** A client of the Prometheus behind a data source. `match` is a series selector. */
export interface SourceClient {
  /** Parses PromQL. Sends no request. */
  readonly parse: Expressions["parse"];
  readonly findAbsentKind: FindAbsentKind;
  /** Returns the names of all metrics. */
  metricNames(): Promise<string[]>;
  labelNames(match?: string): Promise<string[]>;
  labelValues(label: string, match?: string): Promise<string[]>;
  /** Returns the labels of at most 1,000 series. */
  series(match: string): Promise<Record<string, string>[]>;
  /** Returns the samples of an instant query; a scalar becomes one sample without labels. */
  samples(expr: string): Promise<readonly VectorSample[] | RefusedQuery>;
  targets(): Promise<ActiveTarget[]>;
}

/**
 * Creates a client of the Prometheus behind a data source, through Grafana. It sends each request once, and then
 * returns the same response. Every call throws HttpError on any failure; a failure is never an empty result.
 */
export function createSourceClient(
  client: GrafanaClient,
  uid: string,
  nowMs: number,
  expressions: Expressions,
  findAbsentKind: FindAbsentKind = async () => undefined,
): SourceClient {
  const requests = new Map<string, Promise<unknown>>();
  const requestOnce = <T>(key: string, sendRequest: () => Promise<T>): Promise<T> => {
    const earlierRequest = requests.get(key) as Promise<T> | undefined;
    if (earlierRequest) return earlierRequest;
    const response = sendRequest();
    requests.set(key, response);
    return response;
  };
  const start = Math.floor(nowMs / 1000) - lookBackSeconds;
  const listNames = (path: string, match?: string) => {
    const query = new URLSearchParams({ start: String(start), ...(match ? { "match[]": match } : {}) });
    const pathWithQuery = `/api/v1/${path}?${query}`;
    return requestOnce(
      pathWithQuery,
      async () => (await client.proxiedJson(uid, pathWithQuery, namesSchema)).data ?? [],
    );
  };
  return {
    parse: expressions.parse,
    findAbsentKind,
    metricNames: () => listNames("label/__name__/values"),
    labelNames: (match?: string) => listNames("labels", match),
    labelValues: (label: string, match?: string) => listNames(`label/${encodeUrlPart(label)}/values`, match),
    series: (match: string) => {
      const query = new URLSearchParams({ start: String(start), limit: "1000", "match[]": match });
      const path = `/api/v1/series?${query}`;
      return requestOnce(path, async () => (await client.proxiedJson(uid, path, seriesSchema)).data ?? []);
    },
    samples: (expr: string) =>
      requestOnce(`query ${expr}`, async () => toSamples(await client.proxyQuery(uid, expr))),
    targets: () =>
      requestOnce("targets", async () => {
        const response = await client.proxiedJson(uid, "/api/v1/targets?state=active", targetsSchema);
        return response.data.activeTargets;
      }),
  };
}

/**
 * Parses the response of an instant query to samples, or to Prometheus' error.
 * @throws HttpError for any other response
 */
function toSamples(response: {
  status: number;
  body: string;
  url: string;
}): readonly VectorSample[] | RefusedQuery {
  const json = tryParseJson(response.body);
  const error = z.object({ status: z.literal("error"), error: z.string() }).safeParse(json);
  if (error.success) return { refused: error.data.error };
  const parsed = vectorSchema.safeParse(json);
  if (response.status !== 200 || !parsed.success) {
    const what = `a query through Grafana's proxy was answered HTTP ${response.status}`;
    throw new HttpError(what, response.url, response.status);
  }
  const { resultType, result } = parsed.data.data;
  if (resultType !== "vector") return [{ metric: {}, value: [0, String(result[1] ?? "")] }];
  return z.array(sampleSchema).parse(result);
}
