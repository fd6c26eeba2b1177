import { resolve } from "node:path";
import type { Context } from "../host/host.ts";
import { joinFirst, reportWaits } from "../host/waits.ts";
import type { Journal } from "../journal/journal.ts";
import { listClusterObjects } from "../kube/kinds.ts";
import { InstallError, Interrupted, MonstackError, UserError } from "../lib/errors.ts";
import type { Tool } from "../lockfile/tools.ts";
import type { Cluster } from "../model/cluster.ts";
import type { DeployedApp, RenderedApp } from "../model/rendered.ts";
import { findNeeds } from "./claims.ts";
import { noteDefinitions, noteKubeletServices } from "./cluster-objects.ts";
import { createNamespaces, findMissingNamespaces } from "./namespaces.ts";
import { waitForPackaged } from "./packaged.ts";
import { watchPodNetwork } from "./pod-network.ts";
import { installRelease, refuseForeignReleases } from "./release.ts";
import type { Store } from "./store.ts";
import { describe, openStoreFor, type Standing, waitForWorkloads } from "./watch.ts";
import { WorkloadsFailed } from "./workloads-failed.ts";

interface DeployOptions {
  readonly cluster: Cluster;
  readonly helm: Tool;
  /** In dependency order. */
  readonly apps: readonly RenderedApp[];
  readonly journal: Journal;
  /** The arguments of k3s turn flannel off: something else has to provide the pod network. */
  readonly withoutFlannel?: boolean;
  /** Checks an existing cluster before it is changed; gets the namespaces that will be created. */
  readonly beforeChanges?: (missingNamespaces: readonly string[]) => Promise<void>;
  /** For all apps together, from the call to the last workload ready, in milliseconds. */
  readonly timeoutMs: number;
  /** One line for each thing worth knowing about a workload; goes to the log when it isn't given. */
  readonly onProgress?: (line: string) => void;
}

/** The deployment of one app: two points in time that others can wait for, and its progress. */
interface Rollout {
  readonly applied: Promise<void>;
  readonly ready: Promise<DeployedApp>;
  readonly progress: Progress;
}

interface Progress {
  state: string;
  /** The state of each of its workloads, once they were read. */
  standings: readonly Standing[];
}

/**
 * Installs the apps side by side, each as soon as what it depends on is applied or ready, and waits until every
 * workload is ready. The first failure ends it; helm commands that already run are allowed to finish.
 * @throws WorkloadsFailed, InstallError or UserError of the app that failed first, with the state of the others.
 */
export async function deployApps(context: Context, options: DeployOptions): Promise<DeployedApp[]> {
  const { cluster, apps, journal } = options;
  const missing = await findMissingNamespaces(
    context,
    cluster.kube,
    apps.map(({ app }) => app.namespace),
  );
  // A k3s of ours is empty.
  if (cluster.kind === "existing") {
    await options.beforeChanges?.(missing);
    const there = apps.filter(({ app }) => !missing.includes(app.namespace));
    await refuseForeignReleases(context, cluster, options.helm, there);
  }
  await createNamespaces(context, cluster.kube, missing, journal, apps);
  if (cluster.kind === "existing") {
    await noteDefinitions(context, cluster.kube, apps, journal);
    await noteKubeletServices(context, cluster.kube, apps, journal);
  }
  context.log.info(
    `deploying ${apps.map(({ app, chart }) => `${app.name} (chart ${chart.version})`).join(", ")}`,
  );
  const stop = new AbortController();
  const inner: Context = { ...context, signal: AbortSignal.any([context.signal, stop.signal]) };
  const store = openStoreFor(
    inner,
    cluster,
    apps.flatMap(({ objects }) => objects),
  );
  const deadline = context.host.now() + options.timeoutMs;
  const rollouts = new Map<string, Rollout>();
  let lacksNetwork: unknown;
  const network = watchPodNetwork(inner, cluster, apps, options.withoutFlannel === true).catch(
    (error: unknown) => {
      if (inner.signal.aborted) return;
      lacksNetwork = error;
      stop.abort();
    },
  );
  try {
    for (const rendered of apps)
      rollouts.set(rendered.app.name, startRollout(inner, options, rendered, rollouts, store, deadline));
    return await reportWaits(
      inner,
      () => describeOpen(rollouts),
      () => finish(context, rollouts, () => stop.abort()),
    );
  } catch (error) {
    throw context.signal.aborted ? error : (lacksNetwork ?? error);
  } finally {
    stop.abort();
    await network;
    store.close();
  }
}

