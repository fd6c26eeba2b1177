import type { KubeConfig } from "@kubernetes/client-node";
import { z } from "zod";
import { type Api, ApiError, createApi } from "../../kube/api.ts";
import type { Claim, KubeEvent, Meta, Pod, Workload } from "../../kube/objects.ts";
import { listRenderedObjects, type RenderedApp } from "../../model/rendered.ts";
import type { ClusterEvidence, NamespaceObject } from "../evidence.ts";
import { gatherAccess } from "./access.ts";
import { gatherLogs } from "./logs.ts";
import type { Reader } from "./reader.ts";

type Service = ClusterEvidence["services"][number];
type Slice = ClusterEvidence["endpointSlices"][number];

const systemNamespace = "kube-system";
const maxOtherNamespaces = 5;

const workloadPaths = {
  deployments: "/apis/apps/v1",
  statefulsets: "/apis/apps/v1",
  daemonsets: "/apis/apps/v1",
  replicasets: "/apis/apps/v1",
  jobs: "/apis/batch/v1",
} as const;

/** Reads objects, logs and Prometheus' rights from the API server, as far as possible in parallel. */
export async function gatherCluster(
  reader: Reader,
  kube: KubeConfig,
  rendered: readonly RenderedApp[],
): Promise<ClusterEvidence> {
  const api = createApi(kube);
  const lists = createListReader(reader, api);
  const namespaces = listStackNamespaces(rendered);
  const readNamespaces = [...new Set([...namespaces, systemNamespace])];
  const pendingPods = listInEach<Pod>(lists, readNamespaces, "/api/v1", "pods");
  const pendingNetwork = gatherNetwork(lists, namespaces);
  const [objects, results] = await Promise.all([
    gatherObjects(reader, api, lists, namespaces),
    Promise.all([
      pendingPods,
      listInEach<KubeEvent>(lists, readNamespaces, "/api/v1", "events"),
      pendingPods.then((allPods) => gatherLogs(reader, api, sortStackPodsFirst(namespaces, allPods))),
      pendingPods.then((allPods) => gatherAccess(reader, api, allPods, rendered)),
      pendingNetwork,
      pendingNetwork.then(({ services }) =>
        listInEach<Pod>(lists, listOtherNamespaces(readNamespaces, services), "/api/v1", "pods"),
      ),
    ]),
  ]);
  const [stackPods, events, logs, access, { services, endpointSlices }, otherPods] = results;
  return {
    namespaces,
    ...objects,
    pods: [...stackPods, ...otherPods],
    events,
    logs,
    access,
    services,
    endpointSlices,
  };
}

/**
 * Returns the first few other namespaces with services. The pods of these services show whether a scrape port is
 * wrong.
 */
function listOtherNamespaces(readNamespaces: readonly string[], services: readonly Service[]): string[] {
  const serviceNamespaces = services.map(({ metadata }) => metadata.namespace ?? "");
  return [...new Set(serviceNamespaces)]
    .filter((name) => name !== "" && !readNamespaces.includes(name))
    .slice(0, maxOtherNamespaces);
}

/** Returns the namespaces of the charts' objects, sorted. */
function listStackNamespaces(rendered: readonly RenderedApp[]): string[] {
  const objectNamespaces = listRenderedObjects(rendered).flatMap(({ metadata }) => metadata.namespace ?? []);
  return [...new Set([...rendered.map(({ app }) => app.namespace), ...objectNamespaces])].sort();
}

/** Reads the objects of the stack's namespaces, and the nodes, StorageClasses and custom resource definitions. */
async function gatherObjects(
  reader: Reader,
  api: Api,
  lists: ListReader,
  namespaces: readonly string[],
): Promise<
  Pick<
    ClusterEvidence,
    "namespaceObjects" | "nodes" | "storageClasses" | "crds" | "releases" | "claims" | "quotas" | "workloads"
  >
