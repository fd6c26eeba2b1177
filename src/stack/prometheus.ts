import { z } from "zod";
import type { Context } from "../host/host.ts";
import { parseDuration } from "../lib/duration.ts";
import { encodeUrlPart } from "../lib/text.ts";
import { parsePrometheusConfig } from "../model/prometheus-config.ts";
import type { HttpEndpoint } from "./check.ts";
import { type Answer, excerpt, expectOk, HttpError, parseJson, send, tryJson, unexpected } from "./http.ts";
import { type Alert, alertsSchema, type RuleGroup, rulesSchema, toRuleGroup } from "./prometheus-rules.ts";

/** One series of an instant query. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  /** When it was evaluated, in seconds since the epoch, by Prometheus' clock. Not when it was scraped. */
  readonly time: number;
  /** NaN and the infinities too: judge with Number.isFinite. */
  readonly value: number;
  /** The value as Prometheus writes it. */
  readonly text: string;
}

const targetSchema = z.object({
  discoveredLabels: z.record(z.string(), z.string()).nullish(),
  labels: z.record(z.string(), z.string()).nullish(),
  scrapePool: z.string().optional(),
  scrapeUrl: z.string(),
  lastError: z.string(),
  lastScrape: z.string(),
  lastScrapeDuration: z.number().optional(),
  health: z.string(),
  scrapeInterval: z.string().optional(),
});

/** An active target. `health` is up, down or unknown (not scraped yet). */
export interface Target {
  readonly job: string;
  readonly discovered: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly scrapeUrl: string;
  readonly lastError: string;
  /** RFC 3339; the year 1 when never scraped. */
  readonly lastScrape: string;
  /** Milliseconds that the last scrape took; its samples are there only at its end. */
  readonly scrapeTookMs: number;
  readonly health: string;
  /** Milliseconds; undefined when Prometheus doesn't say (before 2.30). */
  readonly intervalMs: number | undefined;
}

const vectorSchema = z.object({
  resultType: z.literal("vector"),
  result: z.array(
    z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) }),
  ),
});

const countSchema = z.object({ name: z.string(), value: z.number() });
const tsdbSchema = z.object({
  headStats: z.object({ numSeries: z.number() }),
  seriesCountByMetricName: z.array(countSchema).nullable(),
});

const metadataSchema = z.array(z.object({ metric: z.string(), type: z.string() }));

/** OpenMetrics declares a counter without its `_total`; histograms and summaries have a sample for each suffix. */
function sampleNames({ metric, type }: z.infer<typeof metadataSchema>[number]): string[] {
  if (type === "counter" && !metric.endsWith("_total")) return [metric, `${metric}_total`];
  if (type === "info" && !metric.endsWith("_info")) return [metric, `${metric}_info`];
  const suffixes = type === "histogram" ? ["_bucket", "_sum", "_count"] : ["_sum", "_count"];
  const isSplit = type === "histogram" || type === "summary";
  return [metric, ...(isSplit ? suffixes.map((suffix) => metric + suffix) : [])];
}

/** What is in the head block. */
export interface TsdbStatus {
  readonly series: number;
  /** The metrics with the most series, the largest first. */
  readonly largest: readonly { readonly name: string; readonly value: number }[];
}

const errorSchema = z.object({ status: z.literal("error"), errorType: z.string(), error: z.string() });

export type PrometheusClient = ReturnType<typeof prometheusClient>;

