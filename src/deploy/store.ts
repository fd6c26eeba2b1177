import type { KubeConfig } from "@kubernetes/client-node";
import type { Context } from "../host/host.ts";
import { type Api, ApiError, createApi } from "../kube/api.ts";
import type { Meta } from "../kube/objects.ts";
import { describeError, InstallError } from "../lib/errors.ts";
import { encodeUrlPart } from "../lib/text.ts";

/**
 * The resources that are followed. `optional`: judging works without the right to read them. `late`: their definition
 * is installed meanwhile, and until then none exist. `clusterWide`: their objects have no namespace.
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

export function isClusterWide(resource: Resource): boolean {
  return "clusterWide" in resources[resource];
}

interface Stored {
  kind: string;
  metadata: Meta;
}

/** A live copy of what is followed in some namespaces. */
export interface Store {
  /** Objects as the API server sends them; undefined when this user may not read them. */
  items<T>(resource: Resource, namespace: string): readonly T[] | undefined;
  /** Everything was listed at least once. */
  synced(): boolean;
  /** Why nothing is heard from the API server, and since when (ms since the epoch). */
  silence(): { readonly since: number; readonly why: string } | undefined;
  /** Returns the error that ends the watch: the API server refuses the credentials. */
  refused(): InstallError | undefined;
  /** Resolves at the next change. */
  changed(): Promise<void>;
  /** Ends every watch. Must be called, or the process does not end. */
  close(): void;
}

interface Follower {
  readonly resource: Resource;
  readonly path: string;
  items: Map<string, Stored>;
  listed: boolean;
  forbidden: boolean;
  failing: { since: number; why: string } | undefined;
}

/** A watch is renewed after this many seconds, by the server; a little later by us, if the connection is dead. */
const watchSeconds = 120;
const listMs = 15_000;
const firstPauseMs = 100;
/** Pause between two attempts to list a kind that isn't defined yet, in milliseconds. */
const definitionMs = 500;

/** Lists and then watches every resource in every namespace (those without one once), until `close`. */
export function openStore(
  context: Context,
  kube: KubeConfig,
  namespaces: readonly string[],
  followed: readonly Resource[] = Object.keys(resources) as Resource[],
): Store {
  const end = new AbortController();
  const signal = AbortSignal.any([context.signal, end.signal]);
  const waiters = new Set<() => void>();
  let refused: InstallError | undefined;
  const notify = () => {
    for (const wake of [...waiters]) wake();
    waiters.clear();
  };
  const followers = new Map<string, Follower>();
  for (const resource of followed)
    for (const namespace of isClusterWide(resource) ? [""] : namespaces)
      followers.set(`${resource}/${namespace}`, createFollower(resource, namespace));
  const api = createApi(kube);
  const refuse = (error: InstallError) => {
    refused ??= error;
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
    refused: () => refused,
    changed: () => new Promise((resolve) => waiters.add(resolve)),
    close: () => {
      end.abort();
      notify();
    },
  };
}

function createFollower(resource: Resource, namespace: string): Follower {
  const { group } = resources[resource];
  const path = namespace === "" ? `${group}/${resource}` : `${group}/namespaces/${namespace}/${resource}`;
  return { resource, path, items: new Map(), listed: false, forbidden: false, failing: undefined };
}

/** Returns the silence of the API server: all followers fail. A single resource can be slow while the server is fine. */
function findSilence(followers: readonly Follower[]): { since: number; why: string } | undefined {
  const failing = followers.flatMap((follower) => (follower.failing ? [follower.failing] : []));
  const working = followers.filter((follower) => !follower.forbidden);
  if (failing.length === 0 || failing.length < working.length) return undefined;
  return failing.reduce((latest, next) => (next.since > latest.since ? next : latest));
}

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
    const began = context.host.now();
    try {
      const version = await list(api, follower, signal);
      notify();
      await watchFrom(api, follower, version, signal, notify);
    } catch (error) {
      if (signal.aborted) return;
      if (stopsFollowing(context, follower, error, refuse)) return notify();
      if (isNotYetDefined(follower, error)) {
        follower.listed = true;
        notify();
        await context.host.sleep(definitionMs, signal).catch(() => undefined);
        continue;
      }
      follower.failing ??= { since: context.host.now(), why: describeError(error) };
      context.log.debug(`${follower.path}: ${describeError(error)}; trying again in ${pauseMs} ms`);
    }
    // Also after a watch that ended well: a server that ends each at once must not be flooded.
    if (context.host.now() - began > 5_000) pauseMs = firstPauseMs;
    await context.host.sleep(pauseMs, signal).catch(() => undefined);
    pauseMs = Math.min(pauseMs * 2, 2_000);
  }
}

function isNotYetDefined({ resource }: Follower, error: unknown): boolean {
  return "late" in resources[resource] && error instanceof ApiError && error.status === 404;
}

function stopsFollowing(
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

async function list(api: Api, follower: Follower, signal: AbortSignal): Promise<string> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(listMs)]);
  const list = JSON.parse(await api.readText(follower.path, bounded)) as {
    metadata?: { resourceVersion?: string };
    items?: Stored[] | null;
  };
  // The items of a list don't carry their kind.
  const { kind } = resources[follower.resource];
  const items = (list.items ?? []).map((item) => ({ ...item, kind }));
  follower.items = new Map(items.map((item) => [item.metadata.name, item]));
  follower.listed = true;
  follower.failing = undefined;
  return list.metadata?.resourceVersion ?? "";
}

/** Returns when the state must be listed again: the version is too old (410 Gone), or the watch broke. */
async function watchFrom(
  api: Api,
  follower: Follower,
  from: string,
  signal: AbortSignal,
  notify: () => void,
): Promise<void> {
  let version = from;
  let heard = true;
  while (heard && !signal.aborted) {
    heard = false;
    const query = `watch=true&allowWatchBookmarks=true&timeoutSeconds=${watchSeconds}&resourceVersion=${encodeUrlPart(version)}`;
    const bounded = AbortSignal.any([signal, AbortSignal.timeout((watchSeconds + 15) * 1_000)]);
    for await (const event of api.watch(`${follower.path}?${query}`, bounded)) {
      if (event.type === "ERROR") return;
      const object = event.object as Stored;
      version = object.metadata.resourceVersion ?? version;
      heard = true;
      if (event.type === "BOOKMARK") continue;
      if (event.type === "DELETED") follower.items.delete(object.metadata.name);
      else follower.items.set(object.metadata.name, { ...object, kind: resources[follower.resource].kind });
      notify();
    }
  }
}
