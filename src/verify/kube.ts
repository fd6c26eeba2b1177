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
import { bounded, reasonOf } from "../cluster/client.ts";
import { requestTimeoutMs } from "./http.ts";
import type { Stack } from "./types.ts";

/**
 * One call to the API server, bounded in time and ended by the run's signal.
 * @throws Error that names what was asked; never an empty list instead.
 */
async function ask<T>(
  stack: Stack,
  what: string,
  call: (options: ConfigurationOptions<ObservableMiddleware>) => Promise<T>,
): Promise<T> {
  try {
    return await call(bounded(requestTimeoutMs, stack.context.signal));
  } catch (cause) {
    throw new Error(`Kubernetes API, ${what}: ${reasonOf(cause)}`, { cause });
  }
}

export async function listNodes(stack: Stack): Promise<V1Node[]> {
  return (await ask(stack, "list nodes", (options) => stack.core.listNode({}, options))).items;
}

export async function listPods(stack: Stack, namespace: string): Promise<V1Pod[]> {
  const what = `list pods in ${namespace}`;
  return (await ask(stack, what, (options) => stack.core.listNamespacedPod({ namespace }, options))).items;
}

export async function listAllPods(stack: Stack): Promise<V1Pod[]> {
  return (await ask(stack, "list pods", (options) => stack.core.listPodForAllNamespaces({}, options))).items;
}

export async function listServices(stack: Stack): Promise<V1Service[]> {
  const list = await ask(stack, "list services", (options) =>
    stack.core.listServiceForAllNamespaces({}, options),
  );
  return list.items;
}

export async function listEndpointSlices(stack: Stack): Promise<V1EndpointSlice[]> {
  const discovery = stack.kube.makeApiClient(DiscoveryV1Api);
  const list = await ask(stack, "list endpointslices", (options) =>
    discovery.listEndpointSliceForAllNamespaces({}, options),
  );
  return list.items;
}

export async function listClaims(stack: Stack, namespace: string): Promise<V1PersistentVolumeClaim[]> {
  const list = await ask(stack, `list PVCs in ${namespace}`, (options) =>
    stack.core.listNamespacedPersistentVolumeClaim({ namespace }, options),
  );
  return list.items;
}

/** The newest warning about an object, e.g. why a volume can't be mounted; undefined when there is none. */
export async function lastWarning(
  stack: Stack,
  namespace: string,
  name: string,
): Promise<string | undefined> {
  const fieldSelector = `involvedObject.name=${name},type=Warning`;
  const events = await ask(stack, `list events of ${namespace}/${name}`, (options) =>
    stack.core.listNamespacedEvent({ namespace, fieldSelector }, options),
  );
  const newest = events.items.toSorted((a, b) => timeOf(a) - timeOf(b)).at(-1);
  return newest && `${newest.reason ?? "Warning"}: ${newest.message ?? ""}`;
}

function timeOf(event: {
  lastTimestamp?: Date;
  eventTime?: Date;
  metadata: { creationTimestamp?: Date };
}): number {
  return Number(event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? 0);
}
