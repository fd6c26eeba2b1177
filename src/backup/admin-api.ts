import { z } from "zod";
import type { Context } from "../host/host.ts";
import { parseDuration } from "../lib/duration.ts";
import { InstallError, UserError } from "../lib/errors.ts";
import { encodeUrlPart, tryParseJson } from "../lib/text.ts";
import { createUnexpectedError, expectOk, parseJson, sendRequest } from "../stack/http.ts";
import { createPrometheusClient } from "../stack/prometheus.ts";
import type { HttpEndpoint } from "../stack/stack.ts";

/** Milliseconds. Prometheus writes the whole head block for a snapshot. */
const snapshotTimeoutMs = 300_000;

/** The properties of a Prometheus server that a backup or restore needs. */
export interface Server {
  readonly version: string;
  /** Path of the data folder in Prometheus' own container. */
  readonly dataDir: string;
  /** Retention in milliseconds; undefined if only a size limits it. */
  readonly retentionMs: number | undefined;
}

/** Returns an endpoint's URL without slashes at its end. */
function getBaseUrl({ url }: HttpEndpoint): string {
  return url.replace(/(?<!\/)\/+$/, "");
}

/** Returns Prometheus' version, data folder and retention. @throws InstallError if this Prometheus has no storage */
export async function inspectServer(context: Context, endpoint: HttpEndpoint): Promise<Server> {
  const readStatus = async <T>(path: string, schema: z.ZodType<T>): Promise<T> => {
    const response = expectOk(await sendRequest(context, `${getBaseUrl(endpoint)}/api/v1/status/${path}`));
    return parseJson(response, z.object({ data: schema })).data;
  };
  const [flags, build, runtime] = await Promise.all([
    createPrometheusClient(context, endpoint).flags(),
    readStatus("buildinfo", z.object({ version: z.string() })),
    readStatus("runtimeinfo", z.object({ storageRetention: z.string() })),
  ]);
  const dataDir = flags["storage.tsdb.path"];
  if (dataDir === undefined) throw new InstallError("this Prometheus stores nothing: it runs as an agent");
  // storageRetention is e.g. `15d`, `10GiB`, or `15d or 10GiB`.
  const durations = runtime.storageRetention.split(" or ").map((part) => parseDuration(part.trim()));
  return {
    version: build.version,
    dataDir,
    retentionMs: durations.find((ms) => ms !== undefined && ms > 0),
  };
}

/**
 * Makes Prometheus write a snapshot of all its data, including the head block.
 * @returns the snapshot's name, which is its folder below `snapshots` in the data folder
 * @throws UserError if the admin API is off
 */
export async function takeSnapshot(context: Context, endpoint: HttpEndpoint): Promise<string> {
  const url = `${getBaseUrl(endpoint)}/api/v1/admin/tsdb/snapshot?skip_head=false`;
  const response = await sendRequest(context, url, { method: "POST" }, snapshotTimeoutMs);
  if (response.status === 503 && /admin APIs? disabled/i.test(response.body)) {
    throw new UserError("Prometheus' admin API is off, and a backup begins with its snapshot", {
      fix: "in the prometheus chart's values: server.extraFlags: [web.enable-lifecycle, web.enable-admin-api]; in kube-prometheus-stack's: prometheus.prometheusSpec.enableAdminAPI: true. Profile ci sets it where your values leave it open",
    });
  }
  const schema = z.object({ data: z.object({ name: z.string().regex(/^[\w.-]+$/) }) });
  if (response.status !== 200) throw createUnexpectedError(response, `HTTP ${response.status}`);
  return parseJson(response, schema).data.name;
}

const valueSchema = z.object({
  data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }),
});

/**
 * Returns the value of an expression that has one series; undefined if it has no sample.
 * @param time seconds since the epoch; undefined: now
 * @throws HttpError if Prometheus refuses the query
 */
export async function queryValue(
  context: Context,
  endpoint: HttpEndpoint,
  query: string,
  time?: number,
): Promise<string | undefined> {
  const path = `/api/v1/query?query=${encodeUrlPart(query)}${time === undefined ? "" : `&time=${time}`}`;
  const response = await sendRequest(context, `${getBaseUrl(endpoint)}${path}`);
  const json = tryParseJson(response.body);
  if (response.status !== 200 || json === undefined)
    throw createUnexpectedError(response, `HTTP ${response.status}`);
  return parseJson(response, valueSchema).data.result[0]?.value[1];
}
