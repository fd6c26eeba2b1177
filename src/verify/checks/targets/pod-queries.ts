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
interface PodQuery {
  /** The usual query in dashboards, with one series for each pod: `by (pod)`. */
  readonly expression: string;
  /** The metric in the expression. The time of its samples shows whether they are of this deployment. */
  readonly metric: string;
  /** The range of the query in milliseconds, which must hold two scrapes. Undefined if one scrape is enough. */
  readonly windowMs?: number;
  readonly cause: string;
}

/** Fails unless the query gives every running pod of the stack a finite value from samples of this deployment. */
async function judgePodQuery(stack: Stack, query: PodQuery): Promise<Verdict> {
  if (stack.prometheus === undefined) return skipNotDeployed("Prometheus");
  const client = createPrometheusClient(stack.context, stack.prometheus);
  const namespaces = listNamespaces(stack.rendered);
  const sampledAtQuery = `max by (pod) (timestamp(${query.metric}{namespace=~"${namespaces.join("|")}",pod!=""}))`;
  const [values, times, freshness, pods] = await Promise.all([
    client.query(query.expression),
    client.query(sampledAtQuery),
    readFreshness(client, stack.deployedAt),
    listRunningPods(stack, namespaces),
  ]);
  const scope = `of namespace ${formatList(namespaces)}`;
  const expected = `a finite value for each of ${formatCount(pods.length, "running pod")} ${scope}: ${query.expression}`;
  const failure = { status: "fail", expected } as const;
  if (pods.length === 0) {
    const fault = { id: "no-running-pod", graceMs: 12_000 };
    return { ...failure, seen: `no running pod ${scope}`, fault };
  }
  // Series without a pod are of the root cgroup and of the node's services.
  const podValues = values.filter(({ labels }) => (labels["pod"] ?? "") !== "");
  if (podValues.length === 0) {
    const seenInstead =
      values.length === 0 ? "an empty answer" : `only ${formatCount(values.length, "series")} without a pod`;
    const fault = await createMissingValueFault(stack, client, query, freshness);
    const reason =
      times.length === 0 ? await explainMissingMetric(stack, client, "cadvisor", query.metric) : undefined;
    return { ...failure, seen: seenInstead, cause: query.cause, fault, ...reason };
  }
  const missingPods = pods.flatMap((pod) => findMissingSample(pod, podValues, times, freshness));
  const notFiniteSamples = podValues.filter(({ value }) => !Number.isFinite(value));
  const problems = [
    ...new Set([
      ...notFiniteSamples.map(({ labels, text }) => `${labels["pod"]} is ${text}`),
      ...missingPods,
    ]),
  ];
  if (problems.length > 0) {
    const fault = await createMissingValueFault(stack, client, query, freshness);
    return { ...failure, seen: formatList(problems), cause: query.cause, fault };
  }
  return pass(
    `${formatCount(podValues.length, "pod")} with a value, all ${pods.length} running ones ${scope} among them`,
  );
}

/**
 * Returns the fault of missing values, by its reason: the window is too short, the metric is not scraped, or the kubelet
 * has not measured the pods yet. The kubelet measures at its own pace, but the first scrape has the metric of some
 * container.
 */
async function createMissingValueFault(
  stack: Stack,
  client: PrometheusClient,
  { metric, windowMs }: PodQuery,
  freshness: Freshness,
): Promise<Fault> {
  const targetPattern = /cadvisor/;
  if (windowMs !== undefined && 2 * (await findLongestIntervalMs(client, targetPattern)) > windowMs)
    return { id: "window-too-short", graceMs: 0 };
  const [newest] = await client.query(`max(timestamp(${metric}))`);
  if (newest === undefined || explainStaleness(newest, freshness) !== undefined)
    return await createScrapeFault(client, "query-metric-missing", targetPattern);
  const scrapes = windowMs === undefined ? 1 : 2;
  const extraMs = scrapes * estimateHousekeepingMs(stack);
  return await createScrapeFault(client, "query-pods-missing", targetPattern, { scrapes, extraMs });
}

/**
 * Returns a line for a running pod without a value, or with samples from before its start; empty if it has a value.
 */
function findMissingSample(
  { name, startedAt }: RunningPod,
  values: readonly Sample[],
  times: readonly Sample[],
  freshness: Freshness,
): string[] {
  const findPodSample = (samples: readonly Sample[]) => samples.find(({ labels }) => labels["pod"] === name);
  const time = findPodSample(times);
  if (findPodSample(values) === undefined || time === undefined) return [`${name} has no value`];
  const staleness = explainStaleness(time, freshness, startedAt);
  return staleness === undefined ? [] : [`${name} ${staleness}`];
}

