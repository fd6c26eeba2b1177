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

/** Reasons of a waiting container whose image can't be pulled. */
const imageReasons = [
  "ErrImagePull",
  "ImagePullBackOff",
  "InvalidImageName",
  "ErrImageNeverPull",
  "ImageInspectError",
  "RegistryUnavailable",
  "SignatureValidationFailed",
];
/** Reasons of a waiting container that can't be created or started. */
const createReasons = [
  "CreateContainerConfigError",
  "CreateContainerError",
  "RunContainerError",
  "PreCreateHookError",
  "PreStartHookError",
  "PostStartHookError",
];
/**
 * Reasons of events that the kubelet sends when the volumes are mounted and the sandbox exists: earlier problems are
 * resolved then.
 */
const progressReasons = ["Pulling", "Pulled", "Created", "Started"];

/**
 * Returns a pod's current symptoms: those of its own state first. Events count only for problems that the state does
 * not show.
 */
export function judgePod(pod: Pod, events: readonly KubeEvent[]): Symptom[] {
  if (pod.status?.reason === "Evicted") {
    const message = pod.status.message?.trim() || "the kubelet gives no reason";
    return [createSymptom(expectFailure([evicted], message), "Evicted", message, pod)];
  }
  const podEvents = events.filter((event) => event.involvedObject.uid === pod.metadata.uid);
  const schedulingSymptom = judgeScheduling(pod, podEvents);
  if (schedulingSymptom) return [schedulingSymptom];
  const containerSymptoms = listContainers(pod).flatMap((container) =>
    judgeContainer(pod, container, podEvents),
  );
  return containerSymptoms.length > 0 ? containerSymptoms : judgeStart(pod, podEvents);
}

/** Returns the status of each container, the init containers first, because the others wait for them. */
export function listContainers(pod: Pod): ContainerStatus[] {
  return [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
}

/** Milliseconds in which a cloud brings up a node for the cluster autoscaler. */
const newNodeMs = 600_000;

/** Returns the symptom of a pod that the scheduler can't place on a node; undefined if there is none. */
function judgeScheduling(pod: Pod, events: readonly KubeEvent[]): Symptom | undefined {
  const condition = pod.status?.conditions?.find((candidate) => candidate.type === "PodScheduled");
  if (condition?.status !== "False" || condition.reason !== "Unschedulable") return undefined;
  const message = condition.message ?? "the scheduler gives no reason";
  const symptom = createSymptom(expectFailure(schedulingFailures, message), "Unschedulable", message, pod);
  // The cluster autoscaler sends this event when it adds a node. The pod fits when the node is ready.
  if (!events.some((event) => event.reason === "TriggeredScaleUp")) return symptom;
  return { ...symptom, graceMs: newNodeMs };
}

/** Returns the symptoms of a container: of its image, its creation, its crashes or its probe. */
function judgeContainer(pod: Pod, container: ContainerStatus, events: readonly KubeEvent[]): Symptom[] {
  const waiting = container.state?.waiting;
  const reason = waiting?.reason ?? "";
  if (imageReasons.includes(reason)) return [judgePull(pod, container, reason, events)];
  if (createReasons.includes(reason)) return [judgeCreation(pod, container, reason, events)];
  return [...judgeCrash(pod, container), ...judgeProbe(pod, container, events)];
}

/**
 * Returns the symptom of a container that can't be created or started. The container's state is that of the kubelet's
 * last attempt, which may be 15 s old; the kubelet records the event `Failed` again at each attempt.
 */
function judgeCreation(
  pod: Pod,
  container: ContainerStatus,
  reason: string,
  events: readonly KubeEvent[],
): Symptom {
  const failedEvents = findWarnings(events, ["Failed"]).filter(({ involvedObject: { fieldPath } }) =>
    fieldPath === undefined ? listContainers(pod).length === 1 : fieldPath.endsWith(`{${container.name}}`),
  );
  const message = container.state?.waiting?.message || failedEvents.at(-1)?.message || reason;
  const symptom = createSymptom(expectFailure(containerFailures, message), reason, message, pod, container);
  if (symptom.graceMs === 0) return symptom;
  const lastingMs = Math.max(symptom.graceMs, threeAttemptsMs);
  return failedEvents.length === 0
    ? { ...symptom, graceMs: lastingMs }
    : { ...symptom, ...getRecurrence(failedEvents), lastingMs };
}

/** Milliseconds after which the kubelet has tried a pod three times. */
const threeAttemptsMs = 30_000;

/** Returns the symptom of a container whose image can't be pulled. */
function judgePull(
  pod: Pod,
  container: ContainerStatus,
  reason: string,
  events: readonly KubeEvent[],
): Symptom {
  const reportedMessage = container.state?.waiting?.message ?? "";
  // Before 1.32 a back-off names only the image. The event of the attempt has the reason.
  const hasNoReason = reportedMessage === "" || /^Back-off pulling image "[^"]*"$/.test(reportedMessage);
  const imageEvents = events.filter((event) => event.message?.includes(container.image ?? ""));
  const failedEvents = findWarnings(imageEvents, ["Failed", "InspectFailed"]).filter(({ message = "" }) =>
    message.startsWith("Failed to"),
  );
  const message = (hasNoReason && failedEvents.at(-1)?.message) || reportedMessage || reason;
  return createSymptom(
    expectFailure(imageFailures, `${reason}: ${message}`),
    reason,
    message,
    pod,
    container,
  );
}

