import type { V1Node, V1Pod } from "@kubernetes/client-node";
import { formatCount, formatList } from "../../../lib/text.ts";
import {
  findWorkloadsByName,
  listNamespaces,
  matchesSelector,
  type Workload,
} from "../../../model/rendered.ts";
import { type Check, pass, skip, skipNotDeployed, type Verdict } from "../../../stack/check.ts";
import { findLastWarning, listAllPods, listNodes, listPods } from "../../../stack/kube.ts";
import { createPrometheusClient, type PrometheusClient, type Sample } from "../../../stack/prometheus.ts";
import type { Stack } from "../../../stack/stack.ts";
import { explainStaleness, type Freshness, readFreshness, splitFresh } from "../../runner/freshness.ts";
import {
  computeScrapeGraceMs,
  createScrapeFault,
  estimateHousekeepingMs,
  findLongestIntervalMs,
} from "../../runner/grace-periods.ts";
import { explainMissingMetric } from "../../targets/missing-metrics.ts";
import { findPodProblems } from "../cluster/workloads.ts";
import { type StackWith, withPrometheus } from "../required-services.ts";

export const nodeExporterOnEveryNode: Check = {
  id: "node-exporter-on-every-node",
  title: "node-exporter answers for every node",
  severity: "error",
  absence: "targets",
  meaning: "A node's CPU, memory and disk are not watched, or are counted twice.",
  fix: "kubectl describe the node-exporter pod of that node; a host port that is taken and an unshared / are the usual causes",
  run: checkNodeExporterOnEveryNode,
};

/** Fails unless each Linux node has exactly one node-exporter with samples of this deployment. */
async function checkNodeExporterOnEveryNode(stack: Stack): Promise<Verdict> {
  if (stack.prometheus === undefined) return skipNotDeployed("Prometheus");
  const workloads = findWorkloadsByName(stack.rendered, "prometheus-node-exporter");
  const workload = workloads[0];
  if (workload === undefined) return skipNotDeployed("node-exporter");
  const client = createPrometheusClient(stack.context, stack.prometheus);
  const [samples, freshness, allNodes] = await Promise.all([
    client.query("timestamp(node_uname_info)"),
    readFreshness(client, stack.deployedAt),
    listNodes(stack),
  ]);
  const nodes = allNodes.filter(isLinux);
  const { fresh: freshSamples, stale: staleSamples } = splitFresh(samples, freshness);
  const uncoveredNodes = nodes.filter((node) => !freshSamples.some((sample) => isSampleOfNode(sample, node)));
  if (nodes.length > 0 && uncoveredNodes.length === 0 && freshSamples.length === nodes.length) {
    return pass(
      `${formatCount(freshSamples.length, "node-exporter")} for ${formatCount(nodes.length, "node")}`,
    );
  }
  const expected = `one node-exporter for each of ${formatCount(nodes.length, "node")}`;
  const staleLines = staleSamples.map(({ sample, why }) => `${sample.labels["instance"]} ${why}`);
  if (uncoveredNodes.length > 0) {
    const names = uncoveredNodes.map(({ metadata }) => metadata?.name ?? "");
    const seen = formatList([`none for ${formatList(names)}`, ...staleLines]);
    const fault = await createScrapeFault(client, "node-exporter-missing", /node-exporter/);
    const reason =
      samples.length === 0
        ? await explainMissingMetric(stack, client, "prometheus-node-exporter", "node_uname_info")
        : undefined;
    return {
      status: "fail",
      expected,
      seen,
      cause: await explainUncoveredNodes(stack, workload, names),
      fault,
      ...reason,
    };
  }
  const instances = freshSamples.map(({ labels }) => `${labels["instance"]} (job ${labels["job"]})`);
  return {
    status: "fail",
    expected,
    seen: `${freshSamples.length}: ${formatList(instances)}`,
    cause: "a node-exporter is scraped twice, or one that is not part of this cluster is scraped",
    fault: await createScrapeFault(client, "node-exporter-twice", /node-exporter/),
  };
}

/** True for a Linux node. A node without the label counts as one. node-exporter's chart runs only on Linux. */
function isLinux({ metadata }: V1Node): boolean {
  return (metadata?.labels?.["kubernetes.io/os"] ?? "linux") === "linux";
}

/** True if a sample is of this node: by its label `node`, by the kernel's host name, or by the scraped address. */
function isSampleOfNode({ labels }: Sample, { metadata, status }: V1Node): boolean {
  const name = metadata?.name ?? "";
  if (labels["node"] !== undefined) return labels["node"] === name;
  const host = (labels["instance"] ?? "").replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
  return labels["nodename"] === name || (status?.addresses ?? []).some(({ address }) => address === host);
}

