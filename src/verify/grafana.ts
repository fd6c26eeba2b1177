import { z } from "zod";
import type { Context } from "../host/host.ts";
import { type Answer, excerpt, expectOk, HttpError, parseJson, send, tryJson, unexpected } from "./http.ts";
import type { Stack } from "./types.ts";

const datasourceSchema = z.object({
  uid: z.string(),
  name: z.string(),
  type: z.string(),
  url: z.string().default(""),
  isDefault: z.boolean(),
});

export type Datasource = z.infer<typeof datasourceSchema>;

const frameSchema = z.looseObject({
  schema: z.looseObject({ fields: z.array(z.looseObject({ type: z.string() })).nullish() }).optional(),
  data: z.looseObject({ values: z.array(z.array(z.unknown())).nullish() }).nullish(),
});

const resultSchema = z.looseObject({
  status: z.number().optional(),
  error: z.string().optional(),
  frames: z.array(frameSchema).nullish(),
});

/** What one query of /api/ds/query came to. No values and no error: the datasource answered, with nothing. */
export interface QueryOutcome {
  readonly error: string | undefined;
  /** The last number of each series; null (NaN, infinite) ones are left out. */
  readonly values: readonly number[];
}

/** Grafana refused the user and password: asking again only gets the account locked. */
export class LoginRefused extends HttpError {}

type Endpoint = NonNullable<Stack["grafana"]>;

/** Grafana's HTTP API, of versions 9 to 13. Throws HttpError on anything but a good answer, LoginRefused on a 401. */
export function grafanaClient(context: Context, endpoint: Endpoint) {
  const base = endpoint.url.replace(/\/+$/, "");
  const authorization = `Basic ${Buffer.from(`${endpoint.user}:${endpoint.password}`).toString("base64")}`;
  const call = async (path: string, body?: unknown): Promise<Answer> => {
    const headers = { authorization, accept: "application/json", "content-type": "application/json" };
    const post = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const answer = await send(context, `${base}${path}`, { headers, ...post });
    if (answer.status !== 401) return answer;
    const message = `${answer.method} ${answer.url} answered HTTP 401 to user ${endpoint.user}: ${excerpt(answer.body)}`;
    throw new LoginRefused(message, answer.url, 401);
  };
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
      const answer = await call("/api/ds/query", { queries, from: "now-5m", to: "now" });
      return expressions.map((_, index) => outcome(answer, refId(index)));
    },
    /** Prometheus' own answer, passed on: on 9.4 the only way to learn why a query is empty. */
    proxyQuery: (uid: string, expression: string): Promise<Answer> =>
      call(`/api/datasources/proxy/uid/${uid}/api/v1/query?query=${encodeURIComponent(expression)}`),
  };
}

function refId(index: number): string {
  return String.fromCharCode("A".charCodeAt(0) + index);
}

/** 12.4 answers 400 with results; 9.4 answers 500 with a message only. */
function outcome(answer: Answer, id: string): QueryOutcome {
  const json = tryJson(answer.body);
  const results = z.looseObject({ results: z.record(z.string(), resultSchema) }).safeParse(json);
  if (!results.success) {
    const message = z.looseObject({ message: z.string() }).safeParse(json);
    if (answer.status === 200 || !message.success)
      throw unexpected(answer, `HTTP ${answer.status}, no query results`);
    return { error: `HTTP ${answer.status}: ${message.data.message}`, values: [] };
  }
  const result = results.data.results[id];
  if (result === undefined) throw unexpected(answer, `HTTP ${answer.status} without a result ${id}`);
  const error = result.error ?? ((result.status ?? 200) >= 400 ? `status ${result.status}` : undefined);
  return { error, values: (result.frames ?? []).flatMap(valuesOf) };
}

/** 12.4 answers "no series" as one frame without fields. */
function valuesOf(frame: z.infer<typeof frameSchema>): number[] {
  return (frame.schema?.fields ?? []).flatMap((field, index) => {
    if (field.type !== "number") return [];
    const last = frame.data?.values?.[index]?.at(-1);
    return typeof last === "number" && Number.isFinite(last) ? [last] : [];
  });
}
