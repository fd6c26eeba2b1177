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

const system = "kube-system";
const mostOthers = 5;

const workloadPaths = {
  deployments: "/apis/apps/v1",
  statefulsets: "/apis/apps/v1",
  daemonsets: "/apis/apps/v1",
  replicasets: "/apis/apps/v1",
  jobs: "/apis/batch/v1",
} as const;

/** Reads objects, logs and Prometheus' rights from the API server, as far as possible side by side. */
export async function gatherCluster(
  reader: Reader,
  kube: KubeConfig,
  rendered: readonly RenderedApp[],
): Promise<ClusterEvidence> {
  const api = createApi(kube);
  const lists = createLists(reader, api);
  const namespaces = listStackNamespaces(rendered);
  const watched = [...new Set([...namespaces, system])];
  const pods = listInEach<Pod>(lists, watched, "/api/v1", "pods");
  const network = gatherNetwork(lists, namespaces);
  const [objects, found] = await Promise.all([
    gatherObjects(reader, api, lists, namespaces),
    Promise.all([
      pods,
      listInEach<KubeEvent>(lists, watched, "/api/v1", "events"),
      pods.then((all) => gatherLogs(reader, api, sortOwnFirst(namespaces, all))),
      pods.then((all) => gatherAccess(reader, api, all, rendered)),
      network,
      network.then(({ services }) =>
        listInEach<Pod>(lists, listOtherNamespaces(watched, services), "/api/v1", "pods"),
      ),
    ]),
  ]);
  const [own, events, logs, access, { services, endpointSlices }, others] = found;
  return {
    namespaces,
    ...objects,
    pods: [...own, ...others],
    events,
    logs,
    access,
    services,
    endpointSlices,
  };
}

/** Returns the first few other namespaces with services: the pods behind them show a wrong scrape port. */
function listOtherNamespaces(watched: readonly string[], services: readonly Service[]): string[] {
  const all = services.map(({ metadata }) => metadata.namespace ?? "");
  return [...new Set(all)].filter((name) => name !== "" && !watched.includes(name)).slice(0, mostOthers);
}

/** The namespaces that the charts put something into, sorted. */
function listStackNamespaces(rendered: readonly RenderedApp[]): string[] {
  const named = listRenderedObjects(rendered).flatMap(({ metadata }) => metadata.namespace ?? []);
  return [...new Set([...rendered.map(({ app }) => app.namespace), ...named])].sort();
}

async function gatherObjects(reader: Reader, api: Api, lists: Lists, namespaces: readonly string[]) {
  const each = <T>(group: string, resource: string) => listInEach<T>(lists, namespaces, group, resource);
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
      each<Claim>("/api/v1", "persistentvolumeclaims"),
      each<ClusterEvidence["quotas"][number]>("/api/v1", "resourcequotas"),
      Promise.all(Object.entries(workloadPaths).map(([resource, group]) => each<Workload>(group, resource))),
    ]);
  return {
    namespaceObjects: namespaceObjects.flatMap((one) => one ?? []),
    nodes: nodes ?? [],
    storageClasses: storageClasses ?? [],
    crds: (crds ?? []).map(({ metadata }) => metadata.name),
    releases: releases.flat(),
    claims,
    quotas,
    workloads: workloads.flat(),
  };
}

async function listInEach<T>(
  lists: Lists,
  namespaces: readonly string[],
  group: string,
  resource: string,
): Promise<readonly T[]> {
  const found = await Promise.all(
    namespaces.map((name) =>
      lists.all<T>(`${resource} of ${name}`, `${group}/namespaces/${name}/${resource}`),
    ),
  );
  return found.flatMap((items) => items ?? []);
}

/** Returns undefined if the namespace does not exist, which is not an error. */
function readNamespace(reader: Reader, api: Api, name: string): Promise<NamespaceObject | undefined> {
  return reader.read(`namespace ${name}`, async ({ signal }) => {
    const path = `/api/v1/namespaces/${name}`;
    const { status, body } = await api.send(path, signal);
    if (status === 404) return undefined;
    if (status !== 200) throw new ApiError(path, status, body);
    return JSON.parse(body) as NamespaceObject;
  });
}

