import type { V1EndpointSlice, V1Node, V1Pod, V1Service } from "@kubernetes/client-node";
import { formatCount } from "../../lib/text.ts";
import type { PrometheusConfig, ScrapeConfig } from "../../model/prometheus-config.ts";
import { findPrometheusConfig, listRenderedObjects } from "../../model/rendered.ts";
import { listAllPods, listEndpointSlices, listNodes, listServices } from "../../stack/kube.ts";
import type { Target } from "../../stack/prometheus.ts";
import type { Stack } from "../../stack/stack.ts";
import { evaluateKeepRules, type Lookup, lookupIn } from "./relabelling.ts";

/** What lives in the cluster and can become a target. */
export interface Discoverable {
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
  /** e.g. `service monitoring/prometheus-kube-state-metrics`. */
  readonly what: string;
  readonly atLeast: number;
  readonly matches: (target: Target) => boolean;
}

type Expectation = Omit<ExpectedTargets, "job">;
type Discovery = NonNullable<ScrapeConfig["kubernetes_sd_configs"]>[number];

/**
 * Which targets each job must have at least, from the scrape configuration and from what is in the cluster. Where a
 * rule can't be foretold (other kinds of discovery, labels that only Prometheus knows) nothing is expected: what is
 * found there must still be up.
 */
export function computeExpectedTargets(config: PrometheusConfig, cluster: Discoverable): ExpectedTargets[] {
  return (config.scrape_configs ?? []).flatMap((scrape) => {
    const found = (scrape.kubernetes_sd_configs ?? []).flatMap((discovery) =>
      expectDiscovered(scrape, discovery, cluster),
    );
    return [...listStaticTargets(scrape), ...found]
      .filter(({ atLeast }) => atLeast > 0)
      .map((expectation) => ({ job: scrape.job_name, ...expectation }));
  });
}

function listStaticTargets(scrape: ScrapeConfig): Expectation[] {
  const addresses = new Set((scrape.static_configs ?? []).flatMap(({ targets }) => targets ?? []));
  const kept = [...addresses].filter((address) => isKept(scrape, lookupIn({ __address__: address }, {})));
  return [
    {
      what: `static targets ${kept.join(", ")}`,
      atLeast: kept.length,
      matches: ({ discovered }) => kept.includes(discovered["__address__"] ?? ""),
    },
  ];
}

function isKept(scrape: ScrapeConfig, lookup: Lookup): boolean {
  return evaluateKeepRules(scrape.relabel_configs ?? [], lookup) === "yes";
}

function expectDiscovered(scrape: ScrapeConfig, discovery: Discovery, cluster: Discoverable): Expectation[] {
  if (discovery.selectors?.length || discovery.namespaces?.own_namespace) return [];
  const namespaces = discovery.namespaces?.names ?? [];
  const seen = ({ metadata }: V1Service | V1Pod) =>
    namespaces.length === 0 || namespaces.includes(metadata?.namespace ?? "");
  switch (discovery.role) {
    case "node":
      return cluster.nodes.filter((node) => isKept(scrape, lookupOfNode(node))).map(expectNode);
    case "service":
      return cluster.services
        .filter((service) => seen(service) && isServiceKept(scrape, service))
        .map((service) => expectService(service, 1));
    case "endpoints":
    case "endpointslice":
      return cluster.services
        .filter((service) => seen(service) && isServiceKept(scrape, service))
        .map((service) => expectService(service, countAddresses(service, cluster)));
    case "pod":
      return cluster.pods.filter((pod) => seen(pod) && isScraped(scrape, pod)).map(expectPod);
    default:
      return [];
  }
}

function expectNode(node: V1Node): Expectation {
  const name = node.metadata?.name ?? "";
  return {
    what: `node ${name}`,
    atLeast: 1,
    matches: ({ discovered }) => discovered["__meta_kubernetes_node_name"] === name,
  };
}

function expectService(service: V1Service, atLeast: number): Expectation {
  const { namespace, name } = getIdentity(service);
  return {
    what: `service ${namespace}/${name}`,
    atLeast,
    matches: ({ discovered }) =>
      discovered["__meta_kubernetes_namespace"] === namespace &&
      discovered["__meta_kubernetes_service_name"] === name,
  };
}

