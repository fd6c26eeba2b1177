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
 * An object that is still missing this long after k3s has applied its manifests will not come, in milliseconds. k3s applies
 * one file after the other, so this time is only for caches of the API server.
 */
const settleMs = 2_000;
/** k3s reads its manifests again every 15 s; a little longer, in milliseconds. */
const roundMs = 16_000;
/** The longest wait, in milliseconds. k3s applies its manifests within seconds, and repeats after 15 s what failed. */
const longestMs = 60_000;

/** The result of one reading of the cluster. */
interface NeedsReading {
  readonly missing: readonly Need[];
  readonly classes: readonly StorageClass[];
  /** How long until a missing object is certain not to come, in milliseconds; undefined until k3s has applied its manifests. */
  readonly settlesInMs: number | undefined;
}

/**
 * Waits until k3s has installed what a release needs. A new k3s responds seconds before it applies its packaged
 * manifests, and a claim that is created too early waits up to 15 s for the volume controller's next round.
 * @param onWaiting is called with the missing objects in each round
 * @throws WorkloadsFailed if a StorageClass is still missing after k3s has applied its manifests
 */
export async function waitForPackaged(
  context: Context,
  cluster: Cluster,
  options: {
    readonly app: PlannedApp;
    readonly needs: readonly Need[];
    readonly deadline: number;
    readonly onWaiting: (missingNames: string) => void;
  },
): Promise<void> {
  const { host, log, signal } = context;
  const { app, needs } = options;
  // An existing cluster needs no wait: its StorageClasses are judged once the claims exist.
  if (needs.length === 0 || cluster.kind === "existing") return;
  const api = createApi(cluster.kube);
  const deadline = Math.min(options.deadline, host.now() + longestMs);
  let settlingSince: number | undefined;
  while (true) {
    const reading = await readNeeds(context, api, needs);
    if (reading?.missing.length === 0) return;
    const settlesInMs = reading?.settlesInMs;
    if (
      reading &&
      settlesInMs !== undefined &&
      settlingSince !== undefined &&
      host.now() - settlingSince >= settlesInMs
    )
      return await refuseMissingClasses(context, api, app, reading);
    settlingSince = settlesInMs === undefined ? undefined : (settlingSince ?? host.now());
    const missingNames = [...new Set((reading?.missing ?? needs).map(describeNeed))].join(", ");
    if (host.now() >= deadline) {
      log.warn(`k3s has not brought ${missingNames} in time; app ${app.name} is installed without it`);
      return;
    }
    options.onWaiting(missingNames);
    await host.sleep(pollMs, signal);
  }
}

/** Returns which needs are missing in the cluster; undefined if the API server did not answer every request. */
async function readNeeds(
  context: Context,
  api: Api,
  needs: readonly Need[],
): Promise<NeedsReading | undefined> {
  const { signal, log } = context;
  const createSignal = () => AbortSignal.any([signal, AbortSignal.timeout(requestMs)]);
  const list = async <T>(path: string): Promise<readonly T[]> =>
    (JSON.parse(await api.readText(path, createSignal())) as { items?: T[] | null }).items ?? [];
  const isNeeded = (kind: Need["kind"]) => needs.some((need) => need.kind === kind);
  try {
    const [classes, runtimeClasses, servedVersions] = await Promise.all([
      isNeeded("StorageClass") ? list<StorageClass>("/apis/storage.k8s.io/v1/storageclasses") : [],
      isNeeded("RuntimeClass") ? list<{ metadata: Meta }>("/apis/node.k8s.io/v1/runtimeclasses") : [],
      listServedVersions(api, needs, createSignal),
    ]);
    const isInstalled = ({ kind, name }: Need) => {
      if (kind === "API") return servedVersions.includes(name);
      if (kind === "RuntimeClass") return runtimeClasses.some(({ metadata }) => metadata.name === name);
      return name === undefined
        ? classes.some(isDefaultClass)
        : classes.some(({ metadata }) => metadata.name === name);
    };
    const missing = needs.filter((need) => !isInstalled(need));
    const settlesInMs = missing.length > 0 ? await getSettleTime(api, list, createSignal) : undefined;
    return { missing, classes, settlesInMs };
  } catch (error) {
    signal.throwIfAborted();
    log.debug(`what k3s brings can't be read yet: ${describeError(error)}`);
    return undefined;
  }
}

/** Returns the API versions among the needs that the API server serves. */
async function listServedVersions(
  api: Api,
  needs: readonly Need[],
  createSignal: () => AbortSignal,
): Promise<string[]> {
  const neededVersions = [...new Set(needs.flatMap(({ kind, name }) => (kind === "API" ? [name] : [])))];
  const responses = await Promise.all(
    neededVersions.map((name) => api.send(`/apis/${name}`, createSignal())),
  );
  return neededVersions.filter((_, index) => responses[index]?.status === 200);
}

/** k3s keeps such an object for each of its manifests. */
interface Addon {
  readonly metadata: Meta;
  readonly spec?: { readonly checksum?: string };
}

/**
 * Returns how long a missing object may still come, in milliseconds; undefined while k3s applies its manifests. An
 * Addon has a checksum once its manifest is applied. The Addon `rolebindings` comes after `local-storage` and can't be
 * disabled. An Addon without a checksum failed and is applied again. A k3s without Addons is judged by the deployments
 * in kube-system: the provisioner comes with its StorageClass, but other deployments may come earlier.
 */
async function getSettleTime(
  api: Api,
  list: <T>(path: string) => Promise<readonly T[]>,
  createSignal: () => AbortSignal,
): Promise<number | undefined> {
  const path = "/apis/k3s.cattle.io/v1/namespaces/kube-system/addons";
  const { status, body } = await api.send(path, createSignal());
  if (status === 200) {
    const addons = (JSON.parse(body) as { items?: Addon[] | null }).items ?? [];
    const isApplied = ({ spec }: Addon) => (spec?.checksum ?? "") !== "";
    const hasLastAddon = addons.some(({ metadata }) => metadata.name === "rolebindings");
    return hasLastAddon && addons.every(isApplied) ? settleMs : undefined;
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

/**
 * Throws if a StorageClass is missing and no existing volume has that class. Other needs are judged after the
 * installation.
 * @throws WorkloadsFailed
 */
async function refuseMissingClasses(
  context: Context,
  api: Api,
  app: PlannedApp,
  reading: NeedsReading,
): Promise<void> {
  const missing = reading.missing.flatMap((need) => (need.kind === "StorageClass" ? [need] : []));
  if (missing.length === 0) return;
  const requestSignal = AbortSignal.any([context.signal, AbortSignal.timeout(requestMs)]);
  const { items = [] } = JSON.parse(await api.readText("/api/v1/persistentvolumes", requestSignal)) as {
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
      const message = `a volume claim of app ${app.name}: ${missing}; ${describeClasses(reading.classes)}`;
      return { workload: object, rule: id, aliases, reason: "NoStorageClass", message, fix };
    });
  if (failures.length > 0) throw new WorkloadsFailed(failures);
}
