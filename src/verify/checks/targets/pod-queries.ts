import { formatCount, formatList } from "../../../lib/text.ts";
import { findWorkloadsByName, listNamespaces } from "../../../model/rendered.ts";
import { type Check, type Fault, pass, skipNotDeployed, type Verdict } from "../../../stack/check.ts";
import { listPods } from "../../../stack/kube.ts";
import {
  buildSeriesKey,
  createPrometheusClient,
  type PrometheusClient,
  type Sample,
} from "../../../stack/prometheus.ts";
import type { Stack } from "../../../stack/stack.ts";
import { explainStaleness, type Freshness, readFreshness } from "../../runner/freshness.ts";
import {
  createScrapeFault,
  estimateHousekeepingMs,
  findLongestIntervalMs,
} from "../../runner/grace-periods.ts";
import { explainMissingMetric } from "../../targets/missing-metrics.ts";
import { type StackWith, withPrometheus } from "../required-services.ts";

/** A query with one value for each pod. */
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
  if (stack.prometheus === undefined) return skipNotDeployed("Prometheus");
  const client = createPrometheusClient(stack.context, stack.prometheus);
  const namespaces = listNamespaces(stack.rendered);
  const taken = `max by (pod) (timestamp(${query.metric}{namespace=~"${namespaces.join("|")}",pod!=""}))`;
  const [values, times, freshness, pods] = await Promise.all([
    client.query(query.expression),
    client.query(taken),
    readFreshness(client, stack.deployedAt),
    listRunningPods(stack, namespaces),
  ]);
  const where = `of namespace ${formatList(namespaces)}`;
  const expected = `a finite value for each of ${formatCount(pods.length, "running pod")} ${where}: ${query.expression}`;
  const failed = { status: "fail", expected } as const;
  if (pods.length === 0) {
    const fault = { id: "no-running-pod", graceMs: 12_000 };
    return { ...failed, seen: `no running pod ${where}`, fault };
  }
  // The root cgroup and the node's services come without a pod; they prove nothing about pods.
  const ofPods = values.filter(({ labels }) => (labels["pod"] ?? "") !== "");
  if (ofPods.length === 0) {
    const others =
      values.length === 0 ? "an empty answer" : `only ${formatCount(values.length, "series")} without a pod`;
    const fault = await findFault(stack, client, query, freshness);
    const reason =
      times.length === 0 ? await explainMissingMetric(stack, client, "cadvisor", query.metric) : undefined;
    return { ...failed, seen: others, cause: query.cause, fault, ...reason };
  }
  const lacking = pods.flatMap((pod) => findMissingSample(pod, ofPods, times, freshness));
  const odd = ofPods.filter(({ value }) => !Number.isFinite(value));
  const wrong = [...new Set([...odd.map(({ labels, text }) => `${labels["pod"]} is ${text}`), ...lacking])];
  if (wrong.length > 0) {
    const fault = await findFault(stack, client, query, freshness);
    return { ...failed, seen: formatList(wrong), cause: query.cause, fault };
  }
  return pass(
    `${formatCount(ofPods.length, "pod")} with a value, all ${pods.length} running ones ${where} among them`,
  );
}

/** The kubelet measures at its own pace; but when it is scraped at all, the metric is there for something at once. */
async function findFault(
  stack: Stack,
  client: PrometheusClient,
  { metric, windowMs }: PodQuery,
  freshness: Freshness,
): Promise<Fault> {
  const about = /cadvisor/;
  if (windowMs !== undefined && 2 * (await findLongestIntervalMs(client, about)) > windowMs)
    return { id: "window-too-short", graceMs: 0 };
  const [newest] = await client.query(`max(timestamp(${metric}))`);
  if (newest === undefined || explainStaleness(newest, freshness) !== undefined)
    return await createScrapeFault(client, "query-metric-missing", about);
  const scrapes = windowMs === undefined ? 1 : 2;
  const extraMs = scrapes * estimateHousekeepingMs(stack);
  return await createScrapeFault(client, "query-pods-missing", about, { scrapes, extraMs });
}

