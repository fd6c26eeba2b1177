import type { Claim, Condition, Pod, Workload, WorkloadView } from "../kube/objects.ts";

/** The progress of a rollout, judged only by the object's own status. */
export type Rollout =
  | { readonly state: "ready" }
  /** `vague`: `missing` says little, and the state of a pod should be shown instead. */
  | { readonly state: "waiting"; readonly missing: string; readonly vague?: boolean }
  | { readonly state: "failed"; readonly reason: string; readonly message: string; readonly fix: string };

const ready: Rollout = { state: "ready" };
const waiting = (missing: string): Rollout => ({ state: "waiting", missing });
const vague = (missing: string): Rollout => ({ state: "waiting", missing, vague: true });
/** Returns a waiting rollout, a vague one if only one replica is wanted: its count is not informative. */
const counted = (count: string, wanted: number): Rollout => (wanted > 1 ? waiting(count) : vague(count));

/**
 * Returns the progress of a rollout. The rules are those of kstatus (sigs.k8s.io/cli-utils,
 * pkg/kstatus/status/core.go), with two differences: a DaemonSet without pods is not ready while no node is usable, and
 * a claim that waits for its first consumer is ready if no pod uses it.
 */
export function judgeRollout(view: WorkloadView): Rollout {
  const object = view.object;
  if (!object) return waiting("does not exist yet");
  if (object.metadata.deletionTimestamp) return waiting("is being deleted");
  if (view.kind === "PersistentVolumeClaim") return judgeClaimRollout(object as Claim, view);
  if (view.kind === "Pod") return judgePodRollout(object as Pod);
  const workload = object as Workload;
  if (view.kind === "Prometheus" || view.kind === "Alertmanager") return judgeOperated(workload);
  const observedGeneration = workload.status?.observedGeneration;
  if (
    view.kind !== "Job" &&
    (observedGeneration === undefined || observedGeneration < (workload.metadata.generation ?? 0))
  )
    return vague("not yet seen by its controller");
  if (view.kind === "Deployment" || view.kind === "ReplicaSet") return judgeDeployment(workload);
  if (view.kind === "StatefulSet") return judgeStatefulSet(workload);
  if (view.kind === "DaemonSet") return judgeDaemonSet(workload, view.usableNodes);
  return view.kind === "Job" ? judgeJob(workload) : ready;
}

/**
 * Judges an object of the Prometheus operator: ready when the operator has processed its latest version. Its
 * StatefulSets are judged by themselves.
 */
function judgeOperated(object: Workload): Rollout {
  const reconciled = findCondition(object, "Reconciled");
  if (reconciled === undefined || (reconciled.observedGeneration ?? 0) < (object.metadata.generation ?? 0))
    return waiting("not yet seen by the operator");
  return reconciled.status === "True" ? ready : waiting("the operator has not made its workload yet");
}

/** Judges a Deployment or a ReplicaSet by its counts of replicas and, for a Deployment, its conditions. */
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

/** Judges a StatefulSet by its counts of replicas and its revisions. */
function judgeStatefulSet(object: Workload): Rollout {
  if (object.spec?.updateStrategy?.type === "OnDelete") return ready;
  const status = object.status ?? {};
  const wanted = object.spec?.replicas ?? 1;
  const count = `${status.readyReplicas ?? 0}/${wanted} ready`;
  if ((status.replicas ?? 0) < wanted || (status.readyReplicas ?? 0) < wanted) return counted(count, wanted);
  if ((status.replicas ?? 0) > wanted) return waiting(`${(status.replicas ?? 0) - wanted} pods too many`);
  const partition = object.spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
  if (partition > 0) {
    const wantedUpdates = wanted - partition;
    return (status.updatedReplicas ?? 0) < wantedUpdates
      ? waiting(`${status.updatedReplicas ?? 0}/${wantedUpdates} updated`)
      : ready;
  }
  if (status.currentRevision !== status.updateRevision)
    return waiting(`${status.updatedReplicas ?? 0}/${wanted} updated`);
  return ready;
}

/**
 * Judges a DaemonSet. 0 wanted pods are right if no node matches (a Windows exporter), but not while the first node is
 * still starting.
 */
function judgeDaemonSet(object: Workload, usableNodes: number | undefined): Rollout {
  const status = object.status ?? {};
  const wanted = status.desiredNumberScheduled;
  if (wanted === undefined) return vague("not yet seen by its controller");
  if (wanted === 0) return usableNodes === 0 ? waiting("no node is ready yet") : ready;
  const count = `${status.numberReady ?? 0}/${wanted} ready`;
  const lowestCount = Math.min(
    status.currentNumberScheduled ?? 0,
    status.updatedNumberScheduled ?? 0,
    status.numberAvailable ?? 0,
    status.numberReady ?? 0,
  );
  return lowestCount < wanted ? counted(count, wanted) : ready;
}

/** Judges a Job by its conditions; a suspended one is ready. */
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

/** Judges a volume claim: ready when it is bound, or when it waits for its first consumer and no pod uses it. */
function judgeClaimRollout(object: Claim, view: WorkloadView): Rollout {
  if (object.status?.phase === "Bound") return ready;
  const hasNoConsumer =
    view.events.some((event) => event.reason === "WaitForFirstConsumer") && view.pods.length === 0;
  return hasNoConsumer ? ready : waiting(object.status?.phase ?? "Pending");
}

/** Judges a pod that no controller owns. */
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
  const isPodReady = conditions?.some(
    (condition) => condition.type === "Ready" && condition.status === "True",
  );
  return isPodReady ? ready : vague("0/1 ready");
}

function findCondition(object: Workload, type: string): Condition | undefined {
  return object.status?.conditions?.find((condition) => condition.type === type);
}
