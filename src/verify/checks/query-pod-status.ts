import { type Freshness, freshnessOf, staleness } from "../freshness.ts";
import { scrapeFault } from "../graces.ts";
import { runningPods } from "../pod-series.ts";
import { type PrometheusClient, prometheusClient } from "../prometheus.ts";
import { namespacesOf, workloadsNamed } from "../rendered.ts";
import type { Check, Stack, Verdict } from "../types.ts";
import { count, listOf, notDeployed, pass } from "../verdicts.ts";

export const queryPodStatus: Check = {
  id: "query-pod-status",
  title: "The state of pods can be queried",
  severity: "error",
  meaning: "Dashboards and alerts on pods that fail or hang stay empty.",
  mend: "see whether the kube-state-metrics target is up, and its log for `forbidden`",
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
  const cause = "kube-state-metrics has not been scraped since these pods started, or sees another cluster";
  if (!states.some(({ namespace, pods }) => own.includes(namespace) && pods > 0)) {
    const fault = { id: "no-running-pod", graceMs: 12_000 };
    return { status: "fail", expected, seen: `no running pod in ${listOf(own)}`, fault };
  }
  const wrong = states.flatMap((state) => state.wrong);
  if (wrong.length > 0) {
    const fault = await scrapeFault(client, "query-pods-missing", /kube-state-metrics/);
    return { status: "fail", expected, seen: listOf(wrong), cause, fault };
  }
  return pass(states.map(describe).join("; "));
}

async function stateOf(stack: Stack, client: PrometheusClient, freshness: Freshness, namespace: string) {
  const selector = `kube_pod_status_phase{namespace="${namespace}"}`;
  const [phases, times, pods] = await Promise.all([
    client.query(selector),
    client.query(`max by (pod) (timestamp(${selector}))`),
    runningPods(stack, [namespace]),
  ]);
  const wrong = pods.flatMap((pod) => {
    const ofPod = phases.filter(({ labels }) => labels["pod"] === pod);
    const time = times.find(({ labels }) => labels["pod"] === pod);
    if (ofPod.length === 0 || time === undefined) return [`${namespace}/${pod} has no series`];
    const why = staleness(time, freshness);
    if (why !== undefined) return [`${namespace}/${pod} ${why}`];
    const current = ofPod.filter(({ value }) => value === 1).map(({ labels }) => labels["phase"] ?? "");
    return current.length === 1 && current[0] === "Running"
      ? []
      : [`${namespace}/${pod} is ${current.join(" and ") || "in no phase"}`];
  });
  return { namespace, pods: pods.length, series: phases.length, wrong };
}

function describe({ namespace, pods, series }: { namespace: string; pods: number; series: number }): string {
  if (pods === 0) return `no pod runs in namespace ${namespace}, so its ${series} series count for nothing`;
  return `${count(pods, "running pod")} of namespace ${namespace} Running (${series} series)`;
}
