import { dirname } from "node:path";
import type { CoreV1Api, KubernetesObject, V1PersistentVolumeClaim } from "@kubernetes/client-node";
import type { Context } from "../host/host.ts";
import type { ClusterObject, JournalEntry, Known, Leak, Step } from "../journal/types.ts";
import type { Api as RawApi } from "../kube/api.ts";
import { shorten } from "../lib/text.ts";
import { checkKubeconfig } from "./programs.ts";

/** Milliseconds to read one object. */
const readMs = 15_000;

export type ReleaseEntry = Extract<JournalEntry, { kind: "release" }>;

/** What a run deployed into an existing cluster. The teardown keeps the cluster itself. */
export interface Deployed {
  readonly kubeconfig: string;
  readonly context: string | undefined;
  /** In the order in which they were installed. */
  readonly releases: readonly ReleaseEntry[];
  /** Namespaces that did not exist before. */
  readonly namespaces: readonly string[];
  /** Custom resource definitions that did not exist before. */
  readonly crds: readonly string[];
  /** Services that an operator made and that did not exist before. */
  readonly services: readonly { readonly namespace: string; readonly name: string }[];
  /** The paths and programs that the settings of this call name. */
  readonly known: Known;
  /** Milliseconds in which all deleted objects have to disappear. */
  readonly timeoutMs: number;
  /** True to keep the claims with their volumes and namespaces. */
  readonly keepData: boolean;
}

/** An object of a release that still exists after its removal. */
export interface Leftover extends Leak {
  /** True while the API server is still deleting the object. */
  readonly isTerminating: boolean;
}

/** The clients for the cluster. */
export interface Api {
  readonly core: CoreV1Api;
  /** Content of the kubeconfig for helm. Undefined if helm reads the file itself. */
  readonly helmKubeconfig: string | undefined;
  /** Sends requests for which the official client has no method. */
  readonly raw: RawApi;
}

/** Creates a client for the cluster. Sends no request. */
export async function connectToCluster(
  { host }: Context,
  { kubeconfig, context, known }: Deployed,
): Promise<Api> {
  // Loading the client takes a while, and most teardowns have no existing cluster, so it is loaded only here.
  const { CoreV1Api } = await import("@kubernetes/client-node");
  const { SharingKubeConfig } = await import("../kube/kube-config.ts");
  const { createApi } = await import("../kube/api.ts");
  const text = await host.files.read(kubeconfig);
  if (text === undefined) throw new Error(`there is no ${kubeconfig}`);
  const config = new SharingKubeConfig();
  config.loadFromString(text);
  config.makePathsAbsolute(dirname(kubeconfig));
  if (context !== undefined) config.setCurrentContext(context);
  const helmKubeconfig = checkKubeconfig(config, kubeconfig, { host, known });
  return { helmKubeconfig, core: config.makeApiClient(CoreV1Api), raw: createApi(config) };
}

/**
 * Returns the claims that belong to the deployed releases: those of a StatefulSet, which helm leaves behind, and those
 * that a chart keeps.
 * In a namespace that existed before the run, a claim older than its release holds earlier data and is left out. With
 * `keepData` it is included, since helm may have taken the claim over.
 */
export async function findClaims(api: Api, deployed: Deployed): Promise<V1PersistentVolumeClaim[]> {
  const claimsOfNamespaces = await Promise.all(
    deployed.namespaces.map((namespace) => listClaims(api, namespace)),
  );
  const releasesInSharedNamespaces = deployed.releases.filter(
    ({ namespace }) => !deployed.namespaces.includes(namespace),
  );
  const claimsOfReleases = await Promise.all(
    releasesInSharedNamespaces.map(async (release) => {
      const [installedAt, claims] = await Promise.all([
        findInstallTime(api, release),
        listClaims(api, release.namespace),
      ]);
      return claims.filter(
        (claim) =>
          belongsToRelease(claim, release) && (deployed.keepData || getCreationTime(claim) >= installedAt),
      );
    }),
  );
  return [...claimsOfNamespaces, ...claimsOfReleases].flat();
}

/**
 * Returns which of these claims still exist. Compares names only: helm's records, which assign claims to releases, are
 * deleted by then.
 */
async function filterExistingClaims(
  api: Api,
  claims: readonly V1PersistentVolumeClaim[],
): Promise<V1PersistentVolumeClaim[]> {
  const namespaces = new Set(claims.map(({ metadata }) => metadata?.namespace ?? ""));
  const existingClaims = await Promise.all([...namespaces].map((namespace) => listClaims(api, namespace)));
  const names = new Set(claims.map(getQualifiedName));
  return existingClaims.flat().filter((claim) => names.has(getQualifiedName(claim)));
}

