import { createRules, imageRules } from "./container-rules.ts";
import {
  type Claim,
  type ContainerStatus,
  eventTime,
  type KubeEvent,
  type Pod,
  type Workload,
} from "./objects.ts";
import {
  admissionRules,
  claimRules,
  evictionRules,
  mountRules,
  sandboxRules,
  scheduleRules,
} from "./pod-rules.ts";
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
  if (createReasons.includes(reason)) {
    const message = waiting?.message || lastWarning(events, ["Failed"]) || reason;
    return [symptom(ruleFor(createRules, message), reason, message, pod, container)];
  }
  return [...crashSymptom(pod, container), ...judgeProbe(pod, container, events)];
}

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
  const message = (bare && lastWarning(ofImage, ["Failed", "InspectFailed"], /^Failed to/)) || said || reason;
  return symptom(ruleFor(imageRules, `${reason}: ${message}`), reason, message, pod, container);
}

const crash: Omit<Rule, "match"> = {
  id: "crash",
  graceMs: 8_000,
  mend: "The program in the container ends by itself: read its last line, and correct its configuration in the values.",
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
  const mend = oom ? "Raise resources.limits.memory of this container in the values." : crash.mend;
  const reason = looping ? "CrashLoopBackOff" : (last.reason ?? "Error");
  const id = oom ? "oom-killed" : crash.id;
  return [symptom({ id, graceMs, mend }, reason, words.join(", "), pod, container)];
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
  return events.flatMap((event) => {
    const rules = startRules(event);
    if (!rules || eventTime(event) <= progress) return [];
    const message = event.message ?? "";
    return [symptom(ruleFor(rules, message), event.reason ?? "", message, pod)];
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

/** A claim that doesn't get its volume. Waiting for its first consumer is normal. */
export function judgeClaim(claim: Claim, events: readonly KubeEvent[]): Symptom[] {
  if (claim.status?.phase === "Bound") return [];
  if (claim.status?.phase === "Lost") {
    const mend = "The volume behind the claim is gone: delete the claim, so that a new one is made.";
    return [
      symptom(
        { id: "claim-lost", graceMs: 0, mend },
        "Lost",
        `${claim.metadata.name}: the claim has lost its volume`,
      ),
    ];
  }
  const own = events.filter((event) => event.involvedObject.uid === claim.metadata.uid);
  const latest = own
    .filter((event) =>
      ["ProvisioningFailed", "FailedBinding", "ExternalProvisioning"].includes(event.reason ?? ""),
    )
    .sort((a, b) => eventTime(a) - eventTime(b))
    .at(-1);
  if (!latest) return [];
  const message = `${claim.metadata.name}: ${latest.message ?? ""}`;
  return [symptom(ruleFor(claimRules, message), latest.reason ?? "", message)];
}

/** A controller that may not create its pods: quota, Pod Security, a webhook, a missing service account. */
export function judgeCreator(creator: Workload, events: readonly KubeEvent[]): Symptom[] {
  if (createdPods(creator) >= wantedPods(creator)) return [];
  const condition = creator.status?.conditions?.find(
    (candidate) => candidate.type === "ReplicaFailure" && candidate.status === "True",
  );
  const own = events.filter((event) => event.involvedObject.uid === creator.metadata.uid);
  const message = condition?.message ?? lastWarning(own, ["FailedCreate"]);
  if (!message) return [];
  return [symptom(ruleFor(admissionRules, message), condition?.reason ?? "FailedCreate", message)];
}

function wantedPods(creator: Workload): number {
  if (creator.kind === "DaemonSet") return creator.status?.desiredNumberScheduled ?? 0;
  return creator.kind === "Job" ? 1 : (creator.spec?.replicas ?? 1);
}

function createdPods(creator: Workload): number {
  const status = creator.status ?? {};
  if (creator.kind === "DaemonSet") return status.currentNumberScheduled ?? 0;
  if (creator.kind === "Job") return (status.active ?? 0) + (status.succeeded ?? 0) + (status.failed ?? 0);
  return status.replicas ?? 0;
}

/** The latest warning with one of the reasons, its message. */
export function lastWarning(
  events: readonly KubeEvent[],
  reasons: readonly string[],
  words = /(?:)/,
): string | undefined {
  return events
    .filter(
      (event) =>
        event.type === "Warning" && reasons.includes(event.reason ?? "") && words.test(event.message ?? ""),
    )
    .sort((a, b) => eventTime(a) - eventTime(b))
    .at(-1)?.message;
}

function symptom(
  rule: Omit<Rule, "match">,
  reason: string,
  message: string,
  pod?: Pod,
  container?: ContainerStatus,
): Symptom {
  return {
    rule: rule.id,
    graceMs: rule.graceMs,
    pod: pod?.metadata.name,
    container: container?.name,
    reason,
    message,
    mend: rule.mend,
  };
}
