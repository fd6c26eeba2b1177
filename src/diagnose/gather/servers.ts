import { z } from "zod";
import type { Context } from "../../host/host.ts";
import { readBody } from "../../host/read-body.ts";
import { encodeUrlPart, tryParseJson } from "../../lib/text.ts";
import { createGrafanaClient, type Datasource, LoginRefused } from "../../stack/grafana.ts";
import { expectOk, type HttpResponse, parseJson, sendRequest } from "../../stack/http.ts";
import { createPrometheusClient, type Target } from "../../stack/prometheus.ts";
import type { HttpEndpoint, Stack } from "../../stack/stack.ts";
import type {
  AlertmanagerEvidence,
  EvidenceTarget,
  GrafanaEvidence,
  PrometheusEvidence,
} from "../evidence.ts";
import type { Reader } from "./reader.ts";

const maxTargets = 500;

/** Reads Prometheus' targets, configuration, flags, clock and runtime information. */
export async function gatherPrometheus(reader: Reader, endpoint: HttpEndpoint): Promise<PrometheusEvidence> {
  const baseUrl = endpoint.url.replace(/(?<!\/)\/+$/, "");
  const readStatus = <T>(path: string, schema: z.ZodType<T>) =>
    reader.read(`Prometheus' ${path}`, async (context) => {
      const response = expectOk(await sendRequest(context, `${baseUrl}/api/v1/status/${path}`));
      return parseJson(response, z.object({ status: z.literal("success"), data: schema })).data;
    });
  const [targets, config, flags, clock, runtime] = await Promise.all([
    reader.read("Prometheus' targets", (context) => createPrometheusClient(context, endpoint).targets()),
    readStatus("config", z.object({ yaml: z.string() })),
    readStatus("flags", z.record(z.string(), z.string())),
    reader.read("Prometheus' clock", (context) => readClock(context, baseUrl)),
    readStatus("runtimeinfo", z.record(z.string(), z.unknown())),
  ]);
  return { targets: limitTargets(reader, targets ?? []), config: config?.yaml, flags, clock, runtime };
}

/** Returns a limited number of targets, the failing ones first. */
function limitTargets(reader: Reader, targets: readonly Target[]): readonly EvidenceTarget[] {
  const skippedCount = targets.length - maxTargets;
  if (skippedCount > 0) reader.note(`${skippedCount} more targets`, `only the first ${maxTargets} are kept`);
  const getRank = ({ health }: Target) => Number(health === "up");
  return targets
    .toSorted((first, second) => getRank(first) - getRank(second))
    .slice(0, maxTargets)
    .map(({ job, scrapeUrl, health, lastError, labels, discovered }) => ({
      job,
      url: scrapeUrl,
      health,
      lastError,
      labels,
      discovered,
    }));
}

const scalarSchema = z.object({
  data: z.object({ resultType: z.literal("scalar"), result: z.tuple([z.number(), z.string()]) }),
});

/**
 * Returns the time of Prometheus' clock and of this machine's clock, in seconds since the epoch. This machine's time
 * is the middle between request and response.
 * @throws Error if the response has neither a result nor a date
 */
async function readClock(
  { host, signal }: Context,
  baseUrl: string,
): Promise<NonNullable<PrometheusEvidence["clock"]>> {
  const requestedAt = host.now();
  const response = await host.fetch(`${baseUrl}/api/v1/query?query=time()`, { redirect: "manual", signal });
  const body = await readBody(response.body);
  const ownSeconds = (requestedAt + host.now()) / 2 / 1_000;
  const queriedTime = scalarSchema.safeParse(tryParseJson(body)).data?.data.result[1];
  // A starting Prometheus refuses queries, but its response has a date. It is cut to whole seconds, so the real time is
  // half a second later on average.
  const serverSeconds =
    queriedTime === undefined
      ? Date.parse(response.headers.get("date") ?? "") / 1_000 + 0.5
      : Number(queriedTime);
  if (!Number.isFinite(serverSeconds)) throw new Error(`HTTP ${response.status} without a time`);
  return { theirs: serverSeconds, ours: ownSeconds };
}

