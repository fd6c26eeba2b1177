import type { HttpCheck } from "../config/checks/http.ts";
import type { OwnCheck } from "../config/checks/own-checks.ts";
import type { ResourceCheck } from "../config/checks/resource.ts";
import { getApiGroup, guessPlural } from "../kube/kinds.ts";
import { isClusterScoped } from "../kube/manifest.ts";
import { getOwnValue } from "../lib/object.ts";
import { requiresCoverage } from "../verify/user-checks/promql.ts";
import { coverageUses, createRights, type ResourceRight } from "./right.ts";

/**
 * Returns the rights that the user's own checks need. A check of kind HTTP needs one only if it goes through the API
 * server's proxy.
 */
export function listCheckRights(checks: readonly OwnCheck[], defaultNamespace: string): ResourceRight[] {
  return checks.flatMap(({ name, what }) => {
    const purposes = [`checks: own/${name}`];
    if (what.kind === "resource") return [createResourceRight(what, defaultNamespace, purposes)];
    if (what.kind === "http") return listProxyRights(what, purposes);
    const uses = requiresCoverage(what) ? coverageUses : [];
    return uses.flatMap((use) => createRights(use, [], `checks: own/${name}`, "run"));
  });
}

/**
 * API groups of the kinds that checks most often name without an apiVersion. The group of any other kind is unknown.
 */
const groups: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      ...["ConfigMap", "Endpoints", "Event", "LimitRange", "Namespace", "Node", "PersistentVolume"],
      ...["PersistentVolumeClaim", "Pod", "ReplicationController", "ResourceQuota", "Secret"],
      ...["Service", "ServiceAccount"],
    ].map((kind) => [kind, ""]),
  ),
  ...Object.fromEntries(
    ["DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"].map((kind) => [kind, "apps"]),
  ),
  ...{ CronJob: "batch", Job: "batch", HorizontalPodAutoscaler: "autoscaling" },
  ...{ Ingress: "networking.k8s.io", NetworkPolicy: "networking.k8s.io", PodDisruptionBudget: "policy" },
  ...{ CustomResourceDefinition: "apiextensions.k8s.io", StorageClass: "storage.k8s.io" },
};

/** Returns the right to read the objects of a resource check: `get` for a named object, else `list`. */
function createResourceRight(
  { resource }: ResourceCheck,
  defaultNamespace: string,
  purposes: readonly string[],
): ResourceRight {
  const { kind, apiVersion, name, namespace = defaultNamespace } = resource;
  const isClusterWide = namespace === "*" || isClusterScoped(kind);
  return {
    kind: "resource",
    verb: name === undefined ? "list" : "get",
    group: apiVersion === undefined ? (getOwnValue(groups, kind) ?? "*") : getApiGroup(apiVersion),
    resource: guessPlural(kind),
    namespace: isClusterWide ? undefined : namespace,
    name,
    purposes,
    need: "run",
  };
}

/** The API server's verb for each HTTP method; `get` for all others. */
const verbs: Readonly<Record<string, string>> = {
  DELETE: "delete",
  PATCH: "patch",
  POST: "create",
  PUT: "update",
};

/** Returns the right to reach a Service through the API server's proxy; empty if the check does not use the proxy. */
function listProxyRights({ target, method }: HttpCheck, purposes: readonly string[]): ResourceRight[] {
  if (target.kind !== "service") return [];
  const { scheme, namespace, name, port } = target;
  return [
    {
      kind: "resource",
      verb: getOwnValue(verbs, method) ?? "get",
      group: "",
      resource: "services/proxy",
      namespace,
      name: `${scheme === "https" ? "https:" : ""}${name}:${port}`,
      purposes,
      need: "run",
    },
  ];
}
