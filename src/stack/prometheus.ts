import { z } from "zod";
import type { Context } from "../host/host.ts";
import { parseDuration } from "../lib/duration.ts";
import { encodeUrlPart, tryParseJson } from "../lib/text.ts";
import { parsePrometheusConfig } from "../model/prometheus-config.ts";
import {
  abridgeBody,
  createUnexpectedError,
  expectMetrics,
  expectOk,
  HttpError,
  type HttpResponse,
  parseJson,
  sendRequest,
  withoutTrailingSlash,
} from "./http.ts";
import { shareRead } from "./shared-reads.ts";
import type { HttpEndpoint } from "./stack.ts";

const labelsSchema = z.record(z.string(), z.string());

/** One series of an instant query. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  /** Time of the evaluation in seconds since the epoch, by Prometheus' clock. Not the time of the scrape. */
  readonly time: number;
  /** Can be NaN or infinite: check with Number.isFinite. */
  readonly value: number;
  /** The value as Prometheus writes it. */
  readonly text: string;
}

/** Shape of an instant vector in a response, as samples. */
const vectorSchema = z
  .object({
    resultType: z.literal("vector"),
    result: z.array(z.object({ metric: labelsSchema, value: z.tuple([z.number(), z.string()]) })),
  })
  .transform(({ result }) =>
    result.map(
      ({ metric, value: [time, text] }): Sample => ({ labels: metric, time, value: Number(text), text }),
    ),
  );

const targetSchema = z
  .object({
    // Some 50 for each target: they are taken over as they are, not copied.
    discoveredLabels: z
      .custom<Record<string, string>>((value) => typeof value === "object" && value !== null)
      .nullish(),
    labels: labelsSchema.nullish(),
    scrapePool: z.string().optional(),
    scrapeUrl: z.string(),
    lastError: z.string(),
    lastScrape: z.string(),
    lastScrapeDuration: z.number().default(0),
    health: z.string(),
    scrapeInterval: z.string().default(""),
  })
  .transform(({ discoveredLabels, labels, scrapePool, lastScrapeDuration, scrapeInterval, ...target }) => ({
    ...target,
    job: scrapePool ?? labels?.["job"] ?? "",
    discovered: discoveredLabels ?? {},
    labels: labels ?? {},
    /** Duration of the last scrape in milliseconds; its samples are stored only at its end. */
    scrapeTookMs: 1000 * lastScrapeDuration,
    /** Milliseconds; undefined before Prometheus 2.30, which does not report it. */
    intervalMs: parseDuration(scrapeInterval),
  }));

/** An active target. `health` is up, down or unknown (not scraped yet); `lastScrape` is RFC 3339, the year 1 before the first one. */
export type Target = Readonly<z.infer<typeof targetSchema>>;

const ruleSchema = z.object({
  type: z.enum(["alerting", "recording"]),
  /** The alert's name, or the metric that is recorded. */
  name: z.string(),
  query: z.string(),
  /** Labels that the rule adds to those of its expression; templates are not expanded. */
  labels: labelsSchema.default({}),
  /** ok, err, or unknown (not evaluated yet). */
  health: z.string(),
  /** Empty if the last evaluation succeeded. */
  lastError: z.string().default(""),
  /** RFC 3339; the year 1 before the first evaluation. */
  lastEvaluation: z.string(),
});

/** A rule as Prometheus has loaded it. */
export type Rule = Readonly<z.infer<typeof ruleSchema>>;

const ruleGroupSchema = z
  .object({ name: z.string(), file: z.string(), interval: z.number(), rules: z.array(ruleSchema) })
  .transform(({ interval, ...group }) => ({
    ...group,
    /** Milliseconds between two evaluations. */
    intervalMs: interval * 1000,
  }));

export type RuleGroup = Readonly<z.infer<typeof ruleGroupSchema>>;

const alertSchema = z.object({
  labels: labelsSchema,
  annotations: labelsSchema,
  state: z.string(),
  value: z.string(),
});

