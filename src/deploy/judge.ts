import { judgeClaim, judgeCreators } from "../failures/judge-claim.ts";
import { judgePod, listContainers } from "../failures/judge-pod.ts";
import { operatorRefused } from "../failures/scheduling.ts";
import { createSymptom, expectFailure, type Symptom } from "../failures/symptom.ts";
import {
  type Claim,
  getEventTime,
  type KubeEvent,
  type Pod,
  type Workload,
  type WorkloadView,
} from "../kube/objects.ts";
import type { WorkloadStatus } from "../model/rendered.ts";
import { listObstacles } from "./node-fit.ts";
import { judgeRollout } from "./rollout.ts";

/**
 * Returns how long a symptom has been there without a break, in milliseconds; 0 if it is new. The age lasts from the
 * first observation to the last.
 * @param recurrence changes with each observation; for symptoms that only an event reports
 */
export type AgeOf = (key: string, recurrence?: string) => number;

/** Grace period for a pending pod while other pods terminate, in milliseconds: they may free the resources it needs. */
const whileTerminatingMs = 40_000;
/** A node that is starting loses its start-up taints within this time, in milliseconds. */
const nodeStartMs = 90_000;
/** A controller needs up to this time, in milliseconds, to notice a usable node. After that, 0 wanted pods are intended. */
const zeroNodesMs = 3_000;

/** A container without a probe must run this long, in milliseconds: kubernetes calls it ready at once, even in a crash loop. */
const stayUpMs = 3_000;
/** The same after a crash, in milliseconds: longer than the first back-off. */
const stayUpAgainMs = 12_000;

/**
 * Returns the status of a workload: ready, waiting, or failed if waiting can't resolve its problem. The rollout is
 * judged as kstatus does.
 * @param slowStartMs the shortest grace period for a program that reports that it is not ready yet
 */
export function judgeWorkload(view: WorkloadView, ageOf: AgeOf, slowStartMs = 0): WorkloadStatus {
  const rollout = judgeRollout(view);
  // Computed in every round, so that a sidecar's age counts from its own start, not from the end of the rollout.
  const openDoubt = findDoubt(view, ageOf);
  if (rollout.state === "ready")
    return openDoubt === undefined ? rollout : { state: "waiting", missing: openDoubt };
  const symptoms = listSymptoms(view);
  // Each age is computed in every round: otherwise it would start anew.
  const areFinal = symptoms.map((symptom) => {
    const key = toSymptomKey(view, symptom);
    const age = ageOf(key, symptom.recurrence);
    const hasLastedTooLong = symptom.lastingMs !== undefined && ageOf(`${key}|lasting`) >= symptom.lastingMs;
    return hasLastedTooLong || age >= getGracePeriod(symptom, view, slowStartMs);
  });
  const finalSymptom = symptoms.find((_, index) => areFinal[index]);
  if (finalSymptom)
    return {
      state: "failed",
      workload: view.id,
      pod: finalSymptom.pod,
      container: finalSymptom.container,
      rule: finalSymptom.rule,
      aliases: finalSymptom.aliases,
      reason: finalSymptom.reason,
      message: finalSymptom.message,
      fix: finalSymptom.fix,
    };
  if (rollout.state === "failed")
    return { workload: view.id, container: undefined, ...findLastFailedPod(view), ...rollout };
  const detail = symptoms[0] ? `${symptoms[0].reason}: ${symptoms[0].message}` : describePodState(view);
  const count = rollout.vague ? "" : `${rollout.missing}: `;
  return { state: "waiting", missing: detail ? `${count}${detail}` : rollout.missing };
}

/**
 * Returns why a workload may not be ready although its status says so; undefined if there is no such reason. A short
 * wait settles the doubt.
 */
function findDoubt(view: WorkloadView, ageOf: AgeOf): string | undefined {
  if (view.kind === "Job" || view.kind === "PersistentVolumeClaim") return undefined;
  const wantsNoPods = (view.object as Workload | undefined)?.status?.desiredNumberScheduled === 0;
  if (wantsNoPods && view.usableNodes && ageOf(`${view.id}|no-nodes-wanted`) < zeroNodesMs)
    return "no node takes it yet";
  return findTooYoung(view, ageOf);
}

/**
 * Returns a message about a container without a readiness probe that has only just started; undefined if there is none.
 */
function findTooYoung(view: WorkloadView, ageOf: AgeOf): string | undefined {
  const youngContainers = view.pods.flatMap((pod) => {
    const unprobedContainers = (pod.spec?.containers ?? []).filter(
      (container) => !container.readinessProbe && !container.startupProbe,
    );
    const runningContainers = (pod.status?.containerStatuses ?? []).filter(
      ({ name, state }) => state?.running && unprobedContainers.some((container) => container.name === name),
    );
    // Each age is computed in every round: otherwise it would start anew.
    return runningContainers.filter(({ name, restartCount }) => {
      const age = ageOf([view.id, pod.metadata.name, name, `up ${restartCount}`].join("|"));
      return age < (restartCount > 0 ? stayUpAgainMs : stayUpMs);
    });
  });
  return youngContainers[0]
    ? `container ${youngContainers[0].name} has only just started, and has no readiness probe`
    : undefined;
}

/** Returns all present symptoms: of the workload's creators, its claims and its pods. */
function listSymptoms(view: WorkloadView): Symptom[] {
  const claims = view.kind === "PersistentVolumeClaim" && view.object ? [view.object as Claim] : view.claims;
  return [
    ...judgeOperated(view),
    ...judgeCreators(view.creators, view.events),
    ...claims.flatMap((claim) => judgeClaim(claim, view.events, view.classes)),
    ...view.pods.flatMap((pod) => judgePod(pod, view.events).filter((symptom) => !isStale(symptom, claims))),
  ];
}

