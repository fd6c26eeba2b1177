import { z } from "zod";
import type { Context } from "../host/host.ts";
import { encodeUrlPart } from "../lib/text.ts";
import { parseYaml } from "../lib/yaml-text.ts";
import { type Answer, expectOk, parseJson, send, unexpected } from "./http.ts";
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

/** An alert that Alertmanager has, and what it does with it. `state`: active, suppressed or unprocessed. */
export type HeldAlert = z.infer<typeof alertSchema>;

/** As Alertmanager's API takes it; times are RFC 3339. */
export interface PostedAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
}

/**
 * Alertmanager's HTTP API v2. Each call throws HttpError on anything but a good answer. Replicas share silences, but no alerts:
 * Prometheus posts an alert to each of them, and so does `post`; `alerts` has what any of them has.
 */
export function alertmanagerClient(context: Context, endpoint: HttpEndpoint) {
  const baseOf = (url: string) => url.replace(/(?<!\/)\/+$/, "");
  const base = baseOf(endpoint.url);
  const all = async (): Promise<readonly string[]> => {
    const replicas = (await endpoint.replicas?.()) ?? [];
    return replicas.length > 0 ? replicas.map(baseOf) : [base];
  };
  return {
    /** `cluster` is ready, settling or disabled (a single one); `peers` counts the replicas that know each other. */
    status: async () => {
      const answer = expectOk(await send(context, `${base}/api/v2/status`));
      const status = parseJson(answer, statusSchema);
      const { cluster, versionInfo } = status;
      return { cluster: cluster.status, peers: cluster.peers?.length ?? 0, version: versionInfo.version };
    },
    /** The configuration in force, parsed from YAML. Secrets are `<secret>` in it. */
    config: async (): Promise<unknown> => {
      const answer = expectOk(await send(context, `${base}/api/v2/status`));
      return parseConfig(answer, parseJson(answer, configSchema).config.original);
    },
    /** The alerts that it has and that fit a matcher, e.g. `alertname="X"`; resolved ones are not among them. */
    alerts: async (filter: string): Promise<HeldAlert[]> => {
      const held = (await all()).map(async (one) => {
        const answer = await send(context, `${one}/api/v2/alerts?filter=${encodeUrlPart(filter)}`);
        return parseJson(expectOk(answer), z.array(alertSchema));
      });
      return distinct((await Promise.all(held)).flat());
    },
    post: async (alerts: readonly PostedAlert[]): Promise<void> => {
      const headers = { "content-type": "application/json" };
      const body = JSON.stringify(alerts);
      const posted = (await all()).map((one) =>
        send(context, `${one}/api/v2/alerts`, { method: "POST", headers, body }),
      );
      for (const answer of await Promise.all(posted)) expectOk(answer);
    },
    /** Its own metrics as they are now. */
    metrics: async (): Promise<string> => {
      const answer = expectOk(await send(context, `${base}/metrics`));
      if (/^\s*</.test(answer.body)) throw unexpected(answer, "HTML, not metrics");
      return answer.body;
    },
  };
}

/** By their labels, which are what an alert is known by. */
function distinct(alerts: readonly HeldAlert[]): HeldAlert[] {
  const key = ({ labels }: HeldAlert) =>
    JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return [...new Map(alerts.map((alert) => [key(alert), alert])).values()];
}

function parseConfig(answer: Answer, original: string): unknown {
  try {
    return parseYaml(original);
  } catch {
    throw unexpected(answer, "a configuration that is no YAML");
  }
}
