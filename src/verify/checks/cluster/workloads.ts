import type { V1ContainerStatus, V1PersistentVolumeClaim, V1Pod } from "@kubernetes/client-node";
import { formatCount, formatList } from "../../../lib/text.ts";
import {
  listRenderedObjects,
  listWorkloads,
  matchesSelector,
  type Workload,
} from "../../../model/rendered.ts";
import { type Check, pass, skip, type Verdict } from "../../../stack/check.ts";
import { findLastWarning, listOwnClaims, listOwnPods } from "../../../stack/kube.ts";
import type { Stack } from "../../../stack/stack.ts";

export const workloadsHealthy: Check = {
  id: "workloads-healthy",
  title: "All pods run, and all volumes are bound",
  severity: "error",
  meaning: "A part of the stack does not run, restarts again and again, or has no storage.",
  fix: "kubectl describe the pod or PVC that is named; its events and the container's log have the details",
  run: checkWorkloadsHealthy,
};

/** A pod or PVC that is not as it should be. */
interface Problem {
  readonly fault: "pod-unhealthy" | "pvc-unbound" | "pods-missing";
  readonly namespace: string;
  /** Name of the pod or PVC, for its events; empty if the object does not exist. */
  readonly name: string;
  readonly line: string;
}

/** Milliseconds: a restarted container counts as healthy after 10 s. */
const graceMs = 12_000;

/** Fails if a pod of the rendered workloads does not run, a pod is missing, or a PVC is not bound. */
async function checkWorkloadsHealthy(stack: Stack): Promise<Verdict> {
  const workloads = listWorkloads(stack.rendered).filter(({ replicas }) => replicas !== 0);
  if (workloads.length === 0) return skip("the charts render no workload");
  const pods = await listOwnPods(stack);
  const workloadPods = pods.filter((pod) => workloads.some((workload) => belongsToWorkload(pod, workload)));
  const claims = await listOwnClaims(stack);
  const claimNames = listClaimNames(stack, workloadPods);
  const now = stack.context.host.now();
  const problems = [
    ...findUnboundClaims(claimNames, claims),
    ...workloads.flatMap((workload) => findMissingPods(workload, workloadPods)),
    ...workloadPods.flatMap((pod) => findPodProblems(pod, stack.deployedAt, now).map(toProblem)),
  ];
  if (problems.length === 0) {
    const healthy = `${formatCount(workloads.length, "workload")}, ${formatCount(workloadPods.length, "pod")}, ${formatCount(claimNames.size, "PVC")}`;
    return pass([`${healthy}: all well`, ...describeRestarts(workloadPods)].join("; "));
  }
  return {
    status: "fail",
    expected: "every pod's containers run and are ready, and every PVC is Bound",
    seen: formatList(problems.map(({ line }) => line)),
    ...(await findWarningCause(stack, problems)),
    fault: { id: problems[0]?.fault ?? "", graceMs },
  };
}

/** True if the workload's selector matches the pod. */
function belongsToWorkload(pod: V1Pod, { namespace, matchLabels }: Workload): boolean {
  return pod.metadata?.namespace === namespace && matchesSelector(matchLabels, pod.metadata.labels);
}

/** Returns a problem if a workload has too few pods. A DaemonSet must have at least one. */
function findMissingPods(workload: Workload, pods: readonly V1Pod[]): Problem[] {
  const requiredCount = workload.replicas ?? 1;
  const podCount = pods.filter(
    (pod) => belongsToWorkload(pod, workload) && !pod.metadata?.deletionTimestamp,
  ).length;
  if (podCount >= requiredCount) return [];
  const { kind, namespace, name } = workload;
  return [
    {
      fault: "pods-missing",
      namespace,
      name,
      line: `${kind} ${namespace}/${name} has ${podCount} of ${formatCount(requiredCount, "pod")}`,
    },
  ];
}

