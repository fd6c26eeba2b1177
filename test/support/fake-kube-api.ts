import { KubeConfig } from "@kubernetes/client-node";
import type { Received, Reply } from "./local-server.ts";

/** An object as the API server sends it: dates are strings. */
export type ApiObject = { metadata: { name: string; namespace?: string; [key: string]: unknown } } & Record<
  string,
  unknown
>;

/** What a stand-in for the API server holds. */
export interface FakeKubeApi {
  nodes: ApiObject[];
  pods: ApiObject[];
  services: ApiObject[];
  endpointSlices: ApiObject[];
  claims: ApiObject[];
  events: ApiObject[];
  /** Any other objects by their resource's name: `deployments`, `namespaces`. */
  more?: Record<string, ApiObject[]>;
  /** By `NAMESPACE/POD/CONTAINER`, with `/previous` at the end for the run before. */
  logs?: Record<string, string>;
  /** What a SubjectAccessReview says; undefined: whoever asks may not ask. */
  mayDo?: (spec: AccessSpec) => boolean;
  /** `RESOURCE` or `NAMESPACE/RESOURCE` that this user may not list. */
  forbidden?: string[];
}

export interface AccessSpec {
  user: string;
  groups: string[];
  resourceAttributes?: { verb: string; group: string; resource: string; subresource: string };
  nonResourceAttributes?: { verb: string; path: string };
}

const listKinds: Record<string, string> = {
  deployments: "DeploymentList",
  replicasets: "ReplicaSetList",
  statefulsets: "StatefulSetList",
  daemonsets: "DaemonSetList",
  jobs: "JobList",
  pods: "PodList",
};

/** Lists by namespace and labels, of fields just the name of an event's object; logs; access reviews. */
export function answerAsKubeApi(state: FakeKubeApi, { method, path, body, accept }: Received): Reply {
  const url = new URL(path, "http://kube");
  const log = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/log$/.exec(url.pathname);
  if (log) return logOf(state, `${log[1]}/${log[2]}`, url.searchParams);
  if (method === "POST" && url.pathname.endsWith("/subjectaccessreviews")) return review(state, body);
  const named = /^\/api\/v1\/namespaces\/([^/]+)$/.exec(url.pathname)?.[1];
  if (named) return oneOf(state.more?.["namespaces"] ?? [], named);
  const match = /^\/(?:api|apis\/[^/]+)\/v1(?:\/namespaces\/([^/]+))?\/([a-z]+)$/.exec(url.pathname);
  const [, namespace, resource = ""] = match ?? [];
  const full = namespace === undefined ? resource : `${namespace}/${resource}`;
  if (state.forbidden?.includes(full)) return refused(403, `${resource} is forbidden`);
  const known = {
    ...state.more,
    ...state,
    endpointslices: state.endpointSlices,
    persistentvolumeclaims: state.claims,
  } as Record<string, unknown>;
  const items = known[resource] ?? (resource in emptyResources ? [] : undefined);
  if (!Array.isArray(items)) return refused(404, "not found");
  const found = (items as ApiObject[])
    .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace)
    .filter(selectedBy(url.searchParams));
  return { body: listOf(resource, found, accept) };
}

/** What every cluster serves, also while there is none of it. */
const emptyResources: Record<string, true> = {
  deployments: true,
  replicasets: true,
  statefulsets: true,
  daemonsets: true,
  jobs: true,
  cronjobs: true,
  secrets: true,
  resourcequotas: true,
  storageclasses: true,
  customresourcedefinitions: true,
};

function listOf(resource: string, items: readonly ApiObject[], accept = "") {
  const metadata = { resourceVersion: "7" };
  if (!accept.includes("as=PartialObjectMetadataList"))
    return { kind: listKinds[resource] ?? "List", apiVersion: "v1", metadata, items };
  const partial = items.map((item) => ({ metadata: item.metadata }));
  return { kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1", metadata, items: partial };
}

function selectedBy(query: URLSearchParams): (item: ApiObject) => boolean {
  const involved = /involvedObject\.name=([^,]+)/.exec(query.get("fieldSelector") ?? "")?.[1];
  const [key = "", value] = (query.get("labelSelector") ?? "").split("=");
  return (item) => {
    const labels = item.metadata["labels"] as Record<string, string> | undefined;
    if (value !== undefined && labels?.[key] !== value) return false;
    return involved === undefined || (item["involvedObject"] as { name: string }).name === involved;
  };
}

function logOf({ logs = {} }: FakeKubeApi, pod: string, query: URLSearchParams): Reply {
  const container = query.get("container");
  const text = logs[`${pod}/${container}${query.get("previous") === "true" ? "/previous" : ""}`];
  if (text === undefined) return refused(400, `container ${container} in pod ${pod} is waiting to start`);
  const lines = text.split("\n").slice(-Number(query.get("tailLines") ?? Number.POSITIVE_INFINITY));
  // As the kubelet does it: what is too long loses its end.
  const limit = Number(query.get("limitBytes") ?? Number.POSITIVE_INFINITY);
  return { contentType: "text/plain", body: lines.join("\n").slice(0, limit) };
}

function review({ mayDo }: FakeKubeApi, body: string): Reply {
  if (mayDo === undefined) return refused(403, "subjectaccessreviews.authorization.k8s.io is forbidden");
  const asked = JSON.parse(body) as { spec: AccessSpec };
  return { status: 201, body: { ...asked, status: { allowed: mayDo(asked.spec), reason: "as it is" } } };
}

function oneOf(items: readonly ApiObject[], name: string): Reply {
  const found = items.find(({ metadata }) => metadata.name === name);
  return found ? { body: found } : refused(404, `"${name}" not found`);
}

function refused(code: number, message: string): Reply {
  return { status: code, body: { kind: "Status", code, message } };
}

/** A kubeconfig for a stand-in. */
export function kubeConfigFor(url: string): KubeConfig {
  const kube = new KubeConfig();
  kube.loadFromClusterAndUser({ name: "stand-in", server: url, skipTLSVerify: true }, { name: "tester" });
  return kube;
}
