import type { Context } from "../host/host.ts";
import type { KubeObject } from "../kube/manifest.ts";
import { InstallError } from "../lib/errors.ts";
import type { Cluster } from "../model/cluster.ts";
import type { WorkloadFailure, WorkloadStatus } from "../model/rendered.ts";
import { type AgeOf, judgeWorkload } from "./judge.ts";
import { openStore, type Store } from "./store.ts";
import { listResources, listTargets, type Target, viewOf } from "./views.ts";
import { addLogLine, WorkloadsFailed } from "./workloads-failed.ts";

interface WaitOptions extends ProgressListener {
  readonly cluster: Cluster;
  /** Rendered objects; those that are not workloads are passed over. */
  readonly workloads: readonly KubeObject[];
  readonly timeoutMs: number;
  /** How long a program may report that it is not ready, in milliseconds, if the app has a timeout of its own. */
  readonly slowStartMs?: number | undefined;
  /** Gets the state of all workloads in each round. */
  readonly onRound?: (standings: readonly Standing[]) => void;
  /** An open store that follows the workloads' namespaces; default: one is opened for this wait. */
  readonly store?: Store;
}

/** Symptoms become final by lasting, so that they are judged without a change too. */
const tickMs = 500;
/** An API server that does not respond for so long, in milliseconds, has ended. */
const silenceMs = 60_000;

/**
 * Watches until every workload is ready.
 * @throws WorkloadsFailed at once when a workload is in a state that waiting can't resolve, and at the timeout with
 *   each workload that is still missing; InstallError when the API server refuses or no longer responds.
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
    const changed = store.changed();
    const standings = store.synced() ? judgeAll(store, targets, ages, options.slowStartMs) : undefined;
    if (standings) reportProgress(standings);
    if (standings) options.onRound?.(standings);
    const failures = standings?.flatMap(({ status }) => toFailures(status)) ?? [];
    if (standings && failures.length > 0)
      throw await createWorkloadsFailed(context, options.cluster, failures, standings);
    if (standings?.every(({ status }) => status.state === "ready")) return;
    throwIfSilent(context, store);
    const left = deadline - context.host.now();
    if (left <= 0) throw createTimeout(targets, standings, store, options.timeoutMs);
    await awaitChange(context, changed, Math.min(tickMs, left));
  }
}

function toFailures(status: WorkloadStatus): WorkloadFailure[] {
  if (status.state !== "failed") return [];
  const { state: _, ...failure } = status;
  return [failure];
}

/** Returns the state of each workload; symptoms that are gone are forgotten, so that their time starts anew. */
function judgeAll(
  store: Store,
  targets: readonly Target[],
  ages: Ages,
  slowStartMs: number | undefined,
): Standing[] {
  const standings = targets.map((target) => ({
    target,
    status: judgeWorkload(viewOf(store, target), ages.of, slowStartMs),
  }));
  ages.endRound();
  return standings;
}

interface Ages {
  readonly of: AgeOf;
  endRound(): void;
}

interface Seen {
  readonly first: number;
  /** The last time at which it was observed anew. */
  readonly last: number;
  readonly recurrence: string | undefined;
}

/**
 * Counts how long each symptom has been seen in every round, by this machine's clock: the cluster's may differ. What an
 * object's state shows is observed anew in every round, what an event reports only when the event recurs.
 */
export function createAges(now: () => number): Ages {
  let since = new Map<string, Seen>();
  let seen = new Map<string, Seen>();
  return {
    of: (key, recurrence) => {
      const known = seen.get(key) ?? since.get(key);
      const first = known?.first ?? now();
      const isAnew = known === undefined || recurrence === undefined || known.recurrence !== recurrence;
      const last = isAnew ? now() : known.last;
      seen.set(key, { first, last, recurrence });
      return last - first;
    },
    endRound: () => {
      since = seen;
      seen = new Map();
    },
  };
}

