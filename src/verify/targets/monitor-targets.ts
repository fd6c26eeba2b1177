import type { V1EndpointSlice, V1Pod, V1Service } from "@kubernetes/client-node";
import { formatList } from "../../lib/text.ts";
import { matchesSelector } from "../../model/rendered.ts";
import {
  findUnmetRequirements,
  formatSelector,
  isSelected,
  listRequirements,
  type Monitor,
  type MonitorEndpoint,
} from "../../monitors/monitors.ts";
import { formatLabels } from "../../monitors/selection.ts";

/** What a monitor could find. */
export interface Around {
  readonly services: readonly V1Service[];
  readonly endpointSlices: readonly V1EndpointSlice[];
  readonly pods: readonly V1Pod[];
}

export interface MonitorCause {
  /** Id of the fault. */
  readonly id:
    | "monitor-selects-nothing"
    | "monitor-port-unknown"
    | "monitor-no-endpoints"
    | "monitor-targets-missing";
  readonly cause: string;
  readonly fix: string;
}

type Labelled = V1Service | V1Pod;

/** Returns why an endpoint of a monitor has no target, from the objects in the cluster. */
export function explainNoTarget(monitor: Monitor, endpoint: MonitorEndpoint, around: Around): MonitorCause {
  const isService = monitor.kind === "ServiceMonitor";
  const all: readonly Labelled[] = isService ? around.services : around.pods;
  const found = all.filter((one) => isInside(monitor, one) && isSelected(monitor.selector, getLabels(one)));
  if (found.length === 0) return explainNoSelection(monitor, all);
  const withPort = found.filter((one) => hasPort(one, endpoint));
  if (withPort.length === 0) return explainUnknownPort(monitor, endpoint, found);
  return isService ? explainNoEndpoints(withPort as V1Service[], around) : notYet;
}

const notYet: MonitorCause = {
  id: "monitor-targets-missing",
  cause:
    "what it selects is there; Prometheus has not discovered it yet, or its service account may not list it",
  fix: "look for `forbidden` in Prometheus' log",
};

function isInside({ namespaces }: Monitor, { metadata }: Labelled): boolean {
  return namespaces === undefined || namespaces.includes(metadata?.namespace ?? "");
}

function getLabels({ metadata }: Labelled): Record<string, string> {
  return metadata?.labels ?? {};
}

function formatId({ metadata }: Labelled): string {
  return `${metadata?.namespace}/${metadata?.name}`;
}

function explainNoSelection(monitor: Monitor, all: readonly Labelled[]): MonitorCause {
  const id = "monitor-selects-nothing";
  const what = monitor.kind === "ServiceMonitor" ? "service" : "pod";
  const wanted = formatSelector(monitor.selector);
  const where =
    monitor.namespaces === undefined ? "any namespace" : `namespace ${formatList(monitor.namespaces)}`;
  const none = `no ${what} in ${where} has the labels ${wanted}`;
  const elsewhere = all.filter(
    (one) => !isInside(monitor, one) && isSelected(monitor.selector, getLabels(one)),
  );
  if (elsewhere.length > 0) {
    const namespaces = [...new Set(elsewhere.map(({ metadata }) => metadata?.namespace ?? ""))];
    return {
      id,
      cause: `${none}, but ${what} ${formatList(elsewhere.map(formatId))} has: a monitor without a namespaceSelector looks only in its own namespace`,
      fix: `add namespaceSelector: {matchNames: [${namespaces.join(", ")}]} to its spec`,
    };
  }
  const inside = all.filter((one) => isInside(monitor, one));
  const ofPods = inside.filter((one) => isSelected(monitor.selector, getSelector(one)));
  if (ofPods.length > 0)
    return {
      id,
      cause: `${none}; service ${formatList(ofPods.map(formatId))} selects pods with them, but a ServiceMonitor goes by the labels of the Service itself`,
      fix: `put ${wanted} among the Service's own metadata.labels`,
    };
  const near = findNearest(monitor, inside).map(
    (one) => `${what} ${formatId(one)} has ${formatLabels(pickSelectedLabels(monitor, one))}`,
  );
  return {
    id,
    cause: near.length > 0 ? `${none}; ${formatList(near, 3)}` : none,
    fix: `correct its selector, or the labels of the ${what}`,
  };
}