/**
 * Returns the symptom of a container that has ended in an error; empty if there is none. One crash is normal in a
 * cluster that is just starting (its DNS, API or database start later). A crash loop is final at the third end of the
 * container, or at the second one if the same error is certain to happen again.
 */
function judgeCrash(pod: Pod, container: ContainerStatus): Symptom[] {
  const terminated = container.state?.terminated;
  const lastEnd = terminated ?? container.lastState?.terminated;
  if (container.ready || container.restartCount === 0 || !lastEnd) return [];
  const isOutOfMemory = lastEnd.reason === "OOMKilled";
  const isCertain =
    isOutOfMemory ||
    ["StartError", "ContainerCannotRun"].includes(lastEnd.reason ?? "") ||
    isNoCommand(lastEnd.exitCode);
  const hasEnoughCrashes = container.restartCount >= (isCertain ? 1 : 2);
  // The kubelet reports CrashLoopBackOff only in its next round, 10 to 15 s after the end.
  const isLooping =
    container.state?.waiting?.reason === "CrashLoopBackOff" ||
    (hasEnoughCrashes && terminated !== undefined && terminated.exitCode !== 0);
  if (lastEnd.exitCode === 0 && !isLooping) return [];
  const graceMs = isLooping ? getCrashGrace(isCertain, hasEnoughCrashes) : Number.POSITIVE_INFINITY;
  const parts = [
    isOutOfMemory
      ? "OOMKilled: the container needs more memory than its limit"
      : `exit code ${lastEnd.exitCode}`,
    `restarted ${container.restartCount === 1 ? "once" : `${container.restartCount} times`}`,
    ...(lastEnd.message ? [lastEnd.message.trim()] : []),
  ];
  const reason = isLooping ? "CrashLoopBackOff" : (lastEnd.reason ?? "Error");
  const message = parts.join(", ");
  const failure = expectFailure([isOutOfMemory ? oomKilled : crash], message);
  return [{ ...createSymptom(failure, reason, message, pod, container), graceMs }];
}

/** Grace period, in milliseconds, of a container that has crashed once, so that its next run can succeed. */
const firstCrashMs = 60_000;

/**
 * Returns the grace period of a crash loop in milliseconds.
 * @param isCertain true if the same error is certain to happen again
 * @param hasEnoughCrashes true if the container has crashed so often that the loop counts as final
 */
function getCrashGrace(isCertain: boolean, hasEnoughCrashes: boolean): number {
  if (isCertain) return 0;
  return hasEnoughCrashes ? (crash.gracePeriod ?? 0) : firstCrashMs;
}

/** True for the exit code of a shell or a container runtime if a command does not exist or is not executable. */
function isNoCommand(exitCode: number): boolean {
  return exitCode === 126 || exitCode === 127;
}

/**
 * Returns the symptoms of a pod whose containers are still being created: of its volumes and its sandbox. Only events
 * report these problems, and an event remains when its cause has gone.
 */
