import {
  type ContainerStatus,
  getEventTime,
  type KubeEvent,
  type Pod,
  type WorkloadView,
} from "../kube/objects.ts";
import { parseDuration } from "../lib/duration.ts";
import type { Span } from "../lib/trace.ts";
import type { WorkloadStatus } from "../model/rendered.ts";
import type { Target } from "./views.ts";

/** Follows workloads while they start, and records when each of their pods reached which state. */
export interface Timeline {
  observe(target: Target, view: WorkloadView, status: WorkloadStatus): void;
  /**
   * Adds a span for each workload, with one for each pod and its states.
   * @param after what was installed before
   */
  record(parent: Span | undefined, after: readonly Span[]): void;
}

/** Maximum number of pods in the timeline. */
const maxPods = 500;

/** What was seen of a workload; times in milliseconds since the epoch by this machine's clock. */
interface SeenWorkload {
  readonly target: Target;
  readonly startedMs: number;
  readyMs: number | undefined;
  readonly pods: Map<string, SeenPod>;
}

interface SeenPod {
  pod: Pod;
  readonly createdMs: number;
  /** By the names of states: when each was first seen. */
  readonly reached: Map<string, number>;
  readonly pulls: Map<string, Pull>;
}

interface Pull {
  readonly image: string;
  readonly endedMs: number;
  readonly tookMs: number;
  readonly bytes: number | undefined;
}

/** @param now returns milliseconds since the epoch */
export function createTimeline(now: () => number): Timeline {
  const workloads = new Map<Target, SeenWorkload>();
  let podCount = 0;
  const findPod = ({ pods }: SeenWorkload, pod: Pod): SeenPod | undefined => {
    const uid = getUid(pod);
    const known = pods.get(uid);
    if (known !== undefined) return known;
    podCount += 1;
    if (podCount > maxPods) return undefined;
    const createdMs = refineTime(now(), pod.metadata.creationTimestamp);
    const seen: SeenPod = { pod, createdMs, reached: new Map(), pulls: new Map() };
    pods.set(uid, seen);
    return seen;
  };
  return {
    observe: (target, view, status) => {
      const workload = workloads.get(target) ?? {
        ...{ target, startedMs: now(), readyMs: undefined, pods: new Map() },
      };
      workloads.set(target, workload);
      if (status.state === "ready") workload.readyMs ??= now();
      // A claim's pods are those of the workload that mounts it.
      if (target.kind === "PersistentVolumeClaim") return;
      for (const pod of view.pods) {
        const seen = findPod(workload, pod);
        if (seen !== undefined) observePod(seen, pod, view.events, now());
      }
    },
    record: (parent, after) => {
      if (parent === undefined) return;
      for (const workload of workloads.values()) recordWorkload(parent, workload, after, now());
    },
  };
}

/** Records the states that a pod has reached, and the images that were pulled for it. */
function observePod(seen: SeenPod, pod: Pod, events: readonly KubeEvent[], nowMs: number): void {
  seen.pod = pod;
  for (const [state, reportedAt] of listStates(pod))
    if (!seen.reached.has(state)) seen.reached.set(state, refineTime(nowMs, reportedAt));
  for (const event of events) {
    const key = event.metadata.uid ?? event.metadata.name;
    if (event.reason !== "Pulled" || event.involvedObject.uid !== getUid(pod) || seen.pulls.has(key))
      continue;
    const pull = parsePulled(event.message ?? "");
    const reportedAt = new Date(getEventTime(event)).toISOString();
    if (pull) seen.pulls.set(key, { ...pull, endedMs: refineTime(nowMs, reportedAt) });
  }
}

function getUid({ metadata }: Pod): string {
  return metadata.uid ?? metadata.name;
}

/**
 * Returns when a state was reached, from when it was seen and from what the cluster reports in whole seconds. What is seen
 * late (the kubelet looks at its containers once a second) was reached in the reported second; a cluster's clock that
 * differs by more is not believed.
 */
export function refineTime(seenMs: number, reportedAt: string | undefined): number {
  const reportedMs = Date.parse(reportedAt ?? "");
  const lateMs = seenMs - reportedMs;
  return lateMs >= 1_000 && lateMs < 4_000 ? reportedMs + 999 : seenMs;
}

const podConditions: Readonly<Record<string, string>> = {
  PodScheduled: "scheduled",
  PodReadyToStartContainers: "prepared",
  Initialized: "initialized",
  Ready: "ready",
};

