import { dirname } from "node:path";
import type { CoreV1Api, KubernetesObject, V1PersistentVolumeClaim } from "@kubernetes/client-node";
import type { Context } from "../host/host.ts";
import type { ClusterObject, JournalEntry, Known, Leak, Step } from "../journal/types.ts";
import type { Api as RawApi } from "../kube/api.ts";
import { shorten } from "../lib/text.ts";
import { checkKubeconfig } from "./programs.ts";

/** Milliseconds for one object. */
const readMs = 15_000;

export type ReleaseEntry = Extract<JournalEntry, { kind: "release" }>;

/** What was deployed into a cluster that stays. */
export interface Deployed {
  readonly kubeconfig: string;
  readonly context: string | undefined;
  /** In the order in which they were installed. */
  readonly releases: readonly ReleaseEntry[];
  /** Namespaces that did not exist before. */
  readonly namespaces: readonly string[];
  /** Custom resource definitions that did not exist before. */
  readonly crds: readonly string[];
  /** Services of an operator's that did not exist before. */
  readonly services: readonly { readonly namespace: string; readonly name: string }[];
  /** The paths and programs that the settings of this call name. */
  readonly known: Known;
  /** Milliseconds for all that is deleted to be gone. */
  readonly timeoutMs: number;
  /** Claims stay, with their volumes and namespaces. */
  readonly keepData: boolean;
}

export interface Leftover extends Leak {
  /** It is being deleted. */
  readonly isTerminating: boolean;
}

export interface Api {
  readonly core: CoreV1Api;
  /** The kubeconfig that helm is to read, as a text; undefined: the file itself. */
  readonly helmKubeconfig: string | undefined;
  /** For whatever the client has no call of its own. */
  readonly raw: RawApi;
}

/** Creates a client for the cluster. Sends no request. */
export async function connectToCluster(
  { host }: Context,
  { kubeconfig, context, known }: Deployed,
): Promise<Api> {
  // Loading the client takes a while, and most teardowns are without a cluster that stays.
  const { CoreV1Api } = await import("@kubernetes/client-node");
  const { SharingKubeConfig } = await import("../kube/kube-config.ts");
  const { createApi } = await import("../kube/api.ts");
  const text = await host.files.read(kubeconfig);
  if (text === undefined) throw new Error(`there is no ${kubeconfig}`);
  const config = new SharingKubeConfig();
  config.loadFromString(text);
  config.makePathsAbsolute(dirname(kubeconfig));
  if (context !== undefined) config.setCurrentContext(context);
  const forHelm = checkKubeconfig(config, kubeconfig, { host, known });
  return { helmKubeconfig: forHelm, core: config.makeApiClient(CoreV1Api), raw: createApi(config) };
}

/**
 * Helm leaves the claims of a StatefulSet behind, and those that a chart wants kept. In a namespace that was there
 * before, a claim that is older than its release holds somebody's data from earlier, and stays; where all data stays, it
 * counts too, since helm may have taken it over.
 */
export async function findClaims(api: Api, deployed: Deployed): Promise<V1PersistentVolumeClaim[]> {
  const ofNamespaces = await Promise.all(deployed.namespaces.map((namespace) => listClaims(api, namespace)));
  const shared = deployed.releases.filter(({ namespace }) => !deployed.namespaces.includes(namespace));
  const ofReleases = await Promise.all(
    shared.map(async (release) => {
      const [since, claims] = await Promise.all([
        findInstallTime(api, release),
        listClaims(api, release.namespace),
      ]);
      return claims.filter(
        (claim) => belongsToRelease(claim, release) && (deployed.keepData || getCreationTime(claim) >= since),
      );
    }),
  );
  return [...ofNamespaces, ...ofReleases].flat();
}

/** Returns the claims that still exist, by name: which claims belong to the release is known only while helm's records exist. */
async function filterExistingClaims(
  api: Api,
  claims: readonly V1PersistentVolumeClaim[],
): Promise<V1PersistentVolumeClaim[]> {
  const namespaces = new Set(claims.map(({ metadata }) => metadata?.namespace ?? ""));
  const now = await Promise.all([...namespaces].map((namespace) => listClaims(api, namespace)));
  const names = new Set(claims.map(getQualifiedName));
  return now.flat().filter((claim) => names.has(getQualifiedName(claim)));
}

