import type { Context } from "../host/host.ts";
import type { KubeObject } from "../kube/manifest.ts";
import { InstallError } from "../lib/errors.ts";
import type { Cluster } from "../model/cluster.ts";
import type { WorkloadFailure, WorkloadStatus } from "../model/rendered.ts";
import { type AgeOf, judgeWorkload } from "./judge.ts";
import { openStore, type Store } from "./store.ts";
import type { Timeline } from "./timeline.ts";
import { createWorkloadView, listResources, listTargets, type Target } from "./views.ts";
import { addLogLine, WorkloadsFailed } from "./workloads-failed.ts";

interface WaitOptions extends ProgressListener {
  readonly cluster: Cluster;
  /** Rendered objects; those that are not workloads are ignored. */
  readonly workloads: readonly KubeObject[];
  readonly timeoutMs: number;
  /** How long a program may report that it is not ready, in milliseconds; set if the app has its own timeout. */
  readonly slowStartMs?: number | undefined;
  /** Receives the state of all workloads in each round. */
  readonly onRound?: (standings: readonly Standing[]) => void;
  /** Follows the workloads in each round. */
  readonly timeline?: Timeline;
  /** An open store that follows the workloads' namespaces. Default: a store is opened for this wait only. */
  readonly store?: Store;
}

/** Interval of judging in milliseconds, even without a change: a symptom becomes final by its duration. */
const tickMs = 500;
/** An API server that has not responded for this long, in milliseconds, is considered gone. */
const silenceMs = 60_000;

/**
 * Waits until every workload is ready.
 * @throws WorkloadsFailed at once if waiting can't resolve the state of a workload, and at the timeout with each
 *   workload that is not ready; InstallError if the API server refuses the credentials or no longer responds
 */
export async function waitForWorkloads(context: Context, options: WaitOptions): Promise<void> {
  const targets = listTargets(options.workloads);
  if (targets.length === 0) return;
  const store = options.store ?? openStoreFor(context, options.cluster, options.workloads);
  try {
    await waitInStore(context, store, targets, options);
  } finally {
    if (!options.store) store.close();
  }
}

/** Opens a store that follows what these objects need. */
export function openStoreFor(context: Context, cluster: Cluster, objects: readonly KubeObject[]): Store {
  const namespaces = [...new Set(listTargets(objects).map((target) => target.namespace))];
  return openStore(context, cluster.kube, namespaces, listResources(objects));
}

/** Judges the workloads after each change in the store until all are ready. Throws as waitForWorkloads does. */
async function waitInStore(
  context: Context,
  store: Store,
  targets: readonly Target[],
  options: WaitOptions,
): Promise<void> {
  const deadline = context.host.now() + options.timeoutMs;
  const ages = createAges(context.host.now);
  const reportProgress = createProgressReporter(context.host.now, options);
  for (;;) {
    const nextChange = store.changed();
    const standings = store.synced() ? judgeAll(store, targets, ages, options) : undefined;
    if (standings) reportProgress(standings);
    if (standings) options.onRound?.(standings);
    const failures = standings?.flatMap(({ status }) => toFailures(status)) ?? [];
    if (standings && failures.length > 0)
      throw await createWorkloadsFailed(context, options.cluster, failures, standings);
    if (standings?.every(({ status }) => status.state === "ready")) return;
    throwIfSilent(context, store);
    const remainingMs = deadline - context.host.now();
    if (remainingMs <= 0) throw createTimeout(targets, standings, store, options.timeoutMs);
    await awaitChange(context, nextChange, Math.min(tickMs, remainingMs));
  }
}

function toFailures(status: WorkloadStatus): WorkloadFailure[] {
  if (status.state !== "failed") return [];
  const { state: _, ...failure } = status;
  return [failure];
}

/** Returns the state of each workload. The duration of a symptom that is gone starts anew when it comes back. */
function judgeAll(
  store: Store,
  targets: readonly Target[],
  ages: Ages,
  { cluster, slowStartMs, timeline }: Pick<WaitOptions, "cluster" | "slowStartMs" | "timeline">,
): Standing[] {
  const standings = targets.map((target) => {
    const view = createWorkloadView(store, target, cluster.kind !== "k3s");
    const status = judgeWorkload(view, ages.of, slowStartMs);
    timeline?.observe(target, view, status);
    return { target, status };
  });
  ages.endRound();
  return standings;
}

/** Counts the ages of symptoms, in rounds. */
interface Ages {
  readonly of: AgeOf;
  /** Must be called after each round: symptoms that were not observed in the round are forgotten. */
  endRound(): void;
}

/** When a symptom was observed, in milliseconds since the epoch. */
interface Observations {
  readonly first: number;
  /** The last new observation. */
  readonly last: number;
  readonly recurrence: string | undefined;
}

/**
 * Returns a counter of how long each symptom has been there without a break. It uses this machine's clock: the
 * cluster's may differ. A symptom in an object's state counts as observed in every round; a symptom from an event only
 * when the event recurs.
 */
export function createAges(now: () => number): Ages {
  let previousRound = new Map<string, Observations>();
  let currentRound = new Map<string, Observations>();
  return {
    of: (key, recurrence) => {
      const previous = currentRound.get(key) ?? previousRound.get(key);
      const first = previous?.first ?? now();
      const isNewObservation =
        previous === undefined || recurrence === undefined || previous.recurrence !== recurrence;
      const last = isNewObservation ? now() : previous.last;
      currentRound.set(key, { first, last, recurrence });
      return last - first;
    },
    endRound: () => {
      previousRound = currentRound;
      currentRound = new Map();
    },
  };
}

