import { z } from "zod";
import type { Context } from "../host/host.ts";
import { encodeUrlPart, tryParseJson } from "../lib/text.ts";
import { type FrameSeries, parseFrames } from "./grafana-frames.ts";
import {
  abridgeBody,
  createUnexpectedError,
  expectOk,
  HttpError,
  type HttpResponse,
  parseJson,
  sendRequest,
  withoutTrailingSlash,
} from "./http.ts";
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
type DashboardHit = z.infer<typeof hitSchema>;

const storedSchema = z.looseObject({
  meta: z.looseObject({ provisionedExternalId: z.string().optional() }),
  dashboard: z.looseObject({}),
});

const pluginSchema = z.looseObject({
  id: z.string(),
  info: z.looseObject({ version: z.string().default("") }).default({ version: "" }),
});

const settingsSchema = z.record(z.string(), z.record(z.string(), z.string()));

/** The highest limit that Grafana's search accepts. */
const maxDashboards = 5000;

/** A query of a panel. Grafana fills in its own variables (`$__interval`, `$__rate_interval`, ...). */
export interface PanelRequest {
  readonly uid: string;
  readonly type: string;
  readonly expr: string;
  readonly instant: boolean;
  readonly range: boolean;
  /** The minimum step as the panel has it: `30s`. */
  readonly interval: string | undefined;
  readonly intervalFactor: number | undefined;
  readonly intervalMs: number;
}

/** A time range in Grafana's syntax, or in milliseconds since the epoch. */
export interface PanelRange {
  readonly from: string;
  readonly to: string;
}

/** Grafana refused the user and password. A retry could lock the account. */
export class LoginRefused extends HttpError {}

type Endpoint = NonNullable<Stack["grafana"]>;

export type GrafanaClient = ReturnType<typeof createGrafanaClient>;

/**
 * Creates a client of the HTTP API of Grafana 9 to 13. Each call throws HttpError if it fails, LoginRefused if Grafana itself
 * responds with 401. Grafana passes on the status of a data source, so a 401 can also come from there.
 */
export function createGrafanaClient(context: Context, endpoint: Endpoint) {
  const base = withoutTrailingSlash(endpoint.url);
  const authorization = `Basic ${Buffer.from(`${endpoint.user}:${endpoint.password}`).toString("base64")}`;
  const send = async (path: string, body?: unknown): Promise<HttpResponse> => {
    const headers = { authorization, accept: "application/json", "content-type": "application/json" };
    const postOptions = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    return await sendRequest(context, `${base}${path}`, { headers, ...postOptions });
  };
  const createLoginError = ({ method, url, body }: HttpResponse): LoginRefused =>
    new LoginRefused(
      `${method} ${url} answered HTTP 401 to user ${endpoint.user}: ${abridgeBody(body)}`,
      url,
      401,
    );
  const sendAsUser = async (path: string): Promise<HttpResponse> => {
    const response = await send(path);
    if (response.status === 401) throw createLoginError(response);
    return response;
  };
  const sendToDatasource = async (path: string, body?: unknown): Promise<HttpResponse> => {
    const response = await send(path, body);
    if (response.status === 401 && isRefusedByGrafana(response)) throw createLoginError(response);
    return response;
  };
  const sendThroughProxy = (uid: string, path: string) =>
    sendToDatasource(`/api/datasources/proxy/uid/${encodeUrlPart(uid)}${path}`);
  const sendPanel = async (requests: readonly PanelRequest[], range: PanelRange): Promise<HttpResponse> => {
    const queries = requests.map(({ uid, type, ...query }, index) => ({
      refId: formatRefId(index),
      datasource: { uid, type },
      maxDataPoints: 100,
      ...query,
    }));
    return await sendToDatasource("/api/ds/query", { queries, ...range });
  };
  return {
    /** Returns Grafana's health, requested without credentials, whatever the HTTP status. Throws if the body is not Grafana's. */
    health: async () => {
      const response = await sendRequest(context, `${base}/api/health`);
      const schema = z.looseObject({ database: z.string(), version: z.string().optional() });
      return { status: response.status, ...parseJson(response, schema) };
    },
    org: async () => parseJson(expectOk(await sendAsUser("/api/org")), z.object({ name: z.string() })),
    datasources: async (): Promise<Datasource[]> =>
      parseJson(expectOk(await sendAsUser("/api/datasources")), z.array(datasourceSchema)),
    /** Evaluates instant queries through a Prometheus data source, in the order of the expressions. */
    query: async (uid: string, expressions: readonly string[]): Promise<QueryOutcome[]> => {
      const queries = expressions.map((expr, index) => ({
        refId: formatRefId(index),
        datasource: { uid, type: "prometheus" },
        expr,
        instant: true,
        intervalMs: 2000,
        maxDataPoints: 100,
      }));
      const response = await sendToDatasource("/api/ds/query", { queries, from: "now-5m", to: "now" });
      return expressions.map((_, index) => parseQueryOutcome(response, formatRefId(index)));
    },
    /** Sends a panel's queries in one request. The range is in Grafana's syntax or in milliseconds since the epoch. */
    queryPanel: async (requests: readonly PanelRequest[], range: PanelRange): Promise<QueryOutcome[]> => {
      const response = await sendPanel(requests, range);
      return requests.map((_, index) => parseQueryOutcome(response, formatRefId(index)));
    },
    /** Sends a panel's queries in one request, and returns the series of each with their points. */
    readPanel: async (
      requests: readonly PanelRequest[],
      range: PanelRange,
    ): Promise<(readonly FrameSeries[])[]> => {
      const json = tryParseJson(expectOk(await sendPanel(requests, range)).body);
      return requests.map((_, index) => parseFrames(json, formatRefId(index)));
    },
    /** Returns Prometheus' own response. In Grafana 9.4 only this one has the reason why a query is empty. */
    proxyQuery: (uid: string, expression: string): Promise<HttpResponse> =>
      sendThroughProxy(uid, `/api/v1/query?query=${encodeUrlPart(expression)}`),
    dashboards: async (): Promise<DashboardHit[]> =>
      parseJson(
        expectOk(await sendAsUser(`/api/search?type=dash-db&limit=${maxDashboards}`)),
        z.array(hitSchema),
      ),
    /** Returns a dashboard's model and the file that it was provisioned from; undefined if there is no such dashboard. */
    dashboard: async (uid: string) => {
      const response = await sendAsUser(`/api/dashboards/uid/${encodeUrlPart(uid)}`);
      if (response.status === 404) return undefined;
      const { meta, dashboard } = parseJson(expectOk(response), storedSchema);
      return { model: dashboard, file: meta.provisionedExternalId || undefined };
    },
    /** Returns a library panel's model; undefined if Grafana has no such panel. */
    libraryPanel: async (uid: string): Promise<unknown> => {
      const response = await sendAsUser(`/api/library-elements/${encodeUrlPart(uid)}`);
      if (response.status === 404) return undefined;
      const schema = z.object({ result: z.looseObject({ model: z.looseObject({}) }) });
      return parseJson(expectOk(response), schema).result.model;
    },
    /** Returns all plugins with their versions, including those of the image. */
    plugins: async (): Promise<{ id: string; version: string }[]> =>
      parseJson(expectOk(await sendAsUser("/api/plugins")), z.array(pluginSchema)).map(({ id, info }) => ({
        id,
        version: info.version,
      })),
    /**
     * Returns the active settings by section and key, including those of variables and flags. Secrets are `*********`.
     * Undefined if the user is not a server administrator.
     */
    settings: async (): Promise<Record<string, Record<string, string>> | undefined> => {
      const response = await sendAsUser("/api/admin/settings");
      return response.status === 403 ? undefined : parseJson(expectOk(response), settingsSchema);
    },
    /** Returns the provisioned alerting objects of one kind; undefined if this Grafana does not know the kind. */
    alerting: async <T>(kind: string, schema: z.ZodType<T>): Promise<T | undefined> => {
      const response = await sendAsUser(`/api/v1/provisioning/${kind}`);
      return response.status === 404 ? undefined : parseJson(expectOk(response), schema);
    },
    /** Returns the JSON at a path of the data source's own API. */
    proxiedJson: async <T>(uid: string, path: string, schema: z.ZodType<T>): Promise<T> =>
      parseJson(expectOk(await sendThroughProxy(uid, path)), schema),
  };
}

