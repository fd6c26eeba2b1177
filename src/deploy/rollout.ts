import type { Claim, Condition, Pod, Workload, WorkloadView } from "../kube/objects.ts";

/** How far a rollout is, by the object's own status alone. */
export type Rollout =
  | { readonly state: "ready" }
  /** `vague`: the state of a pod is more informative. */
  | { readonly state: "waiting"; readonly missing: string; readonly vague?: boolean }
  | { readonly state: "failed"; readonly reason: string; readonly message: string; readonly fix: string };

const ready: Rollout = { state: "ready" };
const waiting = (missing: string): Rollout => ({ state: "waiting", missing });
const vague = (missing: string): Rollout => ({ state: "waiting", missing, vague: true });
/** Returns a waiting rollout, a vague one if only one replica is wanted: its count is not informative. */
const counted = (count: string, wanted: number): Rollout => (wanted > 1 ? waiting(count) : vague(count));

/**
 * Judges as kstatus does (sigs.k8s.io/cli-utils, pkg/kstatus/status/core.go), with two differences: a DaemonSet that
 * nothing runs yet because no node is usable is not ready, and a claim that waits for a consumer it doesn't have is.
 */
export function judgeRollout(view: WorkloadView): Rollout {
  const object = view.object;
  if (!object) return waiting("does not exist yet");
  if (object.metadata.deletionTimestamp) return waiting("is being deleted");
  if (view.kind === "PersistentVolumeClaim") return judgeClaimRollout(object as Claim, view);
  if (view.kind === "Pod") return judgePodRollout(object as Pod);
  const workload = object as Workload;
  if (view.kind === "Prometheus" || view.kind === "Alertmanager") return judgeOperated(workload);
  const seen = workload.status?.observedGeneration;
  if (view.kind !== "Job" && (seen === undefined || seen < (workload.metadata.generation ?? 0)))
    return vague("not yet seen by its controller");
  if (view.kind === "Deployment" || view.kind === "ReplicaSet") return judgeDeployment(workload);
  if (view.kind === "StatefulSet") return judgeStatefulSet(workload);
  if (view.kind === "DaemonSet") return judgeDaemonSet(workload, view.usableNodes);
  return view.kind === "Job" ? judgeJob(workload) : ready;
}

/** The operator has taken it up as it is now; its StatefulSets are judged by themselves. */
function judgeOperated(object: Workload): Rollout {
  const reconciled = findCondition(object, "Reconciled");
  if (reconciled === undefined || (reconciled.observedGeneration ?? 0) < (object.metadata.generation ?? 0))
    return waiting("not yet seen by the operator");
  return reconciled.status === "True" ? ready : waiting("the operator has not made its workload yet");
}

function judgeDeployment(object: Workload): Rollout {
  const { updatedReplicas = 0, replicas = 0, readyReplicas = 0, availableReplicas = 0 } = object.status ?? {};
  const wanted = object.spec?.replicas ?? 1;
  const progress = findCondition(object, "Progressing");
  if (progress?.reason === "ProgressDeadlineExceeded")
    return {
      state: "failed",
      reason: progress.reason,
      message: progress.message ?? progress.reason,
      fix: "Its pods did not get ready within its progressDeadlineSeconds: check their logs and readiness probe.",
    };
  const count = `${readyReplicas}/${wanted} ready`;
  if (object.kind === "Deployment") {
    if (updatedReplicas < wanted) return counted(count, wanted);
    if (replicas > updatedReplicas) return waiting(`${replicas - updatedReplicas} old pods still running`);
  }
  if (readyReplicas < wanted) return counted(count, wanted);
  if (availableReplicas < wanted) return waiting(`${count}, ${availableReplicas} available`);
  const available = findCondition(object, "Available");
  if (object.kind === "Deployment" && wanted > 0 && available?.status !== "True")
    return waiting(`${count}, not yet available`);
  return ready;
}

function judgeStatefulSet(object: Workload): Rollout {
  if (object.spec?.updateStrategy?.type === "OnDelete") return ready;
  const status = object.status ?? {};
  const wanted = object.spec?.replicas ?? 1;
  const count = `${status.readyReplicas ?? 0}/${wanted} ready`;
  if ((status.replicas ?? 0) < wanted || (status.readyReplicas ?? 0) < wanted) return counted(count, wanted);
  if ((status.replicas ?? 0) > wanted) return waiting(`${(status.replicas ?? 0) - wanted} pods too many`);
  const partition = object.spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
  if (partition > 0) {
    const due = wanted - partition;
    return (status.updatedReplicas ?? 0) < due
      ? waiting(`${status.updatedReplicas ?? 0}/${due} updated`)
      : ready;
  }
  if (status.currentRevision !== status.updateRevision)
    return waiting(`${status.updatedReplicas ?? 0}/${wanted} updated`);
  return ready;
}

function judgeDaemonSet(object: Workload, usableNodes: number | undefined): Rollout {
  const status = object.status ?? {};
  const wanted = status.desiredNumberScheduled;
  if (wanted === undefined) return vague("not yet seen by its controller");
  // 0 wanted is fine if no node matches (a Windows exporter), but not while the first node is still starting.
  if (wanted === 0) return usableNodes === 0 ? waiting("no node is ready yet") : ready;
  const count = `${status.numberReady ?? 0}/${wanted} ready`;
  const least = Math.min(
    status.currentNumberScheduled ?? 0,
    status.updatedNumberScheduled ?? 0,
    status.numberAvailable ?? 0,
    status.numberReady ?? 0,
  );
  return least < wanted ? counted(count, wanted) : ready;
}

function judgeJob(object: Workload): Rollout {
  if (object.spec?.suspend) return ready;
  const failed = findCondition(object, "Failed");
  if (failed?.status === "True")
    return {
      state: "failed",
      reason: failed.reason ?? "Failed",
      message: failed.message ?? "the job failed",
      fix: "Read the log of the job's last pod.",
    };
  if (findCondition(object, "Complete")?.status === "True") return ready;
  return waiting(`${object.status?.succeeded ?? 0}/${object.spec?.completions ?? 1} completed`);
}

function judgeClaimRollout(object: Claim, view: WorkloadView): Rollout {
  if (object.status?.phase === "Bound") return ready;
  const idle = view.events.some((event) => event.reason === "WaitForFirstConsumer") && view.pods.length === 0;
  return idle ? ready : waiting(object.status?.phase ?? "Pending");
}

function judgePodRollout(object: Pod): Rollout {
  const { phase, conditions } = object.status ?? {};
  if (phase === "Succeeded") return ready;
  if (phase === "Failed")
    return {
      state: "failed",
      reason: object.status?.reason ?? "Failed",
      message: object.status?.message ?? "the pod failed",
      fix: "Read the pod's log.",
    };
  const isReady = conditions?.some((condition) => condition.type === "Ready" && condition.status === "True");
  return isReady ? ready : vague("0/1 ready");
}

function findCondition(object: Workload, type: string): Condition | undefined {
  return object.status?.conditions?.find((condition) => condition.type === type);
}
