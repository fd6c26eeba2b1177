import type { HttpCheck } from "../config/checks/http.ts";
import type { OwnCheck } from "../config/checks/own-checks.ts";
import type { ResourceCheck } from "../config/checks/resource.ts";
import { getApiGroup, guessPlural } from "../kube/kinds.ts";
import { isClusterScoped } from "../kube/manifest.ts";
import { ownValue } from "../lib/object.ts";
import { requiresCoverage } from "../verify/user-checks/promql.ts";
import { coverageUses, createRights, type ResourceRight } from "./right.ts";

/** What the user's own checks ask of the API server. */
export function checkRights(checks: readonly OwnCheck[], defaultNamespace: string): ResourceRight[] {
  return checks.flatMap(({ name, what }) => {
    const purposes = [`checks: own/${name}`];
    if (what.kind === "resource") return [listResourceRight(what, defaultNamespace, purposes)];
    if (what.kind === "http") return listProxyRights(what, purposes);
    const uses = requiresCoverage(what) ? coverageUses : [];
    return uses.flatMap((use) => createRights(use, [], `checks: own/${name}`, "run"));
  });
}

/** Groups of the kinds that are looked up without an apiVersion most; of another one the group is not known here. */
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

function listResourceRight(
  { resource }: ResourceCheck,
  defaultNamespace: string,
  purposes: readonly string[],
): ResourceRight {
  const { kind, apiVersion, name, namespace = defaultNamespace } = resource;
  const everywhere = namespace === "*" || isClusterScoped(kind);
  return {
    kind: "resource",
    verb: name === undefined ? "list" : "get",
    group: apiVersion === undefined ? (ownValue(groups, kind) ?? "*") : getApiGroup(apiVersion),
    resource: guessPlural(kind),
    namespace: everywhere ? undefined : namespace,
    name,
    purposes,
    need: "run",
  };
}

const verbs: Readonly<Record<string, string>> = {
  DELETE: "delete",
  PATCH: "patch",
  POST: "create",
  PUT: "update",
};

function listProxyRights({ target, method }: HttpCheck, purposes: readonly string[]): ResourceRight[] {
  if (target.kind !== "service") return [];
  const { scheme, namespace, name, port } = target;
  return [
    {
      kind: "resource",
      verb: ownValue(verbs, method) ?? "get",
      group: "",
      resource: "services/proxy",
      namespace,
      name: `${scheme === "https" ? "https:" : ""}${name}:${port}`,
      purposes,
      need: "run",
    },
  ];
}
