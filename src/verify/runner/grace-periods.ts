import { predictOperatorObjects } from "../../kube/operator-made.ts";
import { parseDuration } from "../../lib/duration.ts";
import type { Fault } from "../../stack/check.ts";
import { type PrometheusClient, sumMetric, type Target } from "../../stack/prometheus.ts";
import type { Stack } from "../../stack/stack.ts";

/**
 * Grace periods of faults. The pods are ready when the checks begin, so the remaining delays are known:
 * discovery, the first scrapes, the kubelet's own measuring, a changed ConfigMap on its way into a pod.
 */

/** Shortest grace period in milliseconds, for a slow machine under load. */
const leastMs = 10_000;
/** Prometheus passes new targets to its scrapers every 5 s. */
const discoveryMs = 5_000;
const defaultIntervalMs = 60_000;

/** Returns the milliseconds until a new target has been scraped that often. */
export function computeScrapeGraceMs(scrapes: number, intervalMs: number): number {
  return Math.max(leastMs, discoveryMs + scrapes * intervalMs);
}

/** Returns a fault that the next scrapes of some targets can clear. `about` matches their job, URL or discovered labels. */
export async function createScrapeFault(
  client: PrometheusClient,
  id: string,
  about: RegExp,
  { scrapes = 1, extraMs = 0 } = {},
): Promise<Fault> {
  return { id, graceMs: computeScrapeGraceMs(scrapes, await findLongestIntervalMs(client, about)) + extraMs };
}

/** Returns the longest scrape interval of these targets in milliseconds; the global one if there are none. */
export async function findLongestIntervalMs(client: PrometheusClient, about: RegExp): Promise<number> {
  const [targets, usual] = await Promise.all([client.targets(), readGlobalIntervalMs(client)]);
  const own = targets.filter((target) => about.test(joinTargetTexts(target)));
  const intervals = own.flatMap(({ intervalMs }) => intervalMs ?? []);
  return intervals.length > 0 ? Math.max(...intervals) : usual;
}

/** Returns the global scrape interval in milliseconds. */
export async function readGlobalIntervalMs(client: PrometheusClient): Promise<number> {
  const { global } = await client.config();
  return parseDuration(global?.scrape_interval ?? "") ?? defaultIntervalMs;
}

/** Returns the milliseconds until a recently started Prometheus has scraped everything that often; 0 if it has. */
export async function computeScrapesToComeMs(
  { context }: Stack,
  client: PrometheusClient,
  scrapes: number,
): Promise<number> {
  const [exposition, intervalMs] = await Promise.all([client.metrics(), readGlobalIntervalMs(client)]);
  const started = sumMetric(exposition, "process_start_time_seconds");
  if (started === undefined) return 0;
  return Math.max(0, started * 1000 + discoveryMs + scrapes * intervalMs - context.host.now());
}

function joinTargetTexts({ job, scrapeUrl, discovered }: Target): string {
  return [job, scrapeUrl, ...Object.values(discovered)].join("\n");
}

/**
 * Milliseconds between two measurements of the kubelet's cAdvisor: profile ci sets one second on a k3s of ours, elsewhere
 * it is 10 to 15 (its own default; query-cpu was seen to need 31 s on such a cluster).
 */
export function estimateHousekeepingMs({ plan: { config } }: Stack): number {
  const ours = config.cluster.kind === "k3s" && config.profile === "ci";
  const changed = config.k3s.args.some((arg) => arg.includes("housekeeping-interval"));
  return ours && !changed ? 1_000 : 15_000;
}

/** Delay in milliseconds: the kubelet updates a changed ConfigMap in its next sync, and the reloader must notice it. */
const configMapMs = 90_000;

/** Returns the fault of a deployed configuration that is not in force: a running Prometheus loads it late, a new one at its start. */
export async function createNotInForceFault(
  stack: Stack,
  client: PrometheusClient,
  id: string,
): Promise<Fault> {
  const started = sumMetric(await client.metrics(), "process_start_time_seconds");
  // An operator still writes the configuration after Prometheus has started.
  const isOperated = stack.rendered.some(({ objects }) => predictOperatorObjects(objects).length > 0);
  const isNew = !isOperated && started !== undefined && started * 1000 >= Date.parse(stack.deployedAt);
  return { id, graceMs: isNew ? leastMs : configMapMs };
}
