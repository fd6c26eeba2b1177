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

/** Milliseconds: a container that came back is taken to be well after 10 s. */
const graceMs = 12_000;

async function checkWorkloadsHealthy(stack: Stack): Promise<Verdict> {
  const workloads = listWorkloads(stack.rendered).filter(({ replicas }) => replicas !== 0);
  if (workloads.length === 0) return skip("the charts render no workload");
  const pods = await listOwnPods(stack);
  const own = pods.filter((pod) => workloads.some((workload) => belongsToWorkload(pod, workload)));
  const claims = await listOwnClaims(stack);
  const wanted = listClaimNames(stack, own);
  const now = stack.context.host.now();
  const problems = [
    ...findUnboundClaims(wanted, claims),
    ...workloads.flatMap((workload) => findMissingPods(workload, own)),
    ...own.flatMap((pod) => findPodProblems(pod, stack.deployedAt, now).map(toProblem)),
  ];
  if (problems.length === 0) {
    const healthy = `${formatCount(workloads.length, "workload")}, ${formatCount(own.length, "pod")}, ${formatCount(wanted.size, "PVC")}`;
    return pass([`${healthy}: all well`, ...describeRestarts(own)].join("; "));
  }
  return {
    status: "fail",
    expected: "every pod's containers run and are ready, and every PVC is Bound",
    seen: formatList(problems.map(({ line }) => line)),
    ...(await findCause(stack, problems)),
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

/** The cluster's own last warning about the first of them that it has one for: a PVC may only wait for its pod. */
async function findCause(stack: Stack, problems: readonly Problem[]): Promise<{ cause?: string }> {
  for (const { namespace, name } of problems.slice(0, 5)) {
    const warning = await findLastWarning(stack, namespace, name);
    if (warning !== undefined) return { cause: `${name}: ${warning}` };
  }
  return {};
}

/** A problem of a pod. */
export interface PodProblem {
  readonly namespace: string;
  readonly pod: string;
  /** One line, e.g. `init container download-dashboards is waiting: CrashLoopBackOff: back-off 10s ...`. */
  readonly what: string;
  /** The cluster's own word where it has one: ImagePullBackOff, OOMKilled, Unschedulable. */
  readonly reason: string | undefined;
}

/** A container that came back is taken to be well after it has run for this long, in seconds. */
const settledSeconds = 10;
/** More restarts than this since the deployment are a problem even if the container runs now. */
const acceptableRestarts = 2;

/** Returns the problems of a pod; empty if it is healthy. `now` is in milliseconds. */
export function findPodProblems(pod: V1Pod, deployedAt: string, now: number): PodProblem[] {
  if (pod.metadata?.deletionTimestamp || pod.status?.phase === "Succeeded") return [];
  const name = pod.metadata?.name ?? "";
  const problem = (what: string, reason?: string): PodProblem => ({
    namespace: pod.metadata?.namespace ?? "",
    pod: name,
    what,
    reason,
  });
  const { phase, reason, message, conditions = [] } = pod.status ?? {};
  if (phase === "Failed") return [problem(`failed: ${joinReasonAndMessage(reason, message)}`, reason)];
  const inits = (pod.status?.initContainerStatuses ?? []).flatMap((status) => initProblem(status));
  const mains = (pod.status?.containerStatuses ?? []).flatMap((status) => findContainerProblem(status));
  const all = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const restarts = all.flatMap((status) => findRestartProblem(status, deployedAt, now));
  const found = [...inits, ...mains, ...restarts].map((one) => problem(one.what, one.reason));
  if (found.length > 0) return found;
  const unmet = conditions.find(({ type, status }) => type === "PodScheduled" && status === "False");
  if (unmet)
    return [problem(`is not scheduled: ${joinReasonAndMessage(unmet.reason, unmet.message)}`, unmet.reason)];
  return all.length === 0 ? [problem(`is ${phase ?? "new"}, without containers yet`)] : [];
}

type Found = { what: string; reason: string | undefined };

function initProblem({ name, state, restartCount, started, ready }: V1ContainerStatus): Found[] {
  const where = `init container ${name}`;
  if (state?.waiting) return [describeWaiting(where, state.waiting)];
  const code = state?.terminated?.exitCode ?? 0;
  if (code !== 0)
    return [{ what: `${where} ended with exit code ${code}`, reason: state?.terminated?.reason }];
  // A running init container that is started and ready is a sidecar.
  const running = state?.running && !(started && ready);
  return running ? [{ what: `${where} is still running (${restartCount} restarts)`, reason: undefined }] : [];
}

function findContainerProblem({ name, state, ready }: V1ContainerStatus): Found[] {
  const where = `container ${name}`;
  if (state?.waiting) return [describeWaiting(where, state.waiting)];
  if (state?.terminated) {
    const { exitCode, reason } = state.terminated;
    return [{ what: `${where} ended with exit code ${exitCode} (${reason ?? "no reason"})`, reason }];
  }
  return ready ? [] : [{ what: `${where} is running but not ready`, reason: undefined }];
}

function describeWaiting(where: string, { reason, message }: { reason?: string; message?: string }): Found {
  return { what: `${where} is waiting: ${joinReasonAndMessage(reason, message)}`, reason };
}

/** A restart before the deployment is not the deployment's; one that has settled is only worth a word. */
function findRestartProblem(status: V1ContainerStatus, deployedAt: string, now: number): Found[] {
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
export function describeRestarts(pods: readonly V1Pod[]): string[] {
  return pods.flatMap((pod) =>
    (pod.status?.containerStatuses ?? [])
      .filter(({ restartCount }) => restartCount > 0)
      .map(({ name, restartCount }) => `${pod.metadata?.name}/${name} has restarted ${restartCount} times`),
  );
}

function joinReasonAndMessage(reason: string | undefined, message: string | undefined): string {
  return [reason, message?.trim()].filter(Boolean).join(": ") || "no reason given";
}
