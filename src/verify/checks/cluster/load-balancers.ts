import type { V1Pod, V1Service } from "@kubernetes/client-node";
import { listDisabledParts } from "../../../cluster/k3s-settings.ts";
import type { KubeObject } from "../../../kube/manifest.ts";
import { formatCount, formatList } from "../../../lib/text.ts";
import { listRenderedObjects } from "../../../model/rendered.ts";
import { type Check, pass, skip, type Verdict } from "../../../stack/check.ts";
import { findLastWarning, listAllPods, listServices } from "../../../stack/kube.ts";
import type { Stack } from "../../../stack/stack.ts";

export const loadBalancersServed: Check = {
  id: "load-balancers-served",
  title: "Every Service of type LoadBalancer has an address",
  severity: "warning",
  meaning:
    "Nobody reaches the Service from outside: it requests an address, and nothing in the cluster assigns one.",
  fix: "let k3s run its service load balancer, deploy another one (MetalLB, kube-vip), or use the type ClusterIP or NodePort",
  run: checkLoadBalancersServed,
};

/** Milliseconds: k3s' load balancer needs a pod of its own for each Service. */
const graceMs = 15_000;
/** Grace period in milliseconds if k3s runs without its load balancer. */
const unservedMs = 5_000;

/** Fails if a rendered Service of type LoadBalancer has no address. */
async function checkLoadBalancersServed(stack: Stack): Promise<Verdict> {
  const loadBalancers = listRenderedObjects(stack.rendered).filter(isLoadBalancer);
  if (loadBalancers.length === 0) return skip("no Service is of type LoadBalancer");
  const liveServices = await listServices(stack);
  const services = loadBalancers.map((object) => ({
    id: formatId(object),
    service: liveServices.find((candidate) => formatId(candidate) === formatId(object)),
  }));
  const unservedServices = services.filter(({ service }) => listAddresses(service).length === 0);
  if (unservedServices.length === 0) {
    const addresses = services.map(({ id, service }) => `${id} (${formatList(listAddresses(service))})`);
    return pass(`${formatCount(services.length, "Service")} with an address: ${formatList(addresses)}`);
  }
  return {
    status: "fail",
    expected: `an address for ${formatCount(services.length, "Service")} of type LoadBalancer`,
    seen: `none for ${formatList(unservedServices.map(({ id }) => id))}`,
    ...(await explainUnserved(
      stack,
      unservedServices.flatMap(({ service }) => service ?? []),
    )),
  };
}

/** True for a Service of type LoadBalancer. */
function isLoadBalancer({ kind, spec }: KubeObject): boolean {
  return kind === "Service" && (spec as { type?: string } | undefined)?.type === "LoadBalancer";
}

/** Returns `namespace/name`. */
function formatId({ metadata }: KubeObject | V1Service): string {
  return `${metadata?.namespace ?? "default"}/${metadata?.name}`;
}

/** Returns the Service's addresses. The user's external IPs count as well: every node serves them. */
function listAddresses(service: V1Service | undefined): string[] {
  const assigned = (service?.status?.loadBalancer?.ingress ?? []).flatMap(
    ({ ip, hostname }) => ip ?? hostname ?? [],
  );
  return [...assigned, ...(service?.spec?.externalIPs ?? [])];
}

/** The parts of a failure that explain it. */
type Explanation = Pick<Extract<Verdict, { status: "fail" }>, "cause" | "fix" | "fault">;

/**
 * Returns why Services have no address: the cluster's warning, a load balancer pod that is not scheduled, or a
 * missing load balancer.
 */
async function explainUnserved(stack: Stack, services: readonly V1Service[]): Promise<Explanation> {
  const id = "load-balancer-unserved";
  for (const { metadata: { namespace = "", name = "" } = {} } of services) {
    const reason =
      (await findLastWarning(stack, namespace, name)) ??
      (await explainUnscheduledPod(stack, namespace, name));
    if (reason !== undefined)
      return { cause: `Service ${namespace}/${name}: ${reason}`, fault: { id, graceMs } };
  }
  const { config } = stack.plan;
  if (config.cluster.kind === "k3s" && listDisabledParts(config.k3s.args).includes("servicelb"))
    return {
      cause:
        "k3s runs without its service load balancer (--disable=servicelb), and nothing else in the cluster gives addresses",
      fix: 'let k3s run it with k3s.args: ["--disable=traefik,metrics-server"], which takes the place of monstack\'s own --disable, deploy another load balancer, or use the type ClusterIP or NodePort',
      fault: { id, graceMs: unservedMs },
    };
  return { cause: "nothing in the cluster has given it an address", fault: { id, graceMs } };
}

/**
 * Returns why a pod of k3s' load balancer for this Service is not scheduled; undefined if all are. Such a pod needs
 * the Service's ports on its node.
 */
async function explainUnscheduledPod(
  stack: Stack,
  namespace: string,
  service: string,
): Promise<string | undefined> {
  const servesService = ({ metadata }: V1Pod) =>
    metadata?.labels?.["svccontroller.k3s.cattle.io/svcname"] === service &&
    metadata.labels["svccontroller.k3s.cattle.io/svcnamespace"] === namespace;
  for (const { metadata, status } of (await listAllPods(stack)).filter(servesService)) {
    const condition = status?.conditions?.find(
      ({ type, status: value }) => type === "PodScheduled" && value === "False",
    );
    if (condition) return `pod ${metadata?.name} of k3s' load balancer does not run: ${condition.message}`;
  }
  return undefined;
}