async function listClaims({ core }: Api, namespace: string): Promise<V1PersistentVolumeClaim[]> {
  return (await core.listNamespacedPersistentVolumeClaim({ namespace })).items;
}

/** Returns when a release was installed: by the cluster's clock from helm's first record of it, by our clock if helm has no record. */
async function findInstallTime({ core }: Api, { name, namespace, at }: ReleaseEntry): Promise<number> {
  const records = await core.listNamespacedSecret({ namespace, labelSelector: toRecordSelector(name) });
  const times = records.items.map(getCreationTime);
  return times.length > 0 ? Math.min(...times) : Math.floor(Date.parse(at) / 1_000) * 1_000;
}

function toRecordSelector(release: string): string {
  return `owner=helm,name=${release}`;
}

function getCreationTime({ metadata }: KubernetesObject): number {
  return metadata?.creationTimestamp?.getTime() ?? 0;
}

/** Helm's own annotation decides; what a controller made for a release has only the labels that the chart gave it. */
function belongsToRelease({ metadata }: KubernetesObject, release: ReleaseEntry): boolean {
  const name = metadata?.annotations?.["meta.helm.sh/release-name"];
  const namespace = metadata?.annotations?.["meta.helm.sh/release-namespace"];
  if (name !== undefined) return name === release.name && namespace === release.namespace;
  if (metadata?.namespace !== undefined && metadata.namespace !== release.namespace) return false;
  return metadata?.labels?.["app.kubernetes.io/instance"] === release.name;
}

/** Returns everything of the releases that the cluster still has. Read by name, since a run may lack the right to list. */
export async function findLeftovers(
  api: Api,
  deployed: Deployed,
  claims: readonly V1PersistentVolumeClaim[],
): Promise<Leftover[]> {
  const { core } = api;
  const { releases } = deployed;
  const volumes = [...new Set(claims.flatMap(({ spec }) => spec?.volumeName ?? []))];
  const [pvcs, pvs, namespaces, records, others] = await Promise.all([
    filterExistingClaims(api, claims),
    Promise.all(volumes.map((name) => readUnlessNotFound(core.readPersistentVolume({ name })))),
    Promise.all(deployed.namespaces.map((name) => readUnlessNotFound(core.readNamespace({ name })))),
    Promise.all(
      releases.map(({ name, namespace }) =>
        core.listNamespacedSecret({ namespace, labelSelector: toRecordSelector(name) }),
      ),
    ),
    Promise.all(releases.map((release) => findRemainingClusterObjects(api, release))),
  ]);
  const standing = releases.filter((_, index) => (records[index]?.items.length ?? 0) > 0);
  return [
    ...standing.map(({ name, namespace }) => ({
      ...toLeak("release", `${namespace}/${name}`),
      isTerminating: false,
    })),
    ...toLeftovers("pvc", pvcs),
    ...toLeftovers("pv", pvs.flat()),
    ...others.flat(),
    ...toLeftovers("namespace", namespaces.flat()),
  ];
}

/** Returns a release's objects outside namespaces that still exist. An object of the same name that helm did not mark belongs to somebody else. */
async function findRemainingClusterObjects({ raw }: Api, release: ReleaseEntry): Promise<Leftover[]> {
  const found = await Promise.all(
    (release.clusterObjects ?? []).map(async ({ kind, path }: ClusterObject) => {
      const object = await readObject(raw, path);
      if (object === undefined || !belongsToRelease(object, release)) return [];
      return toLeftovers("cluster-object", [object]).map((one) => ({ ...one, what: `${kind} ${one.what}` }));
    }),
  );
  return found.flat();
}

/** Returns undefined if the object does not exist. @throws Error with the API server's message. */
export async function readObject(raw: RawApi, path: string): Promise<KubernetesObject | undefined> {
  const { status, body } = await raw.send(path, AbortSignal.timeout(readMs));
  if (status === 404) return undefined;
  if (status !== 200) throw new Error(`${path}: HTTP ${status}: ${shorten(body, 600)}`);
  return JSON.parse(body) as KubernetesObject;
}