/** A pending or firing alert; `value` as Prometheus writes it: `1e+00`, `+Inf`. */
export type Alert = z.infer<typeof alertSchema>;

const tsdbSchema = z
  .object({
    headStats: z.object({ numSeries: z.number() }),
    seriesCountByMetricName: z.array(z.object({ name: z.string(), value: z.number() })).nullable(),
  })
  .transform(({ headStats, seriesCountByMetricName }) => ({
    /** Number of series in the head block. */
    series: headStats.numSeries,
    /** The metrics with the most series, the largest first. */
    largest: seriesCountByMetricName ?? [],
  }));

export type TsdbStatus = Readonly<z.infer<typeof tsdbSchema>>;

const metadataSchema = z.array(z.object({ metric: z.string(), type: z.string() }));

/** Returns the names of a metric's samples: OpenMetrics declares a counter without `_total`, histograms have several suffixes. */
function listSampleNames({ metric, type }: z.infer<typeof metadataSchema>[number]): string[] {
  const suffixes: Readonly<Record<string, readonly string[]>> = {
    counter: metric.endsWith("_total") ? [] : ["_total"],
    info: metric.endsWith("_info") ? [] : ["_info"],
    histogram: ["_bucket", "_sum", "_count"],
    summary: ["_sum", "_count"],
  };
  return [metric, ...(suffixes[type] ?? []).map((suffix) => metric + suffix)];
}

const errorSchema = z.object({ status: z.literal("error"), errorType: z.string(), error: z.string() });

export type PrometheusClient = ReturnType<typeof createPrometheusClient>;

