import { workloadsNamed } from "../../model/rendered.ts";
import { listNodes } from "../../stack/kube.ts";
import { prometheusClient } from "../../stack/prometheus.ts";
import type { Check, Stack, Verdict } from "../../stack/types.ts";
import { count, listOf, notDeployed, pass } from "../../stack/verdicts.ts";
import { freshnessOf, splitFresh } from "../freshness.ts";
import { scrapeFault } from "../graces.ts";
import { whyNoMetric } from "../why-no-metric.ts";

export const kubeNodeInfo: Check = {
  id: "kube-node-info",
  title: "The metrics know the same nodes as the cluster",
  severity: "error",
  absence: "targets",
  meaning:
    "kube-state-metrics sees another cluster than the one deployed into, an old state of it, or not all of it.",
  fix: "kubectl logs of the kube-state-metrics pod: look for `forbidden` (its ClusterRole) and for watch errors",
  run,
};

async function run(stack: Stack): Promise<Verdict> {
  if (stack.prometheus === undefined) return notDeployed("Prometheus");
  if (workloadsNamed(stack.rendered, "kube-state-metrics").length === 0)
    return notDeployed("kube-state-metrics");
  const client = prometheusClient(stack.context, stack.prometheus);
  const [samples, freshness, nodes] = await Promise.all([
    client.query("timestamp(kube_node_info)"),
    freshnessOf(client, stack.deployedAt),
    listNodes(stack),
  ]);
  const { fresh, stale } = splitFresh(samples, freshness);
  const known = new Set(fresh.map(({ labels }) => labels["node"] ?? ""));
  const names = nodes.map(({ metadata }) => metadata?.name ?? "");
  const missing = names.filter((name) => !known.has(name));
  const extra = [...known].filter((name) => !names.includes(name));
  if (names.length > 0 && missing.length === 0 && extra.length === 0) {
    return pass(`kube_node_info has ${count(known.size, "node")}, as the API server has: ${listOf(names)}`);
  }
  const details = [
    ...missing.map((name) => `${name} is missing`),
    ...extra.map((name) => `${name} is no node of this cluster`),
    ...stale.map(({ sample, why }) => `${sample.labels["node"]} ${why}`),
  ];
  const fault = await scrapeFault(
    client,
    extra.length > 0 ? "nodes-unknown" : "nodes-missing",
    /kube-state-metrics/,
  );
  const reason =
    known.size === 0 ? await whyNoMetric(stack, client, "kube-state-metrics", "kube_node_info") : undefined;
  return {
    status: "fail",
    expected: `kube_node_info of ${count(names.length, "node")}: ${listOf(names)}`,
    seen: known.size === 0 && stale.length === 0 ? "no series of kube_node_info" : listOf(details),
    cause:
      extra.length > 0
        ? "series of another cluster, or of a node that is gone"
        : "kube-state-metrics has not been scraped yet, or may not list nodes",
    fault,
    ...reason,
  };
}
