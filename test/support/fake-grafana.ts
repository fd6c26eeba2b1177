import { readFileSync } from "node:fs";
import { answerAsProxied, evaluate, type FakeSeries } from "./fake-series.ts";
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
  proxy: string | Reply;
  /** Changes to the recorded datasources; undefined leaves one out. */
  datasource: (one: Record<string, unknown>) => Record<string, unknown> | undefined;
  /** Milliseconds since the epoch that `timestamp(up)` gives. */
  scrapedAt: number;
  /** In its database, whoever put them there. */
  dashboards: FakeDashboard[];
  /** Models by uid. */
  libraryPanels: Record<string, unknown>;
  /** In force, by section and key; undefined: the user is not a server administrator. */
  settings: Record<string, Record<string, string>> | undefined;
  plugins: { id: string; version: string }[];
  /** Of alerting, by the path of its list; undefined: there is no such list. */
  alerting: Record<string, unknown>;
  /** What panels' queries, and all but the recorded paths of the proxy, are answered from. */
  series: FakeSeries;
}

export interface FakeDashboard {
  readonly uid: string;
  readonly title: string;
  readonly folder?: string;
  /** That it was provisioned from. */
  readonly file?: string;
  readonly model: unknown;
}

export async function answerAsGrafana(state: FakeGrafana, request: Received): Promise<Reply> {
  const { path } = request;
  if (path === "/api/health")
    return typeof state.health === "string" ? recorded(state, state.health) : state.health;
  const expected = `Basic ${Buffer.from(`${state.user}:${state.password}`).toString("base64")}`;
  if (request.authorization !== expected) return recorded(state, "org, wrong password");
  if (path === "/api/org") return recorded(state, "org");
  if (path === "/api/datasources") return datasources(state);
  if (path.startsWith("/api/datasources/proxy/uid/")) return await proxied(state, path);
  if (path === "/api/ds/query") return await dsQuery(state, JSON.parse(request.body));
  if (path === "/api/admin/settings") return settings(state);
  if (path === "/api/plugins")
    return { body: state.plugins.map(({ id, version }) => ({ id, name: id, info: { version } })) };
  const kind = /^\/api\/v1\/provisioning\/([a-z-]+)$/.exec(path)?.[1];
  if (kind !== undefined && kind in state.alerting) return { body: state.alerting[kind] };
  return stored(state, path);
}

function settings({ settings }: FakeGrafana): Reply {
  return settings === undefined
    ? { status: 403, body: { message: "You'll need additional permissions to perform this action." } }
    : { body: settings };
}

/** Only a recorded trouble, or what grafana-query asks, is answered as recorded. */
async function proxied(state: FakeGrafana, path: string): Promise<Reply> {
  const [, uid = "", rest = ""] = /^\/api\/datasources\/proxy\/uid\/([^/]+)(\/.*)$/.exec(path) ?? [];
  if (state.proxy !== "proxy" || rest === "/api/v1/query?query=up")
    return typeof state.proxy === "string" ? recorded(state, state.proxy) : state.proxy;
  return uid === "broken" ? recorded(state, "proxy, target dead") : await answerAsProxied(state.series, rest);
}

/** Search, dashboards and library panels, in the shapes that both versions share. */
function stored({ dashboards, libraryPanels }: FakeGrafana, path: string): Reply {
  if (path.startsWith("/api/search?"))
    return {
      body: dashboards.map(({ uid, title, folder }) => ({
        uid,
        title,
        type: "dash-db",
        url: `/d/${uid}`,
        ...(folder === undefined ? {} : { folderTitle: folder }),
      })),
    };
  const [, kind, uid] = /^\/api\/(dashboards\/uid|library-elements)\/(.+)$/.exec(path) ?? [];
  const found = dashboards.find((one) => one.uid === uid);
  if (kind === "dashboards/uid" && found)
    return { body: { meta: { provisionedExternalId: found.file ?? "" }, dashboard: found.model } };
  const model = libraryPanels[uid ?? ""];
  if (kind === "library-elements" && model !== undefined) return { body: { result: { uid, model } } };
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

interface Query {
  readonly refId: string;
  readonly expr: string;
  readonly datasource: { readonly uid: string };
  /** Only panels' queries say whether they want one. */
  readonly range?: boolean;
}

async function dsQuery(state: FakeGrafana, { queries }: { queries: Query[] }): Promise<Reply> {
  if (queries.some(({ range }) => range !== undefined)) return await panelQueries(state, queries);
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

/** Each version in its own way, as recorded: 9.4 answers an error with nothing, 12.4 with 400 and the good ones' frames. */
async function panelQueries(state: FakeGrafana, queries: readonly Query[]): Promise<Reply> {
  const old = state.version === "9.4";
  let status = 200;
  const answer = async ({ refId, expr }: Query) => {
    const filled = expr
      .replaceAll(/\$\{__rate_interval\}/g, "1m")
      .replaceAll(/\$\{__(interval|range)\}/g, "5m");
    const found = await evaluate(state.series, filled);
    if ("error" in found && !old) status = 400;
    const none = old ? [] : [{ schema: { refId, fields: [] }, data: { values: [] } }];
    if ("error" in found)
      return [refId, old ? { status: 200, frames: [] } : { status: 400, error: found.error, frames: none }];
    const frames = found.series.map((labels) => ({
      schema: { refId, fields: [{ type: "time" }, { type: "number", labels }] },
      data: { values: [[Date.now()], [found.value]] },
    }));
    return [refId, { status: 200, frames: frames.length > 0 ? frames : none }];
  };
  const results = await Promise.all(queries.map(answer));
  return { status, body: { results: Object.fromEntries(results) } };
}