function startRollout(
  context: Context,
  options: DeployOptions,
  rendered: RenderedApp,
  others: ReadonlyMap<string, Rollout>,
  store: Store,
  deadline: number,
): Rollout {
  const { app } = rendered;
  const progress: Progress = {
    state: describeDependencies(app.dependsOn.map((other) => other.app)),
    standings: [],
  };
  const onRound = (standings: readonly Standing[]) => {
    progress.standings = standings;
  };
  const install = async () => {
    await awaitDependencies(rendered, others);
    context.signal.throwIfAborted();
    const onWaiting = (missing: string) => {
      progress.state = `not yet installed: it needs ${missing}, which k3s has not brought yet`;
    };
    const needs = findNeeds(rendered, options.apps);
    await waitForPackaged(context, options.cluster, { app, needs, deadline, onWaiting });
    progress.state = "being installed by helm";
    await apply(context, options, rendered, deadline);
    progress.state = "installed, its workloads not yet ready";
  };
  const applied = install();
  const ready = applied.then(async () => {
    const deployed = await awaitReady(context, options, rendered, store, deadline, onRound);
    progress.state = "ready";
    return deployed;
  });
  // `finish` gets the error through `ready`; nobody may wait for `applied`, and its rejection must not end the process.
  applied.catch(() => undefined);
  return { applied, ready, progress };
}

function describeDependencies(names: readonly string[]): string {
  return names.length === 0 ? "not yet installed" : `not yet installed (it comes after ${names.join(", ")})`;
}

async function awaitDependencies({ app }: RenderedApp, others: ReadonlyMap<string, Rollout>): Promise<void> {
  await Promise.all(
    app.dependsOn.map(async ({ app: name, until }) => {
      const other = others.get(name);
      if (!other)
        throw new InstallError(`app ${app.name} depends on ${name}, which is not deployed before it`);
      await other[until];
    }),
  );
}

async function apply(
  context: Context,
  options: DeployOptions,
  rendered: RenderedApp,
  deadline: number,
): Promise<void> {
  const { app } = rendered;
  const { cluster, helm, journal } = options;
  const leftMs = Math.min(app.timeoutMs, deadline - context.host.now());
  if (leftMs <= 0)
    throw new InstallError(`app ${app.name}: no time was left to install it`, {
      fix: "Raise timeouts.deploy.",
    });
  const at = new Date(context.host.now()).toISOString();
  const { release: name, namespace } = app;
  const clusterObjects = listClusterObjects(rendered);
  await journal.append({ kind: "release", at, name, namespace, helm: resolve(helm.path), clusterObjects });
  await installRelease(context, cluster, helm, rendered, leftMs);
}

async function awaitReady(
  context: Context,
  options: DeployOptions,
  { app, chart, objects }: RenderedApp,
  store: Store,
  deadline: number,
  onRound: (standings: readonly Standing[]) => void,
): Promise<DeployedApp> {
  const installedAt = context.host.now();
  await waitForWorkloads(context, {
    cluster: options.cluster,
    workloads: objects,
    timeoutMs: Math.max(0, Math.min(app.timeoutMs, deadline - installedAt)),
    slowStartMs: app.slowStartMs,
    onProgress: options.onProgress ?? context.log.info,
    onChange: context.log.debug,
    onRound,
    store,
  });
  const readyAfterMs = context.host.now() - installedAt;
  return { name: app.name, release: app.release, namespace: app.namespace, chart, readyAfterMs };
}

/** Waits for all rollouts. The first rejection stops the others, and is thrown when all of them have ended. */
async function finish(
  context: Context,
  rollouts: ReadonlyMap<string, Rollout>,
  stop: () => void,
): Promise<DeployedApp[]> {
  let first: { readonly name: string; readonly error: unknown } | undefined;
  const settled = await Promise.all(
    [...rollouts].map(([name, { ready }]) =>
      ready.catch((error: unknown) => {
        first ??= { name, error };
        stop();
        return undefined;
      }),
    ),
  );
  if (context.signal.aborted) throw new Interrupted();
  if (first === undefined) return settled.filter((app) => app !== undefined);
  const { name, error } = first as { name: string; error: unknown };
  throw withOthers(name, error, rollouts);
}

/** `Deployment monitoring/grafana: pulling image grafana:13`; undefined when nothing is open. */
function describeOpen(rollouts: ReadonlyMap<string, Rollout>): string | undefined {
  const open = [...rollouts].flatMap(([name, { progress }]) => {
    if (progress.state === "ready") return [];
    const workloads = openOf(progress);
    return workloads.length > 0 ? workloads : [`app ${name}: ${progress.state}`];
  });
  return open.length === 0 ? undefined : joinFirst(open);
}

function openOf({ standings }: Progress): string[] {
  return standings
    .filter(({ status }) => status.state !== "ready")
    .map(({ target, status }) => `${target.kind} ${target.namespace}/${target.name}: ${describe(status)}`);
}

function withOthers(failed: string, error: unknown, rollouts: ReadonlyMap<string, Rollout>): unknown {
  const others = [...rollouts].flatMap(([name, { progress }]) => {
    if (name === failed) return [];
    const open = openOf(progress);
    return [`app ${name}: ${progress.state}${open.length > 0 ? ` (${open.join("; ")})` : ""}`];
  });
  if (others.length === 0 || !(error instanceof MonstackError)) return error;
  if (error instanceof WorkloadsFailed)
    return new WorkloadsFailed(error.failures, [...error.others, ...others]);
  const message = [error.message, "The others:", ...others.map((line) => `  ${line}`)].join("\n");
  const options = { cause: error.cause, ...(error.fix === undefined ? {} : { fix: error.fix }) };
  return error instanceof UserError ? new UserError(message, options) : new InstallError(message, options);
}
