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

/** The objects in the cluster that a monitor could find. */
export interface DiscoverableObjects {
  readonly services: readonly V1Service[];
  readonly endpointSlices: readonly V1EndpointSlice[];
  readonly pods: readonly V1Pod[];
}

/** Why a monitor has no target, and how to fix it. */
interface MonitorCause {
  /** Id of the fault. */
  readonly id:
    | "monitor-selects-nothing"
    | "monitor-port-unknown"
    | "monitor-no-endpoints"
    | "monitor-targets-missing";
  readonly cause: string;
  readonly fix: string;
}

type SelectableObject = V1Service | V1Pod;

/** Returns why an endpoint of a monitor has no target, from the objects in the cluster. */
export function explainNoTarget(
  monitor: Monitor,
  endpoint: MonitorEndpoint,
  objects: DiscoverableObjects,
): MonitorCause {
  const isService = monitor.kind === "ServiceMonitor";
  const candidates: readonly SelectableObject[] = isService ? objects.services : objects.pods;
  const selectedObjects = candidates.filter(
    (object) => isInMonitoredNamespace(monitor, object) && isSelected(monitor.selector, getLabels(object)),
  );
  if (selectedObjects.length === 0) return explainNoSelection(monitor, candidates);
  const objectsWithPort = selectedObjects.filter((object) => hasPort(object, endpoint));
  if (objectsWithPort.length === 0) return explainUnknownPort(monitor, endpoint, selectedObjects);
  return isService ? explainNoEndpoints(objectsWithPort as V1Service[], objects) : notDiscoveredYet;
}

const notDiscoveredYet: MonitorCause = {
  id: "monitor-targets-missing",
  cause:
    "what it selects is there; Prometheus has not discovered it yet, or its service account may not list it",
  fix: "look for `forbidden` in Prometheus' log",
};

/** True if the object is in a namespace that the monitor searches. */
function isInMonitoredNamespace({ namespaces }: Monitor, { metadata }: SelectableObject): boolean {
  return namespaces === undefined || namespaces.includes(metadata?.namespace ?? "");
}

/** Returns an object's labels. */
function getLabels({ metadata }: SelectableObject): Record<string, string> {
  return metadata?.labels ?? {};
}

/** Returns `namespace/name` of an object. */
function formatId({ metadata }: SelectableObject): string {
  return `${metadata?.namespace}/${metadata?.name}`;
}

/**
 * Returns the cause if the monitor selects nothing: the objects are in another namespace, only the Service's pods have
 * the labels, or no object has all labels.
 */
function explainNoSelection(monitor: Monitor, candidates: readonly SelectableObject[]): MonitorCause {
  const id = "monitor-selects-nothing";
  const noun = monitor.kind === "ServiceMonitor" ? "service" : "pod";
  const selectorText = formatSelector(monitor.selector);
  const searchedNamespaces =
    monitor.namespaces === undefined ? "any namespace" : `namespace ${formatList(monitor.namespaces)}`;
  const mainCause = `no ${noun} in ${searchedNamespaces} has the labels ${selectorText}`;
  const objectsElsewhere = candidates.filter(
    (object) => !isInMonitoredNamespace(monitor, object) && isSelected(monitor.selector, getLabels(object)),
  );
  if (objectsElsewhere.length > 0) {
    const namespaces = [...new Set(objectsElsewhere.map(({ metadata }) => metadata?.namespace ?? ""))];
    return {
      id,
      cause: `${mainCause}, but ${noun} ${formatList(objectsElsewhere.map(formatId))} has: a monitor without a namespaceSelector looks only in its own namespace`,
      fix: `add namespaceSelector: {matchNames: [${namespaces.join(", ")}]} to its spec`,
    };
  }
  const searchedObjects = candidates.filter((object) => isInMonitoredNamespace(monitor, object));
  const servicesOfPods = searchedObjects.filter((object) =>
    isSelected(monitor.selector, getSelector(object)),
  );
  if (servicesOfPods.length > 0)
    return {
      id,
      cause: `${mainCause}; service ${formatList(servicesOfPods.map(formatId))} selects pods with them, but a ServiceMonitor goes by the labels of the Service itself`,
      fix: `put ${selectorText} among the Service's own metadata.labels`,
    };
  const similar = sortBySimilarity(monitor, searchedObjects).map(
    (object) => `${noun} ${formatId(object)} has ${formatLabels(pickSelectedLabels(monitor, object))}`,
  );
  return {
    id,
    cause: similar.length > 0 ? `${mainCause}; ${formatList(similar, 3)}` : mainCause,
    fix: `correct its selector, or the labels of the ${noun}`,
  };
}

/** Returns the selector of a Service; empty for a pod. */
function getSelector(object: SelectableObject): Record<string, string> {
  return (object as V1Service).spec?.selector ?? {};
}

/**
 * Returns the candidates that have at least one of the selector's labels, with any value. Those with the fewest unmet
 * requirements come first.
 */