> {
  const listAll = <T>(group: string, resource: string) => listInEach<T>(lists, namespaces, group, resource);
  const [namespaceObjects, nodes, storageClasses, crds, releases, claims, quotas, workloads] =
    await Promise.all([
      Promise.all(namespaces.map((name) => readNamespace(reader, api, name))),
      lists.all<ClusterEvidence["nodes"][number]>("nodes", "/api/v1/nodes"),
      lists.all<ClusterEvidence["storageClasses"][number]>(
        "storage classes",
        "/apis/storage.k8s.io/v1/storageclasses",
      ),
      lists.metadata<{ metadata: Meta }>("CRDs", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"),
      Promise.all(namespaces.map((name) => readReleases(lists, name))),
      listAll<Claim>("/api/v1", "persistentvolumeclaims"),
      listAll<ClusterEvidence["quotas"][number]>("/api/v1", "resourcequotas"),
      Promise.all(
        Object.entries(workloadPaths).map(([resource, group]) => listAll<Workload>(group, resource)),
      ),
    ]);
  return {
    namespaceObjects: namespaceObjects.flatMap((object) => object ?? []),
    nodes: nodes ?? [],
    storageClasses: storageClasses ?? [],
    crds: (crds ?? []).map(({ metadata }) => metadata.name),
    releases: releases.flat(),
    claims,
    quotas,
    workloads: workloads.flat(),
  };
}

/** Returns the objects of these namespaces. A namespace that could not be read is left out, and noted in `unread`. */
async function listInEach<T>(
  lists: ListReader,
  namespaces: readonly string[],
  group: string,
  resource: string,
): Promise<readonly T[]> {
  const results = await Promise.all(
    namespaces.map((name) =>
      lists.all<T>(`${resource} of ${name}`, `${group}/namespaces/${name}/${resource}`),
    ),
  );
  return results.flatMap((items) => items ?? []);
}

/** Returns a namespace; undefined if it does not exist, which is not an error. */
function readNamespace(reader: Reader, api: Api, name: string): Promise<NamespaceObject | undefined> {
  return reader.read(`namespace ${name}`, async ({ signal }) => {
    const path = `/api/v1/namespaces/${name}`;
    const { status, body } = await api.send(path, signal);
    if (status === 404) return undefined;
    if (status !== 200) throw new ApiError(path, status, body);
    return JSON.parse(body) as NamespaceObject;
  });
}

/** Returns each release of a namespace with the state of its newest revision. helm keeps one Secret per revision. */
async function readReleases(lists: ListReader, namespace: string): Promise<ClusterEvidence["releases"]> {
  const secrets = await lists.metadata<{ metadata: Meta }>(
    `helm releases of ${namespace}`,
    `/api/v1/namespaces/${namespace}/secrets?labelSelector=owner%3Dhelm`,
  );
  const revisions = (secrets ?? [])
    .map(({ metadata: { labels = {} } }) => ({
      name: labels["name"] ?? "",
      namespace,
      revision: Number(labels["version"]),
      status: labels["status"] ?? "",
    }))
    .sort((first, second) => first.revision - second.revision);
  return [...new Map(revisions.map((release) => [release.name, release])).values()];
}

/** Reads the stack's services and all others with a scrape annotation, each with its endpoint slices. */
async function gatherNetwork(
  lists: ListReader,
  namespaces: readonly string[],
): Promise<Pick<ClusterEvidence, "services" | "endpointSlices">> {
  const [services, slices] = await Promise.all([
    listEverywhere<Service>(lists, namespaces, "/api/v1", "services"),
    listEverywhere<Slice>(lists, namespaces, "/apis/discovery.k8s.io/v1", "endpointslices"),
  ]);
  const isInStack = ({ namespace = "" }: Meta) => namespaces.includes(namespace);
  const keptServices = services.filter(
    ({ metadata }) => isInStack(metadata) || metadata.annotations?.["prometheus.io/scrape"] !== undefined,
  );
  const names = new Set(keptServices.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
  const endpointSlices = slices.filter(
    ({ metadata }) =>
      isInStack(metadata) ||
      names.has(`${metadata.namespace}/${metadata.labels?.["kubernetes.io/service-name"]}`),
  );
  return { services: keptServices, endpointSlices };
}

/** Returns the objects of the whole cluster, or of the stack's namespaces if this user may not list the others. */
async function listEverywhere<T>(
  lists: ListReader,
  namespaces: readonly string[],
  group: string,
  resource: string,
): Promise<readonly T[]> {
  const allObjects = await lists.all<T>(`${resource} of all namespaces`, `${group}/${resource}`);
  return allObjects ?? (await listInEach<T>(lists, namespaces, group, resource));
}

/** Sorts the stack's own pods first, since the number of logs that are read is limited. */
function sortStackPodsFirst(namespaces: readonly string[], pods: readonly Pod[]): Pod[] {
  const getRank = ({ metadata }: Pod) => Number(namespaces.includes(metadata.namespace ?? ""));
  return pods.toSorted((first, second) => getRank(second) - getRank(first));
}

/** Maximum number of objects per list. No stack has more. */
const maxItems = 1_000;

const listSchema = z.looseObject({
  kind: z.string(),
  apiVersion: z.string(),
  metadata: z.looseObject({ continue: z.string().optional() }).optional(),
  items: z.array(z.looseObject({ metadata: z.looseObject({ name: z.string() }) })).nullable(),
});

/** Reads lists of objects from the API server. */
export interface ListReader {
  /**
   * Returns the objects of a list, each with its kind, which the API server leaves out of a list's items.
   * @param what describes the list in `unread`
   * @param path the path with its query, e.g. `/api/v1/nodes`
   * @returns undefined if the list could not be read
   */
  all<T>(what: string, path: string): Promise<readonly T[] | undefined>;
  /** Returns the metadata of the objects only. A Secret's content is never requested, and a CRD's is long. */
  metadata<T>(what: string, path: string): Promise<readonly T[] | undefined>;
}

/** Returns the functions that read lists. */
function createListReader(reader: Reader, api: Api): ListReader {
  const readList = <T>(what: string, path: string, accept: string): Promise<readonly T[] | undefined> =>
    reader.read(what, async ({ signal }) => {
      const limitedPath = `${path}${path.includes("?") ? "&" : "?"}limit=${maxItems}`;
      const { status, body } = await api.send(limitedPath, signal, { headers: { accept } });
      if (status !== 200) throw new ApiError(path, status, body);
      const { kind, apiVersion, metadata, items } = listSchema.parse(JSON.parse(body));
      if (metadata?.continue) reader.note(`the rest of ${what}`, `only the first ${maxItems} were read`);
      const common = { apiVersion, kind: kind.replace(/List$/, "") };
      return (items ?? []).map((item) => ({ ...common, ...item }) as T);
    });
  return {
    all: (what, path) => readList(what, path, "application/json"),
    metadata: (what, path) =>
      readList(what, path, "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"),
  };
}