/** Prometheus' HTTP API. Each call throws HttpError on anything but a good answer; an empty list is a good answer. */
export function prometheusClient(context: Context, endpoint: HttpEndpoint) {
  const base = endpoint.url.replace(/(?<!\/)\/+$/, "");
  const get = (path: string) => send(context, `${base}${path}`);
  const flagsOf = async () => data(await get("/api/v1/status/flags"), z.record(z.string(), z.string()));
  const configOf = async () => {
    const answer = await get("/api/v1/status/config");
    const config = parsePrometheusConfig(data(answer, z.object({ yaml: z.string() })).yaml);
    if (config === undefined) throw unexpected(answer, "a configuration that can't be read");
    return config;
  };
  return {
    /** 503 is an answer too: it is starting. */
    ready: () => get("/-/ready"),
    flags: flagsOf,
    /** The flags as they are in force: what Prometheus takes from its configuration instead, under the flags' names. */
    effectiveFlags: async (): Promise<Record<string, string>> => {
      const [flags, { storage }] = await Promise.all([flagsOf(), configOf()]);
      const { time, size } = storage?.tsdb?.retention ?? {};
      return {
        ...flags,
        ...(time ? { "storage.tsdb.retention.time": time } : {}),
        ...(size ? { "storage.tsdb.retention.size": size } : {}),
      };
    },
    config: configOf,
    targets: async (): Promise<Target[]> => {
      const answer = await get("/api/v1/targets?state=active");
      return data(answer, z.object({ activeTargets: z.array(targetSchema) })).activeTargets.map(toTarget);
    },
    /** Names of the samples that a target exposes with a type, also of those that its job's relabelling drops. */
    exposedMetrics: async (labels: Target["labels"]): Promise<string[]> => {
      // Names in UTF-8 would have to be quoted, which older ones don't know.
      const plain = Object.entries(labels).filter(([name]) => /^[a-zA-Z_]\w*$/.test(name));
      const pairs = plain.map(([name, value]) => `${name}=${JSON.stringify(value)}`);
      const selector = encodeUrlPart(`{${pairs.join(",")}}`);
      const answer = await get(`/api/v1/targets/metadata?match_target=${selector}`);
      return [...new Set(data(answer, metadataSchema).flatMap(sampleNames))];
    },
    /**
     * Only instant vectors: what the checks ask is written so.
     * @param at seconds since the epoch; undefined: now
     */
    query: async (expression: string, at?: number): Promise<Sample[]> => {
      const time = at === undefined ? "" : `&time=${at.toFixed(3)}`;
      const answer = await get(`/api/v1/query?query=${encodeUrlPart(expression)}${time}`);
      return data(answer, vectorSchema, `query ${expression}`).result.map(({ metric, value }) => ({
        labels: metric,
        time: value[0],
        value: Number(value[1]),
        text: value[1],
      }));
    },
    /** As Prometheus would write it: two that mean the same look the same. */
    formatQuery: async (expression: string): Promise<string> =>
      data(await get(`/api/v1/format_query?query=${encodeUrlPart(expression)}`), z.string()),
    rules: async (): Promise<RuleGroup[]> =>
      data(await get("/api/v1/rules"), rulesSchema).groups.map(toRuleGroup),
    /** Pending and firing ones. */
    alerts: async (): Promise<readonly Alert[]> => data(await get("/api/v1/alerts"), alertsSchema).alerts,
    /** Of all series that it has. */
    labelNames: async (): Promise<string[]> => data(await get("/api/v1/labels"), z.array(z.string())),
    tsdbStatus: async (): Promise<TsdbStatus> => {
      const { headStats, seriesCountByMetricName } = data(
        await get("/api/v1/status/tsdb?limit=5"),
        tsdbSchema,
      );
      return { series: headStats.numSeries, largest: seriesCountByMetricName ?? [] };
    },
    alertmanagers: async () => {
      const schema = z.object({ activeAlertmanagers: z.array(z.object({ url: z.string() })).nullable() });
      return (data(await get("/api/v1/alertmanagers"), schema).activeAlertmanagers ?? []).map(
        ({ url }) => url,
      );
    },
    /** Its own metrics as they are now: nothing old can be among them. */
    metrics: async (): Promise<string> => {
      const answer = expectOk(await get("/metrics"));
      if (/^\s*</.test(answer.body)) throw unexpected(answer, "HTML, not metrics");
      return answer.body;
    },
  };
}

/** Prometheus answers its errors as JSON too, with statuses 400 to 503. */
function data<T>(answer: Answer, schema: z.ZodType<T>, what = ""): T {
  const error = errorSchema.safeParse(tryJson(answer.body));
  if (error.success) {
    const { errorType, error: text } = error.data;
    const message = `${answer.method} ${answer.url} answered HTTP ${answer.status}${what && `, ${what}`}: ${errorType}: ${excerpt(text)}`;
    throw new HttpError(message, answer.url, answer.status);
  }
  return parseJson(expectOk(answer), z.object({ status: z.literal("success"), data: schema })).data;
}

function toTarget(raw: z.infer<typeof targetSchema>): Target {
  const labels = raw.labels ?? {};
  return {
    job: raw.scrapePool ?? labels["job"] ?? "",
    discovered: raw.discoveredLabels ?? {},
    labels,
    scrapeUrl: raw.scrapeUrl,
    lastError: raw.lastError,
    lastScrape: raw.lastScrape,
    scrapeTookMs: 1000 * (raw.lastScrapeDuration ?? 0),
    health: raw.health,
    intervalMs: parseDuration(raw.scrapeInterval ?? ""),
  };
}

/** The same for series with the same labels, whatever their metric; `timestamp()` takes the name away. */
export function seriesKey(labels: Sample["labels"]): string {
  const pairs = Object.entries(labels).filter(([name, value]) => name !== "__name__" && value !== "");
  return JSON.stringify(pairs.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The sum of a metric's series in a text exposition; undefined when there is none. */
export function sumOfMetric(exposition: string, name: string): number | undefined {
  const values = exposition
    .split("\n")
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    // A time in milliseconds may follow the value.
    .map((line) => Number(line.slice(Math.max(name.length, line.lastIndexOf("}") + 1)).match(/\S+/)?.[0]));
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
}
