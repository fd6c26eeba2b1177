import { type ContainerStatus, getEventTime, type KubeEvent, type Pod } from "../kube/objects.ts";
import { containerFailures, crash, oomKilled, probeFailures } from "./containers.ts";
import type { Failure } from "./failure.ts";
import { imageFailures } from "./images.ts";
import { evicted, schedulingFailures } from "./scheduling.ts";
import {
  createEventSymptom,
  createSymptom,
  expectFailure,
  findWarnings,
  getRecurrence,
  type Symptom,
} from "./symptom.ts";
import { mountFailures, sandboxFailures } from "./volumes.ts";

const imageReasons = [
  "ErrImagePull",
  "ImagePullBackOff",
  "InvalidImageName",
  "ErrImageNeverPull",
  "ImageInspectError",
  "RegistryUnavailable",
  "SignatureValidationFailed",
];
const createReasons = [
  "CreateContainerConfigError",
  "CreateContainerError",
  "RunContainerError",
  "PreCreateHookError",
  "PreStartHookError",
  "PostStartHookError",
];
/** Events that the kubelet sends once the volumes are mounted and the sandbox exists: earlier problems are resolved then. */
const progressReasons = ["Pulling", "Pulled", "Created", "Started"];

/** Returns the failures of a pod now: its own state first, then the events that its state does not hold. */
export function judgePod(pod: Pod, events: readonly KubeEvent[]): Symptom[] {
  if (pod.status?.reason === "Evicted") {
    const message = pod.status.message?.trim() || "the kubelet gives no reason";
    return [createSymptom(expectFailure([evicted], message), "Evicted", message, pod)];
  }
  const own = events.filter((event) => event.involvedObject.uid === pod.metadata.uid);
  const unscheduled = judgeScheduling(pod, own);
  if (unscheduled) return [unscheduled];
  const inside = listContainers(pod).flatMap((container) => judgeContainer(pod, container, own));
  return inside.length > 0 ? inside : judgeStart(pod, own);
}

/** Init containers first: the others wait for them. */
export function listContainers(pod: Pod): ContainerStatus[] {
  return [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
}

function judgeScheduling(pod: Pod, events: readonly KubeEvent[]): Symptom | undefined {
  const condition = pod.status?.conditions?.find((candidate) => candidate.type === "PodScheduled");
  if (condition?.status !== "False" || condition.reason !== "Unschedulable") return undefined;
  const message = condition.message ?? "the scheduler gives no reason";
  const found = createSymptom(expectFailure(schedulingFailures, message), "Unschedulable", message, pod);
  // A cluster autoscaler that reports that it is adding a node needs minutes; then the pod fits.
  if (!events.some((event) => event.reason === "TriggeredScaleUp")) return found;
  return { ...found, graceMs: 600_000 };
}

function judgeContainer(pod: Pod, container: ContainerStatus, events: readonly KubeEvent[]): Symptom[] {
  const waiting = container.state?.waiting;
  const reason = waiting?.reason ?? "";
  if (imageReasons.includes(reason)) return [describePull(pod, container, reason, events)];
  if (createReasons.includes(reason)) return [describeCreation(pod, container, reason, events)];
  return [...describeCrash(pod, container), ...judgeProbe(pod, container, events)];
}

/**
 * The container's state is that of the kubelet's last attempt, which may be 15 s old; with each attempt it records the
 * event `Failed` anew.
 */
function describeCreation(
  pod: Pod,
  container: ContainerStatus,
  reason: string,
  events: readonly KubeEvent[],
): Symptom {
  const failed = findWarnings(events, ["Failed"]).filter(({ involvedObject: { fieldPath } }) =>
    fieldPath === undefined ? listContainers(pod).length === 1 : fieldPath.endsWith(`{${container.name}}`),
  );
  const message = container.state?.waiting?.message || failed.at(-1)?.message || reason;
  const found = createSymptom(expectFailure(containerFailures, message), reason, message, pod, container);
  if (found.graceMs === 0) return found;
  const lastingMs = Math.max(found.graceMs, threeAttemptsMs);
  return failed.length === 0
    ? { ...found, graceMs: lastingMs }
    : { ...found, ...getRecurrence(failed), lastingMs };
}

/** The kubelet has tried a pod three times, in milliseconds. */
const threeAttemptsMs = 30_000;
function describePull(
  pod: Pod,
  container: ContainerStatus,
  reason: string,
  events: readonly KubeEvent[],
): Symptom {
  const reported = container.state?.waiting?.message ?? "";
  // Before 1.32 a back-off names only the image; why is in the event of the attempt.
  const bare = reported === "" || /^Back-off pulling image "[^"]*"$/.test(reported);
  const ofImage = events.filter((event) => event.message?.includes(container.image ?? ""));
  const failed = findWarnings(ofImage, ["Failed", "InspectFailed"]).filter(({ message = "" }) =>
    message.startsWith("Failed to"),
  );
  const message = (bare && failed.at(-1)?.message) || reported || reason;
  return createSymptom(
    expectFailure(imageFailures, `${reason}: ${message}`),
    reason,
    message,
    pod,
    container,
  );
}

/**
 * One crash is normal in a cluster that is just starting (its DNS, its API, a database come up later), so a crash
 * loop is final at the third end of the container, at the second one when the same must happen again.
 */