/**
 * True if a pod's condition is out of date: it is about a claim that exists by now, or the scheduler waits for a volume
 * on the node that it has chosen.
 */
export function isStale(symptom: Symptom, claims: readonly Claim[]): boolean {
  const missingClaim = /persistentvolumeclaim "([^"]*)" not found/i.exec(symptom.message)?.[1];
  if (symptom.rule === "claim-missing" && claims.some(({ metadata }) => metadata.name === missingClaim))
    return true;
  return (
    symptom.reason === "Unschedulable" &&
    claims.some(
      (claim) =>
        claim.status?.phase === "Pending" &&
        claim.metadata.annotations?.["volume.kubernetes.io/selected-node"] !== undefined,
    )
  );
}

/** Returns the key under which a symptom's age is counted. The time without a usable node is counted separately. */
function toSymptomKey(view: WorkloadView, symptom: Symptom): string {
  const phase = isHeldByStartupTaint(symptom, view) ? "no node yet" : "";
  return [view.id, symptom.pod, symptom.container, symptom.variant, phase].join("|");
}

/** Returns how long a symptom may last before it is final, in milliseconds. */
function getGracePeriod(symptom: Symptom, view: WorkloadView, slowStartMs: number): number {
  if (symptom.isSlowStart) return Math.max(symptom.graceMs, slowStartMs);
  if (isHeldByStartupTaint(symptom, view)) return Math.max(symptom.graceMs, nodeStartMs);
  if (isUnschedulableForever(symptom, view)) return 0;
  const mayGetResources = symptom.reason === "Unschedulable" && view.terminating;
  return mayGetResources ? Math.max(symptom.graceMs, whileTerminatingMs) : symptom.graceMs;
}

/**
 * True if no node of a cluster whose nodes are fixed can ever take the pod, whatever other pods leave free, and the
 * scheduler's message says so. The message is that of its last attempt, and may still be about a node that was starting.
 */
function isUnschedulableForever(symptom: Symptom, { fixedNodes = [], pods }: WorkloadView): boolean {
  const pod = pods.find(({ metadata }) => metadata.name === symptom.pod);
  if (symptom.reason !== "Unschedulable" || pod === undefined || fixedNodes.length === 0) return false;
  const obstacles = fixedNodes.map((node) => listObstacles(pod, node));
  return (
    obstacles.every(({ length }) => length > 0) &&
    obstacles.flat().some((obstacle) => obstacle === symptom.rule)
  );
}

/** True if a start-up taint of a node keeps the pod pending. The scheduler's message need not name the taint. */
function isHeldByStartupTaint(symptom: Symptom, view: WorkloadView): boolean {
  if (symptom.reason !== "Unschedulable") return false;
  if (view.usableNodes === 0) return true;
  const isAboutTaint = /untolerated taint/i.test(symptom.message);
  return (
    isAboutTaint &&
    (view.startingNodes > 0 || (view.usableNodes === undefined && !symptom.message.includes("{")))
  );
}

function findLastFailedPod(view: WorkloadView): { pod: string | undefined } {
  const failed = view.pods.filter((pod) => pod.status?.phase === "Failed").at(-1);
  return { pod: failed?.metadata.name };
}

/** Describes what the first pod that isn't ready is doing; empty if all pods are ready. */
function describePodState(view: WorkloadView): string {
  const pod = view.pods.find((candidate) => !isReady(candidate));
  if (!pod) return "";
  const unreadyContainer = listContainers(pod).find((container) => !container.ready);
  if (!unreadyContainer) return pod.spec?.nodeName ? "starting" : "waiting for a node";
  const { waiting, running, terminated } = unreadyContainer.state ?? {};
  if (running) return `container ${unreadyContainer.name} runs, not ready yet`;
  if (terminated) return `container ${unreadyContainer.name} ended with exit code ${terminated.exitCode}`;
  const image = findPullingImage(pod, view.events);
  return image ? `pulling image ${image}` : (waiting?.reason ?? "starting");
}

function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some((item) => item.type === "Ready" && item.status === "True") ?? false;
}

/** Returns the image that the kubelet is pulling for a pod, by the pod's latest event; undefined if it pulls none. */
function findPullingImage(pod: Pod, events: readonly KubeEvent[]): string | undefined {
  const latestEvent = events
    .filter(
      (event) =>
        event.involvedObject.uid === pod.metadata.uid &&
        ["Pulling", "Pulled", "Created", "Started", "Failed"].includes(event.reason ?? ""),
    )
    .sort((a, b) => getEventTime(a) - getEventTime(b))
    .at(-1);
  return latestEvent?.reason === "Pulling"
    ? /image "([^"]+)"/.exec(latestEvent.message ?? "")?.[1]
    : undefined;
}

/** Returns the operator's refusal of an object as a symptom; empty if the operator accepts the object. */
export function judgeOperated(view: WorkloadView): Symptom[] {
  if (view.kind !== "Prometheus" && view.kind !== "Alertmanager") return [];
  const object = view.object as Workload | undefined;
  const refusal = object?.status?.conditions?.find(
    ({ type, status }) => type === "Reconciled" && status === "False",
  );
  if (refusal === undefined) return [];
  const message = refusal.message ?? "the operator gives no reason";
  const settingsKey =
    view.kind === "Prometheus" ? "prometheus.prometheusSpec" : "alertmanager.alertmanagerSpec";
  return [
    {
      ...createSymptom(
        expectFailure([operatorRefused], message),
        refusal.reason ?? "ReconciliationFailed",
        message,
      ),
      fix: `Correct the ${settingsKey} (and what it names) that the operator complains about; its log has the details.`,
    },
  ];
}
