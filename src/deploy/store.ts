import type { KubeConfig } from "@kubernetes/client-node";
import type { Context } from "../host/host.ts";
import { type Api, ApiError, createApi } from "../kube/api.ts";
import type { Meta } from "../kube/objects.ts";
import { describeError, InstallError } from "../lib/errors.ts";
import { encodeUrlPart } from "../lib/text.ts";

/**
 * The resources that a store can follow. `optional`: workloads can be judged without the right to read them. `late`: an
 * app installs their definition during the deployment, and no objects exist before. `clusterWide`: their objects have no
 * namespace.
 */
export const resources = {
  pods: { kind: "Pod", group: "/api/v1", optional: false },
  events: { kind: "Event", group: "/api/v1", optional: true },
  persistentvolumeclaims: { kind: "PersistentVolumeClaim", group: "/api/v1", optional: true },
  nodes: { kind: "Node", group: "/api/v1", optional: true, clusterWide: true },
  storageclasses: {
    kind: "StorageClass",
    group: "/apis/storage.k8s.io/v1",
    optional: true,
    clusterWide: true,
  },
  deployments: { kind: "Deployment", group: "/apis/apps/v1", optional: false },
  replicasets: { kind: "ReplicaSet", group: "/apis/apps/v1", optional: false },
  statefulsets: { kind: "StatefulSet", group: "/apis/apps/v1", optional: false },
  daemonsets: { kind: "DaemonSet", group: "/apis/apps/v1", optional: false },
  jobs: { kind: "Job", group: "/apis/batch/v1", optional: false },
  prometheuses: { kind: "Prometheus", group: "/apis/monitoring.coreos.com/v1", optional: true, late: true },
  alertmanagers: {
    kind: "Alertmanager",
    group: "/apis/monitoring.coreos.com/v1",
    optional: true,
    late: true,
  },
} as const satisfies Record<
  string,
  { kind: string; group: string; optional: boolean; late?: boolean; clusterWide?: boolean }
>;

export type Resource = keyof typeof resources;

/** True if the objects of a resource have no namespace. */
export function isClusterWide(resource: Resource): boolean {
  return "clusterWide" in resources[resource];
}

interface StoredObject {
  kind: string;
  metadata: Meta;
}

/** A live copy of the followed resources in some namespaces. */
export interface Store {
  /** Returns a resource's objects as the API server sends them; undefined if this user may not read them. */
  items<T>(resource: Resource, namespace: string): readonly T[] | undefined;
  /** True if every resource was listed at least once. */
  synced(): boolean;
  /** Returns since when the API server has not responded (ms since the epoch), and why; undefined if it responds. */
  silence(): { readonly since: number; readonly why: string } | undefined;
  /** Returns the error if the API server refuses the credentials, which ends the watch. */
  refused(): InstallError | undefined;
  /** Resolves at the next change. */
  changed(): Promise<void>;
  /** Ends every watch. Without this call the process does not exit. */
  close(): void;
}

/** The copy of one resource in one namespace. */
interface Follower {
  readonly resource: Resource;
  readonly path: string;
  items: Map<string, StoredObject>;
  listed: boolean;
  forbidden: boolean;
  failing: { since: number; why: string } | undefined;
}

/** The server ends a watch after this many seconds; monstack ends it 15 s later if the connection is dead. */
const watchSeconds = 120;
const listMs = 15_000;
const firstPauseMs = 100;
/** Pause between two attempts to list a kind that isn't defined yet, in milliseconds. */
const definitionMs = 500;

/**
 * Opens a store that lists and then watches every resource in every namespace until `close`. Resources without a
 * namespace are followed once.
 */
export function openStore(
  context: Context,
  kube: KubeConfig,
  namespaces: readonly string[],
  followedResources: readonly Resource[] = Object.keys(resources) as Resource[],
): Store {
  const closeController = new AbortController();
  const signal = AbortSignal.any([context.signal, closeController.signal]);
  const waiters = new Set<() => void>();
  let refusal: InstallError | undefined;
  const notify = () => {
    for (const wake of [...waiters]) wake();
    waiters.clear();
  };
  const followers = new Map<string, Follower>();
  for (const resource of followedResources)
    for (const namespace of isClusterWide(resource) ? [""] : namespaces)
      followers.set(`${resource}/${namespace}`, createFollower(resource, namespace));
  const api = createApi(kube);
  const refuse = (error: InstallError) => {
    refusal ??= error;
    notify();
  };
  for (const follower of followers.values())
    void keepFollowing(context, api, follower, signal, notify, refuse);
  return {
    items: <T>(resource: Resource, namespace: string) => {
      const follower = followers.get(`${resource}/${isClusterWide(resource) ? "" : namespace}`);
      return !follower || follower.forbidden ? undefined : ([...follower.items.values()] as unknown as T[]);
    },
    synced: () => [...followers.values()].every((follower) => follower.listed || follower.forbidden),
    silence: () => findSilence([...followers.values()]),
    refused: () => refusal,
    changed: () => new Promise((resolve) => waiters.add(resolve)),
    close: () => {
      closeController.abort();
      notify();
    },
  };
}

/**
 * Returns an empty copy of one resource.
 * @param namespace empty for a resource without a namespace
 */
