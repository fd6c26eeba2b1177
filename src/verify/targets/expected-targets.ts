import type { V1EndpointSlice, V1Node, V1Pod, V1Service } from "@kubernetes/client-node";
import { formatCount } from "../../lib/text.ts";
import type { PrometheusConfig, ScrapeConfig } from "../../model/prometheus-config.ts";
import { findPrometheusConfig, listRenderedObjects } from "../../model/rendered.ts";
import { listAllPods, listEndpointSlices, listNodes, listServices } from "../../stack/kube.ts";
import type { Target } from "../../stack/prometheus.ts";
import type { Stack } from "../../stack/stack.ts";
import { createLookup, evaluateKeepRules, type Lookup } from "./relabelling.ts";

/** The objects in the cluster that Prometheus can discover as targets. */
export interface DiscoverableCluster {
  readonly nodes: readonly V1Node[];
  readonly services: readonly V1Service[];
  readonly endpointSlices: readonly V1EndpointSlice[];
  readonly pods: readonly V1Pod[];
  /** `namespace/name` of the stack's own services: these must have an endpoint. */
  readonly ownServices: ReadonlySet<string>;
}

/** Targets that a job must have. */
export interface ExpectedTargets {
  readonly job: string;
  /** The object behind the targets, e.g. `service monitoring/prometheus-kube-state-metrics`. */
  readonly what: string;
  /** The minimum number of targets. */
  readonly atLeast: number;
  /** The discovered labels that identify the targets. */
  readonly labels: readonly string[];
  /** The accepted values of these labels, each in the labels' order. */
  readonly values: readonly (readonly string[])[];
}

type JobExpectation = Omit<ExpectedTargets, "job">;
/** Endpoint slices by the namespace and name of their service. */
type Slices = ReadonlyMap<string, readonly V1EndpointSlice[]>;
type Discovery = NonNullable<ScrapeConfig["kubernetes_sd_configs"]>[number];

/**
 * Returns the targets that each job must have at least, from the scrape configuration and the objects in the cluster.
 * Nothing is expected where the result of a rule is unknown here: for other kinds of discovery, and for labels that
 * only Prometheus knows.
 */
export function computeExpectedTargets(
  config: PrometheusConfig,
  cluster: DiscoverableCluster,
): ExpectedTargets[] {
  const slices = Map.groupBy(cluster.endpointSlices, ({ metadata }) =>
    joinNames([metadata?.namespace, metadata?.labels?.["kubernetes.io/service-name"]]),
  );
  return (config.scrape_configs ?? []).flatMap((scrape) => {
    const discovered = (scrape.kubernetes_sd_configs ?? []).flatMap((discovery) =>
      listDiscoveredTargets(scrape, discovery, cluster, slices),
    );
    return [...listStaticTargets(scrape), ...discovered]
      .filter(({ atLeast }) => atLeast > 0)
      .map((expectation) => ({ job: scrape.job_name, ...expectation }));
  });
}

/** Returns the expectation for a job's static targets that its relabelling keeps. */
function listStaticTargets(scrape: ScrapeConfig): JobExpectation[] {
  const addresses = new Set((scrape.static_configs ?? []).flatMap(({ targets }) => targets ?? []));
  const keptAddresses = [...addresses].filter((address) =>
    isKept(scrape, createLookup({ __address__: address }, {})),
  );
  return [
    {
      what: `static targets ${keptAddresses.join(", ")}`,
      atLeast: keptAddresses.length,
      labels: ["__address__"],
      values: keptAddresses.map((address) => [address]),
    },
  ];
}

/** True if the job's relabelling certainly keeps a target with these labels. */
function isKept(scrape: ScrapeConfig, lookup: Lookup): boolean {
  return evaluateKeepRules(scrape.relabel_configs ?? [], lookup) === "yes";
}

