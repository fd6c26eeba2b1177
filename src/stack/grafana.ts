import { z } from "zod";
import type { Context } from "../host/host.ts";
import { encodeUrlPart } from "../lib/text.ts";
import { type Answer, excerpt, expectOk, HttpError, parseJson, send, tryJson, unexpected } from "./http.ts";
import type { Stack } from "./stack.ts";

const datasourceSchema = z.object({
  uid: z.string(),
  name: z.string(),
  type: z.string(),
  url: z.string().default(""),
  isDefault: z.boolean(),
  access: z.string().optional(),
  jsonData: z.looseObject({ timeInterval: z.string().optional() }).optional().catch(undefined),
});

export type Datasource = z.infer<typeof datasourceSchema>;

const hitSchema = z.object({ uid: z.string(), title: z.string(), folderTitle: z.string().optional() });

/** A dashboard as the search lists it. */
export type DashboardHit = z.infer<typeof hitSchema>;

const storedSchema = z.looseObject({
  meta: z.looseObject({ provisionedExternalId: z.string().optional() }),
  dashboard: z.looseObject({}),
});

const pluginSchema = z.looseObject({
  id: z.string(),
  info: z.looseObject({ version: z.string().default("") }).default({ version: "" }),
});

const settingsSchema = z.record(z.string(), z.record(z.string(), z.string()));

/** What Grafana itself takes for "all". */
const mostDashboards = 5000;

/** A query of a panel. Grafana fills in what is left of its own variables (`$__interval`, `$__rate_interval`, ...). */
export interface PanelRequest {
  readonly uid: string;
  readonly type: string;
  readonly expr: string;
  readonly instant: boolean;
  readonly range: boolean;
  /** The least step, as the panel writes it. */
  readonly interval: string | undefined;
  readonly intervalFactor: number | undefined;
  readonly intervalMs: number;
}

/** Grafana refused the user and password: asking again only gets the account locked. */
export class LoginRefused extends HttpError {}

type Endpoint = NonNullable<Stack["grafana"]>;

export type GrafanaClient = ReturnType<typeof grafanaClient>;

/**
 * Grafana's HTTP API, of versions 9 to 13. Throws HttpError on anything but a good answer, LoginRefused on a 401 of Grafana's
 * own. What a data source answers is passed on with its status, so that a 401 can be the data source's.
 */