function createFollower(resource: Resource, namespace: string): Follower {
  const { group } = resources[resource];
  const path = namespace === "" ? `${group}/${resource}` : `${group}/namespaces/${namespace}/${resource}`;
  return { resource, path, items: new Map(), listed: false, forbidden: false, failing: undefined };
}

/**
 * Returns the silence of the API server, if all followers fail; else undefined. A single resource can be slow while the
 * server is fine.
 */
function findSilence(followers: readonly Follower[]): { since: number; why: string } | undefined {
  const failures = followers.flatMap((follower) => (follower.failing ? [follower.failing] : []));
  const activeFollowers = followers.filter((follower) => !follower.forbidden);
  if (failures.length === 0 || failures.length < activeFollowers.length) return undefined;
  return failures.reduce((latest, failure) => (failure.since > latest.since ? failure : latest));
}

/**
 * Lists and watches one resource until the signal, again and again. Returns earlier if this user may not read the
 * resource.
 */
async function keepFollowing(
  context: Context,
  api: Api,
  follower: Follower,
  signal: AbortSignal,
  notify: () => void,
  refuse: (error: InstallError) => void,
): Promise<void> {
  let pauseMs = firstPauseMs;
  while (!signal.aborted) {
    const roundStart = context.host.now();
    try {
      const version = await listIntoCopy(api, follower, signal);
      notify();
      await watchFrom(api, follower, version, signal, notify);
    } catch (error) {
      if (signal.aborted) return;
      if (handleAccessRefusal(context, follower, error, refuse)) return notify();
      if (isNotYetDefined(follower, error)) {
        follower.listed = true;
        notify();
        await context.host.sleep(definitionMs, signal).catch(() => undefined);
        continue;
      }
      follower.failing ??= { since: context.host.now(), why: describeError(error) };
      context.log.debug(`${follower.path}: ${describeError(error)}; trying again in ${pauseMs} ms`);
    }
    // Also after a watch without an error: a server that ends every watch at once must not be flooded with requests.
    if (context.host.now() - roundStart > 5_000) pauseMs = firstPauseMs;
    await context.host.sleep(pauseMs, signal).catch(() => undefined);
    pauseMs = Math.min(pauseMs * 2, 2_000);
  }
}

function isNotYetDefined({ resource }: Follower, error: unknown): boolean {
  return "late" in resources[resource] && error instanceof ApiError && error.status === 404;
}

/**
 * True if the API server refuses access to the resource. An optional resource is marked as forbidden, with a warning;
 * otherwise `refuse` gets the error.
 */
function handleAccessRefusal(
  context: Context,
  follower: Follower,
  error: unknown,
  refuse: (error: InstallError) => void,
): boolean {
  if (!(error instanceof ApiError) || (error.status !== 401 && error.status !== 403)) return false;
  const { kind, optional } = resources[follower.resource];
  if (error.status === 403 && optional) {
    follower.forbidden = true;
    context.log.warn(
      `this user may not watch ${follower.resource}, so causes that only they report are not found`,
    );
    return true;
  }
  const fix = `Use a kubeconfig whose user may get, list and watch ${follower.resource} (${kind}).`;
  refuse(new InstallError(`readiness can't be watched: ${error.message}`, { cause: error, fix }));
  return true;
}

/** Lists a resource into its copy. Returns the version of the list, from which a watch can start. */
async function listIntoCopy(api: Api, follower: Follower, signal: AbortSignal): Promise<string> {
  const requestSignal = AbortSignal.any([signal, AbortSignal.timeout(listMs)]);
  const response = JSON.parse(await api.readText(follower.path, requestSignal)) as {
    metadata?: { resourceVersion?: string };
    items?: StoredObject[] | null;
  };
  // The API server leaves out the kind in the items of a list.
  const { kind } = resources[follower.resource];
  const items = (response.items ?? []).map((item) => ({ ...item, kind }));
  follower.items = new Map(items.map((item) => [item.metadata.name, item]));
  follower.listed = true;
  follower.failing = undefined;
  return response.metadata?.resourceVersion ?? "";
}

/**
 * Applies the changes to a resource to its copy. Returns when the resource must be listed again: the version is too old
 * (410 Gone), or the watch broke.
 */
async function watchFrom(
  api: Api,
  follower: Follower,
  startVersion: string,
  signal: AbortSignal,
  notify: () => void,
): Promise<void> {
  let version = startVersion;
  let hasReceived = true;
  while (hasReceived && !signal.aborted) {
    hasReceived = false;
    const query = `watch=true&allowWatchBookmarks=true&timeoutSeconds=${watchSeconds}&resourceVersion=${encodeUrlPart(version)}`;
    const requestSignal = AbortSignal.any([signal, AbortSignal.timeout((watchSeconds + 15) * 1_000)]);
    for await (const event of api.watch(`${follower.path}?${query}`, requestSignal)) {
      if (event.type === "ERROR") return;
      const object = event.object as StoredObject;
      version = object.metadata.resourceVersion ?? version;
      hasReceived = true;
      if (event.type === "BOOKMARK") continue;
      if (event.type === "DELETED") follower.items.delete(object.metadata.name);
      else follower.items.set(object.metadata.name, { ...object, kind: resources[follower.resource].kind });
      notify();
    }
  }
}