/**
 * Returns the failures without repeats. If a claim and the workload that needs it have the same failure, the workload's
 * is kept.
 */
function dropRepeats(failures: readonly WorkloadFailure[]): WorkloadFailure[] {
  const isClaim = ({ workload }: WorkloadFailure) => workload.startsWith("PersistentVolumeClaim ");
  const sortedFailures = [...failures].sort((a, b) => Number(isClaim(a)) - Number(isClaim(b)));
  const isSame = (a: WorkloadFailure, b: WorkloadFailure) => a.reason === b.reason && a.message === b.message;
  return sortedFailures.filter(
    (failure, index) => sortedFailures.findIndex((candidate) => isSame(candidate, failure)) === index,
  );
}

/**
 * Returns the error for failed workloads, with the last log line of those that crashed and the states of the others.
 */
async function createWorkloadsFailed(
  context: Context,
  cluster: Cluster,
  failures: readonly WorkloadFailure[],
  standings: readonly Standing[],
): Promise<WorkloadsFailed> {
  const distinct = dropRepeats(failures);
  const failuresWithLogs = await Promise.all(
    distinct.map((failure) => addLogLine(context, cluster.kube, failure)),
  );
  const otherLines = standings.flatMap(({ target, status }) =>
    status.state === "failed"
      ? []
      : [`${target.kind} ${target.namespace}/${target.name}: ${describe(status)}`],
  );
  return new WorkloadsFailed(failuresWithLogs, otherLines);
}

/** Returns the error for the timeout, with each workload that is not ready yet and those that are. */
function createTimeout(
  targets: readonly Target[],
  standings: readonly Standing[] | undefined,
  store: Store,
  timeoutMs: number,
): WorkloadsFailed {
  const silence = store.silence();
  const unknownState = silence
    ? `the API server does not answer: ${silence.why}`
    : "its state could not be read in time";
  const latestStandings: readonly Standing[] =
    standings ?? targets.map((target) => ({ target, status: { state: "waiting", missing: unknownState } }));
  const failures = latestStandings.flatMap(({ target, status }): WorkloadFailure[] =>
    status.state !== "waiting"
      ? []
      : [
          {
            workload: `${target.kind} ${target.namespace}/${target.name}`,
            pod: undefined,
            container: undefined,
            reason: "Timeout",
            message: `after ${Math.round(timeoutMs / 1000)} s: ${status.missing}`,
            fix: "Give it more time (timeout), or check the pod's log and readiness probe.",
          },
        ],
  );
  const readyLines = latestStandings.flatMap(({ target, status }) =>
    status.state === "ready" ? [`${target.kind} ${target.namespace}/${target.name}: ready`] : [],
  );
  return new WorkloadsFailed(failures, readyLines);
}

/** Throws if the API server refuses the credentials, or has not responded for a minute. */
function throwIfSilent(context: Context, store: Store): void {
  const refused = store.refused();
  if (refused) throw refused;
  const silence = store.silence();
  if (!silence || context.host.now() - silence.since < silenceMs) return;
  throw new InstallError(`the API server has not answered for ${silenceMs / 1000} s: ${silence.why}`, {
    fix: "Read the cluster's (k3s') log: its server has ended or is overloaded.",
  });
}

/** Waits for the next change in the store, at most `longestMs` milliseconds. */
async function awaitChange(context: Context, nextChange: Promise<void>, longestMs: number): Promise<void> {
  const timerController = new AbortController();
  try {
    const timer = context.host.sleep(longestMs, AbortSignal.any([context.signal, timerController.signal]));
    await Promise.race([nextChange, timer]);
  } finally {
    timerController.abort();
  }
}

/** The state of one workload in one round. */
export interface Standing {
  readonly target: Target;
  readonly status: WorkloadStatus;
}

interface ProgressListener {
  /** Receives one line when a workload has waited for something for two seconds, is ready, or has failed. */
  readonly onProgress?: (line: string) => void;
  /** Receives one line for each change. */
  readonly onChange?: (line: string) => void;
}

/** A state is reported only if it lasts this long, in milliseconds: most are over in a moment. */
const reportAfterMs = 2_000;

/**
 * Returns a function to call in each round with the state of all workloads. It reports no line twice to `onProgress`.
 */
export function createProgressReporter(
  now: () => number,
  listener: ProgressListener,
): (standings: readonly Standing[]) => void {
  const lastLines = new Map<Target, { readonly line: string; readonly since: number }>();
  const reportedLines = new Set<string>();
  return (standings) => {
    for (const { target, status } of standings) {
      const workloadName =
        target.kind === "PersistentVolumeClaim" ? `volume claim ${target.name}` : target.name;
      const line = `${workloadName}: ${describe(status)}`;
      const previous = lastLines.get(target);
      const since = previous?.line === line ? previous.since : now();
      if (previous?.line !== line) listener.onChange?.(line);
      lastLines.set(target, { line, since });
      const isDue = status.state !== "waiting" || now() - since >= reportAfterMs;
      if (!isDue || reportedLines.has(line)) continue;
      reportedLines.add(line);
      listener.onProgress?.(line);
    }
  };
}

/** Describes a workload's status on one line of at most 160 characters. */
export function describe(status: WorkloadStatus): string {
  if (status.state === "ready") return "ready";
  const text = status.state === "waiting" ? status.missing : `failed: ${status.reason}`;
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > 160 ? `${line.slice(0, 157)}...` : line;
}