async function listClaims({ core }: Api, namespace: string): Promise<V1PersistentVolumeClaim[]> {
  return (await core.listNamespacedPersistentVolumeClaim({ namespace })).items;
}

/**
 * Returns when a release was installed, in milliseconds since the epoch: the creation time of helm's first record,
 * else the time in the journal.
 */
async function findInstallTime({ core }: Api, { name, namespace, at }: ReleaseEntry): Promise<number> {
  const records = await core.listNamespacedSecret({ namespace, labelSelector: buildRecordSelector(name) });
  const times = records.items.map(getCreationTime);
  // Creation times have whole seconds, so the journal's time is rounded down to compare them.
  return times.length > 0 ? Math.min(...times) : Math.floor(Date.parse(at) / 1_000) * 1_000;
}

/** Returns the label selector of the secrets in which helm records a release. */
function buildRecordSelector(release: string): string {
  return `owner=helm,name=${release}`;
}

/** Returns when an object was created, in milliseconds since the epoch; 0 if that is unknown. */
function getCreationTime({ metadata }: KubernetesObject): number {
  return metadata?.creationTimestamp?.getTime() ?? 0;
}

/**
 * True if an object belongs to a release: by helm's own annotation, else by the labels that the chart gives to objects
 * made by a controller.
 */
function belongsToRelease({ metadata }: KubernetesObject, release: ReleaseEntry): boolean {
  const name = metadata?.annotations?.["meta.helm.sh/release-name"];
  const namespace = metadata?.annotations?.["meta.helm.sh/release-namespace"];
  if (name !== undefined) return name === release.name && namespace === release.namespace;
  if (metadata?.namespace !== undefined && metadata.namespace !== release.namespace) return false;
  return metadata?.labels?.["app.kubernetes.io/instance"] === release.name;
}

/**
 * Returns all objects of the releases that still exist. Reads them by name, since a run may lack the right to list
 * them.
 */
export async function findLeftovers(
  api: Api,
  deployed: Deployed,
  claims: readonly V1PersistentVolumeClaim[],
): Promise<Leftover[]> {
  const { core } = api;
  const { releases } = deployed;
  const volumes = [...new Set(claims.flatMap(({ spec }) => spec?.volumeName ?? []))];
  const [pvcs, pvs, namespaces, records, clusterObjects] = await Promise.all([
    filterExistingClaims(api, claims),
    Promise.all(volumes.map((name) => readUnlessNotFound(core.readPersistentVolume({ name })))),
    Promise.all(deployed.namespaces.map((name) => readUnlessNotFound(core.readNamespace({ name })))),
    Promise.all(
      releases.map(({ name, namespace }) =>
        core.listNamespacedSecret({ namespace, labelSelector: buildRecordSelector(name) }),
      ),
    ),
    Promise.all(releases.map((release) => findRemainingClusterObjects(api, release))),
  ]);
  const remainingReleases = releases.filter((_, index) => (records[index]?.items.length ?? 0) > 0);
  return [
    ...remainingReleases.map(({ name, namespace }) => ({
      ...createLeak("release", `${namespace}/${name}`),
      isTerminating: false,
    })),
    ...toLeftovers("pvc", pvcs),
    ...toLeftovers("pv", pvs.flat()),
    ...clusterObjects.flat(),
    ...toLeftovers("namespace", namespaces.flat()),
  ];
}

/**
 * Returns a release's cluster-scoped objects that still exist. An object of the same name without helm's annotation
 * belongs to somebody else and is left out.
 */
async function findRemainingClusterObjects({ raw }: Api, release: ReleaseEntry): Promise<Leftover[]> {
  const leftovers = await Promise.all(
    (release.clusterObjects ?? []).map(async ({ kind, path }: ClusterObject) => {
      const object = await readObject(raw, path);
      if (object === undefined || !belongsToRelease(object, release)) return [];
      return toLeftovers("cluster-object", [object]).map((leftover) => ({
        ...leftover,
        what: `${kind} ${leftover.what}`,
      }));
    }),
  );
  return leftovers.flat();
}

/**
 * Returns an object; undefined if it does not exist. @throws Error with the API server's message for any other status
 */
export async function readObject(raw: RawApi, path: string): Promise<KubernetesObject | undefined> {
  const { status, body } = await raw.send(path, AbortSignal.timeout(readMs));
  if (status === 404) return undefined;
  if (status !== 200) throw new Error(`${path}: HTTP ${status}: ${shorten(body, 600)}`);
  return JSON.parse(body) as KubernetesObject;
}

/** Returns the object that a request reads as a list of one; an empty list if the API server responded with 404. */
async function readUnlessNotFound<T>(read: Promise<T>): Promise<T[]> {
  try {
    return [await read];
  } catch (error) {
    if ((error as { code?: number }).code === 404) return [];
    throw error;
  }
}

