/**
 * The parts of the API server's JSON that readiness is judged from. The official client's models turn times into
 * `Date` in lists but not in watches; here both come as they are sent.
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
  /** Only custom resources' conditions have it. */
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
  terminated?: { exitCode: number; reason?: string; message?: string; signal?: number };
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

const defaultClassAnnotations: readonly string[] = [
  "storageclass.kubernetes.io/is-default-class",
  "storageclass.beta.kubernetes.io/is-default-class",
];

export function isDefaultClass({ metadata }: StorageClass): boolean {
  return defaultClassAnnotations.some((name) => metadata.annotations?.[name] === "true");
}

/** Returns the class that a claim or a volume names. Undefined means the default class, an empty text no class. */
export function getStorageClassName(object: {
  metadata?: Pick<Meta, "annotations">;
  spec?: { storageClassName?: string };
}): string | undefined {
  // The API server still prefers the annotation of before Kubernetes 1.6.
  return (
    object.metadata?.annotations?.["volume.beta.kubernetes.io/storage-class"] ?? object.spec?.storageClassName
  );
}

export interface Node {
  metadata: Meta;
  spec?: { unschedulable?: boolean; taints?: { key: string; effect: string }[] };
  status?: { conditions?: Condition[] };
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

/** Everything in the cluster that says how one workload stands. */
export interface WorkloadView {
  /** `Deployment monitoring/grafana`. */
  readonly id: string;
  readonly kind: string;
  /** Undefined as long as it doesn't exist. */
  readonly object: Workload | Claim | Pod | undefined;
  /** Its pods of the current revision that are not being deleted. */
  readonly pods: readonly Pod[];
  /** Claims that its pods mount. */
  readonly claims: readonly Claim[];
  /** The cluster's StorageClasses; undefined when this user may not list them, or no rendered object claims a volume. */
  readonly classes?: readonly StorageClass[] | undefined;
  /** Pods and controllers below it, itself too, by uid: whose events count. */
  readonly events: readonly KubeEvent[];
  /** The workload and, for a Deployment, its current ReplicaSet: what creates the pods. */
  readonly creators: readonly Workload[];
  /** Something in its namespace is being deleted and may free what a pending pod needs. */
  readonly terminating: boolean;
  /** Nodes that are ready and without a start-up taint; undefined when this user may not list nodes. */
  readonly usableNodes: number | undefined;
  /** Nodes that still carry a start-up taint. */
  readonly startingNodes: number;
}

/** Returns a text that changes whenever one of these events recurs: the recorder counts it, or writes another event. */
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

/** The start-up taints that go away by themselves. */
export const healingTaints: readonly string[] = [
  "node.cloudprovider.kubernetes.io/uninitialized",
  "node.kubernetes.io/not-ready",
  "node.kubernetes.io/unreachable",
  "node.kubernetes.io/network-unavailable",
];
