import { describeClasses } from "../failures/judge-claim.ts";
import { expectFailure } from "../failures/symptom.ts";
import { noClass } from "../failures/volumes.ts";
import type { Context } from "../host/host.ts";
import { type Api, ApiError, createApi } from "../kube/api.ts";
import { getStorageClassName, isDefaultClass, type Meta, type StorageClass } from "../kube/objects.ts";
import { describeError } from "../lib/errors.ts";
import type { Cluster } from "../model/cluster.ts";
import type { PlannedApp } from "../model/plan.ts";
import type { Need } from "./claims.ts";

import { WorkloadsFailed } from "./workloads-failed.ts";

const pollMs = 250;
const requestMs = 5_000;
/**
 * What is missing this long after k3s has applied its manifests will not come, in milliseconds. k3s applies one file
 * after the other, in the order of their names, so this is for the caches behind what was seen.
 */
const settleMs = 2_000;
/** k3s looks at its manifests again after 15 s, in milliseconds. */
const roundMs = 16_000;
/** k3s applies its manifests within seconds, and what failed again after 15 s; then the wait is given up. */
const longestMs = 60_000;

/** What one reading of the cluster found. */
interface Seen {
  readonly missing: readonly Need[];
  readonly classes: readonly StorageClass[];
  /** k3s has applied its packaged manifests, and what is missing so long after that will not come; undefined: not yet. */
  readonly settlesInMs: number | undefined;
}

/**
 * Waits until k3s has brought what a release needs. A k3s of ours responds seconds before it applies its packaged manifests,
 * and a claim that comes first waits for the volume controller's next round, up to 15 s.
 * @param onWaiting is given what is missing while there is something.
 * @throws WorkloadsFailed when k3s has applied its manifests, and a StorageClass is missing in two readings.
 */
export async function waitForPackaged(
  context: Context,
  cluster: Cluster,
  options: {
    readonly app: PlannedApp;
    readonly needs: readonly Need[];
    readonly deadline: number;
    readonly onWaiting: (missing: string) => void;
  },
): Promise<void> {
  const { host, log, signal } = context;
  const { app, needs } = options;
  // Somebody else's cluster is judged by its objects, once the claims are there.
  if (needs.length === 0 || cluster.kind === "existing") return;
  const api = createApi(cluster.kube);
  const end = Math.min(options.deadline, host.now() + longestMs);
  let since: number | undefined;
  while (true) {
    const seen = await readNeeds(context, api, needs);
    if (seen?.missing.length === 0) return;
    const settlesInMs = seen?.settlesInMs;
    if (seen && settlesInMs !== undefined && since !== undefined && host.now() - since >= settlesInMs)
      return await refuse(context, api, app, seen);
    since = settlesInMs === undefined ? undefined : (since ?? host.now());
    const missing = [...new Set((seen?.missing ?? needs).map(describeNeed))].join(", ");
    if (host.now() >= end) {
      log.warn(`k3s has not brought ${missing} in time; app ${app.name} is installed without it`);
      return;
    }
    options.onWaiting(missing);
    await host.sleep(pollMs, signal);
  }
}

/** Returns what is missing; undefined unless the API server answered every request. */
async function readNeeds(context: Context, api: Api, needs: readonly Need[]): Promise<Seen | undefined> {
  const { signal, log } = context;
  const bounded = () => AbortSignal.any([signal, AbortSignal.timeout(requestMs)]);
  const list = async <T>(path: string): Promise<readonly T[]> =>
    (JSON.parse(await api.readText(path, bounded())) as { items?: T[] | null }).items ?? [];
  const isNeeded = (kind: Need["kind"]) => needs.some((need) => need.kind === kind);
  try {
    const [classes, runtimes, groups] = await Promise.all([
      isNeeded("StorageClass") ? list<StorageClass>("/apis/storage.k8s.io/v1/storageclasses") : [],
      isNeeded("RuntimeClass") ? list<{ metadata: Meta }>("/apis/node.k8s.io/v1/runtimeclasses") : [],
      listServed(api, needs, bounded),
    ]);
    const isThere = ({ kind, name }: Need) => {
      if (kind === "API") return groups.includes(name);
      if (kind === "RuntimeClass") return runtimes.some(({ metadata }) => metadata.name === name);
      return name === undefined
        ? classes.some(isDefaultClass)
        : classes.some(({ metadata }) => metadata.name === name);
    };
    const missing = needs.filter((need) => !isThere(need));
    const settlesInMs = missing.length > 0 ? await getSettleTime(api, list, bounded) : undefined;
    return { missing, classes, settlesInMs };
  } catch (error) {
    signal.throwIfAborted();
    log.debug(`what k3s brings can't be read yet: ${describeError(error)}`);
    return undefined;
  }
}