function expectPod(pod: V1Pod): Expectation {
  const { namespace, name } = getIdentity(pod);
  return {
    what: `pod ${namespace}/${name}`,
    atLeast: 1,
    matches: ({ discovered }) =>
      discovered["__meta_kubernetes_namespace"] === namespace &&
      discovered["__meta_kubernetes_pod_name"] === name,
  };
}

function getIdentity({ metadata }: V1Service | V1Pod): { namespace: string; name: string } {
  return { namespace: metadata?.namespace ?? "", name: metadata?.name ?? "" };
}

function lookupOfNode({ metadata }: V1Node): Lookup {
  return lookupIn(
    { __meta_kubernetes_node_name: metadata?.name ?? "" },
    {
      __meta_kubernetes_node_label: metadata?.labels ?? {},
      __meta_kubernetes_node_annotation: metadata?.annotations ?? {},
    },
  );
}

/** A service is one candidate for each of its ports. */
function isServiceKept(scrape: ScrapeConfig, service: V1Service): boolean {
  const { namespace, name } = getIdentity(service);
  const { labels = {}, annotations = {} } = service.metadata ?? {};
  return (service.spec?.ports ?? []).some((port) => {
    const portName = port.name ?? "";
    const fixed = {
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
    return isKept(scrape, lookupIn(fixed, families));
  });
}

function countAddresses(service: V1Service, cluster: Discoverable): number {
  const { namespace, name } = getIdentity(service);
  const ready = cluster.endpointSlices
    .filter(({ metadata }) => metadata?.namespace === namespace)
    .filter(({ metadata }) => metadata?.labels?.["kubernetes.io/service-name"] === name)
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ addresses }) => addresses);
  const least = cluster.ownServices.has(`${namespace}/${name}`) ? 1 : 0;
  return Math.max(least, new Set(ready).size);
}

/** Only running pods: others come and go. A pod without ports is one target. */
function isScraped(scrape: ScrapeConfig, pod: V1Pod): boolean {
  if (pod.status?.phase !== "Running" || pod.metadata?.deletionTimestamp) return false;
  const { namespace, name } = getIdentity(pod);
  const fixed = {
    __meta_kubernetes_namespace: namespace,
    __meta_kubernetes_pod_name: name,
    __meta_kubernetes_pod_phase: "Running",
    __meta_kubernetes_pod_node_name: pod.spec?.nodeName ?? "",
  };
  const families = {
    __meta_kubernetes_pod_label: pod.metadata?.labels ?? {},
    __meta_kubernetes_pod_annotation: pod.metadata?.annotations ?? {},
  };
  return isKept(scrape, lookupIn(fixed, families));
}

/** Milliseconds: discovery takes up to 5 s to report, and the API server's watches some more on a loaded machine. */
export const missingTargetGraceMs = 15_000;

/** Compares the targets that Prometheus has with those that its configuration and the cluster lead one to expect. */
export async function compareTargets(
  stack: Stack,
  running: PrometheusConfig,
  targets: readonly Target[],
): Promise<{ readonly expected: readonly ExpectedTargets[]; readonly missing: readonly ExpectedTargets[] }> {
  const cluster = await readDiscoverable(stack);
  const expected = computeExpectedTargets(findPrometheusConfig(stack.rendered) ?? running, cluster);
  return { expected, missing: expected.filter((one) => countMatching(one, targets) < one.atLeast) };
}

async function readDiscoverable(stack: Stack) {
  const [nodes, services, endpointSlices, pods] = await Promise.all([
    listNodes(stack),
    listServices(stack),
    listEndpointSlices(stack),
    listAllPods(stack),
  ]);
  const own = listRenderedObjects(stack.rendered).filter(({ kind }) => kind === "Service");
  const ownServices = new Set(own.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
  return { nodes, services, endpointSlices, pods, ownServices };
}

/** What is scraped through several labels at one address is one target. */
function countMatching({ job, matches }: ExpectedTargets, targets: readonly Target[]): number {
  const found = targets.filter((target) => target.job === job && matches(target));
  return new Set(found.map(({ scrapeUrl }) => scrapeUrl)).size;
}

/** A line for each: `job x has 0 of 1 target for service monitoring/y`. */
export function describeMissing(missing: readonly ExpectedTargets[], targets: readonly Target[]): string[] {
  return missing.map(
    (one) =>
      `job ${one.job} has ${countMatching(one, targets)} of ${formatCount(one.atLeast, "target")} for ${one.what}`,
  );
}
