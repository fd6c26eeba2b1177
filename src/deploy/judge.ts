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
import { judgeRollout } from "./rollout.ts";

/**
 * How long, in milliseconds, a symptom has been there without a break, from the first to the last observation; 0 when
 * it is new. @param recurrence what changes with each observation, where only an event reports it
 */
export type AgeOf = (key: string, recurrence?: string) => number;

/** Resources that get freed can make room for a pending pod: time for that, in milliseconds. */
const whileTerminatingMs = 40_000;
/** A node that is starting takes its start-up taints off within this time, in milliseconds. */
const nodeStartMs = 90_000;
/** A controller notices a node that became usable a little later; after that 0 wanted pods are intended. */
const zeroNodesMs = 3_000;

/** A container without a probe counts as ready the moment it runs, also in a crash loop; so it has to stay up. */
const stayUpMs = 3_000;
/** The same after a crash: longer than the first back-off. */
const stayUpAgainMs = 12_000;

/**
 * Returns the state of a workload: its rollout as kstatus judges it, and whether its problem may resolve by waiting.
 * @param slowStartMs the least grace period of a program that reports that it is not ready yet
 */
export function judgeWorkload(view: WorkloadView, ageOf: AgeOf, slowStartMs = 0): WorkloadStatus {
  const rollout = judgeRollout(view);
  // Computed in every round, so that a sidecar's time counts from its start and not from when the others are ready.
  const doubt = findDoubt(view, ageOf);
  if (rollout.state === "ready") return doubt === undefined ? rollout : { state: "waiting", missing: doubt };
  const symptoms = listSymptoms(view);
  // Each is computed in every round, or its time would start anew.
  const isFinal = symptoms.map((symptom) => {
    const key = toSymptomKey(view, symptom);
    const age = ageOf(key, symptom.recurrence);
    const lasted = symptom.lastingMs !== undefined && ageOf(`${key}|lasting`) >= symptom.lastingMs;
    return lasted || age >= getGracePeriod(symptom, view, slowStartMs);
  });
  const final = symptoms.find((_, index) => isFinal[index]);
  if (final)
    return {
      state: "failed",
      workload: view.id,
      pod: final.pod,
      container: final.container,
      rule: final.rule,
      aliases: final.aliases,
      reason: final.reason,
      message: final.message,
      fix: final.fix,
    };
  if (rollout.state === "failed")
    return { workload: view.id, container: undefined, ...findLastFailedPod(view), ...rollout };
  const detail = symptoms[0] ? `${symptoms[0].reason}: ${symptoms[0].message}` : describePodState(view);
  const count = rollout.vague ? "" : `${rollout.missing}: `;
  return { state: "waiting", missing: detail ? `${count}${detail}` : rollout.missing };
}

/** Returns why a workload may not be ready although its status is; a short wait settles it. */
function findDoubt(view: WorkloadView, ageOf: AgeOf): string | undefined {
  if (view.kind === "Job" || view.kind === "PersistentVolumeClaim") return undefined;
  const unwanted = (view.object as Workload | undefined)?.status?.desiredNumberScheduled === 0;
  if (unwanted && view.usableNodes && ageOf(`${view.id}|no-nodes-wanted`) < zeroNodesMs)
    return "no node takes it yet";
  return findTooYoung(view, ageOf);
}

function findTooYoung(view: WorkloadView, ageOf: AgeOf): string | undefined {
  const young = view.pods.flatMap((pod) => {
    const unprobed = (pod.spec?.containers ?? []).filter((it) => !it.readinessProbe && !it.startupProbe);
    const running = (pod.status?.containerStatuses ?? []).filter(
      ({ name, state }) => state?.running && unprobed.some((container) => container.name === name),
    );
    // Each age is computed in every round, or its time would start anew.
    return running.filter(({ name, restartCount }) => {
      const age = ageOf([view.id, pod.metadata.name, name, `up ${restartCount}`].join("|"));
      return age < (restartCount > 0 ? stayUpAgainMs : stayUpMs);
    });
  });
  return young[0]
    ? `container ${young[0].name} has only just started, and has no readiness probe`
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
 * Whether the pod's condition is out of date: about a claim that is there by now, or while the scheduler waits
 * for a volume on the node that it chose.
 */
export function isStale(symptom: Symptom, claims: readonly Claim[]): boolean {
  const missing = /persistentvolumeclaim "([^"]*)" not found/i.exec(symptom.message)?.[1];
  if (symptom.rule === "claim-missing" && claims.some(({ metadata }) => metadata.name === missing))
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

