/**
 * Metadata of an object. The types of this file are the parts of the API server's JSON that decide whether a workload is
 * ready. Times are texts: the official client converts them to `Date` in lists but not in watches.
 */
export interface Meta {
  name: string;
  namespace?: string;
  uid?: string;
  generation?: number;
  resourceVersion?: string;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: { kind: string; name: string; uid: string; controller?: boolean }[];
}

export interface Condition {
  type: string;
  status: "True" | "False" | "Unknown";
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
  /** Present only in conditions of custom resources. */
  observedGeneration?: number;
}

/** A Deployment, StatefulSet, DaemonSet, ReplicaSet or Job. */
export interface Workload {
  kind: string;
  metadata: Meta;
  spec?: {
    replicas?: number;
    paused?: boolean;
    suspend?: boolean;
    completions?: number;
    updateStrategy?: { type?: string; rollingUpdate?: { partition?: number } };
  };
  status?: {
    observedGeneration?: number;
    replicas?: number;
    updatedReplicas?: number;
    readyReplicas?: number;
    availableReplicas?: number;
    currentReplicas?: number;
    currentRevision?: string;
    updateRevision?: string;
    desiredNumberScheduled?: number;
    currentNumberScheduled?: number;
    updatedNumberScheduled?: number;
    numberAvailable?: number;
    numberReady?: number;
    active?: number;
    succeeded?: number;
    failed?: number;
    conditions?: Condition[];
  };
}

export interface ContainerState {
  waiting?: { reason?: string; message?: string };
  running?: { startedAt?: string };
  terminated?: {
    exitCode: number;
    reason?: string;
    message?: string;
    signal?: number;
    startedAt?: string;
    finishedAt?: string;
  };
}

export interface ContainerStatus {
  name: string;
  ready: boolean;
  restartCount: number;
  image?: string;
  state?: ContainerState;
  lastState?: ContainerState;
}

export interface Pod {
  metadata: Meta;
  spec?: {
    nodeName?: string;
    nodeSelector?: Record<string, string>;
    tolerations?: { key?: string; operator?: string; value?: string; effect?: string }[];
    initContainers?: { resources?: { requests?: Record<string, string> } }[];
    containers?: {
      name: string;
      ports?: { name?: string; containerPort: number }[];
      readinessProbe?: object;
      startupProbe?: object;
      resources?: { limits?: Record<string, string>; requests?: Record<string, string> };
    }[];
    volumes?: { name: string; persistentVolumeClaim?: { claimName: string } }[];
  };
  status?: {
    phase?: string;
    reason?: string;
    message?: string;
    conditions?: Condition[];
    initContainerStatuses?: ContainerStatus[];
    containerStatuses?: ContainerStatus[];
  };
}

export interface Claim {
  metadata: Meta;
  spec?: { storageClassName?: string; accessModes?: string[]; volumeName?: string };
  status?: { phase?: string };
}

export interface StorageClass {
  metadata: Meta;
  provisioner?: string;
}

/** The annotations that mark the default class: the current one, and the one before Kubernetes 1.6. */
const defaultClassAnnotations: readonly string[] = [
  "storageclass.kubernetes.io/is-default-class",
  "storageclass.beta.kubernetes.io/is-default-class",
];

/** True if a storage class is the cluster's default class. */
export function isDefaultClass({ metadata }: StorageClass): boolean {
  return defaultClassAnnotations.some((name) => metadata.annotations?.[name] === "true");
}

/**
 * Returns the name of the storage class that a claim or volume refers to. Undefined means the cluster's default class;
 * an empty text means that the volume has no class.
 */
export function getStorageClassName(object: {
  metadata?: Pick<Meta, "annotations">;
  spec?: { storageClassName?: string };
}): string | undefined {
  // The API server still prefers the annotation that was used before Kubernetes 1.6.
  return (
    object.metadata?.annotations?.["volume.beta.kubernetes.io/storage-class"] ?? object.spec?.storageClassName
  );
}

export interface Node {
  metadata: Meta;
  spec?: { unschedulable?: boolean; taints?: { key: string; value?: string; effect: string }[] };
  status?: { conditions?: Condition[]; allocatable?: Record<string, string> };
}

export interface KubeEvent {
  metadata: Meta;
  involvedObject: { kind: string; name: string; uid?: string; fieldPath?: string };
  type?: string;
  reason?: string;
  message?: string;
  count?: number;
  firstTimestamp?: string | null;
  lastTimestamp?: string | null;
  eventTime?: string | null;
  series?: { count?: number; lastObservedTime?: string } | null;
}

/** The objects in the cluster that show the state of one workload. */
export interface WorkloadView {
  /** Kind, namespace and name, e.g. `Deployment monitoring/grafana`. */
  readonly id: string;
  readonly kind: string;
  /** Undefined while the object does not exist. */
  readonly object: Workload | Claim | Pod | undefined;
  /** Its pods of the current revision that are not being deleted. */
  readonly pods: readonly Pod[];
  /** Claims that its pods mount. */
  readonly claims: readonly Claim[];
  /** The cluster's StorageClasses; undefined when this user may not list them, or no rendered object claims a volume. */
  readonly classes?: readonly StorageClass[] | undefined;
  /** Events of the workload, its controllers and its pods. */
  readonly events: readonly KubeEvent[];
  /** The objects that create the pods: the workload and, for a Deployment, its current ReplicaSet. */
  readonly creators: readonly Workload[];
  /** True if an object in its namespace is being deleted, which may free resources for a pending pod. */
  readonly terminating: boolean;
  /** Nodes that are ready and without a start-up taint; undefined when this user may not list nodes. */
  readonly usableNodes: number | undefined;
  /** Nodes that still carry a start-up taint. */
  readonly startingNodes: number;
  /** All nodes, if none can join: in a cluster that monstack started. Undefined if others can. */
  readonly fixedNodes?: readonly Node[] | undefined;
}

/**
 * Returns a text that changes whenever one of these events recurs. Kubernetes then increases the event's count or
 * creates another event.
 */
export function fingerprintEvents(events: readonly KubeEvent[]): string {
  return events
    .map((event) => {
      const count = event.series?.count ?? event.count ?? 1;
      return `${event.metadata.uid ?? event.metadata.name} ${count} ${getEventTime(event)}`;
    })
    .sort()
    .join(", ");
}

/** Returns how often these events were recorded. */
export function countOccurrences(events: readonly KubeEvent[]): number {
  return events.reduce((sum, { series, count }) => sum + (series?.count ?? count ?? 1), 0);
}

/** Returns when an event was seen last, in milliseconds since the epoch; 0 if it has no time. */
export function getEventTime(event: KubeEvent): number {
  const text =
    event.series?.lastObservedTime ??
    event.lastTimestamp ??
    event.eventTime ??
    event.metadata.creationTimestamp;
  return text ? Date.parse(text) : 0;
}

/** Start-up taints that Kubernetes removes by itself. */
export const healingTaints: readonly string[] = [
  "node.cloudprovider.kubernetes.io/uninitialized",
  "node.kubernetes.io/not-ready",
  "node.kubernetes.io/unreachable",
  "node.kubernetes.io/network-unavailable",
];