/**
 * Returns why these nodes have no node-exporter: its first pod there is missing, has a problem, or was not scraped
 * yet.
 */
async function explainUncoveredNodes(
  stack: Stack,
  workload: Workload,
  names: readonly string[],
): Promise<string> {
  const pods = (await listPods(stack, workload.namespace)).filter(
    ({ metadata, spec }) =>
      matchesSelector(workload.matchLabels, metadata?.labels) && names.includes(spec?.nodeName ?? ""),
  );
  const pod = pods[0];
  if (pod === undefined) return `no pod of DaemonSet ${workload.namespace}/${workload.name} runs there`;
  const problem = findPodProblems(pod, stack.deployedAt, stack.context.host.now())[0];
  if (problem === undefined)
    return "its pod is ready, but Prometheus has not scraped it yet (see targets-up)";
  const warning = await findLastWarning(stack, problem.namespace, problem.pod);
  return [`pod ${problem.namespace}/${problem.pod}: ${problem.what}`, warning].filter(Boolean).join("; ");
}

export const kubeNodeInfo: Check = {
  id: "kube-node-info",
  title: "The metrics know the same nodes as the cluster",
  severity: "error",
  absence: "targets",
  meaning:
    "kube-state-metrics sees another cluster than the one deployed into, an old state of it, or not all of it.",
  fix: "kubectl logs of the kube-state-metrics pod: look for `forbidden` (its ClusterRole) and for watch errors",
  run: withPrometheus(checkKubeNodeInfo),
};

/** Compares the nodes in kube_node_info with those of the API server. */
async function checkKubeNodeInfo(client: PrometheusClient, stack: StackWith<"prometheus">): Promise<Verdict> {
  if (findWorkloadsByName(stack.rendered, "kube-state-metrics").length === 0)
    return skipNotDeployed("kube-state-metrics");
  const [samples, freshness, nodes] = await Promise.all([
    client.query("timestamp(kube_node_info)"),
    readFreshness(client, stack.deployedAt),
    listNodes(stack),
  ]);
  const { fresh, stale } = splitFresh(samples, freshness);
  const knownNames = new Set(fresh.map(({ labels }) => labels["node"] ?? ""));
  const names = nodes.map(({ metadata }) => metadata?.name ?? "");
  const missingNames = names.filter((name) => !knownNames.has(name));
  const unknownNames = [...knownNames].filter((name) => !names.includes(name));
  if (names.length > 0 && missingNames.length === 0 && unknownNames.length === 0) {
    return pass(
      `kube_node_info has ${formatCount(knownNames.size, "node")}, as the API server has: ${formatList(names)}`,
    );
  }
  const details = [
    ...missingNames.map((name) => `${name} is missing`),
    ...unknownNames.map((name) => `${name} is not a node of this cluster`),
    ...stale.map(({ sample, why }) => `${sample.labels["node"]} ${why}`),
  ];
  const fault = await createScrapeFault(
    client,
    unknownNames.length > 0 ? "nodes-unknown" : "nodes-missing",
    /kube-state-metrics/,
  );
  const reason =
    knownNames.size === 0
      ? await explainMissingMetric(stack, client, "kube-state-metrics", "kube_node_info")
      : undefined;
  return {
    status: "fail",
    expected: `kube_node_info of ${formatCount(names.length, "node")}: ${formatList(names)}`,
    seen: knownNames.size === 0 && stale.length === 0 ? "no series of kube_node_info" : formatList(details),
    cause:
      unknownNames.length > 0
        ? "series of another cluster, or of a node that is gone"
        : "kube-state-metrics has not been scraped yet, or may not list nodes",
    fault,
    ...reason,
  };
}

export const cadvisorContainers: Check = {
  id: "cadvisor-containers",
  title: "The kubelets' cAdvisor knows every running container",
  severity: "error",
  meaning:
    "CPU, memory and network of some containers, or of a whole node's, are in no dashboard and no alert.",
  fix: "see whether each node has a target in kubernetes-nodes-cadvisor, and whether metric_relabel_configs drop series or labels",
  run: withPrometheus(checkCadvisorContainers),
};

/** Returns when cAdvisor measured each container last. */
const measuredAtQuery =
  'max by (namespace, pod, container, image) (timestamp(container_memory_usage_bytes{container!=""}))';

