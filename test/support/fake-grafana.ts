import { readFileSync } from "node:fs";
import type { Received, Reply } from "./local-server.ts";

interface Exchange {
  readonly name: string;
  readonly status: number;
  readonly contentType: string | null;
  readonly body: unknown;
}

/**
 * A stand-in that repeats what a genuine Grafana answered (test/verify/recorded). `dsQuery` and `proxy` name the
 * recorded exchange; several queries in one request get that exchange's result A each.
 */
export interface FakeGrafana {
  version: "9.4" | "12.4";
  user: string;
  password: string;
  health: string | Reply;
  dsQuery: string;
  proxy: string;
  /** Changes to the recorded datasources; undefined leaves one out. */
  datasource: (one: Record<string, unknown>) => Record<string, unknown> | undefined;
  /** Milliseconds since the epoch that `timestamp(up)` gives. */
  scrapedAt: number;
}

export function answerAsGrafana(state: FakeGrafana, request: Received): Reply {
  const { path } = request;
  if (path === "/api/health")
    return typeof state.health === "string" ? recorded(state, state.health) : state.health;
  const expected = `Basic ${Buffer.from(`${state.user}:${state.password}`).toString("base64")}`;
  if (request.authorization !== expected) return recorded(state, "org, wrong password");
  if (path === "/api/org") return recorded(state, "org");
  if (path === "/api/datasources") return datasources(state);
  if (path.startsWith("/api/datasources/proxy/uid/")) return recorded(state, state.proxy);
  if (path === "/api/ds/query") return dsQuery(state, JSON.parse(request.body));
  return { status: 404, body: { message: "Not found" } };
}

function recorded({ version }: FakeGrafana, name: string): Reply {
  const file = new URL(`../verify/recorded/grafana-${version}.json`, import.meta.url);
  const { exchanges } = JSON.parse(readFileSync(file, "utf8")) as { exchanges: Exchange[] };
  const exchange = exchanges.find((one) => one.name === name);
  if (exchange === undefined) throw new Error(`nothing recorded under ${name}`);
  return { ...exchange, body: exchange.body };
}

function datasources(state: FakeGrafana): Reply {
  const reply = recorded(state, "datasources");
  const list = reply.body as Record<string, unknown>[];
  return { ...reply, body: list.map(state.datasource).filter((one) => one !== undefined) };
}

function dsQuery(state: FakeGrafana, { queries }: { queries: { refId: string; expr: string }[] }): Reply {
  const reply = recorded(state, state.dsQuery);
  const body = reply.body as { results?: Record<string, unknown> };
  if (body.results === undefined) return reply;
  const results = queries.map(({ refId, expr }) => {
    const result = structuredClone(body.results?.["A"]) as { frames: { data: { values: unknown[][] } }[] };
    const times = expr.startsWith("timestamp(") ? state.scrapedAt / 1000 : undefined;
    for (const { data } of result.frames) {
      if (times !== undefined && data.values[1]) data.values[1] = [times];
    }
    return [refId, result];
  });
  return { ...reply, body: { results: Object.fromEntries(results) } };
}