function judgeStart(pod: Pod, events: readonly KubeEvent[]): Symptom[] {
  const isStarting = listContainers(pod).some((container) =>
    ["ContainerCreating", "PodInitializing"].includes(container.state?.waiting?.reason ?? ""),
  );
  if (!isStarting || listContainers(pod).some((container) => container.state?.running)) return [];
  const lastProgress = Math.max(
    0,
    ...events.filter((event) => progressReasons.includes(event.reason ?? "")).map(getEventTime),
  );
  const startFailureEvents = events
    .filter((event) => getEventTime(event) > lastProgress)
    .sort((entry, otherEvent) => getEventTime(entry) - getEventTime(otherEvent))
    .flatMap((event) => {
      const failures = selectStartFailures(event);
      return failures ? [{ event, failure: expectFailure(failures, event.message ?? "") }] : [];
    });
  // A message that names a sandbox or an attempt differs each time, so each attempt has its own event. They are
  // grouped.
  return [...Map.groupBy(startFailureEvents, ({ failure }) => failure.variant).values()].flatMap(
    (sameVariant) => {
      const lastFailure = sameVariant.at(-1);
      if (lastFailure === undefined) return [];
      const { event, failure } = lastFailure;
      const symptom = createSymptom(failure, event.reason ?? "", event.message ?? "", pod);
      return [
        createEventSymptom(
          symptom,
          sameVariant.map((entry) => entry.event),
        ),
      ];
    },
  );
}

/**
 * Returns the failures that an event may report: of the volumes, the sandbox or its image; undefined for any other
 * event.
 */
function selectStartFailures(event: KubeEvent): readonly Failure[] | undefined {
  if (event.type !== "Warning") return undefined;
  if (["FailedMount", "FailedAttachVolume", "FailedMapVolume"].includes(event.reason ?? ""))
    return mountFailures;
  if (event.reason !== "FailedCreatePodSandBox") return undefined;
  // The pause image is pulled like any other image.
  return /failed to (get sandbox image|pull)/i.test(event.message ?? "") ? imageFailures : sandboxFailures;
}

/**
 * Returns the symptom of a running container whose readiness or startup probe fails; empty if there is none. A failing
 * liveness probe causes restarts instead.
 */
function judgeProbe(pod: Pod, container: ContainerStatus, events: readonly KubeEvent[]): Symptom[] {
  if (!container.state?.running || container.ready) return [];
  const startedAt = Date.parse(container.state.running.startedAt ?? "") || 0;
  const probeEvents = events
    .filter(
      ({ reason, message }) => reason === "Unhealthy" && /^(Readiness|Startup) probe /.test(message ?? ""),
    )
    .filter(({ involvedObject }) => belongsToContainer(involvedObject.fieldPath, container.name, pod))
    // The kubelet's times have whole seconds.
    .filter((event) => getEventTime(event) >= startedAt - 1_000)
    .sort((a, b) => getEventTime(a) - getEventTime(b));
  const message = probeEvents.at(-1)?.message;
  if (message === undefined) return [];
  const failure = expectFailure(probeFailures, message);
  const symptom = createSymptom(failure, "Unhealthy", message, pod, container);
  if (failure.isSlowStart) return [symptom];
  // The state shows that the container is not ready; the kubelet must report an early failure twice. Its recorder drops
  // an object's events after 25 of them (EventSourceObjectSpamFilter), which a probe every second reaches.
  const sameVariantEvents = probeEvents.filter(
    (event) => expectFailure(probeFailures, event.message ?? "").variant === failure.variant,
  );
  return [{ ...symptom, ...getRecurrence(sameVariantEvents), lastingMs: droppedMs }];
}

/**
 * Milliseconds without readiness after which the cause of a container's events counts as lasting, even if no new
 * events come.
 */
const droppedMs = 60_000;

/**
 * True if an event's field path (`spec.containers{grafana}`) names a container, or has none and the pod has one
 * container.
 */
function belongsToContainer(fieldPath: string | undefined, name: string, pod: Pod): boolean {
  if (fieldPath !== undefined) return fieldPath.endsWith(`{${name}}`);
  return (pod.spec?.containers ?? []).length === 1;
}