/** A running container. */
interface Container {
  readonly namespace: string;
  readonly pod: string;
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/**
 * Fails if cAdvisor has no fresh series of a running container. Containers outside the stack's namespaces count only
 * after they have run long enough to be measured.
 */
async function checkCadvisorContainers(
  client: PrometheusClient,
  stack: StackWith<"prometheus">,
): Promise<Verdict> {
  const config = await client.config();
  if (!JSON.stringify(config).includes("cadvisor")) return skip("no job scrapes the kubelets' cAdvisor");
  const graceMs =
    computeScrapeGraceMs(1, await findLongestIntervalMs(client, /cadvisor/)) + estimateHousekeepingMs(stack);
  const [samples, freshness, pods] = await Promise.all([
    client.query(measuredAtQuery),
    readFreshness(client, stack.deployedAt),
    listAllPods(stack),
  ]);
  const namespaces = listNamespaces(stack.rendered);
  const settledAt = stack.context.host.now() - graceMs;
  // Other pods may have started only just now.
  const expectedContainers = pods.flatMap(listRunningContainers).filter(({ namespace, startedAt }) => {
    return namespaces.includes(namespace) || startedAt < settledAt;
  });
  const expected = `fresh series with namespace, pod, container and image for each of ${formatCount(expectedContainers.length, "running container")}`;
  if (!expectedContainers.some(({ namespace }) => namespaces.includes(namespace))) {
    const fault = { id: "no-running-pod", graceMs: 12_000 };
    return { status: "fail", expected, seen: `no running container in ${formatList(namespaces)}`, fault };
  }
  const byContainer = Map.groupBy(samples, ({ labels }) =>
    formatContainer(labels["namespace"], labels["pod"], labels["container"]),
  );
  const problems = expectedContainers.flatMap((container) =>
    findContainerProblem(container, byContainer, freshness),
  );
  if (problems.length === 0)
    return pass(`${formatCount(expectedContainers.length, "running container")}, each with fresh series`);
  const { id, cause } = await diagnoseCadvisor(client, samples, freshness);
  const seen = `${problems.length} without: ${formatList(problems)}`;
  const reason =
    id === "cadvisor-missing"
      ? await explainMissingMetric(stack, client, "cadvisor", "container_memory_usage_bytes")
      : undefined;
  return { status: "fail", expected, seen, cause, fault: { id, graceMs }, ...reason };
}

/**
 * Returns the running containers of a pod, with its sidecars: init containers that keep running. Empty if the
 * pod is being deleted.
 */
function listRunningContainers({ metadata, status }: V1Pod): Container[] {
  if (metadata?.deletionTimestamp) return [];
  const sidecars = (status?.initContainerStatuses ?? []).filter(({ started, ready }) => started && ready);
  return [...(status?.containerStatuses ?? []), ...sidecars].flatMap(({ name, state }) => {
    if (!state?.running) return [];
    const startedAt = Number(state.running.startedAt ?? 0);
    return [{ namespace: metadata?.namespace ?? "", pod: metadata?.name ?? "", name, startedAt }];
  });
}

/** Returns the name of a container in messages: `NAMESPACE/POD/CONTAINER`. */
function formatContainer(namespace = "", pod = "", container = ""): string {
  return `${namespace}/${pod}/${container}`;
}

/** Describes a container without fresh series, or without the label image; empty if there is no problem. */
function findContainerProblem(
  container: Container,
  samples: ReadonlyMap<string, readonly Sample[]>,
  freshness: Freshness,
): string[] {
  const { namespace, pod, name } = container;
  const containerName = formatContainer(namespace, pod, name);
  const containerSamples = samples.get(containerName) ?? [];
  // A replaced container leaves its series behind for a while.
  const newest = containerSamples.toSorted((a, b) => b.value - a.value)[0];
  if (newest === undefined) return [`${containerName} has no series`];
  const staleness = explainStaleness(newest, freshness, container.startedAt);
  if (staleness !== undefined) return [`${containerName} ${staleness}`];
  return newest.labels["image"] ? [] : [`${containerName} has no label image`];
}

/**
 * Returns the id and the cause of a failure: containers are missing, labels are missing, or cAdvisor is not
 * scraped.
 */
async function diagnoseCadvisor(
  client: PrometheusClient,
  samples: readonly Sample[],
  freshness: Freshness,
): Promise<{ readonly id: string; readonly cause: string }> {
  if (samples.length > 0) {
    return {
      id: "cadvisor-containers-missing",
      cause: "cAdvisor has not measured them yet, a node's kubelet is not scraped, or relabelling drops them",
    };
  }
  const [newest] = await client.query("max(timestamp(container_memory_usage_bytes))");
  if (newest !== undefined && explainStaleness(newest, freshness) === undefined) {
    return {
      id: "cadvisor-labels-missing",
      cause:
        "cAdvisor's series have no label container: relabelling drops it, or the kubelet doesn't get it from the container runtime",
    };
  }
  return { id: "cadvisor-missing", cause: "the kubelet's cAdvisor is not scraped (see targets-up)" };
}
