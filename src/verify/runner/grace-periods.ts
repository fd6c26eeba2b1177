import { operatorMade } from "../../kube/operator-made.ts";
import { parseDuration } from "../../lib/duration.ts";
import type { Fault } from "../../stack/check.ts";
import { type PrometheusClient, sumOfMetric, type Target } from "../../stack/prometheus.ts";
import type { Stack } from "../../stack/stack.ts";

/**
 * How long a fault may heal by itself. The pods are ready when the checks begin, so what is still to come is known:
 * discovery, the first scrapes, the kubelet's own measuring, a changed ConfigMap on its way into a pod.
 */

/** A slow, loaded machine may be this late, in milliseconds. */
const leastMs = 10_000;
/** Prometheus tells its scrapers of new targets every 5 s. */
const discoveryMs = 5_000;
const defaultIntervalMs = 60_000;

/** Until a new target has been scraped so many times. */
export function scrapeGraceMs(scrapes: number, intervalMs: number): number {
  return Math.max(leastMs, discoveryMs + scrapes * intervalMs);
}

/** A failure that the next scrapes of these targets would fix. `about` is looked for in job, URL and discovered labels. */
export async function scrapeFault(
  client: PrometheusClient,
  id: string,
  about: RegExp,
  { scrapes = 1, extraMs = 0 } = {},
): Promise<Fault> {
  return { id, graceMs: scrapeGraceMs(scrapes, await intervalOf(client, about)) + extraMs };
}

/** The longest scrape interval of these targets, in milliseconds; that of all jobs when there is no such target. */
export async function intervalOf(client: PrometheusClient, about: RegExp): Promise<number> {
  const [targets, usual] = await Promise.all([client.targets(), usualIntervalMs(client)]);
  const own = targets.filter((target) => about.test(textOf(target)));
  const intervals = own.flatMap(({ intervalMs }) => intervalMs ?? []);
  return intervals.length > 0 ? Math.max(...intervals) : usual;
}

/** The interval of the scrapes that have none of their own, in milliseconds. */
export async function usualIntervalMs(client: PrometheusClient): Promise<number> {
  const { global } = await client.config();
  return parseDuration(global?.scrape_interval ?? "") ?? defaultIntervalMs;
}

/** Milliseconds until a Prometheus that has just started has scraped everything so many times; 0 when it has. */
export async function scrapesToComeMs(
  { context }: Stack,
  client: PrometheusClient,
  scrapes: number,
): Promise<number> {
  const [exposition, intervalMs] = await Promise.all([client.metrics(), usualIntervalMs(client)]);
  const started = sumOfMetric(exposition, "process_start_time_seconds");
  if (started === undefined) return 0;
  return Math.max(0, started * 1000 + discoveryMs + scrapes * intervalMs - context.host.now());
}

function textOf({ job, scrapeUrl, discovered }: Target): string {
  return [job, scrapeUrl, ...Object.values(discovered)].join("\n");
}

/**
 * Milliseconds between two measurements of the kubelet's cAdvisor: profile ci sets one second on a k3s of ours, elsewhere
 * it is 10 to 15 (its own default; query-cpu was seen to need 31 s on such a cluster).
 */
export function housekeepingMs({ plan: { config } }: Stack): number {
  const ours = config.cluster.kind === "k3s" && config.profile === "ci";
  const changed = config.k3s.args.some((arg) => arg.includes("housekeeping-interval"));
  return ours && !changed ? 1_000 : 15_000;
}

/** A changed ConfigMap is in the pod after the kubelet's next round, and then has to be noticed there. */
const configMapMs = 90_000;

/** Something that was deployed is not in force: a Prometheus from before gets to know of it late, a new one at its start. */
export async function notInForce(stack: Stack, client: PrometheusClient, id: string): Promise<Fault> {
  const started = sumOfMetric(await client.metrics(), "process_start_time_seconds");
  // An operator goes on writing its configuration after it has started.
  const isOperated = stack.rendered.some(({ objects }) => operatorMade(objects).length > 0);
  const isNew = !isOperated && started !== undefined && started * 1000 >= Date.parse(stack.deployedAt);
  return { id, graceMs: isNew ? leastMs : configMapMs };
}
