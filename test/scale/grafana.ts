import { readFileSync } from "node:fs";
import type { FakeGrafana } from "../support/fake-grafana.ts";
import type { Received, Reply } from "../support/local-server.ts";
import { metricNames } from "./world.ts";

interface Exchange {
  readonly name: string;
  readonly status: number;
  readonly contentType: string | null;
  readonly body: unknown;
}

const file = new URL("../verify/recorded/grafana-12.4.json", import.meta.url);
const { exchanges } = JSON.parse(readFileSync(file, "utf8")) as { exchanges: readonly Exchange[] };

/** Returns what a genuine Grafana 12.4 was recorded to answer. */
function getRecorded(name: string): Exchange {
  const exchange = exchanges.find((one) => one.name === name);
  if (exchange === undefined) throw new Error(`nothing recorded under ${name}`);
  return exchange;
}

/**
 * Answers as a Grafana with many dashboards. Single requests are answered as recorded; panels and variables in the
 * recorded shape, but without evaluating anything: that would take longer than what is measured.
 */
export function answerLargeGrafana(state: FakeGrafana, { path, body }: Received): Reply {
  if (path === "/api/health" || path === "/api/org") return getRecorded(path.slice("/api/".length));
  if (path === "/api/datasources") return listDatasources(state);
  if (path === "/api/ds/query") return answerQueries(state, JSON.parse(body));
  if (path === "/api/admin/settings") return { body: state.settings };
  if (path === "/api/plugins")
    return { body: state.plugins.map(({ id, version }) => ({ id, info: { version } })) };
  if (path.startsWith("/api/search?"))
    return { body: state.dashboards.map(({ uid, title, folder }) => ({ uid, title, folderTitle: folder })) };
  const uid = /^\/api\/dashboards\/uid\/(.+)$/.exec(path)?.[1];
  const dashboard = state.dashboards.find((one) => one.uid === uid);
  if (dashboard)
    return { body: { meta: { provisionedExternalId: dashboard.file ?? "" }, dashboard: dashboard.model } };
  const kind = /^\/api\/v1\/provisioning\/([a-z-]+)$/.exec(path)?.[1];
  if (kind !== undefined && kind in state.alerting) return { body: state.alerting[kind] };
  const proxied = /^\/api\/datasources\/proxy\/uid\/prometheus(\/.*)$/.exec(path)?.[1];
  if (proxied === "/api/v1/query?query=up") return getRecorded("proxy");
  if (proxied !== undefined) return answerProxied(new URL(proxied, "http://prometheus"));
  return { status: 404, body: { message: "Not found" } };
}

function listDatasources(state: FakeGrafana): Reply {
  const reply = getRecorded("datasources");
  const list = reply.body as Record<string, unknown>[];
  return { ...reply, body: list.map(state.datasource).filter((one) => one !== undefined) };
}

interface Query {
  readonly refId: string;
  readonly expr: string;
  /** Only the queries of panels have it. */
  readonly range?: boolean;
}

function answerQueries(state: FakeGrafana, { queries }: { readonly queries: readonly Query[] }): Reply {
  if (queries.some(({ range }) => range !== undefined)) return answerPanel(queries);
  const { results } = getRecorded("ds/query instant").body as { results: Record<string, unknown> };
  const answers = queries.map(({ refId, expr }) => {
    const result = structuredClone(results["A"]) as { frames: { data: { values: unknown[][] } }[] };
    for (const { data } of result.frames)
      if (expr.startsWith("timestamp(") && data.values[1]) data.values[1] = [state.scrapedAt / 1000];
    return [refId, result];
  });
  return { body: { results: Object.fromEntries(answers) } };
}

const known = new Set(["up", ...metricNames]);
const pods = Array.from({ length: 10 }, (_, index) => `shop-${index}`);

/** A frame for each of ten pods, with the points of five minutes; an empty one for a metric that does not exist. */
function answerPanel(queries: readonly Query[]): Reply {
  const now = Date.now();
  const times = Array.from({ length: 20 }, (_, index) => now - (20 - index) * 15_000);
  const values = times.map((_, index) => 1.5 + index);
  const results = queries.map(({ refId, expr }) => {
    const exists = known.has(/\w+_total/.exec(expr)?.[0] ?? "up");
    const meta = { type: "timeseries-multi", typeVersion: [0, 1], custom: { resultType: "matrix" } };
    const frames = pods.map((pod, index) => ({
      schema: {
        refId,
        // Only the first frame says what was executed.
        meta: index === 0 ? { ...meta, executedQueryString: `Expr: ${expr}\nStep: 15s` } : meta,
        fields: [
          { name: "Time", type: "time", typeInfo: { frame: "time.Time" }, config: { interval: 15_000 } },
          { name: "Value", type: "number", labels: { pod }, config: { displayNameFromDS: `{pod="${pod}"}` } },
        ],
      },
      data: { values: [times, values] },
    }));
    const none = [{ schema: { refId, fields: [] }, data: { values: [] } }];
    return [refId, { status: 200, frames: exists ? frames : none }];
  });
  return { body: { results: Object.fromEntries(results) } };
}

function answerProxied({ pathname, searchParams }: URL): Reply {
  const succeed = (data: unknown): Reply => ({ body: { status: "success", data } });
  const numbered = (count: number, write: (index: number) => string) =>
    succeed(Array.from({ length: count }, (_, index) => write(index)));
  if (pathname === "/api/v1/label/__name__/values" && !searchParams.has("match[]"))
    return succeed([...known]);
  if (pathname === "/api/v1/label/namespace/values") return numbered(20, (index) => `team-${index}`);
  if (pathname === "/api/v1/label/instance/values") return numbered(250, (index) => `10.42.0.${index}:8080`);
  return succeed(pathname === "/api/v1/query" ? { resultType: "vector", result: [] } : []);
}