function sortBySimilarity(monitor: Monitor, candidates: readonly SelectableObject[]): SelectableObject[] {
  const countUnmet = (object: SelectableObject) =>
    findUnmetRequirements(monitor.selector, getLabels(object)).length;
  return candidates
    .filter((object) => Object.keys(pickSelectedLabels(monitor, object)).length > 0)
    .toSorted((a, b) => countUnmet(a) - countUnmet(b) || formatId(a).localeCompare(formatId(b)));
}

/** Returns the labels of an object that the monitor's selector compares. */
function pickSelectedLabels(monitor: Monitor, object: SelectableObject): Record<string, string> {
  const keys = listRequirements(monitor.selector).map(({ key }) => key);
  return Object.fromEntries(Object.entries(getLabels(object)).filter(([key]) => keys.includes(key)));
}

/** A port of a Service or a container. */
interface Port {
  readonly name: string | undefined;
  readonly number: number;
  /** The name or number of the pod's port. */
  readonly target: string | number | undefined;
}

/** Returns the ports of a Service, or those of a pod's containers. */
function listPorts(object: SelectableObject): Port[] {
  const service = object as V1Service;
  if (service.spec?.ports)
    return service.spec.ports.map(({ name, port, targetPort }) => ({
      name,
      number: port,
      target: targetPort ?? port,
    }));
  return ((object as V1Pod).spec?.containers ?? []).flatMap(({ ports }) =>
    (ports ?? []).map(({ name, containerPort }) => ({ name, number: containerPort, target: containerPort })),
  );
}

/**
 * True if the object has the port that the endpoint names, or may have it: the numbers behind named ports and
 * undeclared ports of pods are not known.
 */
function hasPort(object: SelectableObject, { port, targetPort, portNumber }: MonitorEndpoint): boolean {
  const ports = listPorts(object);
  if (port) return ports.some(({ name }) => name === port);
  // A pod may listen on a port that it does not declare.
  if (portNumber) return true;
  // The pods define the number of a named port.
  if (targetPort === undefined || targetPort === null) return true;
  return ports.some(({ target }) => String(target) === String(targetPort) || typeof target === "string");
}

/** Returns the cause if no selected object has the endpoint's port. */
function explainUnknownPort(
  monitor: Monitor,
  endpoint: MonitorEndpoint,
  selectedObjects: readonly SelectableObject[],
): MonitorCause {
  const noun = monitor.kind === "ServiceMonitor" ? "service" : "pod";
  const descriptions = selectedObjects.map((object) => {
    const ports = listPorts(object).map(({ name, number }) =>
      name ? `${name} (${number})` : `${number} without a name`,
    );
    return `${noun} ${formatId(object)} has ${ports.length === 0 ? "no ports" : `the ports ${formatList(ports)}`}`;
  });
  const requestedPort = endpoint.port ?? endpoint.targetPort;
  return {
    id: "monitor-port-unknown",
    cause: `${formatList(descriptions, 3)}, none of them ${endpoint.port ? `called ${requestedPort}` : `with the target port ${requestedPort}`}`,
    fix: `name the port of the ${noun} ${requestedPort}, or take one of its names as the monitor's port`,
  };
}

/** Returns the cause if the selected Services have no ready endpoint: no pod matches, or the pods are not ready. */
function explainNoEndpoints(
  services: readonly V1Service[],
  { endpointSlices, pods }: DiscoverableObjects,
): MonitorCause {
  const emptyServices = services.filter((service) => !hasReadyEndpoint(service, endpointSlices));
  const [firstService] = emptyServices;
  if (firstService === undefined || emptyServices.length < services.length) return notDiscoveredYet;
  const selector = firstService.spec?.selector ?? {};
  const selectedPods = pods.filter(
    ({ metadata }) =>
      metadata?.namespace === firstService.metadata?.namespace && matchesSelector(selector, metadata?.labels),
  );
  const why =
    selectedPods.length === 0
      ? `its selector ${formatLabels(selector)} matches no pod`
      : `its pods ${formatList(selectedPods.map(formatId))} are not ready`;
  return {
    id: "monitor-no-endpoints",
    cause: `service ${formatId(firstService)} has no endpoint that is ready: ${why}`,
    fix:
      selectedPods.length === 0 ? "correct the Service's selector, or deploy its pods" : "look at these pods",
  };
}

/** True if an EndpointSlice of the service has a ready endpoint. */
function hasReadyEndpoint(service: V1Service, slices: readonly V1EndpointSlice[]): boolean {
  return slices
    .filter(({ metadata }) => metadata?.namespace === service.metadata?.namespace)
    .filter(({ metadata }) => metadata?.labels?.["kubernetes.io/service-name"] === service.metadata?.name)
    .some(({ endpoints }) => (endpoints ?? []).some(({ conditions }) => conditions?.ready !== false));
}
