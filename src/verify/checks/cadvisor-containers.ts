import type { V1Pod } from "@kubernetes/client-node";
import { namespacesOf } from "../../model/rendered.ts";
import { listAllPods } from "../../stack/kube.ts";
import { type PrometheusClient, prometheusClient, type Sample } from "../../stack/prometheus.ts";
import type { Check, Stack, Verdict } from "../../stack/types.ts";
import { count, listOf, notDeployed, pass, skipped } from "../../stack/verdicts.ts";
import { type Freshness, freshnessOf, staleness } from "../freshness.ts";
import { graceOf, housekeepingMs, intervalOf } from "../graces.ts";
import { whyNoMetric } from "../why-no-metric.ts";

export const cadvisorContainers: Check = {
  id: "cadvisor-containers",
  title: "The kubelets' cAdvisor knows every running container",
  severity: "error",
  meaning:
    "CPU, memory and network of some containers, or of a whole node's, are in no dashboard and no alert.",
  fix: "see whether each node has a target in kubernetes-nodes-cadvisor, and whether metric_relabel_configs drop series or labels",
  run,
};

const taken =
  'max by (namespace, pod, container, image) (timestamp(container_memory_usage_bytes{container!=""}))';

interface Container {
  readonly namespace: string;
  readonly pod: string;
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/** Of all containers of the cluster; of other people's only those that have run long enough to be measured. */
async function run(stack: Stack): Promise<Verdict> {
  if (stack.prometheus === undefined) return notDeployed("Prometheus");
  const client = prometheusClient(stack.context, stack.prometheus);
  const config = await client.config();
  if (!JSON.stringify(config).includes("cadvisor")) return skipped("no job scrapes the kubelets' cAdvisor");
  const graceMs = graceOf(1, await intervalOf(client, /cadvisor/)) + housekeepingMs(stack);
  const [samples, freshness, pods] = await Promise.all([
    client.query(taken),
    freshnessOf(client, stack.deployedAt),
    listAllPods(stack),
  ]);
  const own = namespacesOf(stack.rendered);
  const settledAt = stack.context.host.now() - graceMs;
  const wanted = pods.flatMap(running).filter(({ namespace, startedAt }) => {
    return own.includes(namespace) || startedAt < settledAt;
  });
  const expected = `fresh series with namespace, pod, container and image for each of ${count(wanted.length, "running container")}`;
  if (!wanted.some(({ namespace }) => own.includes(namespace))) {
    const fault = { id: "no-running-pod", graceMs: 12_000 };
    return { status: "fail", expected, seen: `no running container in ${listOf(own)}`, fault };
  }
  const wrong = wanted.flatMap((container) => problemOf(container, samples, freshness));
  if (wrong.length === 0) return pass(`${count(wanted.length, "running container")}, each with fresh series`);
  const { id, cause } = await whatItIs(client, samples, freshness);
  const seen = `${wrong.length} without: ${listOf(wrong)}`;
  const reason =
    id === "cadvisor-missing"
      ? await whyNoMetric(stack, client, "cadvisor", "container_memory_usage_bytes")
      : undefined;
  return { status: "fail", expected, seen, cause, fault: { id, graceMs }, ...reason };
}

/** Sidecars among them: init containers that go on. One that is to go soon is not waited for. */
function running({ metadata, status }: V1Pod): Container[] {
  if (metadata?.deletionTimestamp) return [];
  const sidecars = (status?.initContainerStatuses ?? []).filter(({ started, ready }) => started && ready);
  return [...(status?.containerStatuses ?? []), ...sidecars].flatMap(({ name, state }) => {
    if (!state?.running) return [];
    const startedAt = Number(state.running.startedAt ?? 0);
    return [{ namespace: metadata?.namespace ?? "", pod: metadata?.name ?? "", name, startedAt }];
  });
}

function problemOf(container: Container, samples: readonly Sample[], freshness: Freshness): string[] {
  const { namespace, pod, name } = container;
  const which = `${namespace}/${pod}/${name}`;
  const own = samples.filter(
    ({ labels }) =>
      labels["namespace"] === namespace && labels["pod"] === pod && labels["container"] === name,
  );
  // One that was replaced leaves its series behind for a while.
  const newest = own.toSorted((a, b) => b.value - a.value)[0];
  if (newest === undefined) return [`${which} has no series`];
  const why = staleness(newest, freshness, container.startedAt);
  if (why !== undefined) return [`${which} ${why}`];
  return newest.labels["image"] ? [] : [`${which} has no label image`];
}

async function whatItIs(client: PrometheusClient, samples: readonly Sample[], freshness: Freshness) {
  if (samples.length > 0) {
    return {
      id: "cadvisor-containers-missing",
      cause: "cAdvisor has not measured them yet, a node's kubelet is not scraped, or relabelling drops them",
    };
  }
  const [newest] = await client.query("max(timestamp(container_memory_usage_bytes))");
  if (newest !== undefined && staleness(newest, freshness) === undefined) {
    return {
      id: "cadvisor-labels-missing",
      cause:
        "cAdvisor's series have no label container: relabelling drops it, or the kubelet doesn't get it from the container runtime",
    };
  }
  return { id: "cadvisor-missing", cause: "the kubelet's cAdvisor is not scraped (see targets-up)" };
}
