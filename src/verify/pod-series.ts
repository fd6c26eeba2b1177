import { namespacesOf } from "../model/rendered.ts";
import { listPods } from "../stack/kube.ts";
import { type PrometheusClient, prometheusClient, type Sample } from "../stack/prometheus.ts";
import type { Fault, Stack, Verdict } from "../stack/types.ts";
import { count, listOf, notDeployed, pass } from "../stack/verdicts.ts";
import { type Freshness, freshnessOf, staleness } from "./freshness.ts";
import { housekeepingMs, intervalOf, scrapeFault } from "./graces.ts";
import { whyNoMetric } from "./why-no-metric.ts";

/** A query that gives one value for each pod, and what it is made of. */
export interface PodQuery {
  /** The query as people write it, `by (pod)`. */
  readonly expression: string;
  /** The metric in it: when its samples were taken shows whether they are of this deployment. */
  readonly metric: string;
  /** The range that is looked at, in milliseconds: two scrapes must be in it. Undefined: one is enough. */
  readonly windowMs?: number;
  readonly cause: string;
}

/** Every running pod of the stack must have a finite value, made of samples of this deployment. */
export async function judgePodQuery(stack: Stack, query: PodQuery): Promise<Verdict> {
  if (stack.prometheus === undefined) return notDeployed("Prometheus");
  const client = prometheusClient(stack.context, stack.prometheus);
  const namespaces = namespacesOf(stack.rendered);
  const taken = `max by (pod) (timestamp(${query.metric}{namespace=~"${namespaces.join("|")}",pod!=""}))`;
  const [values, times, freshness, pods] = await Promise.all([
    client.query(query.expression),
    client.query(taken),
    freshnessOf(client, stack.deployedAt),
    runningPods(stack, namespaces),
  ]);
  const where = `of namespace ${listOf(namespaces)}`;
  const expected = `a finite value for each of ${count(pods.length, "running pod")} ${where}: ${query.expression}`;
  const failed = { status: "fail", expected } as const;
  if (pods.length === 0) {
    const fault = { id: "no-running-pod", graceMs: 12_000 };
    return { ...failed, seen: `no running pod ${where}`, fault };
  }
  // The root cgroup and the node's services come without a pod; they prove nothing about pods.
  const ofPods = values.filter(({ labels }) => (labels["pod"] ?? "") !== "");
  if (ofPods.length === 0) {
    const others =
      values.length === 0 ? "an empty answer" : `only ${count(values.length, "series")} without a pod`;
    const fault = await faultOf(stack, client, query, freshness);
    const reason =
      times.length === 0 ? await whyNoMetric(stack, client, "cadvisor", query.metric) : undefined;
    return { ...failed, seen: others, cause: query.cause, fault, ...reason };
  }
  const lacking = pods.flatMap((pod) => lacks(pod, ofPods, times, freshness));
  const odd = ofPods.filter(({ value }) => !Number.isFinite(value));
  const wrong = [...new Set([...odd.map(({ labels, text }) => `${labels["pod"]} is ${text}`), ...lacking])];
  if (wrong.length > 0) {
    const fault = await faultOf(stack, client, query, freshness);
    return { ...failed, seen: listOf(wrong), cause: query.cause, fault };
  }
  return pass(
    `${count(ofPods.length, "pod")} with a value, all ${pods.length} running ones ${where} among them`,
  );
}

/** The kubelet measures at its own pace; but when it is scraped at all, the metric is there for something at once. */
async function faultOf(
  stack: Stack,
  client: PrometheusClient,
  { metric, windowMs }: PodQuery,
  freshness: Freshness,
): Promise<Fault> {
  const about = /cadvisor/;
  if (windowMs !== undefined && 2 * (await intervalOf(client, about)) > windowMs)
    return { id: "window-too-short", graceMs: 0 };
  const [newest] = await client.query(`max(timestamp(${metric}))`);
  if (newest === undefined || staleness(newest, freshness) !== undefined)
    return await scrapeFault(client, "query-metric-missing", about);
  const scrapes = windowMs === undefined ? 1 : 2;
  const extraMs = scrapes * housekeepingMs(stack);
  return await scrapeFault(client, "query-pods-missing", about, { scrapes, extraMs });
}

function lacks(
  { name, startedAt }: RunningPod,
  values: readonly Sample[],
  times: readonly Sample[],
  freshness: Freshness,
): string[] {
  const of = (samples: readonly Sample[]) => samples.find(({ labels }) => labels["pod"] === name);
  const time = of(times);
  if (of(values) === undefined || time === undefined) return [`${name} has no value`];
  const why = staleness(time, freshness, startedAt);
  return why === undefined ? [] : [`${name} ${why}`];
}

/** A name alone says little: an earlier pod may have had it. */
export interface RunningPod {
  readonly name: string;
  readonly uid: string | undefined;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/** The pods that run and are to go on running. */
export async function runningPods(stack: Stack, namespaces: readonly string[]): Promise<RunningPod[]> {
  const pods = (await Promise.all(namespaces.map((namespace) => listPods(stack, namespace)))).flat();
  return pods
    .filter(({ metadata, status }) => status?.phase === "Running" && !metadata?.deletionTimestamp)
    .map(({ metadata, status }) => ({
      name: metadata?.name ?? "",
      uid: metadata?.uid,
      startedAt: Number(status?.startTime ?? metadata?.creationTimestamp ?? 0),
    }));
}