/** Returns the expectations for one Kubernetes discovery of a job; none if the discovery has selectors. */
function listDiscoveredTargets(
  scrape: ScrapeConfig,
  discovery: Discovery,
  cluster: DiscoverableCluster,
  slices: Slices,
): JobExpectation[] {
  if (discovery.selectors?.length || discovery.namespaces?.own_namespace) return [];
  const namespaces = discovery.namespaces?.names ?? [];
  const isInNamespaces = ({ metadata }: V1Service | V1Pod) =>
    namespaces.length === 0 || namespaces.includes(metadata?.namespace ?? "");
  switch (discovery.role) {
    case "node":
      return cluster.nodes.filter((node) => isKept(scrape, createNodeLookup(node))).map(expectNode);
    case "service":
      return cluster.services
        .filter((service) => isInNamespaces(service) && isServiceKept(scrape, service))
        .map((service) => expectService(service, 1));
    case "endpoints":
    case "endpointslice":
      return cluster.services
        .filter((service) => isInNamespaces(service) && isServiceKept(scrape, service))
        .map((service) => expectService(service, countAddresses(service, cluster, slices)));
    case "pod":
      return cluster.pods.filter((pod) => isInNamespaces(pod) && isPodKept(scrape, pod)).map(expectPod);
    default:
      return [];
  }
}

/** Returns the expectation of one target for a node. */
function expectNode(node: V1Node): JobExpectation {
  const name = node.metadata?.name ?? "";
  return {
    what: `node ${name}`,
    atLeast: 1,
    labels: ["__meta_kubernetes_node_name"],
    values: [[name]],
  };
}

/** Returns the expectation of a number of targets for a service. */
function expectService(service: V1Service, atLeast: number): JobExpectation {
  const { namespace, name } = getIdentity(service);
  return {
    what: `service ${namespace}/${name}`,
    atLeast,
    labels: ["__meta_kubernetes_namespace", "__meta_kubernetes_service_name"],
    values: [[namespace, name]],
  };
}

/** Returns the expectation of one target for a pod. */
function expectPod(pod: V1Pod): JobExpectation {
  const { namespace, name } = getIdentity(pod);
  return {
    what: `pod ${namespace}/${name}`,
    atLeast: 1,
    labels: ["__meta_kubernetes_namespace", "__meta_kubernetes_pod_name"],
    values: [[namespace, name]],
  };
}

/** Returns the namespace and name of an object. */
function getIdentity({ metadata }: V1Service | V1Pod): { namespace: string; name: string } {
  return { namespace: metadata?.namespace ?? "", name: metadata?.name ?? "" };
}

/** Returns the lookup of the labels that Prometheus discovers for a node. */
function createNodeLookup({ metadata }: V1Node): Lookup {
  return createLookup(
    { __meta_kubernetes_node_name: metadata?.name ?? "" },
    {
      __meta_kubernetes_node_label: metadata?.labels ?? {},
      __meta_kubernetes_node_annotation: metadata?.annotations ?? {},
    },
  );
}

/** True if relabelling keeps at least one of the service's ports: each port is a candidate of its own. */
function isServiceKept(scrape: ScrapeConfig, service: V1Service): boolean {
  const { namespace, name } = getIdentity(service);
  const { labels = {}, annotations = {} } = service.metadata ?? {};
  return (service.spec?.ports ?? []).some((port) => {
    const portName = port.name ?? "";
    const labelValues = {
      __meta_kubernetes_namespace: namespace,
      __meta_kubernetes_service_name: name,
      __meta_kubernetes_service_port_name: portName,
      __meta_kubernetes_endpoint_port_name: portName,
      __meta_kubernetes_endpointslice_port_name: portName,
    };
    const families = {
      __meta_kubernetes_service_label: labels,
      __meta_kubernetes_service_annotation: annotations,
    };
    return isKept(scrape, createLookup(labelValues, families));
  });
}

/**
 * Returns the number of targets that a service must have: its ready addresses. A service of the stack itself has at
 * least 1.
 */
function countAddresses(service: V1Service, cluster: DiscoverableCluster, slices: Slices): number {
  const { namespace, name } = getIdentity(service);
  const readyAddresses = (slices.get(joinNames([namespace, name])) ?? [])
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ addresses }) => addresses);
  const minimum = cluster.ownServices.has(`${namespace}/${name}`) ? 1 : 0;
  return Math.max(minimum, new Set(readyAddresses).size);
}