/** Returns the selector of a Service; empty for a pod. */
function getSelector(one: Labelled): Record<string, string> {
  return (one as V1Service).spec?.selector ?? {};
}

/** Those that meet some of the demands or have one of the labels with another value, the nearest first. */
function findNearest(monitor: Monitor, candidates: readonly Labelled[]): Labelled[] {
  const distance = (one: Labelled) => findUnmetRequirements(monitor.selector, getLabels(one)).length;
  return candidates
    .filter((one) => Object.keys(pickSelectedLabels(monitor, one)).length > 0)
    .toSorted((a, b) => distance(a) - distance(b) || formatId(a).localeCompare(formatId(b)));
}

/** Returns the labels of an object that the monitor's selector compares. */
function pickSelectedLabels(monitor: Monitor, one: Labelled): Record<string, string> {
  const keys = listRequirements(monitor.selector).map(({ key }) => key);
  return Object.fromEntries(Object.entries(getLabels(one)).filter(([key]) => keys.includes(key)));
}

interface Port {
  readonly name: string | undefined;
  readonly number: number;
  readonly target: string | number | undefined;
}

function listPorts(one: Labelled): Port[] {
  const service = one as V1Service;
  if (service.spec?.ports)
    return service.spec.ports.map(({ name, port, targetPort }) => ({
      name,
      number: port,
      target: targetPort ?? port,
    }));
  return ((one as V1Pod).spec?.containers ?? []).flatMap(({ ports }) =>
    (ports ?? []).map(({ name, containerPort }) => ({ name, number: containerPort, target: containerPort })),
  );
}

function hasPort(one: Labelled, { port, targetPort, portNumber }: MonitorEndpoint): boolean {
  const ports = listPorts(one);
  if (port) return ports.some(({ name }) => name === port);
  // A pod may listen where it declares nothing.
  if (portNumber) return true;
  // The pods define the number of a named port.
  if (targetPort === undefined || targetPort === null) return true;
  return ports.some(({ target }) => String(target) === String(targetPort) || typeof target === "string");
}

function explainUnknownPort(
  monitor: Monitor,
  endpoint: MonitorEndpoint,
  found: readonly Labelled[],
): MonitorCause {
  const what = monitor.kind === "ServiceMonitor" ? "service" : "pod";
  const described = found.map((one) => {
    const ports = listPorts(one).map(({ name, number }) =>
      name ? `${name} (${number})` : `${number} without a name`,
    );
    return `${what} ${formatId(one)} has ${ports.length === 0 ? "no ports" : `the ports ${formatList(ports)}`}`;
  });
  const wanted = endpoint.port ?? endpoint.targetPort;
  return {
    id: "monitor-port-unknown",
    cause: `${formatList(described, 3)}, none of them ${endpoint.port ? `called ${wanted}` : `with the target port ${wanted}`}`,
    fix: `name the port of the ${what} ${wanted}, or take one of its names as the monitor's port`,
  };
}

function explainNoEndpoints(services: readonly V1Service[], { endpointSlices, pods }: Around): MonitorCause {
  const empty = services.filter((service) => !hasReadyEndpoint(service, endpointSlices));
  const [first] = empty;
  if (first === undefined || empty.length < services.length) return notYet;
  const selector = first.spec?.selector ?? {};
  const own = pods.filter(
    ({ metadata }) =>
      metadata?.namespace === first.metadata?.namespace && matchesSelector(selector, metadata?.labels),
  );
  const why =
    own.length === 0
      ? `its selector ${formatLabels(selector)} matches no pod`
      : `its pods ${formatList(own.map(formatId))} are not ready`;
  return {
    id: "monitor-no-endpoints",
    cause: `service ${formatId(first)} has no endpoint that is ready: ${why}`,
    fix: own.length === 0 ? "correct the Service's selector, or deploy its pods" : "look at these pods",
  };
}

function hasReadyEndpoint(service: V1Service, slices: readonly V1EndpointSlice[]): boolean {
  return slices
    .filter(({ metadata }) => metadata?.namespace === service.metadata?.namespace)
    .filter(({ metadata }) => metadata?.labels?.["kubernetes.io/service-name"] === service.metadata?.name)
    .some(({ endpoints }) => (endpoints ?? []).some(({ conditions }) => conditions?.ready !== false));
}
