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
  const wanted = listClaimNames(stack, workloadPods);
  const now = stack.context.host.now();
  const problems = [
    ...findUnboundClaims(wanted, claims),
    ...workloads.flatMap((workload) => findMissingPods(workload, workloadPods)),
    ...workloadPods.flatMap((pod) => findPodProblems(pod, stack.deployedAt, now).map(toProblem)),
  ];
  if (problems.length === 0) {
    const healthy = `${formatCount(workloads.length, "workload")}, ${formatCount(workloadPods.length, "pod")}, ${formatCount(wanted.size, "PVC")}`;
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

function belongsToWorkload(pod: V1Pod, { namespace, matchLabels }: Workload): boolean {
  return pod.metadata?.namespace === namespace && matchesSelector(matchLabels, pod.metadata.labels);
}

/** Returns a problem if a workload has too few pods. A DaemonSet must have at least one. */
function findMissingPods(workload: Workload, pods: readonly V1Pod[]): Problem[] {
  const wanted = workload.replicas ?? 1;
  const found = pods.filter(
    (pod) => belongsToWorkload(pod, workload) && !pod.metadata?.deletionTimestamp,
  ).length;
  if (found >= wanted) return [];
  const { kind, namespace, name } = workload;
  return [
    {
      fault: "pods-missing",
      namespace,
      name,
      line: `${kind} ${namespace}/${name} has ${found} of ${formatCount(wanted, "pod")}`,
    },
  ];
}

/** Returns `namespace/name` of the PVCs that pods use or that the charts render. */
function listClaimNames({ rendered }: Stack, pods: readonly V1Pod[]): Set<string> {
  const used = pods.flatMap((pod) =>
    (pod.spec?.volumes ?? []).flatMap(({ persistentVolumeClaim }) =>
      persistentVolumeClaim ? [`${pod.metadata?.namespace}/${persistentVolumeClaim.claimName}`] : [],
    ),
  );
  const made = listRenderedObjects(rendered)
    .filter(({ kind }) => kind === "PersistentVolumeClaim")
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  return new Set([...used, ...made]);
}

/** Returns the PVCs that are missing or not bound. `wanted` has elements of the form `namespace/name`. */
function findUnboundClaims(
  wanted: ReadonlySet<string>,
  claims: readonly V1PersistentVolumeClaim[],
): Problem[] {
  return [...wanted].flatMap((id) => {
    const [namespace = "", name = ""] = id.split("/");
    const claim = claims.find(({ metadata }) => metadata?.namespace === namespace && metadata.name === name);
    const phase = claim?.status?.phase ?? (claim ? "Pending" : "missing");
    return phase === "Bound"
      ? []
      : [{ fault: "pvc-unbound", namespace, name, line: `PVC ${id} is ${phase}` }];
  });
}

function toProblem({ namespace, pod, what }: PodProblem): Problem {
  return { fault: "pod-unhealthy", namespace, name: pod, line: `pod ${namespace}/${pod}: ${what}` };
}

/**
 * Returns the cluster's last warning about the first object that has one; empty if none has. Several objects are
 * tried: a PVC may only wait for its pod.
 */
async function findWarningCause(stack: Stack, problems: readonly Problem[]): Promise<{ cause?: string }> {
  for (const { namespace, name } of problems.slice(0, 5)) {
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

/** Returns the problems of a pod; empty if it is healthy. `now` is in milliseconds. */
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
  const inits = (pod.status?.initContainerStatuses ?? []).flatMap((status) =>
    findInitContainerProblem(status),
  );
  const mains = (pod.status?.containerStatuses ?? []).flatMap((status) => findContainerProblem(status));
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const restarts = statuses.flatMap((status) => findRestartProblem(status, deployedAt, now));
  const problems = [...inits, ...mains, ...restarts].map(({ what, reason }) => createProblem(what, reason));
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
  const ended = status.lastState?.terminated;
  const endedAt = ended?.finishedAt?.getTime() ?? 0;
  if (!ended || status.restartCount === 0 || endedAt < Date.parse(deployedAt)) return [];
  const runs = (now - (status.state?.running?.startedAt?.getTime() ?? now)) / 1000;
  if (status.restartCount <= acceptableRestarts && runs >= settledSeconds) return [];
  const why = `exit code ${ended.exitCode}, ${ended.reason ?? "no reason"}`;
  return [
    {
      what: `container ${status.name} restarted ${status.restartCount} times (last: ${why})`,
      reason: ended.reason,
    },
  ];
}

/** Describes the containers that have restarted, for the report. */
function describeRestarts(pods: readonly V1Pod[]): string[] {
  return pods.flatMap((pod) =>
    (pod.status?.containerStatuses ?? [])
      .filter(({ restartCount }) => restartCount > 0)
      .map(({ name, restartCount }) => `${pod.metadata?.name}/${name} has restarted ${restartCount} times`),
  );
}

function joinReasonAndMessage(reason: string | undefined, message: string | undefined): string {
  return [reason, message?.trim()].filter(Boolean).join(": ") || "no reason given";
}
