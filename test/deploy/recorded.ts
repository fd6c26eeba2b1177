import type {
  ContainerState,
  KubeEvent,
  Node,
  Pod,
  StorageClass,
  Workload,
  WorkloadView,
} from "../../src/kube/objects.ts";

// Statuses and events in the words of a real API server (Kubernetes 1.36, containerd 2.1, k3s' local-path).

const uid = "9c9f3c2e-7f0e-4c35-9a6f-0a1b2c3d4e5f";

/** A Deployment `monitoring/grafana` that waits for its one pod. */
export function deployment(status: Workload["status"] = {}, spec: Workload["spec"] = {}): Workload {
  return {
    kind: "Deployment",
    metadata: {
      name: "grafana",
      namespace: "monitoring",
      uid: "dep-uid",
      generation: 1,
      annotations: { "deployment.kubernetes.io/revision": "1" },
    },
    spec: { replicas: 1, ...spec },
    status: {
      observedGeneration: 1,
      replicas: 1,
      updatedReplicas: 1,
      conditions: [
        {
          type: "Available",
          status: "False",
          reason: "MinimumReplicasUnavailable",
          message: "Deployment does not have minimum availability.",
        },
        {
          type: "Progressing",
          status: "True",
          reason: "ReplicaSetUpdated",
          message: 'ReplicaSet "grafana-7d9c5b8f6d" is progressing.',
        },
      ],
      ...status,
    },
  };
}

export const available: Workload["status"] = {
  observedGeneration: 1,
  replicas: 1,
  updatedReplicas: 1,
  readyReplicas: 1,
  availableReplicas: 1,
  conditions: [{ type: "Available", status: "True", reason: "MinimumReplicasAvailable" }],
};

interface Recorded {
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
  readonly restartCount?: number;
  readonly init?: boolean;
  readonly image?: string;
}

/** A pod of that Deployment with one container in this state. */
export function pod({ state, lastState, restartCount = 0, init = false, image }: Recorded): Pod {
  const container = {
    name: init ? "download-dashboards" : "grafana",
    ready: false,
    restartCount,
    image: image ?? "docker.io/grafana/grafana:13.2.0",
    state: state ?? { waiting: { reason: "ContainerCreating" } },
    lastState: lastState ?? {},
  };
  const blocked = {
    ...container,
    name: "grafana",
    state: { waiting: { reason: "PodInitializing" } },
    lastState: {},
  };
  return {
    metadata: {
      name: "grafana-7d9c5b8f6d-x2x7p",
      namespace: "monitoring",
      uid,
      ownerReferences: [{ kind: "ReplicaSet", name: "grafana-7d9c5b8f6d", uid: "rs-uid", controller: true }],
    },
    spec: { nodeName: "node-1", volumes: [] },
    status: {
      phase: "Pending",
      conditions: [{ type: "PodScheduled", status: "True" }],
      ...(init
        ? { initContainerStatuses: [container], containerStatuses: [blocked] }
        : { containerStatuses: [container] }),
    },
  };
}

export function unscheduled(message: string): Pod {
  const { metadata } = pod({});
  return {
    metadata,
    spec: {},
    status: {
      phase: "Pending",
      conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message }],
    },
  };
}

let count = 0;
export function event(
  reason: string,
  message: string,
  { type = "Warning", at = 10, of = uid, kind = "Pod" } = {},
): KubeEvent {
  const time = new Date(Date.UTC(2026, 10, 1, 12, 0, at)).toISOString().replace(".000Z", "Z");
  count += 1;
  return {
    metadata: { name: `grafana.${count.toString(16)}`, namespace: "monitoring", uid: `event-${count}` },
    involvedObject: { kind, name: "grafana", uid: of },
    type,
    reason,
    message,
    count: 3,
    firstTimestamp: "2026-11-01T12:00:01Z",
    lastTimestamp: time,
    eventTime: null,
  };
}

export function claim(events: KubeEvent[], phase = "Pending"): WorkloadView {
  return view({
    id: "PersistentVolumeClaim monitoring/prometheus-server",
    kind: "PersistentVolumeClaim",
    object: {
      metadata: { name: "prometheus-server", namespace: "monitoring", uid: "pvc-uid" },
      status: { phase },
    },
    creators: [],
    events: events.map((item) => ({ ...item, involvedObject: { ...item.involvedObject, uid: "pvc-uid" } })),
  });
}

export function view(parts: Partial<WorkloadView>): WorkloadView {
  const object = "object" in parts ? parts.object : deployment();
  return {
    id: "Deployment monitoring/grafana",
    kind: "Deployment",
    object,
    pods: [],
    claims: [],
    events: [],
    creators: [],
    terminating: false,
    usableNodes: 1,
    startingNodes: 0,
    ...parts,
  };
}

export function storageClass(name: string, isDefault = false): StorageClass {
  const annotations = { "storageclass.kubernetes.io/is-default-class": String(isDefault) };
  return { metadata: { name, uid: `class-${name}`, annotations }, provisioner: "rancher.io/local-path" };
}

export function node(taints: string[] = [], ready: "True" | "False" = "True"): Node {
  return {
    metadata: { name: "node-1", uid: "node-uid" },
    spec: { taints: taints.map((key) => ({ key, effect: "NoSchedule" })) },
    status: { conditions: [{ type: "Ready", status: ready }] },
  };
}