async function readUnlessNotFound<T>(read: Promise<T>): Promise<T[]> {
  try {
    return [await read];
  } catch (error) {
    if ((error as { code?: number }).code === 404) return [];
    throw error;
  }
}

export function toLeftovers(kind: Leak["kind"], objects: readonly KubernetesObject[]): Leftover[] {
  return objects.map((object) => ({
    ...toLeak(kind, describeRemainingObject(object)),
    isTerminating: object.metadata?.deletionTimestamp !== undefined,
  }));
}

export function toLeak(kind: Leak["kind"], what: string): Leak {
  return { kind, what };
}

export function getQualifiedName({ metadata }: KubernetesObject): string {
  return [metadata?.namespace, metadata?.name].filter((part) => part !== undefined).join("/");
}

/** Names what keeps it, which is what its reader has to look at. */
function describeRemainingObject(object: KubernetesObject & { spec?: object }): string {
  const finalizers = [
    ...(object.metadata?.finalizers ?? []),
    ...((object.spec as { finalizers?: string[] } | undefined)?.finalizers ?? []),
  ];
  const policy = (object.spec as { persistentVolumeReclaimPolicy?: string } | undefined)
    ?.persistentVolumeReclaimPolicy;
  const why = [
    object.metadata?.deletionTimestamp && finalizers.length > 0
      ? `terminating, held by ${finalizers.join(", ")}`
      : "",
    policy === "Retain" ? "its reclaim policy is Retain" : "",
  ].filter((part) => part !== "");
  return why.length > 0 ? `${getQualifiedName(object)} (${why.join("; ")})` : getQualifiedName(object);
}

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
 * Deletes the custom resource definitions that a run brought along. With one go all objects of it, whoever made them: so
 * a definition that still has objects stays, and is reported.
 */
export async function removeDefinitions(
  context: Context,
  api: Api,
  names: readonly string[],
  step: Step,
): Promise<{ kept: string[]; removed: string[] }> {
  const kept = new Map<string, string>();
  await Promise.all(
    names.map((name) =>
      step(`delete custom resource definition ${name}`, async () => {
        const definition: Definition | undefined = await readObject(api.raw, `${definitionsPath}/${name}`);
        if (definition === undefined) return undefined;
        const [first, ...more] = await listObjects(api, definition);
        if (first === undefined) return await deleteDefinition(api, name);
        const others = more.length === 0 ? "" : ` and ${more.length} more`;
        const what = `custom resource definition ${name}, which this run brought along: there is ${first}${others}`;
        context.log.warn(`kept ${what}`);
        kept.set(name, what);
        return undefined;
      }),
    ),
  );
  return { kept: [...kept.values()].sort(), removed: names.filter((name) => !kept.has(name)) };
}

/** Returns the definitions that were to be deleted and still exist. */
export async function findRemainingDefinitions(api: Api, names: readonly string[]): Promise<Leftover[]> {
  const found = await Promise.all(names.map((name) => readObject(api.raw, `${definitionsPath}/${name}`)));
  return toLeftovers(
    "crd",
    found.flatMap((one) => one ?? []),
  );
}

/** Returns the objects of all namespaces, as `namespace/name`. */
async function listObjects({ raw }: Api, { spec }: Definition): Promise<string[]> {
  const version = spec?.versions?.find(({ served }) => served !== false)?.name;
  if (spec?.group === undefined || spec.names?.plural === undefined || version === undefined) return [];
  const path = `/apis/${spec.group}/${version}/${spec.names.plural}`;
  const list = (await readObject(raw, path)) as { items?: KubernetesObject[] } | undefined;
  return (list?.items ?? []).map(getQualifiedName);
}

async function deleteDefinition({ raw }: Api, name: string): Promise<string> {
  const path = `${definitionsPath}/${name}`;
  const { status, body } = await raw.send(path, AbortSignal.timeout(requestMs), { method: "DELETE" });
  if (status !== 404 && status >= 300) throw new Error(`${path}: HTTP ${status}: ${shorten(body, 600)}`);
  return `deleted custom resource definition ${name}`;
}