/**
 * True if a response with status 401 is Grafana's own. A response that Grafana passes on from a data source has
 * another message, or is part of query results.
 */
function isRefusedByGrafana({ body }: HttpResponse): boolean {
  const error = z.looseObject({ message: z.string() }).safeParse(tryParseJson(body)).data;
  if (error === undefined || "results" in error) return false;
  return "messageId" in error || /^(?:invalid username or password|unauthorized)/i.test(error.message);
}

/** Returns the id of a query within a request: A to Z, then Q26, Q27, ... */
function formatRefId(index: number): string {
  return index < 26 ? String.fromCharCode("A".charCodeAt(0) + index) : `Q${index}`;
}

const frameSchema = z.looseObject({
  schema: z.looseObject({ fields: z.array(z.looseObject({ type: z.string() })).nullish() }).optional(),
  // Thousands of panels have millions of points: parsing each one takes longer than all requests.
  data: z.looseObject({ values: z.custom<readonly unknown[]>(Array.isArray).nullish() }).nullish(),
});

const resultSchema = z.looseObject({
  status: z.number().optional(),
  error: z.string().optional(),
  frames: z.array(frameSchema).nullish(),
});

/** The result of one query of /api/ds/query. No series and no error: the data source returned an empty result. */
export interface QueryOutcome {
  readonly error: string | undefined;
  /** The last number of each series, without null (NaN or infinite). */
  readonly values: readonly number[];
  readonly series: number;
  /** Whether any series has a finite number. */
  readonly hasNumber: boolean;
  /** Whether the result has no frame: in Grafana 9.4 it is then empty, or hides an error of Prometheus. */
  readonly isBare: boolean;
}

/** Returns the outcome of one query. On an error, Grafana 12.4 sends status 400 with results, 9.4 status 500 with a message. */
function parseQueryOutcome(response: HttpResponse, id: string): QueryOutcome {
  const json = tryParseJson(response.body);
  const results = z.looseObject({ results: z.record(z.string(), resultSchema) }).safeParse(json);
  if (!results.success) {
    const message = z.looseObject({ message: z.string() }).safeParse(json);
    if (response.status === 200 || !message.success)
      throw createUnexpectedError(response, `HTTP ${response.status}, no query results`);
    const error = `HTTP ${response.status}: ${message.data.message}`;
    return { error, values: [], series: 0, hasNumber: false, isBare: false };
  }
  const result = results.data.results[id];
  if (result === undefined)
    throw createUnexpectedError(response, `HTTP ${response.status} without a result ${id}`);
  const error = result.error ?? ((result.status ?? 200) >= 400 ? `status ${result.status}` : undefined);
  const frames = result.frames ?? [];
  const series = frames.flatMap(listFrameSeries);
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

/** Returns the values of each series in a frame. In Grafana 12.4 an empty result is one frame without fields. */
function listFrameSeries(frame: z.infer<typeof frameSchema>): (readonly unknown[])[] {
  return (frame.schema?.fields ?? []).flatMap((field, index) => {
    const values = frame.data?.values?.[index];
    return field.type === "number" ? [Array.isArray(values) ? values : []] : [];
  });
}