/** A running pod. The name does not identify it: an earlier pod may have had the same one. */
interface RunningPod {
  readonly name: string;
  readonly uid: string | undefined;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/** Returns the running pods of these namespaces, without those being deleted. */
async function listRunningPods(stack: Stack, namespaces: readonly string[]): Promise<RunningPod[]> {
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
 * Fails if a running pod of the namespace `default` or of the stack's namespaces is not Running in
 * kube_pod_status_phase. The usual query selects `default`, which has no pods on a new cluster. So only the stack's
 * own namespaces must have pods.
 */
async function checkQueryPodStatus(
  client: PrometheusClient,
  stack: StackWith<"prometheus">,
): Promise<Verdict> {
  if (findWorkloadsByName(stack.rendered, "kube-state-metrics").length === 0)
    return skipNotDeployed("kube-state-metrics");
  const freshness = await readFreshness(client, stack.deployedAt);
  const stackNamespaces = listNamespaces(stack.rendered);
  const namespaces = [...new Set(["default", ...stackNamespaces])];
  const states = await Promise.all(
    namespaces.map((namespace) => readNamespaceState(stack, client, freshness, namespace)),
  );
  const expected = `kube_pod_status_phase says Running for every running pod of ${formatList(namespaces)}`;
  if (!states.some(({ namespace, pods }) => stackNamespaces.includes(namespace) && pods > 0)) {
    const fault = { id: "no-running-pod", graceMs: 12_000 };
    return { status: "fail", expected, seen: `no running pod in ${formatList(stackNamespaces)}`, fault };
  }
  const problems = states.flatMap((state) => state.problems);
  if (problems.length > 0) {
    const fault = await createScrapeFault(client, "query-pods-missing", /kube-state-metrics/);
    const isUnseen = problems.some(({ isPhase }) => !isPhase);
    const seen = formatList(problems.map(({ text }) => text));
    const isNowhere = states.every(({ series }) => series === 0);
    const reason = isNowhere
      ? await explainMissingMetric(stack, client, "kube-state-metrics", "kube_pod_status_phase")
      : undefined;
    return {
      status: "fail",
      expected,
      seen,
      cause: isUnseen ? unseenCause : otherPhaseCause,
      fault,
      ...reason,
    };
  }
  return pass(states.map(describeNamespace).join("; "));
}

const unseenCause =
  "kube-state-metrics has not been scraped since these pods started, or watches another cluster";
const otherPhaseCause =
  "kube-state-metrics reports another phase than the API server: it has not been scraped since the phase changed, or its watch of the pods is broken";

/** The pods of a namespace, and the phases that kube-state-metrics reports for them. */
interface NamespaceState {
  readonly namespace: string;
  /** The number of running pods. */
  readonly pods: number;
  /** The number of series of kube_pod_status_phase. */
  readonly series: number;
  readonly problems: readonly PhaseProblem[];
}

/** A running pod that kube-state-metrics does not report as Running. */
interface PhaseProblem {
  readonly text: string;
  /** True if it reports another phase; false if it has no fresh series of the pod. */
  readonly isPhase: boolean;
}

/** Reads the running pods and the phase series of a namespace. */
async function readNamespaceState(
  stack: Stack,
  client: PrometheusClient,
  freshness: Freshness,
  namespace: string,
): Promise<NamespaceState> {
  const selector = `kube_pod_status_phase{namespace="${namespace}"}`;
  const [phases, times, pods] = await Promise.all([
    client.query(selector),
    client.query(`timestamp(${selector})`),
    listRunningPods(stack, [namespace]),
  ]);
  const timesByKey = new Map(times.map((sample) => [buildSeriesKey(sample.labels), sample]));
  const series = phases.flatMap((phase) => {
    const time = timesByKey.get(buildSeriesKey(phase.labels));
    return time === undefined ? [] : [{ phase, time }];
  });
  const problems = pods
    .flatMap((pod) => findPhaseProblem(pod, series, freshness))
    .map(({ text, isPhase }) => ({ text: `${namespace}/${text}`, isPhase }));
  return { namespace, pods: pods.length, series: phases.length, problems };
}

/** A series of kube_pod_status_phase, with the time of its scrape. */
interface PhaseSeries {
  readonly phase: Sample;
  /** The sample whose value is the time in seconds since the epoch. */
  readonly time: Sample;
}

/**
 * Returns a problem if the last scrape does not report a pod as Running. Older series are ignored: an earlier pod of
 * this name, or an earlier kube-state-metrics, may have left them.
 */
function findPhaseProblem(
  pod: RunningPod,
  series: readonly PhaseSeries[],
  freshness: Freshness,
): PhaseProblem[] {
  const podSeries = series
    .filter(({ phase }) => isSeriesOfPod(phase, pod))
    .toSorted((a, b) => b.time.value - a.time.value);
  const newest = podSeries[0]?.time;
  if (newest === undefined) return [{ text: `${pod.name} has no series`, isPhase: false }];
  const staleness = explainStaleness(newest, freshness, pod.startedAt);
  if (staleness !== undefined) return [{ text: `${pod.name} ${staleness}`, isPhase: false }];
  const current = podSeries
    .filter(({ phase, time }) => phase.value === 1 && time.value === newest.value)
    .map(({ phase }) => phase.labels["phase"] ?? "");
  const phases = [...new Set(current)];
  if (phases.length === 1 && phases[0] === "Running") return [];
  return [{ text: `${pod.name} is ${phases.join(" and ") || "in no phase"}`, isPhase: true }];
}

/** True if a series is of this pod: name and uid match. A missing uid matches. */
function isSeriesOfPod({ labels }: Sample, { name, uid }: RunningPod): boolean {
  const seriesUid = labels["uid"] ?? "";
  return labels["pod"] === name && (seriesUid === "" || uid === undefined || seriesUid === uid);
}

/** Returns a line on a namespace without problems. */
function describeNamespace({ namespace, pods, series }: NamespaceState): string {
  if (pods === 0) return `no pod runs in namespace ${namespace}, so its ${series} series count for nothing`;
  return `${formatCount(pods, "running pod")} of namespace ${namespace} Running (${series} series)`;
}