/** Returns the state of each release, which is that of its newest revision: helm keeps one Secret per revision. */
async function readReleases(lists: Lists, namespace: string): Promise<ClusterEvidence["releases"]> {
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
    .sort((one, other) => one.revision - other.revision);
  return [...new Map(revisions.map((release) => [release.name, release])).values()];
}

/** Reads the stack's services and all others with a scrape annotation, with their endpoint slices. */
async function gatherNetwork(lists: Lists, namespaces: readonly string[]) {
  const [services, slices] = await Promise.all([
    listEverywhere<Service>(lists, namespaces, "/api/v1", "services"),
    listEverywhere<Slice>(lists, namespaces, "/apis/discovery.k8s.io/v1", "endpointslices"),
  ]);
  const inStack = ({ namespace = "" }: Meta) => namespaces.includes(namespace);
  const kept = services.filter(
    ({ metadata }) => inStack(metadata) || metadata.annotations?.["prometheus.io/scrape"] !== undefined,
  );
  const names = new Set(kept.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
  const endpointSlices = slices.filter(
    ({ metadata }) =>
      inStack(metadata) ||
      names.has(`${metadata.namespace}/${metadata.labels?.["kubernetes.io/service-name"]}`),
  );
  return { services: kept, endpointSlices };
}

/** Lists objects of the whole cluster, or of the stack's namespaces if this user may not list the others. */
async function listEverywhere<T>(
  lists: Lists,
  namespaces: readonly string[],
  group: string,
  resource: string,
): Promise<readonly T[]> {
  const all = await lists.all<T>(`${resource} of all namespaces`, `${group}/${resource}`);
  return all ?? (await listInEach<T>(lists, namespaces, group, resource));
}

/** Sorts the stack's own pods first: the number of logs that are read is bounded. */
function sortOwnFirst(namespaces: readonly string[], pods: readonly Pod[]): Pod[] {
  const own = ({ metadata }: Pod) => Number(namespaces.includes(metadata.namespace ?? ""));
  return pods.toSorted((one, other) => own(other) - own(one));
}

/** Objects per list: more than any stack has, and still a bounded response. */
const mostItems = 1_000;

const listSchema = z.looseObject({
  kind: z.string(),
  apiVersion: z.string(),
  metadata: z.looseObject({ continue: z.string().optional() }).optional(),
  items: z.array(z.looseObject({ metadata: z.looseObject({ name: z.string() }) })).nullable(),
});

export interface Lists {
  /**
   * A list as the API server sends it, with the kind that it leaves out of a list's items.
   * @param path with its query, e.g. `/api/v1/nodes`.
   * @returns undefined when it could not be read.
   */
  all<T>(what: string, path: string): Promise<readonly T[] | undefined>;
  /** The same, but of each object its metadata only: a Secret's content is never requested, and a CRD is long. */
  metadata<T>(what: string, path: string): Promise<readonly T[] | undefined>;
}

function createLists(reader: Reader, api: Api): Lists {
  const list = <T>(what: string, path: string, accept: string): Promise<readonly T[] | undefined> =>
    reader.read(what, async ({ signal }) => {
      const limited = `${path}${path.includes("?") ? "&" : "?"}limit=${mostItems}`;
      const { status, body } = await api.send(limited, signal, { headers: { accept } });
      if (status !== 200) throw new ApiError(path, status, body);
      const { kind, apiVersion, metadata, items } = listSchema.parse(JSON.parse(body));
      if (metadata?.continue) reader.note(`the rest of ${what}`, `only the first ${mostItems} were read`);
      const common = { apiVersion, kind: kind.replace(/List$/, "") };
      return (items ?? []).map((item) => ({ ...common, ...item }) as T);
    });
  return {
    all: (what, path) => list(what, path, "application/json"),
    metadata: (what, path) =>
      list(what, path, "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"),
  };
}
