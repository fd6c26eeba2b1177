import { ownAlerts } from "../alerting/own-alerts.ts";
import { describeError } from "../lib/errors.ts";
import type { PrometheusClient } from "./prometheus.ts";

/** The most names of metrics in an inventory. */
export const maxMetricNames = 5_000;
/** The most jobs, alerts, workloads and metrics with their numbers of series in an inventory. */
export const maxInventoryItems = 500;

/** What a Prometheus holds. The lists are bounded. */
export interface StackInventory {
  /** Series in the head block; undefined if they could not be counted. */
  readonly series: number | undefined;
  /** Series of the last scrapes of each job, after relabelling. */
  readonly jobs: Readonly<Record<string, number>>;
  /** Series of the metrics with the most series, the largest first. */
  readonly metrics: Readonly<Record<string, number>>;
  /** The names of all metrics in alphabetical order; undefined if they could not be read, or if there are too many. */
  readonly metricNames: readonly string[] | undefined;
  readonly alerts: Readonly<Record<string, "pending" | "firing">>;
  /** What could not be read, and why. */
  readonly missing: readonly string[];
}

/**
 * Reads what a Prometheus holds, with four requests at the same time. Never throws: what could not be read is listed
 * in `missing`.
 */
export async function readInventory(
  prometheus: Pick<PrometheusClient, "tsdbStatus" | "metricNames" | "query" | "alerts">,
): Promise<StackInventory> {
  const missing: string[] = [];
  const read = async <T>(what: string, request: Promise<T>): Promise<T | undefined> =>
    await request.catch((error: unknown) => {
      missing.push(`${what}: ${describeError(error)}`);
      return undefined;
    });
  const [status, names, samples = [], alerts = []] = await Promise.all([
    read("the numbers of series", prometheus.tsdbStatus(maxInventoryItems)),
    read("the names of metrics", prometheus.metricNames(maxMetricNames + 1)),
    // One series for each target: it costs nothing on a large stack, unlike counting all series by job.
    read("the jobs", prometheus.query("sum by (job) (scrape_samples_post_metric_relabeling)")),
    read("the alerts", prometheus.alerts()),
  ]);
  const states = alerts.flatMap(({ labels, state }) => {
    const name = labels["alertname"];
    // monstack's own alert says nothing about the stack.
    if (name === undefined || ownAlerts.includes(name)) return [];
    return state === "pending" || state === "firing" ? [[name, state] as const] : [];
  });
  const hasTooManyNames = names !== undefined && names.length > maxMetricNames;
  if (hasTooManyNames) missing.push(`the names of metrics: there are more than ${maxMetricNames}`);
  return {
    series: status?.series,
    jobs: limitRecord(samples.map(({ labels, value }) => [labels["job"] ?? "", value])),
    metrics: limitRecord((status?.largest ?? []).map(({ name, value }) => [name, value])),
    metricNames: hasTooManyNames ? undefined : names,
    // Several alerts can have one name: the name is firing if one of them is.
    alerts: limitRecord(states.toSorted(([, a], [, b]) => (a === b ? 0 : a === "firing" ? -1 : 1))),
    missing,
  };
}

/** Returns the first items as a record. The first value of a key counts. */
function limitRecord<T>(items: readonly (readonly [name: string, value: T])[]): Record<string, T> {
  const found = new Map<string, T>();
  // As a key, this name would change the object's prototype when the file is read.
  for (const [name, value] of items.slice(0, maxInventoryItems))
    if (name !== "__proto__" && !found.has(name)) found.set(name, value);
  return Object.fromEntries(found);
}
