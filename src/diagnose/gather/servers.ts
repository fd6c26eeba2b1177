import { z } from "zod";
import type { Context } from "../../host/host.ts";
import { readBody } from "../../host/read-body.ts";
import { encodeUrlPart } from "../../lib/text.ts";
import { createGrafanaClient, type Datasource, LoginRefused } from "../../stack/grafana.ts";
import { expectOk, type HttpResponse, parseJson, sendRequest, tryParseJson } from "../../stack/http.ts";
import { createPrometheusClient, type Target } from "../../stack/prometheus.ts";
import type { HttpEndpoint, Stack } from "../../stack/stack.ts";
import type {
  AlertmanagerEvidence,
  EvidenceTarget,
  GrafanaEvidence,
  PrometheusEvidence,
} from "../evidence.ts";
import type { Reader } from "./reader.ts";

const mostTargets = 500;

/** Reads Prometheus' targets, configuration, flags, clock and runtime information. */
export async function gatherPrometheus(reader: Reader, endpoint: HttpEndpoint): Promise<PrometheusEvidence> {
  const base = endpoint.url.replace(/(?<!\/)\/+$/, "");
  const status = <T>(path: string, schema: z.ZodType<T>) =>
    reader.read(`Prometheus' ${path}`, async (context) => {
      const response = expectOk(await sendRequest(context, `${base}/api/v1/status/${path}`));
      return parseJson(response, z.object({ status: z.literal("success"), data: schema })).data;
    });
  const [targets, config, flags, clock, runtime] = await Promise.all([
    reader.read("Prometheus' targets", (context) => createPrometheusClient(context, endpoint).targets()),
    status("config", z.object({ yaml: z.string() })),
    status("flags", z.record(z.string(), z.string())),
    reader.read("Prometheus' clock", (context) => readClock(context, base)),
    status("runtimeinfo", z.record(z.string(), z.unknown())),
  ]);
  return { targets: limitTargets(reader, targets ?? []), config: config?.yaml, flags, clock, runtime };
}

/** Returns a bounded number of targets, the failing ones first. */
function limitTargets(reader: Reader, targets: readonly Target[]): readonly EvidenceTarget[] {
  const left = targets.length - mostTargets;
  if (left > 0) reader.note(`${left} more targets`, `only the first ${mostTargets} are kept`);
  const isUp = ({ health }: Target) => Number(health === "up");
  return targets
    .toSorted((one, other) => isUp(one) - isUp(other))
    .slice(0, mostTargets)
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

/** Returns both clocks in seconds since the epoch; ours is the middle between request and response. */
async function readClock({ host, signal }: Context, base: string) {
  const requested = host.now();
  const response = await host.fetch(`${base}/api/v1/query?query=time()`, { redirect: "manual", signal });
  const body = await readBody(response.body);
  const ours = (requested + host.now()) / 2_000;
  const parsed = scalarSchema.safeParse(tryParseJson(body)).data?.data.result[1];
  // A starting Prometheus refuses queries, but its response has a date, to the second.
  const theirs =
    parsed === undefined ? Date.parse(response.headers.get("date") ?? "") / 1_000 + 0.5 : Number(parsed);
  if (!Number.isFinite(theirs)) throw new Error(`HTTP ${response.status} without a time`);
  return { theirs, ours };
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

const mostCharacters = 4_000;

/** Reads Grafana's health, its datasources and the response of the default one's proxy. */
export async function gatherGrafana(reader: Reader, endpoint: Endpoint): Promise<GrafanaEvidence> {
  const [health, listed] = await Promise.all([
    reader.read("Grafana's health", (context) => readHealth(context, endpoint)),
    reader.read("Grafana's datasources", (context) => readDatasources(context, endpoint)),
  ]);
  const datasources = listed === "refused" || listed === undefined ? [] : listed;
  const standard = datasources.find(({ isDefault }) => isDefault);
  const proxy =
    standard &&
    (await reader.read(`Grafana's proxy to ${standard.name}`, (context) =>
      queryThroughProxy(context, endpoint, standard.uid),
    ));
  return {
    health,
    loginRefused: listed === "refused",
    datasources: datasources.map(({ name, type, url, uid, isDefault }) => ({
      name,
      type,
      url,
      uid,
      isDefault,
    })),
    proxy: proxy && { status: proxy.status, body: proxy.body.slice(0, mostCharacters) },
  };
}

async function readHealth(context: Context, endpoint: Endpoint) {
  const { status, body } = await sendRequest(context, `${toRootUrl(endpoint)}/api/health`);
  const parsed = z.looseObject({ database: z.string() }).safeParse(tryParseJson(body));
  return { status, database: parsed.data?.database };
}

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

/** Reads without Grafana's client: here a 401 comes from the datasource, and is not a refused login. */
function queryThroughProxy(context: Context, endpoint: Endpoint, uid: string): Promise<HttpResponse> {
  const credentials = Buffer.from(`${endpoint.user}:${endpoint.password}`).toString("base64");
  const path = `/api/datasources/proxy/uid/${encodeUrlPart(uid)}/api/v1/query?query=vector(1)`;
  return sendRequest(context, `${toRootUrl(endpoint)}${path}`, {
    headers: { authorization: `Basic ${credentials}` },
  });
}

function toRootUrl({ url }: Endpoint): string {
  return url.replace(/(?<!\/)\/+$/, "");
}