/** Converts Kubernetes objects to leftovers of one kind. */
export function toLeftovers(kind: Leak["kind"], objects: readonly KubernetesObject[]): Leftover[] {
  return objects.map((object) => ({
    ...createLeak(kind, describeRemainingObject(object)),
    isTerminating: object.metadata?.deletionTimestamp !== undefined,
  }));
}

/** Returns a leak of this kind. */
export function createLeak(kind: Leak["kind"], what: string): Leak {
  return { kind, what };
}

/** Returns `namespace/name`, or the name alone for a cluster-scoped object. */
export function getQualifiedName({ metadata }: KubernetesObject): string {
  return [metadata?.namespace, metadata?.name].filter((part) => part !== undefined).join("/");
}

/** Returns an object's name and, in parentheses, why it still exists: its finalizers or its reclaim policy. */
function describeRemainingObject(object: KubernetesObject & { spec?: object }): string {
  const finalizers = [
    ...(object.metadata?.finalizers ?? []),
    ...((object.spec as { finalizers?: string[] } | undefined)?.finalizers ?? []),
  ];
  const policy = (object.spec as { persistentVolumeReclaimPolicy?: string } | undefined)
    ?.persistentVolumeReclaimPolicy;
  const reasons = [
    object.metadata?.deletionTimestamp && finalizers.length > 0
      ? `terminating, held by ${finalizers.join(", ")}`
      : "",
    policy === "Retain" ? "its reclaim policy is Retain" : "",
  ].filter((part) => part !== "");
  return reasons.length > 0
    ? `${getQualifiedName(object)} (${reasons.join("; ")})`
    : getQualifiedName(object);
}

/** A custom resource definition, as far as its objects can be listed. */
interface Definition extends KubernetesObject {
  readonly spec?: {
    readonly group?: string;
    readonly names?: { readonly plural?: string };
    readonly versions?: readonly { readonly name: string; readonly served?: boolean }[];
  };
}

const definitionsPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const requestMs = 15_000;

/**
 * Deletes the custom resource definitions that a run created. Deleting a definition deletes all objects of its kind,
 * whoever created them, so a definition that still has objects is kept and reported.
 * @returns descriptions of the kept definitions, and the names of all others
 */
export async function removeDefinitions(
  context: Context,
  api: Api,
  names: readonly string[],
  step: Step,
): Promise<{ kept: string[]; removed: string[] }> {
  const keptDefinitions = new Map<string, string>();
  await Promise.all(
    names.map((name) =>
      step(`delete custom resource definition ${name}`, async () => {
        const definition: Definition | undefined = await readObject(api.raw, `${definitionsPath}/${name}`);
        if (definition === undefined) return undefined;
        const [firstObject, ...remainingObjects] = await listObjects(api, definition);
        if (firstObject === undefined) return await deleteDefinition(api, name);
        const otherObjects = remainingObjects.length === 0 ? "" : ` and ${remainingObjects.length} more`;
        const description = `custom resource definition ${name}, which this run brought along: there is ${firstObject}${otherObjects}`;
        context.log.warn(`kept ${description}`);
        keptDefinitions.set(name, description);
        return undefined;
      }),
    ),
  );
  return {
    kept: [...keptDefinitions.values()].sort(),
    removed: names.filter((name) => !keptDefinitions.has(name)),
  };
}

/** Returns which of these custom resource definitions still exist. */
export async function findRemainingDefinitions(api: Api, names: readonly string[]): Promise<Leftover[]> {
  const definitions = await Promise.all(
    names.map((name) => readObject(api.raw, `${definitionsPath}/${name}`)),
  );
  return toLeftovers(
    "crd",
    definitions.flatMap((definition) => definition ?? []),
  );
}

/** Returns the names of a definition's objects in all namespaces, as `namespace/name`. */
async function listObjects({ raw }: Api, { spec }: Definition): Promise<string[]> {
  const version = spec?.versions?.find(({ served }) => served !== false)?.name;
  if (spec?.group === undefined || spec.names?.plural === undefined || version === undefined) return [];
  const path = `/apis/${spec.group}/${version}/${spec.names.plural}`;
  const list = (await readObject(raw, path)) as { items?: KubernetesObject[] } | undefined;
  return (list?.items ?? []).map(getQualifiedName);
}

/**
 * Deletes a custom resource definition and returns the line for the log. @throws Error for any response status from
 * 300 except 404
 */
async function deleteDefinition({ raw }: Api, name: string): Promise<string> {
  const path = `${definitionsPath}/${name}`;
  const { status, body } = await raw.send(path, AbortSignal.timeout(requestMs), { method: "DELETE" });
  if (status !== 404 && status >= 300) throw new Error(`${path}: HTTP ${status}: ${shorten(body, 600)}`);
  return `deleted custom resource definition ${name}`;
}