/**
 * True if relabelling keeps the pod, as one target without a port. Pods that do not run are not expected: they come and
 * go.
 */
function isPodKept(scrape: ScrapeConfig, pod: V1Pod): boolean {
  if (pod.status?.phase !== "Running" || pod.metadata?.deletionTimestamp) return false;
  const { namespace, name } = getIdentity(pod);
  const labelValues = {
    __meta_kubernetes_namespace: namespace,
    __meta_kubernetes_pod_name: name,
    __meta_kubernetes_pod_phase: "Running",
    __meta_kubernetes_pod_node_name: pod.spec?.nodeName ?? "",
  };
  const families = {
    __meta_kubernetes_pod_label: pod.metadata?.labels ?? {},
    __meta_kubernetes_pod_annotation: pod.metadata?.annotations ?? {},
  };
  return isKept(scrape, createLookup(labelValues, families));
}

/** Milliseconds: discovery takes up to 5 s to report, and the API server's watches some more on a loaded machine. */
export const missingTargetGraceMs = 15_000;

/**
 * Returns the targets that the configuration and the cluster lead to, and those of them that Prometheus lacks. Uses
 * the configuration of the charts; the running one if they render none.
 */
export async function compareTargets(
  stack: Stack,
  runningConfig: PrometheusConfig,
  targets: readonly Target[],
): Promise<{ readonly expected: readonly ExpectedTargets[]; readonly missing: readonly ExpectedTargets[] }> {
  const cluster = await readDiscoverable(stack);
  const expected = computeExpectedTargets(findPrometheusConfig(stack.rendered) ?? runningConfig, cluster);
  const countMatching = createTargetCounter(targets);
  return {
    expected,
    missing: expected.filter((expectation) => countMatching(expectation) < expectation.atLeast),
  };
}

/** Reads the objects in the cluster that can become targets. */
async function readDiscoverable(stack: Stack): Promise<DiscoverableCluster> {
  const [nodes, services, endpointSlices, pods] = await Promise.all([
    listNodes(stack),
    listServices(stack),
    listEndpointSlices(stack),
    listAllPods(stack),
  ]);
  const ownObjects = listRenderedObjects(stack.rendered).filter(({ kind }) => kind === "Service");
  const ownServices = new Set(ownObjects.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
  return { nodes, services, endpointSlices, pods, ownServices };
}

/**
 * Creates a function that counts the targets that match an expectation. Targets with the same URL count once. The
 * targets are searched once for all expectations with the same labels: there can be thousands of both.
 */
function createTargetCounter(targets: readonly Target[]): (expectation: ExpectedTargets) => number {
  const indexes = new Map<string, Map<string, Target[]>>();
  return ({ job, labels, values }) => {
    const name = joinNames(labels);
    const index =
      indexes.get(name) ??
      Map.groupBy(targets, (target) =>
        joinNames([target.job, ...labels.map((label) => target.discovered[label])]),
      );
    indexes.set(name, index);
    const matchingTargets = values.flatMap(
      (labelValues) => index.get(joinNames([job, ...labelValues])) ?? [],
    );
    return new Set(matchingTargets.map(({ scrapeUrl }) => scrapeUrl)).size;
  };
}

/** Joins names to a key. No name of Kubernetes or Prometheus contains the separator. */
function joinNames(names: readonly (string | undefined)[]): string {
  return names.map((name) => name ?? "").join("\0");
}

/** Returns a line for each missing target: `job x has 0 of 1 target for service monitoring/y`. */
export function describeMissing(missing: readonly ExpectedTargets[], targets: readonly Target[]): string[] {
  const countMatching = createTargetCounter(targets);
  return missing.map(
    (expectation) =>
      `job ${expectation.job} has ${countMatching(expectation)} of ${formatCount(expectation.atLeast, "target")} for ${expectation.what}`,
  );
}
