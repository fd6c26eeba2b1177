import { predictOperatorObjects } from "../../kube/operator-made.ts";
import { parseDuration } from "../../lib/duration.ts";
import type { Fault } from "../../stack/check.ts";
import { type PrometheusClient, sumMetric, type Target } from "../../stack/prometheus.ts";
import type { Stack } from "../../stack/stack.ts";

/**
 * Grace periods of faults. All pods are ready when a grace period begins, so the remaining delays are known:
 * discovery, the first scrapes, the kubelet's own measuring, a changed ConfigMap on its way into a pod.
 */

/** Shortest grace period in milliseconds, for a slow machine under load. */
const minimumGraceMs = 10_000;
/** Prometheus passes new targets to its scrapers every 5 s. */
const discoveryMs = 5_000;
const defaultIntervalMs = 60_000;

/** Returns the milliseconds until a new target has been scraped the given number of times. */
export function computeScrapeGraceMs(scrapes: number, intervalMs: number): number {
  return Math.max(minimumGraceMs, discoveryMs + scrapes * intervalMs);
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
  const [targets, globalMs] = await Promise.all([client.targets(), readGlobalIntervalMs(client)]);
  const matchingTargets = targets.filter((target) => about.test(joinTargetTexts(target)));
  const intervals = matchingTargets.flatMap(({ intervalMs }) => intervalMs ?? []);
  return intervals.length > 0 ? Math.max(...intervals) : globalMs;
}

/** Returns the global scrape interval in milliseconds. */
export async function readGlobalIntervalMs(client: PrometheusClient): Promise<number> {
  const { global } = await client.config();
  return parseDuration(global?.scrape_interval ?? "") ?? defaultIntervalMs;
}

/**
 * Returns the milliseconds until a recently started Prometheus has scraped everything the given number of times; 0 if
 * it already has.
 */
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

/** Returns a target's job, URL and discovered labels as one text, a line each, for a pattern to search. */
function joinTargetTexts({ job, scrapeUrl, discovered }: Target): string {
  return [job, scrapeUrl, ...Object.values(discovered)].join("\n");
}

/**
 * Returns the milliseconds between two measurements of the kubelet's cAdvisor: 1 s where profile ci sets that on
 * monstack's own k3s, else 15 s. Its own default is 10 to 15 s; query-cpu needed up to 31 s on such a cluster.
 */
export function estimateHousekeepingMs({ plan: { config } }: Stack): number {
  const isCiCluster = config.cluster.kind === "k3s" && config.profile === "ci";
  const isOverridden = config.k3s.args.some((arg) => arg.includes("housekeeping-interval"));
  return isCiCluster && !isOverridden ? 1_000 : 15_000;
}

/** Delay in milliseconds: the kubelet updates a changed ConfigMap in its next sync, and the reloader must notice it. */
const configMapMs = 90_000;

/**
 * Returns the fault of a deployed configuration that Prometheus does not use yet. A running Prometheus reloads it late,
 * so its grace period is long; a new Prometheus reads it at its start.
 */
export async function createNotInForceFault(
  stack: Stack,
  client: PrometheusClient,
  id: string,
): Promise<Fault> {
  const started = sumMetric(await client.metrics(), "process_start_time_seconds");
  // An operator still writes the configuration after Prometheus has started.
  const isOperated = stack.rendered.some(({ objects }) => predictOperatorObjects(objects).length > 0);
  const isNew = !isOperated && started !== undefined && started * 1000 >= Date.parse(stack.deployedAt);
  return { id, graceMs: isNew ? minimumGraceMs : configMapMs };
}