export function grafanaClient(context: Context, endpoint: Endpoint) {
  const base = endpoint.url.replace(/(?<!\/)\/+$/, "");
  const authorization = `Basic ${Buffer.from(`${endpoint.user}:${endpoint.password}`).toString("base64")}`;
  const exchange = async (path: string, body?: unknown): Promise<Answer> => {
    const headers = { authorization, accept: "application/json", "content-type": "application/json" };
    const post = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    return await send(context, `${base}${path}`, { headers, ...post });
  };
  const refused = ({ method, url, body }: Answer): LoginRefused =>
    new LoginRefused(
      `${method} ${url} answered HTTP 401 to user ${endpoint.user}: ${excerpt(body)}`,
      url,
      401,
    );
  const call = async (path: string): Promise<Answer> => {
    const answer = await exchange(path);
    if (answer.status === 401) throw refused(answer);
    return answer;
  };
  const passedOn = async (path: string, body?: unknown): Promise<Answer> => {
    const answer = await exchange(path, body);
    if (answer.status === 401 && isOfGrafana(answer)) throw refused(answer);
    return answer;
  };
  const proxied = (uid: string, path: string) =>
    passedOn(`/api/datasources/proxy/uid/${encodeUrlPart(uid)}${path}`);
  return {
    /** Without credentials. Any status that comes with Grafana's own JSON; a proxy's page throws. */
    health: async () => {
      const answer = await send(context, `${base}/api/health`);
      const schema = z.looseObject({ database: z.string(), version: z.string().optional() });
      return { status: answer.status, ...parseJson(answer, schema) };
    },
    org: async () => parseJson(expectOk(await call("/api/org")), z.object({ name: z.string() })),
    datasources: async (): Promise<Datasource[]> =>
      parseJson(expectOk(await call("/api/datasources")), z.array(datasourceSchema)),
    /** Instant queries through a Prometheus datasource, in the order of the expressions. */
    query: async (uid: string, expressions: readonly string[]): Promise<QueryOutcome[]> => {
      const queries = expressions.map((expr, index) => ({
        refId: refId(index),
        datasource: { uid, type: "prometheus" },
        expr,
        instant: true,
        intervalMs: 2000,
        maxDataPoints: 100,
      }));
      const answer = await passedOn("/api/ds/query", { queries, from: "now-5m", to: "now" });
      return expressions.map((_, index) => outcomeOf(answer, refId(index)));
    },
    /** A panel's queries in one request, over a range in Grafana's words or in milliseconds since the epoch. */
    ask: async (
      requests: readonly PanelRequest[],
      range: { readonly from: string; readonly to: string },
    ): Promise<QueryOutcome[]> => {
      const queries = requests.map(({ uid, type, ...query }, index) => ({
        refId: refId(index),
        datasource: { uid, type },
        maxDataPoints: 100,
        ...query,
      }));
      const answer = await passedOn("/api/ds/query", { queries, ...range });
      return requests.map((_, index) => outcomeOf(answer, refId(index)));
    },
    /** Prometheus' own answer, passed on: on 9.4 the only way to learn why a query is empty. */
    proxyQuery: (uid: string, expression: string): Promise<Answer> =>
      proxied(uid, `/api/v1/query?query=${encodeUrlPart(expression)}`),
    dashboards: async (): Promise<DashboardHit[]> =>
      parseJson(expectOk(await call(`/api/search?type=dash-db&limit=${mostDashboards}`)), z.array(hitSchema)),
    /** The stored model, and the file that it was provisioned from; undefined when it is gone. */
    dashboard: async (uid: string) => {
      const answer = await call(`/api/dashboards/uid/${encodeUrlPart(uid)}`);
      if (answer.status === 404) return undefined;
      const { meta, dashboard } = parseJson(expectOk(answer), storedSchema);
      return { model: dashboard, file: meta.provisionedExternalId || undefined };
    },
    /** A library panel's model; undefined when Grafana has none of that uid. */
    libraryPanel: async (uid: string): Promise<unknown> => {
      const answer = await call(`/api/library-elements/${encodeUrlPart(uid)}`);
      if (answer.status === 404) return undefined;
      const schema = z.object({ result: z.looseObject({ model: z.looseObject({}) }) });
      return parseJson(expectOk(answer), schema).result.model;
    },
    /** All plugins, those of the image too, with their versions. */
    plugins: async (): Promise<{ id: string; version: string }[]> =>
      parseJson(expectOk(await call("/api/plugins")), z.array(pluginSchema)).map(({ id, info }) => ({
        id,
        version: info.version,
      })),
    /**
     * The settings in force by section and key, variables and flags included; secrets are `*********`. Undefined for a user
     * who is not a server administrator.
     */
    settings: async (): Promise<Record<string, Record<string, string>> | undefined> => {
      const answer = await call("/api/admin/settings");
      return answer.status === 403 ? undefined : parseJson(expectOk(answer), settingsSchema);
    },
    /** What alerting has of one kind; undefined when this Grafana has no such list. */
    alerting: async <T>(kind: string, schema: z.ZodType<T>): Promise<T | undefined> => {
      const answer = await call(`/api/v1/provisioning/${kind}`);
      return answer.status === 404 ? undefined : parseJson(expectOk(answer), schema);
    },
    /** Any path of the datasource's own API; that there is nothing at it is an error. */
    proxiedJson: async <T>(uid: string, path: string, schema: z.ZodType<T>): Promise<T> =>
      parseJson(expectOk(await proxied(uid, path)), schema),
  };
}

/** Grafana's own refusal, of versions 9 to 13; a data source's has other words, or query results around it. */
function isOfGrafana({ body }: Answer): boolean {
  const own = z.looseObject({ message: z.string() }).safeParse(tryJson(body)).data;
  if (own === undefined || "results" in own) return false;
  return "messageId" in own || /^(?:invalid username or password|unauthorized)/i.test(own.message);
}

function refId(index: number): string {
  return index < 26 ? String.fromCharCode("A".charCodeAt(0) + index) : `Q${index}`;
}

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
function outcomeOf(answer: Answer, id: string): QueryOutcome {
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
