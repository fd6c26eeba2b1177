import { z } from "zod";
import type { Context } from "../host/host.ts";
import { encodeUrlPart } from "../lib/text.ts";
import { parseYaml } from "../lib/yaml-text.ts";
import {
  createUnexpectedError,
  expectMetrics,
  expectOk,
  type HttpResponse,
  parseJson,
  sendRequest,
  withoutTrailingSlash,
} from "./http.ts";
import type { HttpEndpoint } from "./stack.ts";

const statusSchema = z.object({
  cluster: z.object({ status: z.string(), peers: z.array(z.unknown()).nullish() }),
  versionInfo: z.object({ version: z.string() }),
});

const configSchema = z.object({ config: z.object({ original: z.string() }) });

const alertSchema = z.object({
  labels: z.record(z.string(), z.string()),
  receivers: z.array(z.object({ name: z.string() })),
  status: z.object({
    state: z.string(),
    silencedBy: z.array(z.string()),
    inhibitedBy: z.array(z.string()),
    mutedBy: z.array(z.string()).optional(),
  }),
});

/** An alert in Alertmanager, with its receivers. `state` is active, suppressed or unprocessed. */
export type HeldAlert = z.infer<typeof alertSchema>;

/** An alert as Alertmanager's API accepts it. Times are RFC 3339. */
export interface PostedAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
}

/**
 * Creates a client of Alertmanager's HTTP API v2. Each call throws HttpError if it fails. Replicas share silences but not
 * alerts: like Prometheus, `post` sends an alert to each replica, and `alerts` merges the alerts of all replicas.
 */
export function createAlertmanagerClient(context: Context, endpoint: HttpEndpoint) {
  const base = withoutTrailingSlash(endpoint.url);
  const listReplicaUrls = async (): Promise<readonly string[]> => {
    const replicas = (await endpoint.replicas?.()) ?? [];
    return replicas.length > 0 ? replicas.map(withoutTrailingSlash) : [base];
  };
  return {
    /** Returns the state of the cluster: ready, settling or disabled (one replica only). `peers` counts the replicas in it. */
    status: async () => {
      const response = expectOk(await sendRequest(context, `${base}/api/v2/status`));
      const status = parseJson(response, statusSchema);
      const { cluster, versionInfo } = status;
      return { cluster: cluster.status, peers: cluster.peers?.length ?? 0, version: versionInfo.version };
    },
    /** Returns the active configuration, parsed from YAML. Secrets are `<secret>` in it. */
    config: async (): Promise<unknown> => {
      const response = expectOk(await sendRequest(context, `${base}/api/v2/status`));
      return parseConfig(response, parseJson(response, configSchema).config.original);
    },
    /** Returns the unresolved alerts that match a filter, e.g. `alertname="X"`. */
    alerts: async (filter: string): Promise<HeldAlert[]> => {
      const responses = (await listReplicaUrls()).map(async (url) => {
        const response = await sendRequest(context, `${url}/api/v2/alerts?filter=${encodeUrlPart(filter)}`);
        return parseJson(expectOk(response), z.array(alertSchema));
      });
      return deduplicateByLabels((await Promise.all(responses)).flat());
    },
    post: async (alerts: readonly PostedAlert[]): Promise<void> => {
      const headers = { "content-type": "application/json" };
      const body = JSON.stringify(alerts);
      const posted = (await listReplicaUrls()).map((url) =>
        sendRequest(context, `${url}/api/v2/alerts`, { method: "POST", headers, body }),
      );
      for (const response of await Promise.all(posted)) expectOk(response);
    },
    /** Returns Alertmanager's own /metrics. */
    metrics: async (): Promise<string> => expectMetrics(await sendRequest(context, `${base}/metrics`)),
  };
}

/** Returns the alerts without duplicates. The labels identify an alert. */
function deduplicateByLabels(alerts: readonly HeldAlert[]): HeldAlert[] {
  const buildKey = ({ labels }: HeldAlert) =>
    JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return [...new Map(alerts.map((alert) => [buildKey(alert), alert])).values()];
}

/**
 * Returns the parsed configuration.
 * @throws HttpError if it is not YAML
 */
function parseConfig(response: HttpResponse, original: string): unknown {
  try {
    return parseYaml(original);
  } catch {
    throw createUnexpectedError(response, "a configuration that is not YAML");
  }
}
