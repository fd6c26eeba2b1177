import type { V1Node } from "@kubernetes/client-node";
import { selects, type Workload, workloadsNamed } from "../../model/rendered.ts";
import { lastWarning, listNodes, listPods } from "../../stack/kube.ts";
import { problemsOf } from "../../stack/pods.ts";
import { prometheusClient, type Sample } from "../../stack/prometheus.ts";
import type { Check, Stack, Verdict } from "../../stack/types.ts";
import { count, listOf, notDeployed, pass } from "../../stack/verdicts.ts";
import { freshnessOf, splitFresh } from "../freshness.ts";
import { scrapeFault } from "../graces.ts";
import { whyNoMetric } from "../why-no-metric.ts";

export const nodeExporterOnEveryNode: Check = {
  id: "node-exporter-on-every-node",
  title: "node-exporter answers for every node",
  severity: "error",
  absence: "targets",
  meaning: "A node's CPU, memory and disk are not watched, or are counted twice.",
  fix: "kubectl describe the node-exporter pod of that node; a host port that is taken and an unshared / are the usual causes",
  run,
};

async function run(stack: Stack): Promise<Verdict> {
  if (stack.prometheus === undefined) return notDeployed("Prometheus");
  const workloads = workloadsNamed(stack.rendered, "prometheus-node-exporter");
  const workload = workloads[0];
  if (workload === undefined) return notDeployed("node-exporter");
  const client = prometheusClient(stack.context, stack.prometheus);
  const [samples, freshness, allNodes] = await Promise.all([
    client.query("timestamp(node_uname_info)"),
    freshnessOf(client, stack.deployedAt),
    listNodes(stack),
  ]);
  const nodes = allNodes.filter(isLinux);
  const { fresh, stale } = splitFresh(samples, freshness);
  const bare = nodes.filter((node) => !fresh.some((sample) => isOf(sample, node)));
  if (nodes.length > 0 && bare.length === 0 && fresh.length === nodes.length) {
    return pass(`${count(fresh.length, "node-exporter")} for ${count(nodes.length, "node")}`);
  }
  const expected = `one node-exporter for each of ${count(nodes.length, "node")}`;
  const old = stale.map(({ sample, why }) => `${sample.labels["instance"]} ${why}`);
  if (bare.length > 0) {
    const names = bare.map(({ metadata }) => metadata?.name ?? "");
    const seen = listOf([`none for ${listOf(names)}`, ...old]);
    const fault = await scrapeFault(client, "node-exporter-missing", /node-exporter/);
    const reason =
      samples.length === 0
        ? await whyNoMetric(stack, client, "prometheus-node-exporter", "node_uname_info")
        : undefined;
    return { status: "fail", expected, seen, cause: await whyBare(stack, workload, names), fault, ...reason };
  }
  const instances = fresh.map(({ labels }) => `${labels["instance"]} (job ${labels["job"]})`);
  return {
    status: "fail",
    expected,
    seen: `${fresh.length}: ${listOf(instances)}`,
    cause: "a node-exporter is scraped twice, or one that is not part of this cluster is scraped",
    fault: await scrapeFault(client, "node-exporter-twice", /node-exporter/),
  };
}

/** The exporter is for Linux; its chart keeps it off other nodes. */
function isLinux({ metadata }: V1Node): boolean {
  return (metadata?.labels?.["kubernetes.io/os"] ?? "linux") === "linux";
}

/** By the `node` label of the charts' relabelling, the kernel's host name, or the address it is scraped at. */
function isOf({ labels }: Sample, { metadata, status }: V1Node): boolean {
  const name = metadata?.name ?? "";
  if (labels["node"] !== undefined) return labels["node"] === name;
  const host = (labels["instance"] ?? "").replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
  return labels["nodename"] === name || (status?.addresses ?? []).some(({ address }) => address === host);
}

async function whyBare(stack: Stack, workload: Workload, names: readonly string[]): Promise<string> {
  const pods = (await listPods(stack, workload.namespace)).filter(
    ({ metadata, spec }) =>
      selects(workload.matchLabels, metadata?.labels) && names.includes(spec?.nodeName ?? ""),
  );
  const pod = pods[0];
  if (pod === undefined) return `no pod of DaemonSet ${workload.namespace}/${workload.name} runs there`;
  const problem = problemsOf(pod, stack.deployedAt, stack.context.host.now())[0];
  if (problem === undefined)
    return "its pod is ready, but Prometheus has not scraped it yet (see targets-up)";
  const warning = await lastWarning(stack, problem.namespace, problem.pod);
  return [`pod ${problem.namespace}/${problem.pod}: ${problem.what}`, warning].filter(Boolean).join("; ");
}
