import { type ContainerStatus, eventTime, type KubeEvent, type Pod } from "../kube/objects.ts";
import { createRules, imageRules } from "./container-rules.ts";
import { fromEvents, recurring, symptom, warnings } from "./make-symptom.ts";
import { evictionRules, mountRules, sandboxRules, scheduleRules } from "./pod-rules.ts";
import { judgeProbe } from "./probes.ts";
import { type Rule, ruleFor, type Symptom } from "./symptoms.ts";

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
/** What the kubelet reports once the volumes are mounted and the sandbox stands: what came before is healed then. */
const progressReasons = ["Pulling", "Pulled", "Created", "Started"];

/** What is wrong with a pod now: its own state first, then the events that its state does not hold. */
export function judgePod(pod: Pod, events: readonly KubeEvent[]): Symptom[] {
  if (pod.status?.reason === "Evicted") {
    const message = pod.status.message?.trim() || "the kubelet gives no reason";
    return [symptom(ruleFor(evictionRules, message), "Evicted", message, pod)];
  }
  const own = events.filter((event) => event.involvedObject.uid === pod.metadata.uid);
  const unscheduled = judgeScheduling(pod, own);
  if (unscheduled) return [unscheduled];
  const inside = containersOf(pod).flatMap((container) => judgeContainer(pod, container, own));
  return inside.length > 0 ? inside : judgeStart(pod, own);
}

/** Init containers first: the others wait for them. */
export function containersOf(pod: Pod): ContainerStatus[] {
  return [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
}

function judgeScheduling(pod: Pod, events: readonly KubeEvent[]): Symptom | undefined {
  const condition = pod.status?.conditions?.find((candidate) => candidate.type === "PodScheduled");
  if (condition?.status !== "False" || condition.reason !== "Unschedulable") return undefined;
  const message = condition.message ?? "the scheduler gives no reason";
  const found = symptom(ruleFor(scheduleRules, message), "Unschedulable", message, pod);
  // A cluster autoscaler that says it is adding a node needs minutes, and then the pod fits.
  if (!events.some((event) => event.reason === "TriggeredScaleUp")) return found;
  return { ...found, graceMs: 600_000 };
}

function judgeContainer(pod: Pod, container: ContainerStatus, events: readonly KubeEvent[]): Symptom[] {
  const waiting = container.state?.waiting;
  const reason = waiting?.reason ?? "";
  if (imageReasons.includes(reason)) return [imageSymptom(pod, container, reason, events)];
  if (createReasons.includes(reason)) return [createSymptom(pod, container, reason, events)];
  return [...crashSymptom(pod, container), ...judgeProbe(pod, container, events)];
}

/**
 * The container's state is that of the kubelet's last attempt, which may be 15 s old; with each attempt it records the
 * event `Failed` anew.
 */
function createSymptom(
  pod: Pod,
  container: ContainerStatus,
  reason: string,
  events: readonly KubeEvent[],
): Symptom {
  const failed = warnings(events, ["Failed"]).filter(({ involvedObject: { fieldPath } }) =>
    fieldPath === undefined ? containersOf(pod).length === 1 : fieldPath.endsWith(`{${container.name}}`),
  );
  const message = container.state?.waiting?.message || failed.at(-1)?.message || reason;
  const found = symptom(ruleFor(createRules, message), reason, message, pod, container);
  if (found.graceMs === 0) return found;
  const lastingMs = Math.max(found.graceMs, threeAttemptsMs);
  return failed.length === 0
    ? { ...found, graceMs: lastingMs }
    : { ...found, ...recurring(failed), lastingMs };
}

/** The kubelet has tried a pod three times, in milliseconds. */
const threeAttemptsMs = 30_000;
function imageSymptom(
  pod: Pod,
  container: ContainerStatus,
  reason: string,
  events: readonly KubeEvent[],
): Symptom {
  const said = container.state?.waiting?.message ?? "";
  // Before 1.32 a back-off names only the image; why is in the event of the attempt.
  const bare = said === "" || /^Back-off pulling image "[^"]*"$/.test(said);
  const ofImage = events.filter((event) => event.message?.includes(container.image ?? ""));
  const failed = warnings(ofImage, ["Failed", "InspectFailed"]).filter(({ message = "" }) =>
    message.startsWith("Failed to"),
  );
  const message = (bare && failed.at(-1)?.message) || said || reason;
  return symptom(ruleFor(imageRules, `${reason}: ${message}`), reason, message, pod, container);
}

