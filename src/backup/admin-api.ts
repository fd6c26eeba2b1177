import { z } from "zod";
import type { Context } from "../host/host.ts";
import { parseDuration } from "../lib/duration.ts";
import { InstallError, UserError } from "../lib/errors.ts";
import { encodeUrlPart } from "../lib/text.ts";
import { createUnexpectedError, expectOk, parseJson, sendRequest, tryParseJson } from "../stack/http.ts";
import { createPrometheusClient } from "../stack/prometheus.ts";
import type { HttpEndpoint } from "../stack/stack.ts";

/** Milliseconds. A snapshot writes the whole head block. */
const snapshotTimeoutMs = 300_000;

export interface Server {
  readonly version: string;
  /** Where it stores, as its own container sees it. */
  readonly dataDir: string;
  /** Milliseconds; undefined: it keeps by size alone. */
  readonly retentionMs: number | undefined;
}

function getBaseUrl({ url }: HttpEndpoint): string {
  return url.replace(/(?<!\/)\/+$/, "");
}

/** What Prometheus says of itself. */
export async function inspectServer(context: Context, endpoint: HttpEndpoint): Promise<Server> {
  const dataOf = async <T>(path: string, schema: z.ZodType<T>): Promise<T> => {
    const answer = expectOk(await sendRequest(context, `${getBaseUrl(endpoint)}/api/v1/status/${path}`));
    return parseJson(answer, z.object({ data: schema })).data;
  };
  const [flags, build, runtime] = await Promise.all([
    createPrometheusClient(context, endpoint).flags(),
    dataOf("buildinfo", z.object({ version: z.string() })),
    dataOf("runtimeinfo", z.object({ storageRetention: z.string() })),
  ]);
  const dataDir = flags["storage.tsdb.path"];
  if (dataDir === undefined) throw new InstallError("this Prometheus stores nothing: it runs as an agent");
  // `15d`, `10GiB`, or `15d or 10GiB`.
  const retention = runtime.storageRetention.split(" or ").map((part) => parseDuration(part.trim()));
  return {
    version: build.version,
    dataDir,
    retentionMs: retention.find((ms) => ms !== undefined && ms > 0),
  };
}

/**
 * Makes a snapshot of all that Prometheus holds, the head block too.
 * @returns its name: the folder below `snapshots` in the data folder
 * @throws UserError where the admin API is off.
 */
export async function takeSnapshot(context: Context, endpoint: HttpEndpoint): Promise<string> {
  const url = `${getBaseUrl(endpoint)}/api/v1/admin/tsdb/snapshot?skip_head=false`;
  const answer = await sendRequest(context, url, { method: "POST" }, snapshotTimeoutMs);
  if (answer.status === 503 && /admin APIs? disabled/i.test(answer.body)) {
    throw new UserError("Prometheus' admin API is off, and a backup begins with its snapshot", {
      fix: "in the prometheus chart's values: server.extraFlags: [web.enable-lifecycle, web.enable-admin-api]; in kube-prometheus-stack's: prometheus.prometheusSpec.enableAdminAPI: true. Profile ci sets it where your values leave it open",
    });
  }
  const schema = z.object({ data: z.object({ name: z.string().regex(/^[\w.-]+$/) }) });
  if (answer.status !== 200) throw createUnexpectedError(answer, `HTTP ${answer.status}`);
  return parseJson(answer, schema).data.name;
}

const valueSchema = z.object({
  data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }),
});

/**
 * Returns the only value of an expression; undefined while it has no sample.
 * @param time in seconds since the epoch; undefined: now
 * @throws HttpError when Prometheus refuses.
 */
export async function queryValue(
  context: Context,
  endpoint: HttpEndpoint,
  query: string,
  time?: number,
): Promise<string | undefined> {
  const path = `/api/v1/query?query=${encodeUrlPart(query)}${time === undefined ? "" : `&time=${time}`}`;
  const answer = await sendRequest(context, `${getBaseUrl(endpoint)}${path}`);
  const json = tryParseJson(answer.body);
  if (answer.status !== 200 || json === undefined)
    throw createUnexpectedError(answer, `HTTP ${answer.status}`);
  return parseJson(answer, valueSchema).data.result[0]?.value[1];
}
