import {
  type ConfigurationOptions,
  DiscoveryV1Api,
  type ObservableMiddleware,
  type V1EndpointSlice,
  type V1Node,
  type V1PersistentVolumeClaim,
  type V1Pod,
  type V1Service,
} from "@kubernetes/client-node";
import { describeApiError, limitCallTime } from "../kube/api.ts";
import { listNamespaces } from "../model/rendered.ts";
import { requestTimeoutMs } from "./http.ts";
import { shareRead } from "./shared-reads.ts";
import type { Stack } from "./stack.ts";

/**
 * Returns the objects that a call of the Kubernetes API lists. The call has a time limit, and the run's signal ends it.
 * Reads of the same objects that begin at the same time are one.
 * @param what which objects, for messages; it identifies them
 * @throws Error on any failure: a failure is never an empty list
 */
export function listObjects<T>(
  stack: Stack,
  what: string,
  call: (options: ConfigurationOptions<ObservableMiddleware>) => Promise<{ items: T[] }>,
): Promise<T[]> {
  const server = stack.kube.getCurrentCluster()?.server;
  return shareRead(stack.context, `${server} ${what}`, () => readObjects(stack, what, call));
}

async function readObjects<T>(
  stack: Stack,
  what: string,
  call: (options: ConfigurationOptions<ObservableMiddleware>) => Promise<{ items: T[] }>,
): Promise<T[]> {
  const response = await call(limitCallTime(requestTimeoutMs, stack.context.signal)).catch(
    (cause: unknown) => {
      throw new Error(`Kubernetes API, list ${what}: ${describeApiError(cause)}`, { cause });
    },
  );
  // The client accepts any body, even a proxy's page.
  if (Array.isArray(response?.items)) return response.items;
  throw new Error(
    `Kubernetes API, list ${what}: the response is not a list, so it is not from an API server`,
  );
}

export function listNodes(stack: Stack): Promise<V1Node[]> {
  return listObjects(stack, "nodes", (options) => stack.core.listNode({}, options));
}

export function listPods(stack: Stack, namespace: string): Promise<V1Pod[]> {
  return listObjects(stack, `pods of ${namespace}`, (options) =>
    stack.core.listNamespacedPod({ namespace }, options),
  );
}

export function listAllPods(stack: Stack): Promise<V1Pod[]> {
  return listObjects(stack, "pods", (options) => stack.core.listPodForAllNamespaces({}, options));
}

/** Lists the pods in the namespaces of the stack. */
export async function listOwnPods(stack: Stack): Promise<V1Pod[]> {
  return (
    await Promise.all(listNamespaces(stack.rendered).map((namespace) => listPods(stack, namespace)))
  ).flat();
}

/** Lists the PVCs in the namespaces of the stack. */
export async function listOwnClaims(stack: Stack): Promise<V1PersistentVolumeClaim[]> {
  return (
    await Promise.all(listNamespaces(stack.rendered).map((namespace) => listClaims(stack, namespace)))
  ).flat();
}

export function listServices(stack: Stack): Promise<V1Service[]> {
  return listObjects(stack, "services", (options) => stack.core.listServiceForAllNamespaces({}, options));
}

export function listEndpointSlices(stack: Stack): Promise<V1EndpointSlice[]> {
  const discovery = stack.kube.makeApiClient(DiscoveryV1Api);
  return listObjects(stack, "endpointslices", (options) =>
    discovery.listEndpointSliceForAllNamespaces({}, options),
  );
}

export function listClaims(stack: Stack, namespace: string): Promise<V1PersistentVolumeClaim[]> {
  return listObjects(stack, `PVCs of ${namespace}`, (options) =>
    stack.core.listNamespacedPersistentVolumeClaim({ namespace }, options),
  );
}

/** Limit for a log: a program can write a line of any length. */
export const maxLogBytes = 4 * 1024 ** 2;

/**
 * Returns the last 200 lines of a container's log; undefined if the log can't be read. The log only explains a failure
 * that is already certain, so a missing permission is not an error.
 */
export async function readLog(
  stack: Stack,
  { namespace, pod, container }: { namespace: string; pod: string; container: string },
): Promise<string | undefined> {
  const options = limitCallTime(requestTimeoutMs, stack.context.signal);
  const request = { namespace, name: pod, container, tailLines: 200, limitBytes: maxLogBytes };
  const log = stack.core.readNamespacedPodLog(request, options);
  return await log.catch(() => undefined);
}

/**
 * Returns the newest warning about an object, e.g. why a volume can't be mounted; undefined if there is none. It only
 * explains a certain failure, so a missing permission is not an error.
 */
export async function findLastWarning(
  stack: Stack,
  namespace: string,
  name: string,
): Promise<string | undefined> {
  const fieldSelector = `involvedObject.name=${name},type=Warning`;
  const events = await listObjects(stack, `events of ${namespace}/${name}`, (options) =>
    stack.core.listNamespacedEvent({ namespace, fieldSelector }, options),
  ).catch(() => []);
  const newest = events.toSorted((a, b) => getEventTime(a) - getEventTime(b)).at(-1);
  return newest && `${newest.reason ?? "Warning"}: ${newest.message ?? ""}`;
}

/** Returns the time of an event in milliseconds since the epoch; 0 if it has none. */
function getEventTime(event: {
  lastTimestamp?: Date;
  eventTime?: Date;
  metadata: { creationTimestamp?: Date };
}): number {
  return Number(event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? 0);
}