/** Drops repeated failures: one of both a claim and the workload that needs it stays with the workload. */
function dropRepeats(failures: readonly WorkloadFailure[]): WorkloadFailure[] {
  const isClaim = ({ workload }: WorkloadFailure) => workload.startsWith("PersistentVolumeClaim ");
  const claimsLast = [...failures].sort((a, b) => Number(isClaim(a)) - Number(isClaim(b)));
  const isSame = (a: WorkloadFailure, b: WorkloadFailure) => a.reason === b.reason && a.message === b.message;
  return claimsLast.filter(
    (failure, index) => claimsLast.findIndex((other) => isSame(other, failure)) === index,
  );
}

async function createWorkloadsFailed(
  context: Context,
  cluster: Cluster,
  failures: readonly WorkloadFailure[],
  standings: readonly Standing[],
): Promise<WorkloadsFailed> {
  const distinct = dropRepeats(failures);
  const failed = await Promise.all(distinct.map((failure) => addLogLine(context, cluster.kube, failure)));
  const others = standings.flatMap(({ target, status }) =>
    status.state === "failed"
      ? []
      : [`${target.kind} ${target.namespace}/${target.name}: ${describe(status)}`],
  );
  return new WorkloadsFailed(failed, others);
}

function createTimeout(
  targets: readonly Target[],
  standings: readonly Standing[] | undefined,
  store: Store,
  timeoutMs: number,
): WorkloadsFailed {
  const silence = store.silence();
  const unknown = silence
    ? `the API server does not answer: ${silence.why}`
    : "its state could not be read in time";
  const all: readonly Standing[] =
    standings ?? targets.map((target) => ({ target, status: { state: "waiting", missing: unknown } }));
  const missing = all.flatMap(({ target, status }): WorkloadFailure[] =>
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
  const others = all.flatMap(({ target, status }) =>
    status.state === "ready" ? [`${target.kind} ${target.namespace}/${target.name}: ready`] : [],
  );
  return new WorkloadsFailed(missing, others);
}

function throwIfSilent(context: Context, store: Store): void {
  const refused = store.refused();
  if (refused) throw refused;
  const silence = store.silence();
  if (!silence || context.host.now() - silence.since < silenceMs) return;
  throw new InstallError(`the API server has not answered for ${silenceMs / 1000} s: ${silence.why}`, {
    fix: "Read the cluster's (k3s') log: its server has ended or is overloaded.",
  });
}

async function awaitChange(context: Context, changed: Promise<void>, ms: number): Promise<void> {
  const woken = new AbortController();
  try {
    const tick = context.host.sleep(ms, AbortSignal.any([context.signal, woken.signal]));
    await Promise.race([changed, tick]);
  } finally {
    woken.abort();
  }
}

/** The state of one workload in one round. */
export interface Standing {
  readonly target: Target;
  readonly status: WorkloadStatus;
}

interface ProgressListener {
  /** Gets one line when a workload waits for something for longer, is ready, or has failed. */
  readonly onProgress?: (line: string) => void;
  /** Gets one line for each change. */
  readonly onChange?: (line: string) => void;
}

/** Most states of a rollout are over in a moment; one that lasts this long, in milliseconds, is worth a line. */
const leastWaitMs = 2_000;

/** Returns a function to be called in each round, which reports nothing twice. */
export function createProgressReporter(
  now: () => number,
  listener: ProgressListener,
): (standings: readonly Standing[]) => void {
  const current = new Map<Target, { readonly line: string; readonly since: number }>();
  const reported = new Set<string>();
  return (standings) => {
    for (const { target, status } of standings) {
      const what = target.kind === "PersistentVolumeClaim" ? `volume claim ${target.name}` : target.name;
      const line = `${what}: ${describe(status)}`;
      const known = current.get(target);
      const since = known?.line === line ? known.since : now();
      if (known?.line !== line) listener.onChange?.(line);
      current.set(target, { line, since });
      const isDue = status.state !== "waiting" || now() - since >= leastWaitMs;
      if (!isDue || reported.has(line)) continue;
      reported.add(line);
      listener.onProgress?.(line);
    }
  };
}

/** One line of bounded length. */
export function describe(status: WorkloadStatus): string {
  if (status.state === "ready") return "ready";
  const text = status.state === "waiting" ? status.missing : `failed: ${status.reason}`;
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > 160 ? `${line.slice(0, 157)}...` : line;
}
