import { namespacesOf, workloadsNamed } from "../../model/rendered.ts";
import { type PrometheusClient, prometheusClient, type Sample, seriesKey } from "../../stack/prometheus.ts";
import type { Check, Stack, Verdict } from "../../stack/types.ts";
import { count, listOf, notDeployed, pass } from "../../stack/verdicts.ts";
import { type Freshness, freshnessOf, staleness } from "../freshness.ts";
import { scrapeFault } from "../graces.ts";
import { type RunningPod, runningPods } from "../pod-series.ts";
import { whyNoMetric } from "../why-no-metric.ts";

export const queryPodStatus: Check = {
  id: "query-pod-status",
  title: "The state of pods can be queried",
  severity: "error",
  meaning: "Dashboards and alerts on pods that fail or hang stay empty.",
  fix: "see whether the kube-state-metrics target is up, and its log for `forbidden`",
  run,
};

/**
 * The query as people write it asks for the namespace `default`, which has no pod on a new cluster and then rightly
 * gives nothing. So it counts only when there are pods; the stack's own namespaces always count.
 */
async function run(stack: Stack): Promise<Verdict> {
  if (stack.prometheus === undefined) return notDeployed("Prometheus");
  if (workloadsNamed(stack.rendered, "kube-state-metrics").length === 0)
    return notDeployed("kube-state-metrics");
  const client = prometheusClient(stack.context, stack.prometheus);
  const freshness = await freshnessOf(client, stack.deployedAt);
  const own = namespacesOf(stack.rendered);
  const namespaces = [...new Set(["default", ...own])];
  const states = await Promise.all(
    namespaces.map((namespace) => stateOf(stack, client, freshness, namespace)),
  );
  const expected = `kube_pod_status_phase says Running for every running pod of ${listOf(namespaces)}`;
  if (!states.some(({ namespace, pods }) => own.includes(namespace) && pods > 0)) {
    const fault = { id: "no-running-pod", graceMs: 12_000 };
    return { status: "fail", expected, seen: `no running pod in ${listOf(own)}`, fault };
  }
  const wrong = states.flatMap((state) => state.wrong);
  if (wrong.length > 0) {
    const fault = await scrapeFault(client, "query-pods-missing", /kube-state-metrics/);
    const isUnseen = wrong.some(({ isPhase }) => !isPhase);
    const seen = listOf(wrong.map(({ text }) => text));
    const isNowhere = states.every(({ series }) => series === 0);
    const reason = isNowhere
      ? await whyNoMetric(stack, client, "kube-state-metrics", "kube_pod_status_phase")
      : undefined;
    return { status: "fail", expected, seen, cause: isUnseen ? unseen : otherPhase, fault, ...reason };
  }
  return pass(states.map(describe).join("; "));
}

const unseen = "kube-state-metrics has not been scraped since these pods started, or watches another cluster";
const otherPhase =
  "kube-state-metrics reports another phase than the API server: it has not been scraped since the phase changed, or its watch of the pods is broken";

async function stateOf(stack: Stack, client: PrometheusClient, freshness: Freshness, namespace: string) {
  const selector = `kube_pod_status_phase{namespace="${namespace}"}`;
  const [phases, times, pods] = await Promise.all([
    client.query(selector),
    client.query(`timestamp(${selector})`),
    runningPods(stack, [namespace]),
  ]);
  const taken = new Map(times.map((sample) => [seriesKey(sample.labels), sample]));
  const series = phases.flatMap((phase) => {
    const time = taken.get(seriesKey(phase.labels));
    return time === undefined ? [] : [{ phase, time }];
  });
  const wrong = pods
    .flatMap((pod) => problemOf(pod, series, freshness))
    .map(({ text, isPhase }) => ({ text: `${namespace}/${text}`, isPhase }));
  return { namespace, pods: pods.length, series: phases.length, wrong };
}

interface PhaseSeries {
  readonly phase: Sample;
  /** When it was scraped. */
  readonly time: Sample;
}

/** Of the last scrape: an earlier pod of this name, or an earlier kube-state-metrics, has left series as well. */
function problemOf(pod: RunningPod, series: readonly PhaseSeries[], freshness: Freshness) {
  const own = series.filter(({ phase }) => isOf(phase, pod)).toSorted((a, b) => b.time.value - a.time.value);
  const newest = own[0]?.time;
  if (newest === undefined) return [{ text: `${pod.name} has no series`, isPhase: false }];
  const why = staleness(newest, freshness, pod.startedAt);
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
  return `${count(pods, "running pod")} of namespace ${namespace} Running (${series} series)`;
}