/** Returns the states that a pod has reached, each with the time that the cluster reports. */
function listStates({ status }: Pod): [string, string | undefined][] {
  const conditions = (status?.conditions ?? []).flatMap(
    ({ type, status: value, lastTransitionTime }): [string, string | undefined][] => {
      const state = podConditions[type];
      return state === undefined || value !== "True" ? [] : [[state, lastTransitionTime]];
    },
  );
  const containers = listContainers(status).flatMap(({ name, state }): [string, string | undefined][] => {
    const startedAt = state?.running?.startedAt ?? state?.terminated?.startedAt;
    const started: [string, string | undefined][] =
      state?.running || state?.terminated ? [[`started ${name}`, startedAt]] : [];
    return state?.terminated ? [...started, [`ended ${name}`, state.terminated.finishedAt]] : started;
  });
  return [...conditions, ...containers];
}

function listContainers(status: Pod["status"]): ContainerStatus[] {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
}

/**
 * Parses the kubelet's message about an image that it has pulled, for example `Successfully pulled image "busybox:1" in
 * 1.2s (1.3s including waiting). Image size: 2160406 bytes.` Returns undefined if the image was there already.
 */
export function parsePulled(message: string): Omit<Pull, "endedMs"> | undefined {
  const [, image, pulled, waited] =
    /^Successfully pulled image "([^"]{1,500})" in (\S{1,30})(?: \((\S{1,30}) including waiting\))?/.exec(
      message,
    ) ?? [];
  if (image === undefined) return undefined;
  const tookMs = parseDuration((waited ?? pulled ?? "").replace(/\.$/, ""), { allowsFractions: true });
  const bytes = /Image size: (\d{1,15}) bytes/.exec(message)?.[1];
  return { image, tookMs: tookMs ?? 0, bytes: bytes === undefined ? undefined : Number(bytes) };
}

function recordWorkload(
  parent: Span,
  { target, startedMs, readyMs, pods }: SeenWorkload,
  after: readonly Span[],
  nowMs: number,
): void {
  const { kind, namespace, name } = target;
  const span = parent.add({
    kind: "workload",
    name: `${kind} ${namespace}/${name}`,
    startedMs,
    endedMs: readyMs ?? nowMs,
    after,
    ...(readyMs === undefined ? { attributes: { failed: true } } : {}),
  });
  for (const seen of pods.values()) recordPod(span, seen, after, nowMs);
}

/** Records a pod and what it waited for, one after the other: each of these spans begins where the one before it ended. */
function recordPod(workload: Span, seen: SeenPod, after: readonly Span[], nowMs: number): void {
  const { pod, createdMs, reached } = seen;
  const { nodeName } = pod.spec ?? {};
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  const readyMs = reached.get("ready");
  const span = workload.add({
    kind: "pod",
    name: `pod ${pod.metadata.name}`,
    startedMs: createdMs,
    endedMs: Math.max(createdMs, readyMs ?? nowMs),
    after,
    ...(nodeName === undefined ? {} : { attributes: { node: nodeName } }),
  });
  let sinceMs = createdMs;
  const addState = (name: string, untilMs: number | undefined) => {
    if (untilMs === undefined) return;
    const endedMs = Math.max(sinceMs, untilMs);
    span.add({ kind: "pod", name, startedMs: sinceMs, endedMs });
    sinceMs = endedMs;
  };
  addState("schedule", reached.get("scheduled"));
  addState("prepare volumes and network", reached.get("prepared"));
  recordPulls(span, seen);
  recordInitContainers(span, initContainerStatuses, seen);
  if (initContainerStatuses.length > 0) addState("initialize", reached.get("initialized"));
  const beganMs = sinceMs;
  for (const { name } of containerStatuses) {
    const startedMs = reached.get(`started ${name}`);
    if (startedMs === undefined) continue;
    const endedMs = Math.max(beganMs, startedMs);
    span.add({ kind: "container", name: `start ${name}`, startedMs: beganMs, endedMs });
    sinceMs = Math.max(sinceMs, endedMs);
  }
  addState("become ready", readyMs);
}

function recordPulls(pod: Span, { pulls }: SeenPod): void {
  for (const { image, endedMs, tookMs, bytes } of pulls.values())
    pod.add({
      ...{ kind: "image", name: `pull ${image}`, startedMs: endedMs - tookMs, endedMs },
      ...(bytes === undefined ? {} : { attributes: { bytes } }),
    });
}

function recordInitContainers(pod: Span, statuses: readonly ContainerStatus[], { reached }: SeenPod): void {
  for (const { name } of statuses) {
    const startedMs = reached.get(`started ${name}`);
    if (startedMs === undefined) continue;
    const endedMs = Math.max(startedMs, reached.get(`ended ${name}`) ?? startedMs);
    pod.add({ kind: "container", name: `init container ${name}`, startedMs, endedMs });
  }
}
