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
import { getOwnValue } from "../lib/object.ts";
import { findClaims } from "./claims.ts";
import type { Resource, Store } from "./store.ts";

/** A rendered object that has to get ready. */
export interface Target {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

const resourcesByKind: Readonly<Record<string, Resource>> = {
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

/** Kinds of the Prometheus operator. Other API groups may have kinds with these names, which don't count. */
const operatedKinds: readonly string[] = ["Prometheus", "Alertmanager"];

/** Returns the rendered objects that can become ready, and the workloads that an operator will make of them. */
export function listTargets(objects: readonly KubeObject[]): Target[] {
  const renderedTargets = objects
    .filter((object) =>
      operatedKinds.includes(object.kind) ? isOperated(object) : object.kind in resourcesByKind,
    )
    .map(({ kind, metadata }) => ({ kind, namespace: metadata.namespace ?? "default", name: metadata.name }));
  const operatorWorkloads = predictOperatorObjects(objects).map(({ namespace, name }) => ({
    kind: "StatefulSet",
    namespace,
    name,
  }));
  return [...renderedTargets, ...operatorWorkloads];
}

/** Returns the resources to follow for judging these objects; empty if none of them can become ready. */
export function listResources(objects: readonly KubeObject[]): Resource[] {
  const targets = listTargets(objects);
  if (targets.length === 0) return [];
  const targetResources = targets.flatMap(({ kind }) => getOwnValue(resourcesByKind, kind) ?? []);
  const childResources: Resource[] = targetResources.includes("deployments") ? ["replicasets"] : [];
  const classResources: Resource[] = objects.some((object) => findClaims(object).length > 0)
    ? ["storageclasses"]
    : [];
  const commonResources: Resource[] = ["pods", "events", "persistentvolumeclaims", "nodes"];
  return [
    ...new Set<Resource>([...commonResources, ...targetResources, ...childResources, ...classResources]),
  ];
}

/**
 * Returns what the store contains about one workload: its object, pods, claims, events and the nodes.
 * @param canNodesJoin false in a cluster that monstack started
 */
export function createWorkloadView(store: Store, target: Target, canNodesJoin: boolean): WorkloadView {
  const listItems = <T>(resource: Resource) => store.items<T>(resource, target.namespace) ?? [];
  const resource = getOwnValue(resourcesByKind, target.kind) ?? "pods";
  const object = listItems<Workload>(resource).find((item) => item.metadata.name === target.name);
  const pods = listItems<Pod>("pods");
  const claims = listItems<Claim>("persistentvolumeclaims");
  const creators = object ? findCreators(target.kind, object, listItems<Workload>("replicasets")) : [];
  const workloadPods = object ? findPods(target, object, creators, pods) : [];
  const mountedClaims = workloadPods.flatMap((pod) => listClaimNames(pod));
  const workloadClaims = claims.filter((claim) => mountedClaims.includes(claim.metadata.name));
  const uids = [object, ...creators, ...workloadPods, ...workloadClaims].flatMap(
    (item) => item?.metadata.uid ?? [],
  );
  const nodes = store.items<Node>("nodes", "");
  return {
    id: `${target.kind} ${target.namespace}/${target.name}`,
    kind: target.kind,
    object,
    pods: workloadPods,
    claims: workloadClaims,
    classes: store.items<StorageClass>("storageclasses", ""),
    events: listItems<KubeEvent>("events").filter((event) => uids.includes(event.involvedObject.uid ?? "")),
    creators,
    terminating: pods.some((pod) => pod.metadata.deletionTimestamp !== undefined),
    usableNodes: nodes?.filter(isUsable).length,
    startingNodes: nodes?.filter(isStarting).length ?? 0,
    fixedNodes: canNodesJoin ? undefined : nodes,
  };
}

/** Returns the objects that create a workload's pods: for a Deployment its current ReplicaSet and itself. */
function findCreators(kind: string, object: Workload, replicaSets: readonly Workload[]): Workload[] {
  if (kind === "Pod" || kind === "PersistentVolumeClaim" || operatedKinds.includes(kind)) return [];
  if (kind !== "Deployment") return [object];
  const revision = object.metadata.annotations?.["deployment.kubernetes.io/revision"];
  const currentSets = replicaSets.filter(
    (replicaSet) =>
      isOwnedBy(replicaSet.metadata, object.metadata.uid) &&
      replicaSet.metadata.annotations?.["deployment.kubernetes.io/revision"] === revision,
  );
  return [...currentSets, object];
}

/** Returns the pods of a workload; for a claim the pods that mount it. Pods of an earlier revision are left out. */
function findPods(
  target: Target,
  object: Workload,
  creators: readonly Workload[],
  pods: readonly Pod[],
): readonly Pod[] {
  const remainingPods = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  if (target.kind === "Pod") return remainingPods.filter((pod) => pod.metadata.uid === object.metadata.uid);
  if (target.kind === "PersistentVolumeClaim")
    return remainingPods.filter((pod) => listClaimNames(pod).includes(target.name));
  const ownedPods = remainingPods.filter((pod) =>
    creators.some((creator) => isOwnedBy(pod.metadata, creator.metadata.uid)),
  );
  if (target.kind !== "DaemonSet") return ownedPods;
  const generation = object.metadata.annotations?.["deprecated.daemonset.template.generation"];
  return ownedPods.filter(
    (pod) => (pod.metadata.labels?.["pod-template-generation"] ?? generation) === generation,
  );
}

function listClaimNames(pod: Pod): string[] {
  return (pod.spec?.volumes ?? []).flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? []);
}

function isOwnedBy(meta: Meta, uid: string | undefined): boolean {
  return uid !== undefined && (meta.ownerReferences ?? []).some((owner) => owner.uid === uid);
}

/** True if a node is ready and has no start-up taint. */
function isUsable(node: Node): boolean {
  const isReady = node.status?.conditions?.some((item) => item.type === "Ready" && item.status === "True");
  return isReady === true && !isStarting(node);
}

/** True if a node has a taint that it loses by itself once it has started. */
function isStarting(node: Node): boolean {
  return node.spec?.taints?.some((taint) => healingTaints.includes(taint.key)) ?? false;
}
