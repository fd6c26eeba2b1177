import type { Received, Reply } from "./local-server.ts";

/** A series and its value; a stand-in's vector. */
export type Series = readonly [labels: Readonly<Record<string, string>>, value: number | string];

/** What a stand-in for Prometheus 3 knows. Expressions are looked up by their text; another one is a bad query. */
export interface FakePrometheus {
  ready: Reply;
  flags: Record<string, string>;
  config: string;
  /** How far its clock is ahead of this machine's, in seconds. */
  aheadSeconds?: number;
  /** As /api/v1/targets lists them. */
  targets: Record<string, unknown>[];
  /** How many scrapes of each target had succeeded at that time, in seconds since the epoch; default many. */
  scrapes?: (target: Record<string, unknown>, at: number) => number;
  /** What each target exposes, by its job: the names of the metrics and their types. */
  exposes?: Record<string, Record<string, string>>;
  alertmanagers: string[];
  metrics: string;
  queries: Record<string, readonly Series[]>;
  /** Groups as /api/v1/rules lists them. */
  rules: FakeRuleGroup[];
  alerts: Record<string, unknown>[];
  /** Series in the head block, and how many of them each of the largest metrics has. */
  tsdb: { series: number; metrics: Record<string, number> };
}

export interface FakeRuleGroup {
  name: string;
  file: string;
  /** Seconds. */
  interval: number;
  rules: Record<string, unknown>[];
}

export function answerAsPrometheus(state: FakePrometheus, { path }: Received): Reply {
  const url = new URL(path, "http://prometheus");
  switch (url.pathname) {
    case "/-/ready":
      return state.ready;
    case "/metrics":
      return { body: state.metrics, contentType: "text/plain; version=0.0.4" };
    case "/api/v1/status/flags":
      return success(state.flags);
    case "/api/v1/status/config":
      return success({ yaml: state.config });
    case "/api/v1/status/runtimeinfo":
      return success({
        startTime: "2026-11-23T14:00:00Z",
        reloadConfigSuccess: true,
        storageRetention: "15d",
      });
    case "/api/v1/targets":
      return success({ activeTargets: state.targets, droppedTargets: [], droppedTargetCounts: {} });
    case "/api/v1/labels":
      return success(labelNames(state));
    case "/api/v1/targets/metadata":
      return metadata(state, url.searchParams.get("match_target") ?? "");
    case "/api/v1/format_query":
      return success(formatted(url.searchParams.get("query") ?? ""));
    case "/api/v1/rules":
      return success({ groups: state.rules });
    case "/api/v1/alerts":
      return success({ alerts: state.alerts });
    case "/api/v1/status/tsdb":
      return success({
        headStats: { numSeries: state.tsdb.series, numLabelPairs: 1, chunkCount: 1, minTime: 0, maxTime: 0 },
        seriesCountByMetricName: Object.entries(state.tsdb.metrics).map(([name, value]) => ({ name, value })),
      });
    case "/api/v1/alertmanagers":
      return success({
        activeAlertmanagers: state.alertmanagers.map((one) => ({ url: one })),
        droppedAlertmanagers: [],
      });
    case "/api/v1/query":
      return query(state, url.searchParams.get("query") ?? "", url.searchParams.get("time"));
    default:
      return { status: 404, contentType: "text/plain", body: "404 page not found\n" };
  }
}

/** Of the targets of one job: as Prometheus, before any relabelling of metrics. */
function metadata({ exposes = {} }: FakePrometheus, selector: string): Reply {
  const job = /job="([^"]*)"/.exec(selector)?.[1] ?? "";
  const metrics = Object.entries(exposes[job] ?? {});
  return success(metrics.map(([metric, type]) => ({ target: { job }, metric, type, help: "", unit: "" })));
}

function labelNames({ queries, targets }: FakePrometheus): string[] {
  const ofQueries = Object.values(queries).flatMap((series) =>
    series.flatMap(([labels]) => Object.keys(labels)),
  );
  const ofTargets = targets.flatMap((target) => Object.keys(target["labels"] as Record<string, string>));
  return [...new Set([...ofQueries, ...ofTargets])].sort();
}

/** One of the many ways in which Prometheus writes the same in another way: the grouping comes first. */
function formatted(expression: string): string {
  return expression.replace(/\s+/g, " ").replace(/sum ?(\([^()]*\)) by (\(\w+\))/g, "sum by $2 $1");
}

const manyScrapes = 20;

/** Only the deployment's: the range that is asked for reaches no further back. */
function countScrapes({ targets, scrapes }: FakePrometheus, at: number): Series[] {
  return targets.flatMap((target): Series[] => {
    const number = scrapes?.(target, at) ?? (target["health"] === "up" ? manyScrapes : 0);
    return number === 0 && target["health"] === "unknown"
      ? []
      : [[target["labels"] as Record<string, string>, number]];
  });
}

function query(state: FakePrometheus, expression: string, time: string | null): Reply {
  if (expression === "time()") {
    const now = Date.now() / 1000 + (state.aheadSeconds ?? 0);
    return success({ resultType: "scalar", result: [now, String(now)] });
  }
  const isCount = /^sum_over_time\(up\[\d+s\]\)$/.test(expression);
  const series = isCount
    ? countScrapes(state, time === null ? Date.now() / 1000 : Number(time))
    : state.queries[expression];
  if (series === undefined) {
    const error = `invalid parameter "query": the stand-in does not know ${expression}`;
    return { status: 400, body: { status: "error", errorType: "bad_data", error } };
  }
  const now = Date.now() / 1000;
  const result = series.map(([metric, value]) => ({ metric, value: [now, String(value)] }));
  return success({ resultType: "vector", result });
}

function success(data: unknown): Reply {
  return { body: { status: "success", data } };
}