const crash: Omit<Rule, "match"> = {
  id: "crash",
  graceMs: 8_000,
  fix: "The program in the container ends by itself: read its last line, and correct its configuration in the values.",
};

/**
 * One crash is normal in a cluster that is just starting (its DNS, its API, a database come up later), so a crash
 * loop is final at the third end of the container, at the second one when the same must happen again.
 */
function crashSymptom(pod: Pod, container: ContainerStatus): Symptom[] {
  const ended = container.state?.terminated;
  const last = ended ?? container.lastState?.terminated;
  if (container.ready || container.restartCount === 0 || !last) return [];
  const oom = last.reason === "OOMKilled";
  const certain =
    oom || ["StartError", "ContainerCannotRun"].includes(last.reason ?? "") || isNoCommand(last.exitCode);
  const enough = container.restartCount >= (certain ? 1 : 2);
  // The kubelet says CrashLoopBackOff only when it looks the next time, 10 to 15 s after the end.
  const looping =
    container.state?.waiting?.reason === "CrashLoopBackOff" ||
    (enough && ended !== undefined && ended.exitCode !== 0);
  if (last.exitCode === 0 && !looping) return [];
  const graceMs = looping ? (certain ? 0 : enough ? crash.graceMs : 60_000) : Number.POSITIVE_INFINITY;
  const words = [
    oom ? "OOMKilled: the container needs more memory than its limit" : `exit code ${last.exitCode}`,
    `restarted ${container.restartCount === 1 ? "once" : `${container.restartCount} times`}`,
    ...(last.message ? [last.message.trim()] : []),
  ];
  const fix = oom ? "Raise resources.limits.memory of this container in the values." : crash.fix;
  const reason = looping ? "CrashLoopBackOff" : (last.reason ?? "Error");
  const id = oom ? "oom-killed" : crash.id;
  return [symptom({ id, graceMs, fix }, reason, words.join(", "), pod, container)];
}

/** What a shell and a container runtime give for a command that isn't there or isn't executable. */
function isNoCommand(exitCode: number): boolean {
  return exitCode === 126 || exitCode === 127;
}

/** Volumes and the sandbox: they are only in events, and an event stays when its cause has gone. */
function judgeStart(pod: Pod, events: readonly KubeEvent[]): Symptom[] {
  const starting = containersOf(pod).some((container) =>
    ["ContainerCreating", "PodInitializing"].includes(container.state?.waiting?.reason ?? ""),
  );
  if (!starting || containersOf(pod).some((container) => container.state?.running)) return [];
  const progress = Math.max(
    0,
    ...events.filter((event) => progressReasons.includes(event.reason ?? "")).map(eventTime),
  );
  const started = events
    .filter((event) => eventTime(event) > progress)
    .sort((one, other) => eventTime(one) - eventTime(other))
    .flatMap((event) => {
      const rules = startRules(event);
      return rules ? [{ event, rule: ruleFor(rules, event.message ?? "") }] : [];
    });
  // Messages that name a sandbox or an attempt differ each time, so that each is an event of its own.
  return [...Map.groupBy(started, ({ rule }) => rule.id).values()].flatMap((same) => {
    const last = same.at(-1);
    if (last === undefined) return [];
    const { event, rule } = last;
    const found = symptom(rule, event.reason ?? "", event.message ?? "", pod);
    return [
      fromEvents(
        found,
        same.map((one) => one.event),
      ),
    ];
  });
}

function startRules(event: KubeEvent): readonly Rule[] | undefined {
  if (event.type !== "Warning") return undefined;
  if (["FailedMount", "FailedAttachVolume", "FailedMapVolume"].includes(event.reason ?? ""))
    return mountRules;
  if (event.reason !== "FailedCreatePodSandBox") return undefined;
  // The pause image is an image as any other.
  return /failed to (get sandbox image|pull)/i.test(event.message ?? "") ? imageRules : sandboxRules;
}