/** Returns `namespace/name` of the PVCs that pods use or that the charts render. */
function listClaimNames({ rendered }: Stack, pods: readonly V1Pod[]): Set<string> {
  const usedNames = pods.flatMap((pod) =>
    (pod.spec?.volumes ?? []).flatMap(({ persistentVolumeClaim }) =>
      persistentVolumeClaim ? [`${pod.metadata?.namespace}/${persistentVolumeClaim.claimName}`] : [],
    ),
  );
  const renderedNames = listRenderedObjects(rendered)
    .filter(({ kind }) => kind === "PersistentVolumeClaim")
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  return new Set([...usedNames, ...renderedNames]);
}

/** Returns the PVCs that are missing or not bound. `claimNames` has elements of the form `namespace/name`. */
function findUnboundClaims(
  claimNames: ReadonlySet<string>,
  claims: readonly V1PersistentVolumeClaim[],
): Problem[] {
  return [...claimNames].flatMap((id) => {
    const [namespace = "", name = ""] = id.split("/");
    const claim = claims.find(({ metadata }) => metadata?.namespace === namespace && metadata.name === name);
    const phase = claim?.status?.phase ?? (claim ? "Pending" : "missing");
    return phase === "Bound"
      ? []
      : [{ fault: "pvc-unbound", namespace, name, line: `PVC ${id} is ${phase}` }];
  });
}

/** Returns the problem of a pod as one of the check. */
function toProblem({ namespace, pod, what }: PodProblem): Problem {
  return { fault: "pod-unhealthy", namespace, name: pod, line: `pod ${namespace}/${pod}: ${what}` };
}

/** The maximum number of objects whose warnings are read. */
const maxExplainedObjects = 5;

/**
 * Returns the last warning of the cluster about the first object that has one, as the cause; an empty object if none
 * has. Several objects are tried, since a PVC may only wait for its pod.
 */
async function findWarningCause(stack: Stack, problems: readonly Problem[]): Promise<{ cause?: string }> {
  for (const { namespace, name } of problems.slice(0, maxExplainedObjects)) {
    const warning = await findLastWarning(stack, namespace, name);
    if (warning !== undefined) return { cause: `${name}: ${warning}` };
  }
  return {};
}

/** A problem of a pod. */
interface PodProblem {
  readonly namespace: string;
  readonly pod: string;
  /** One line, e.g. `init container download-dashboards is waiting: CrashLoopBackOff: back-off 10s ...`. */
  readonly what: string;
  /** The reason that the cluster reports: ImagePullBackOff, OOMKilled, Unschedulable. Undefined if there is none. */
  readonly reason: string | undefined;
}

/** Seconds: a restarted container counts as healthy after it has run for this long. */
const settledSeconds = 10;
/** More restarts than this since the deployment are a problem even if the container runs now. */
const acceptableRestarts = 2;

/**
 * Returns the problems of a pod; empty if it is healthy, has succeeded or is being deleted. Problems of containers
 * come before the pod's own. `now` is in milliseconds since the epoch.
 */
export function findPodProblems(pod: V1Pod, deployedAt: string, now: number): PodProblem[] {
  if (pod.metadata?.deletionTimestamp || pod.status?.phase === "Succeeded") return [];
  const name = pod.metadata?.name ?? "";
  const createProblem = (what: string, reason?: string): PodProblem => ({
    namespace: pod.metadata?.namespace ?? "",
    pod: name,
    what,
    reason,
  });
  const { phase, reason, message, conditions = [] } = pod.status ?? {};
  if (phase === "Failed") return [createProblem(`failed: ${joinReasonAndMessage(reason, message)}`, reason)];
  const initProblems = (pod.status?.initContainerStatuses ?? []).flatMap((status) =>
    findInitContainerProblem(status),
  );
  const containerProblems = (pod.status?.containerStatuses ?? []).flatMap((status) =>
    findContainerProblem(status),
  );
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const restartProblems = statuses.flatMap((status) => findRestartProblem(status, deployedAt, now));
  const problems = [...initProblems, ...containerProblems, ...restartProblems].map(({ what, reason }) =>
    createProblem(what, reason),
  );
  if (problems.length > 0) return problems;
  const unscheduled = conditions.find(({ type, status }) => type === "PodScheduled" && status === "False");
  if (unscheduled) {
    const why = joinReasonAndMessage(unscheduled.reason, unscheduled.message);
    return [createProblem(`is not scheduled: ${why}`, unscheduled.reason)];
  }
  return statuses.length === 0 ? [createProblem(`is ${phase ?? "new"}, without containers yet`)] : [];
}

