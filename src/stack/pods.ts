import type { V1ContainerStatus, V1Pod } from "@kubernetes/client-node";

/** Something that is wrong with a pod. */
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
/** More restarts than this since the deployment are no accident. */
const acceptableRestarts = 2;

/** What keeps a pod from being healthy; empty when nothing does. `now` is in milliseconds. */
export function problemsOf(pod: V1Pod, deployedAt: string, now: number): PodProblem[] {
  if (pod.metadata?.deletionTimestamp || pod.status?.phase === "Succeeded") return [];
  const name = pod.metadata?.name ?? "";
  const problem = (what: string, reason?: string): PodProblem => ({
    namespace: pod.metadata?.namespace ?? "",
    pod: name,
    what,
    reason,
  });
  const { phase, reason, message, conditions = [] } = pod.status ?? {};
  if (phase === "Failed") return [problem(`failed: ${text(reason, message)}`, reason)];
  const inits = (pod.status?.initContainerStatuses ?? []).flatMap((status) => initProblem(status));
  const mains = (pod.status?.containerStatuses ?? []).flatMap((status) => containerProblem(status));
  const all = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const restarts = all.flatMap((status) => restartProblem(status, deployedAt, now));
  const found = [...inits, ...mains, ...restarts].map((one) => problem(one.what, one.reason));
  if (found.length > 0) return found;
  const unmet = conditions.find(({ type, status }) => type === "PodScheduled" && status === "False");
  if (unmet) return [problem(`is not scheduled: ${text(unmet.reason, unmet.message)}`, unmet.reason)];
  return all.length === 0 ? [problem(`is ${phase ?? "new"}, without containers yet`)] : [];
}

type Found = { what: string; reason: string | undefined };

function initProblem({ name, state, restartCount, started, ready }: V1ContainerStatus): Found[] {
  const where = `init container ${name}`;
  if (state?.waiting) return [waiting(where, state.waiting)];
  const code = state?.terminated?.exitCode ?? 0;
  if (code !== 0)
    return [{ what: `${where} ended with exit code ${code}`, reason: state?.terminated?.reason }];
  // A running one is a sidecar when its pod goes on, which `started` and `ready` tell.
  const running = state?.running && !(started && ready);
  return running ? [{ what: `${where} is still running (${restartCount} restarts)`, reason: undefined }] : [];
}

function containerProblem({ name, state, ready }: V1ContainerStatus): Found[] {
  const where = `container ${name}`;
  if (state?.waiting) return [waiting(where, state.waiting)];
  if (state?.terminated) {
    const { exitCode, reason } = state.terminated;
    return [{ what: `${where} ended with exit code ${exitCode} (${reason ?? "no reason"})`, reason }];
  }
  return ready ? [] : [{ what: `${where} is running but not ready`, reason: undefined }];
}

function waiting(where: string, { reason, message }: { reason?: string; message?: string }): Found {
  return { what: `${where} is waiting: ${text(reason, message)}`, reason };
}

/** A restart before the deployment is not the deployment's; one that has settled is only worth a word. */
function restartProblem(status: V1ContainerStatus, deployedAt: string, now: number): Found[] {
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

/** Containers that have restarted since, for the record. */
export function restartsOf(pods: readonly V1Pod[]): string[] {
  return pods.flatMap((pod) =>
    (pod.status?.containerStatuses ?? [])
      .filter(({ restartCount }) => restartCount > 0)
      .map(({ name, restartCount }) => `${pod.metadata?.name}/${name} has restarted ${restartCount} times`),
  );
}

function text(reason: string | undefined, message: string | undefined): string {
  return [reason, message?.trim()].filter(Boolean).join(": ") || "no reason given";
}