/** Returns the key by which a symptom's time is counted. The time without a usable node is counted apart. */
function toSymptomKey(view: WorkloadView, symptom: Symptom): string {
  const phase = isHeldByStartupTaint(symptom, view) ? "no node yet" : "";
  return [view.id, symptom.pod, symptom.container, symptom.variant, phase].join("|");
}

function getGracePeriod(symptom: Symptom, view: WorkloadView, slowStartMs: number): number {
  if (symptom.isSlowStart) return Math.max(symptom.graceMs, slowStartMs);
  if (isHeldByStartupTaint(symptom, view)) return Math.max(symptom.graceMs, nodeStartMs);
  const frees = symptom.reason === "Unschedulable" && view.terminating;
  return frees ? Math.max(symptom.graceMs, whileTerminatingMs) : symptom.graceMs;
}

/** Returns true if a start-up taint keeps the pod pending: the scheduler's message need not name it. */
function isHeldByStartupTaint(symptom: Symptom, view: WorkloadView): boolean {
  if (symptom.reason !== "Unschedulable") return false;
  if (view.usableNodes === 0) return true;
  const taint = /untolerated taint/i.test(symptom.message);
  return (
    taint && (view.startingNodes > 0 || (view.usableNodes === undefined && !symptom.message.includes("{")))
  );
}

function findLastFailedPod(view: WorkloadView): { pod: string | undefined } {
  const failed = view.pods.filter((pod) => pod.status?.phase === "Failed").at(-1);
  return { pod: failed?.metadata.name };
}

/** Returns what the first pod that isn't ready is doing. */
function describePodState(view: WorkloadView): string {
  const pod = view.pods.find((candidate) => !isReady(candidate));
  if (!pod) return "";
  const open = listContainers(pod).find((container) => !container.ready);
  if (!open) return pod.spec?.nodeName ? "starting" : "waiting for a node";
  const { waiting, running, terminated } = open.state ?? {};
  if (running) return `container ${open.name} runs, not ready yet`;
  if (terminated) return `container ${open.name} ended with exit code ${terminated.exitCode}`;
  const pulling = findPullingImage(pod, view.events);
  return pulling ? `pulling image ${pulling}` : (waiting?.reason ?? "starting");
}

function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some((item) => item.type === "Ready" && item.status === "True") ?? false;
}

function findPullingImage(pod: Pod, events: readonly KubeEvent[]): string | undefined {
  const latest = events
    .filter(
      (event) =>
        event.involvedObject.uid === pod.metadata.uid &&
        ["Pulling", "Pulled", "Created", "Started", "Failed"].includes(event.reason ?? ""),
    )
    .sort((a, b) => getEventTime(a) - getEventTime(b))
    .at(-1);
  return latest?.reason === "Pulling" ? /image "([^"]+)"/.exec(latest.message ?? "")?.[1] : undefined;
}

/** Returns the operator's refusal of an object that it can't make workloads of. */
export function judgeOperated(view: WorkloadView): Symptom[] {
  if (view.kind !== "Prometheus" && view.kind !== "Alertmanager") return [];
  const object = view.object as Workload | undefined;
  const refused = object?.status?.conditions?.find(
    ({ type, status }) => type === "Reconciled" && status === "False",
  );
  if (refused === undefined) return [];
  const message = refused.message ?? "the operator gives no reason";
  const key = view.kind === "Prometheus" ? "prometheus.prometheusSpec" : "alertmanager.alertmanagerSpec";
  return [
    {
      ...createSymptom(
        expectFailure([operatorRefused], message),
        refused.reason ?? "ReconciliationFailed",
        message,
      ),
      fix: `Correct the ${key} (and what it names) that the operator complains about; its log has the details.`,
    },
  ];
}