function findMissingSample(
  { name, startedAt }: RunningPod,
  values: readonly Sample[],
  times: readonly Sample[],
  freshness: Freshness,
): string[] {
  const of = (samples: readonly Sample[]) => samples.find(({ labels }) => labels["pod"] === name);
  const time = of(times);
  if (of(values) === undefined || time === undefined) return [`${name} has no value`];
  const why = explainStaleness(time, freshness, startedAt);
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
export async function listRunningPods(stack: Stack, namespaces: readonly string[]): Promise<RunningPod[]> {
  const pods = (await Promise.all(namespaces.map((namespace) => listPods(stack, namespace)))).flat();
  return pods
    .filter(({ metadata, status }) => status?.phase === "Running" && !metadata?.deletionTimestamp)
    .map(({ metadata, status }) => ({
      name: metadata?.name ?? "",
      uid: metadata?.uid,
      startedAt: Number(status?.startTime ?? metadata?.creationTimestamp ?? 0),
    }));
}

export const queryCpu: Check = {
  id: "query-cpu",
  title: "CPU usage of pods can be queried",
  severity: "error",
  meaning: "Dashboards and alerts on the CPU of pods stay empty.",
  fix: "see whether the targets of kubernetes-nodes-cadvisor are up, and whether scrape_interval is at most half of 5m",
  run: (stack) =>
    judgePodQuery(stack, {
      expression: "sum(rate(container_cpu_usage_seconds_total[5m])) by (pod)",
      metric: "container_cpu_usage_seconds_total",
      windowMs: 5 * 60_000,
      cause:
        "rate() needs two scrapes of the kubelet's cAdvisor since the pod started; until then a pod has no value",
    }),
};

export const queryMemory: Check = {
  id: "query-memory",
  title: "Memory usage of pods can be queried",
  severity: "error",
  meaning: "Dashboards and alerts on the memory of pods stay empty.",
  fix: "see whether the targets of kubernetes-nodes-cadvisor are up",
  run: (stack) =>
    judgePodQuery(stack, {
      expression: "sum(container_memory_usage_bytes) by (pod)",
      metric: "container_memory_usage_bytes",
      cause: "the kubelet's cAdvisor has not been scraped since the pod started",
    }),
};

export const queryPodStatus: Check = {
  id: "query-pod-status",
  title: "The state of pods can be queried",
  severity: "error",
  meaning: "Dashboards and alerts on pods that fail or hang stay empty.",
  fix: "see whether the kube-state-metrics target is up, and its log for `forbidden`",
  run: withPrometheus(checkQueryPodStatus),
};

/**
 * The query as people write it asks for the namespace `default`, which has no pod on a new cluster and then rightly
 * gives nothing. So it counts only when there are pods; the stack's own namespaces always count.
 */
async function checkQueryPodStatus(
  client: PrometheusClient,
  stack: StackWith<"prometheus">,
): Promise<Verdict> {
  if (findWorkloadsByName(stack.rendered, "kube-state-metrics").length === 0)
    return skipNotDeployed("kube-state-metrics");
  const freshness = await readFreshness(client, stack.deployedAt);
  const own = listNamespaces(stack.rendered);
  const namespaces = [...new Set(["default", ...own])];
  const states = await Promise.all(
    namespaces.map((namespace) => readNamespaceState(stack, client, freshness, namespace)),
  );
  const expected = `kube_pod_status_phase says Running for every running pod of ${formatList(namespaces)}`;
  if (!states.some(({ namespace, pods }) => own.includes(namespace) && pods > 0)) {
    const fault = { id: "no-running-pod", graceMs: 12_000 };
    return { status: "fail", expected, seen: `no running pod in ${formatList(own)}`, fault };
  }
  const wrong = states.flatMap((state) => state.wrong);
  if (wrong.length > 0) {
    const fault = await createScrapeFault(client, "query-pods-missing", /kube-state-metrics/);
    const isUnseen = wrong.some(({ isPhase }) => !isPhase);
    const seen = formatList(wrong.map(({ text }) => text));
    const isNowhere = states.every(({ series }) => series === 0);
    const reason = isNowhere
      ? await explainMissingMetric(stack, client, "kube-state-metrics", "kube_pod_status_phase")
      : undefined;
    return { status: "fail", expected, seen, cause: isUnseen ? unseen : otherPhase, fault, ...reason };
  }
  return pass(states.map(describe).join("; "));
}

const unseen = "kube-state-metrics has not been scraped since these pods started, or watches another cluster";
const otherPhase =
  "kube-state-metrics reports another phase than the API server: it has not been scraped since the phase changed, or its watch of the pods is broken";

async function readNamespaceState(
  stack: Stack,
  client: PrometheusClient,
  freshness: Freshness,
  namespace: string,
) {
  const selector = `kube_pod_status_phase{namespace="${namespace}"}`;
  const [phases, times, pods] = await Promise.all([
    client.query(selector),
    client.query(`timestamp(${selector})`),
    listRunningPods(stack, [namespace]),
  ]);
  const taken = new Map(times.map((sample) => [buildSeriesKey(sample.labels), sample]));
  const series = phases.flatMap((phase) => {
    const time = taken.get(buildSeriesKey(phase.labels));
    return time === undefined ? [] : [{ phase, time }];
  });
  const wrong = pods
    .flatMap((pod) => findPhaseProblem(pod, series, freshness))
    .map(({ text, isPhase }) => ({ text: `${namespace}/${text}`, isPhase }));
  return { namespace, pods: pods.length, series: phases.length, wrong };
}

interface PhaseSeries {
  readonly phase: Sample;
  /** When it was scraped. */
  readonly time: Sample;
}

/** Of the last scrape: an earlier pod of this name, or an earlier kube-state-metrics, has left series as well. */
function findPhaseProblem(pod: RunningPod, series: readonly PhaseSeries[], freshness: Freshness) {
  const own = series.filter(({ phase }) => isOf(phase, pod)).toSorted((a, b) => b.time.value - a.time.value);
  const newest = own[0]?.time;
  if (newest === undefined) return [{ text: `${pod.name} has no series`, isPhase: false }];
  const why = explainStaleness(newest, freshness, pod.startedAt);
  if (why !== undefined) return [{ text: `${pod.name} ${why}`, isPhase: false }];
  const current = own
    .filter(({ phase, time }) => phase.value === 1 && time.value === newest.value)
    .map(({ phase }) => phase.labels["phase"] ?? "");
  const phases = [...new Set(current)];
  if (phases.length === 1 && phases[0] === "Running") return [];
  return [{ text: `${pod.name} is ${phases.join(" and ") || "in no phase"}`, isPhase: true }];
}

function isOf({ labels }: Sample, { name, uid }: RunningPod): boolean {
  const other = labels["uid"] ?? "";
  return labels["pod"] === name && (other === "" || uid === undefined || other === uid);
}

function describe({ namespace, pods, series }: { namespace: string; pods: number; series: number }): string {
  if (pods === 0) return `no pod runs in namespace ${namespace}, so its ${series} series count for nothing`;
  return `${formatCount(pods, "running pod")} of namespace ${namespace} Running (${series} series)`;
}