const statusSchema = z.object({
  versionInfo: z.object({ version: z.string() }).optional(),
  config: z.object({ original: z.string() }).optional(),
});

/** Reads Alertmanager's version and configuration. */
export async function gatherAlertmanager(
  reader: Reader,
  { url }: HttpEndpoint,
): Promise<AlertmanagerEvidence> {
  const status = await reader.read("Alertmanager's status", async (context) =>
    parseJson(
      expectOk(await sendRequest(context, `${url.replace(/(?<!\/)\/+$/, "")}/api/v2/status`)),
      statusSchema,
    ),
  );
  return { version: status?.versionInfo?.version, config: status?.config?.original };
}

type Endpoint = NonNullable<Stack["grafana"]>;

const maxCharacters = 4_000;

/** Reads Grafana's health, its datasources and the response of the default one's proxy. */
export async function gatherGrafana(reader: Reader, endpoint: Endpoint): Promise<GrafanaEvidence> {
  const [health, datasourcesOrRefusal] = await Promise.all([
    reader.read("Grafana's health", (context) => readHealth(context, endpoint)),
    reader.read("Grafana's datasources", (context) => readDatasources(context, endpoint)),
  ]);
  const datasources =
    datasourcesOrRefusal === "refused" || datasourcesOrRefusal === undefined ? [] : datasourcesOrRefusal;
  const defaultDatasource = datasources.find(({ isDefault }) => isDefault);
  const proxy =
    defaultDatasource &&
    (await reader.read(`Grafana's proxy to ${defaultDatasource.name}`, (context) =>
      queryThroughProxy(context, endpoint, defaultDatasource.uid),
    ));
  return {
    health,
    loginRefused: datasourcesOrRefusal === "refused",
    datasources: datasources.map(({ name, type, url, uid, isDefault }) => ({
      name,
      type,
      url,
      uid,
      isDefault,
    })),
    proxy: proxy && { status: proxy.status, body: proxy.body.slice(0, maxCharacters) },
  };
}

/** Returns the HTTP status of Grafana's health page and the state of the database. */
async function readHealth(
  context: Context,
  endpoint: Endpoint,
): Promise<NonNullable<GrafanaEvidence["health"]>> {
  const { status, body } = await sendRequest(context, `${getRootUrl(endpoint)}/api/health`);
  const parsed = z.looseObject({ database: z.string() }).safeParse(tryParseJson(body));
  return { status, database: parsed.data?.database };
}

/** Returns Grafana's datasources; `refused` if Grafana refuses the login. */
async function readDatasources(
  context: Context,
  endpoint: Endpoint,
): Promise<readonly Datasource[] | "refused"> {
  try {
    return await createGrafanaClient(context, endpoint).datasources();
  } catch (error) {
    if (error instanceof LoginRefused) return "refused";
    throw error;
  }
}

/**
 * Sends a query through Grafana's proxy to a datasource. Does not use Grafana's client, which takes any 401 for a
 * refused login; here it comes from the datasource.
 */
function queryThroughProxy(context: Context, endpoint: Endpoint, uid: string): Promise<HttpResponse> {
  const credentials = Buffer.from(`${endpoint.user}:${endpoint.password}`).toString("base64");
  const path = `/api/datasources/proxy/uid/${encodeUrlPart(uid)}/api/v1/query?query=vector(1)`;
  return sendRequest(context, `${getRootUrl(endpoint)}${path}`, {
    headers: { authorization: `Basic ${credentials}` },
  });
}

/** Returns Grafana's URL without slashes at its end. */
function getRootUrl({ url }: Endpoint): string {
  return url.replace(/(?<!\/)\/+$/, "");
}