/** A problem of a container: a line that describes it, and the reason that the cluster reports. */
type ContainerProblem = { what: string; reason: string | undefined };

/** Returns a problem if an init container waits, failed, or still runs. Sidecars may run. */
function findInitContainerProblem({
  name,
  state,
  restartCount,
  started,
  ready,
}: V1ContainerStatus): ContainerProblem[] {
  const where = `init container ${name}`;
  if (state?.waiting) return [describeWaiting(where, state.waiting)];
  const code = state?.terminated?.exitCode ?? 0;
  if (code !== 0)
    return [{ what: `${where} ended with exit code ${code}`, reason: state?.terminated?.reason }];
  // A running init container that is started and ready is a sidecar.
  const running = state?.running && !(started && ready);
  return running ? [{ what: `${where} is still running (${restartCount} restarts)`, reason: undefined }] : [];
}

/** Returns a problem if a container waits, ended, or is not ready. */
function findContainerProblem({ name, state, ready }: V1ContainerStatus): ContainerProblem[] {
  const where = `container ${name}`;
  if (state?.waiting) return [describeWaiting(where, state.waiting)];
  if (state?.terminated) {
    const { exitCode, reason } = state.terminated;
    return [{ what: `${where} ended with exit code ${exitCode} (${reason ?? "no reason"})`, reason }];
  }
  return ready ? [] : [{ what: `${where} is running but not ready`, reason: undefined }];
}

/** Returns the problem of a waiting container. */
function describeWaiting(
  where: string,
  { reason, message }: { reason?: string; message?: string },
): ContainerProblem {
  return { what: `${where} is waiting: ${joinReasonAndMessage(reason, message)}`, reason };
}

/**
 * Returns a problem if a container restarted since the deployment began, unless it restarted rarely and has run
 * for a while since.
 */
function findRestartProblem(status: V1ContainerStatus, deployedAt: string, now: number): ContainerProblem[] {
  const lastTermination = status.lastState?.terminated;
  const endedAt = lastTermination?.finishedAt?.getTime() ?? 0;
  if (!lastTermination || status.restartCount === 0 || endedAt < Date.parse(deployedAt)) return [];
  const runningSeconds = (now - (status.state?.running?.startedAt?.getTime() ?? now)) / 1000;
  if (status.restartCount <= acceptableRestarts && runningSeconds >= settledSeconds) return [];
  const why = `exit code ${lastTermination.exitCode}, ${lastTermination.reason ?? "no reason"}`;
  return [
    {
      what: `container ${status.name} restarted ${status.restartCount} times (last: ${why})`,
      reason: lastTermination.reason,
    },
  ];
}

/** Returns a line for each container that has restarted. */
function describeRestarts(pods: readonly V1Pod[]): string[] {
  return pods.flatMap((pod) =>
    (pod.status?.containerStatuses ?? [])
      .filter(({ restartCount }) => restartCount > 0)
      .map(({ name, restartCount }) => `${pod.metadata?.name}/${name} has restarted ${restartCount} times`),
  );
}

/** Returns a reason with its message; `no reason given` without both. */
function joinReasonAndMessage(reason: string | undefined, message: string | undefined): string {
  return [reason, message?.trim()].filter(Boolean).join(": ") || "no reason given";
}