function describeCrash(pod: Pod, container: ContainerStatus): Symptom[] {
  const ended = container.state?.terminated;
  const last = ended ?? container.lastState?.terminated;
  if (container.ready || container.restartCount === 0 || !last) return [];
  const oom = last.reason === "OOMKilled";
  const certain =
    oom || ["StartError", "ContainerCannotRun"].includes(last.reason ?? "") || isNoCommand(last.exitCode);
  const enough = container.restartCount >= (certain ? 1 : 2);
  // The kubelet reports CrashLoopBackOff only in its next round, 10 to 15 s after the end.
  const looping =
    container.state?.waiting?.reason === "CrashLoopBackOff" ||
    (enough && ended !== undefined && ended.exitCode !== 0);
  if (last.exitCode === 0 && !looping) return [];
  const graceMs = looping ? getCrashGrace(certain, enough) : Number.POSITIVE_INFINITY;
  const parts = [
    oom ? "OOMKilled: the container needs more memory than its limit" : `exit code ${last.exitCode}`,
    `restarted ${container.restartCount === 1 ? "once" : `${container.restartCount} times`}`,
    ...(last.message ? [last.message.trim()] : []),
  ];
  const reason = looping ? "CrashLoopBackOff" : (last.reason ?? "Error");
  const message = parts.join(", ");
  const failure = expectFailure([oom ? oomKilled : crash], message);
  return [{ ...createSymptom(failure, reason, message, pod, container), graceMs }];
}

function getCrashGrace(certain: boolean, enough: boolean): number {
  if (certain) return 0;
  return enough ? (crash.gracePeriod ?? 0) : 60_000;
}

/** What a shell and a container runtime give for a command that isn't there or isn't executable. */
function isNoCommand(exitCode: number): boolean {
  return exitCode === 126 || exitCode === 127;
}

/** Volumes and the sandbox: only events report their problems, and an event remains when its cause has gone. */
function judgeStart(pod: Pod, events: readonly KubeEvent[]): Symptom[] {
  const starting = listContainers(pod).some((container) =>
    ["ContainerCreating", "PodInitializing"].includes(container.state?.waiting?.reason ?? ""),
  );
  if (!starting || listContainers(pod).some((container) => container.state?.running)) return [];
  const progress = Math.max(
    0,
    ...events.filter((event) => progressReasons.includes(event.reason ?? "")).map(getEventTime),
  );
  const started = events
    .filter((event) => getEventTime(event) > progress)
    .sort((one, other) => getEventTime(one) - getEventTime(other))
    .flatMap((event) => {
      const failures = startFailures(event);
      return failures ? [{ event, failure: expectFailure(failures, event.message ?? "") }] : [];
    });
  // Messages that name a sandbox or an attempt differ each time, so that each is an event of its own.
  return [...Map.groupBy(started, ({ failure }) => failure.variant).values()].flatMap((same) => {
    const last = same.at(-1);
    if (last === undefined) return [];
    const { event, failure } = last;
    const found = createSymptom(failure, event.reason ?? "", event.message ?? "", pod);
    return [
      createEventSymptom(
        found,
        same.map((one) => one.event),
      ),
    ];
  });
}

function startFailures(event: KubeEvent): readonly Failure[] | undefined {
  if (event.type !== "Warning") return undefined;
  if (["FailedMount", "FailedAttachVolume", "FailedMapVolume"].includes(event.reason ?? ""))
    return mountFailures;
  if (event.reason !== "FailedCreatePodSandBox") return undefined;
  // The pause image is an image as any other.
  return /failed to (get sandbox image|pull)/i.test(event.message ?? "") ? imageFailures : sandboxFailures;
}

/** A container that runs and whose readiness or startup probe fails. Liveness shows in restarts. */
function judgeProbe(pod: Pod, container: ContainerStatus, events: readonly KubeEvent[]): Symptom[] {
  if (!container.state?.running || container.ready) return [];
  const started = Date.parse(container.state.running.startedAt ?? "") || 0;
  const own = events
    .filter(
      ({ reason, message }) => reason === "Unhealthy" && /^(Readiness|Startup) probe /.test(message ?? ""),
    )
    .filter(({ involvedObject }) => belongsToContainer(involvedObject.fieldPath, container.name, pod))
    // The kubelet's times have whole seconds.
    .filter((event) => getEventTime(event) >= started - 1_000)
    .sort((a, b) => getEventTime(a) - getEventTime(b));
  const message = own.at(-1)?.message;
  if (message === undefined) return [];
  const failure = expectFailure(probeFailures, message);
  const found = createSymptom(failure, "Unhealthy", message, pod, container);
  if (failure.isSlowStart) return [found];
  // The state shows that the container is not ready; the kubelet must report an early failure twice. Its recorder drops
  // an object's events after 25 of them (EventSourceObjectSpamFilter), which a probe every second reaches.
  const same = own.filter(
    (event) => expectFailure(probeFailures, event.message ?? "").variant === failure.variant,
  );
  return [{ ...found, ...getRecurrence(same), lastingMs: droppedMs }];
}

/** After this time without readiness, in milliseconds, the cause of a container's events persists even if no new ones come. */
const droppedMs = 60_000;

/** `spec.containers{grafana}`; without a field path, a pod's only container. */
function belongsToContainer(fieldPath: string | undefined, name: string, pod: Pod): boolean {
  if (fieldPath !== undefined) return fieldPath.endsWith(`{${name}}`);
  return (pod.spec?.containers ?? []).length === 1;
}
