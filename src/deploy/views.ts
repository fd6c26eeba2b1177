import type { KubeObject } from "../kube/manifest.ts";
import {
  type Claim,
  healingTaints,
  type KubeEvent,
  type Meta,
  type Node,
  type Pod,
  type StorageClass,
  type Workload,
  type WorkloadView,
} from "../kube/objects.ts";
import { isOperated, predictOperatorObjects } from "../kube/operator-made.ts";
import { ownValue } from "../lib/object.ts";
import { findClaims } from "./claims.ts";
import type { Resource, Store } from "./store.ts";

/** A rendered object that has to get ready. */
export interface Target {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

const resourceOf: Readonly<Record<string, Resource>> = {
  Deployment: "deployments",
  StatefulSet: "statefulsets",
  DaemonSet: "daemonsets",
  ReplicaSet: "replicasets",
  Job: "jobs",
  Pod: "pods",
  PersistentVolumeClaim: "persistentvolumeclaims",
  Prometheus: "prometheuses",
  Alertmanager: "alertmanagers",
};

/** Kinds whose names others may have too: only the operator's count. */
const operatedKinds: readonly string[] = ["Prometheus", "Alertmanager"];

/** Returns the rendered objects that can become ready, and the workloads that an operator will make of them. */
export function listTargets(objects: readonly KubeObject[]): Target[] {
  const rendered = objects
    .filter((object) =>
      operatedKinds.includes(object.kind) ? isOperated(object) : object.kind in resourceOf,
    )
    .map(({ kind, metadata }) => ({ kind, namespace: metadata.namespace ?? "default", name: metadata.name }));
  const made = predictOperatorObjects(objects).map(({ namespace, name }) => ({
    kind: "StatefulSet",
    namespace,
    name,
  }));
  return [...rendered, ...made];
}

/** Returns the resources to follow for judging these objects; empty if none of them can become ready. */
export function listResources(objects: readonly KubeObject[]): Resource[] {
  const targets = listTargets(objects);
  if (targets.length === 0) return [];
  const kinds = targets.flatMap(({ kind }) => ownValue(resourceOf, kind) ?? []);
  const below: Resource[] = kinds.includes("deployments") ? ["replicasets"] : [];
  const classes: Resource[] = objects.some((object) => findClaims(object).length > 0)
    ? ["storageclasses"]
    : [];
  const always: Resource[] = ["pods", "events", "persistentvolumeclaims", "nodes"];
  return [...new Set<Resource>([...always, ...kinds, ...below, ...classes])];
}

/** Collects what the store knows about one workload. */
export function viewOf(store: Store, target: Target): WorkloadView {
  const all = <T>(resource: Resource) => store.items<T>(resource, target.namespace) ?? [];
  const resource = ownValue(resourceOf, target.kind) ?? "pods";
  const object = all<Workload>(resource).find((item) => item.metadata.name === target.name);
  const pods = all<Pod>("pods");
  const claims = all<Claim>("persistentvolumeclaims");
  const creators = object ? findCreators(target.kind, object, all<Workload>("replicasets")) : [];
  const own = object ? findPods(target, object, creators, pods) : [];
  const mounted = own.flatMap((pod) => listClaimNames(pod));
  const ownClaims = claims.filter((claim) => mounted.includes(claim.metadata.name));
  const known = [object, ...creators, ...own, ...ownClaims].flatMap((item) => item?.metadata.uid ?? []);
  const nodes = store.items<Node>("nodes", "");
  return {
    id: `${target.kind} ${target.namespace}/${target.name}`,
    kind: target.kind,
    object,
    pods: own,
    claims: ownClaims,
    classes: store.items<StorageClass>("storageclasses", ""),
    events: all<KubeEvent>("events").filter((event) => known.includes(event.involvedObject.uid ?? "")),
    creators,
    terminating: pods.some((pod) => pod.metadata.deletionTimestamp !== undefined),
    usableNodes: nodes?.filter(isUsable).length,
    startingNodes: nodes?.filter(isStarting).length ?? 0,
  };
}

function findCreators(kind: string, object: Workload, replicaSets: readonly Workload[]): Workload[] {
  if (kind === "Pod" || kind === "PersistentVolumeClaim" || operatedKinds.includes(kind)) return [];
  if (kind !== "Deployment") return [object];
  const revision = object.metadata.annotations?.["deployment.kubernetes.io/revision"];
  const current = replicaSets.filter(
    (set) =>
      isOwnedBy(set.metadata, object.metadata.uid) &&
      set.metadata.annotations?.["deployment.kubernetes.io/revision"] === revision,
  );
  return [...current, object];
}

/** Returns the pods of a workload; for a claim those that mount it. Pods of an earlier revision are left out. */
function findPods(
  target: Target,
  object: Workload,
  creators: readonly Workload[],
  pods: readonly Pod[],
): readonly Pod[] {
  const alive = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  if (target.kind === "Pod") return alive.filter((pod) => pod.metadata.uid === object.metadata.uid);
  if (target.kind === "PersistentVolumeClaim")
    return alive.filter((pod) => listClaimNames(pod).includes(target.name));
  const owned = alive.filter((pod) =>
    creators.some((creator) => isOwnedBy(pod.metadata, creator.metadata.uid)),
  );
  if (target.kind !== "DaemonSet") return owned;
  const generation = object.metadata.annotations?.["deprecated.daemonset.template.generation"];
  return owned.filter(
    (pod) => (pod.metadata.labels?.["pod-template-generation"] ?? generation) === generation,
  );
}

function listClaimNames(pod: Pod): string[] {
  return (pod.spec?.volumes ?? []).flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? []);
}

function isOwnedBy(meta: Meta, uid: string | undefined): boolean {
  return uid !== undefined && (meta.ownerReferences ?? []).some((owner) => owner.uid === uid);
}

function isUsable(node: Node): boolean {
  const ready = node.status?.conditions?.some((item) => item.type === "Ready" && item.status === "True");
  return ready === true && !isStarting(node);
}

function isStarting(node: Node): boolean {
  return node.spec?.taints?.some((taint) => healingTaints.includes(taint.key)) ?? false;
}