/** Creates a client of Prometheus' HTTP API. Every call throws HttpError on any failure; an empty list is a success. */
export function createPrometheusClient(context: Context, endpoint: HttpEndpoint) {
  const base = withoutTrailingSlash(endpoint.url);
  const get = (path: string) => sendRequest(context, `${base}${path}`);
  const read = async <T>(path: string, schema: z.ZodType<T>) => parseData(await get(path), schema);
  const readShared = <T>(path: string, schema: z.ZodType<T>) =>
    shareRead(context, `${base}${path}`, () => read(path, schema));
  const readFlags = () => readShared("/api/v1/status/flags", labelsSchema);
  const readConfig = () =>
    shareRead(context, `${base}/api/v1/status/config`, async () => {
      const response = await get("/api/v1/status/config");
      const config = parsePrometheusConfig(parseData(response, z.object({ yaml: z.string() })).yaml);
      if (config === undefined) throw createUnexpectedError(response, "a configuration that can't be parsed");
      return config;
    });
  return {
    /** Sends a GET request; the caller judges the status. */
    get,
    /** Returns the response of the readiness endpoint; 503 means that Prometheus is starting. */
    ready: () => get("/-/ready"),
    flags: readFlags,
    /** Returns the flags in force: the retention of the configuration file overrides that of the flags. */
    effectiveFlags: async (): Promise<Record<string, string>> => {
      const [flags, { storage }] = await Promise.all([readFlags(), readConfig()]);
      const { time, size } = storage?.tsdb?.retention ?? {};
      return {
        ...flags,
        ...(time ? { "storage.tsdb.retention.time": time } : {}),
        ...(size ? { "storage.tsdb.retention.size": size } : {}),
      };
    },
    config: readConfig,
    targets: async (): Promise<readonly Target[]> => {
      const schema = z.object({ activeTargets: z.array(targetSchema) });
      return (await readShared("/api/v1/targets?state=active", schema)).activeTargets;
    },
    /** Returns the names of all typed samples that a target exposes, including those that relabelling drops. */
    exposedMetrics: async (labels: Target["labels"]): Promise<string[]> => {
      // UTF-8 label names must be quoted, and older versions do not accept that.
      const plain = Object.entries(labels).filter(([name]) => /^[a-zA-Z_]\w*$/.test(name));
      const pairs = plain.map(([name, value]) => `${name}=${JSON.stringify(value)}`);
      const selector = encodeUrlPart(`{${pairs.join(",")}}`);
      const metadata = await read(`/api/v1/targets/metadata?match_target=${selector}`, metadataSchema);
      return [...new Set(metadata.flatMap(listSampleNames))];
    },
    /**
     * Evaluates an expression that returns an instant vector.
     * @param at seconds since the epoch; default: now
     */
    query: async (expression: string, at?: number): Promise<Sample[]> => {
      const time = at === undefined ? "" : `&time=${at.toFixed(3)}`;
      const response = await get(`/api/v1/query?query=${encodeUrlPart(expression)}${time}`);
      return parseData(response, vectorSchema, `query ${expression}`);
    },
    /** Returns the expression in Prometheus' own format: equivalent spellings become equal. */
    formatQuery: (expression: string): Promise<string> =>
      read(`/api/v1/format_query?query=${encodeUrlPart(expression)}`, z.string()),
    rules: async (): Promise<readonly RuleGroup[]> =>
      (await read("/api/v1/rules", z.object({ groups: z.array(ruleGroupSchema) }))).groups,
    /** Returns the pending and firing alerts. */
    alerts: async (): Promise<readonly Alert[]> =>
      (await read("/api/v1/alerts", z.object({ alerts: z.array(alertSchema) }))).alerts,
    /** Returns the label names of all series. */
    labelNames: (): Promise<string[]> => read("/api/v1/labels", z.array(z.string())),
    /** @param limit the most names; versions before 2.53 return all */
    metricNames: (limit?: number): Promise<string[]> =>
      read(
        `/api/v1/label/__name__/values${limit === undefined ? "" : `?limit=${limit}`}`,
        z.array(z.string()),
      ),
    /** @param limit items of each of its lists. Each item costs Prometheus a search of the list: keep it small. */
    tsdbStatus: (limit = 5): Promise<TsdbStatus> => read(`/api/v1/status/tsdb?limit=${limit}`, tsdbSchema),
    /** Returns the URLs of the active Alertmanagers. */
    alertmanagers: async (): Promise<string[]> => {
      const schema = z.object({ activeAlertmanagers: z.array(z.object({ url: z.string() })).nullable() });
      return ((await read("/api/v1/alertmanagers", schema)).activeAlertmanagers ?? []).map(({ url }) => url);
    },
    /** Returns Prometheus' own /metrics: always current, unlike scraped samples. */
    metrics: async (): Promise<string> => expectMetrics(await get("/metrics")),
  };
}

/** Returns the `data` of a response. Prometheus sends its errors as JSON too, with statuses 400 to 503. */
export function parseData<T>(response: HttpResponse, schema: z.ZodType<T>, what = ""): T {
  // Once only: with thousands of targets a body has many megabytes.
  const json = tryParseJson(response.body);
  const error = errorSchema.safeParse(json);
  if (error.success) {
    const { errorType, error: text } = error.data;
    const message = `${response.method} ${response.url} answered HTTP ${response.status}${what && `, ${what}`}: ${errorType}: ${abridgeBody(text)}`;
    throw new HttpError(message, response.url, response.status);
  }
  return parseJson(expectOk(response), z.object({ status: z.literal("success"), data: schema }), json).data;
}

/** Returns a key of a series' labels without the metric's name, which `timestamp()` removes. */
export function buildSeriesKey(labels: Sample["labels"]): string {
  const pairs = Object.entries(labels).filter(([name, value]) => name !== "__name__" && value !== "");
  return JSON.stringify(pairs.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Returns the sum of a metric's series in a text exposition; undefined if it has none. */
export function sumMetric(exposition: string, name: string): number | undefined {
  const values = exposition
    .split("\n")
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    // A timestamp in milliseconds may follow the value.
    .map((line) => Number(line.slice(Math.max(name.length, line.lastIndexOf("}") + 1)).match(/\S+/)?.[0]));
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
}