async function listServed(api: Api, needs: readonly Need[], bounded: () => AbortSignal): Promise<string[]> {
  const wanted = [...new Set(needs.flatMap(({ kind, name }) => (kind === "API" ? [name] : [])))];
  const responses = await Promise.all(wanted.map((name) => api.send(`/apis/${name}`, bounded())));
  return wanted.filter((_, index) => responses[index]?.status === 200);
}

interface Addon {
  readonly metadata: Meta;
  readonly spec?: { readonly checksum?: string };
}

/**
 * k3s keeps an Addon for each of its manifests, with a checksum once it is applied. `rolebindings` comes after
 * `local-storage` and can't be switched off; one of those that is there without a checksum failed, and is applied again. A
 * k3s without Addons is judged by what it has put into kube-system: the provisioner comes with its class, and other
 * deployments may come before it.
 */
async function getSettleTime(
  api: Api,
  list: <T>(path: string) => Promise<readonly T[]>,
  bounded: () => AbortSignal,
): Promise<number | undefined> {
  const path = "/apis/k3s.cattle.io/v1/namespaces/kube-system/addons";
  const { status, body } = await api.send(path, bounded());
  if (status === 200) {
    const addons = (JSON.parse(body) as { items?: Addon[] | null }).items ?? [];
    const isApplied = ({ spec }: Addon) => (spec?.checksum ?? "") !== "";
    const isLast = addons.some(({ metadata }) => metadata.name === "rolebindings");
    return isLast && addons.every(isApplied) ? settleMs : undefined;
  }
  if (status !== 404) throw new ApiError(path, status, body);
  const deployments = await list<{ metadata: Meta }>("/apis/apps/v1/namespaces/kube-system/deployments");
  if (deployments.some(({ metadata }) => metadata.name === "local-path-provisioner")) return settleMs;
  return deployments.length > 0 ? roundMs : undefined;
}

function describeNeed({ kind, name }: Need): string {
  if (kind === "API") return `the API ${name}`;
  return name === undefined ? "the default StorageClass" : `the ${kind} "${name}"`;
}

/** A volume that is there already may be bound without its class; everything else is judged when the release is there. */
async function refuse(context: Context, api: Api, app: PlannedApp, seen: Seen): Promise<void> {
  const missing = seen.missing.flatMap((need) => (need.kind === "StorageClass" ? [need] : []));
  if (missing.length === 0) return;
  const bounded = AbortSignal.any([context.signal, AbortSignal.timeout(requestMs)]);
  const { items = [] } = JSON.parse(await api.readText("/api/v1/persistentvolumes", bounded)) as {
    items?: Parameters<typeof getStorageClassName>[0][];
  };
  const failures = missing
    .filter(({ name }) => !items.some((volume) => name !== undefined && getStorageClassName(volume) === name))
    .map(({ object, name }) => {
      const missing =
        name === undefined
          ? "no storage class is set, and the cluster has no default StorageClass"
          : `StorageClass "${name}" not found`;
      const { id, aliases, fix } = expectFailure([noClass], missing);
      const message = `a volume claim of app ${app.name}: ${missing}; ${describeClasses(seen.classes)}`;
      return { workload: object, rule: id, aliases, reason: "NoStorageClass", message, fix };
    });
  if (failures.length > 0) throw new WorkloadsFailed(failures);
}
