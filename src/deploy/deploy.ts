import { resolve } from "node:path";
import type { Context } from "../host/host.ts";
import { reportWaits } from "../host/waits.ts";
import type { Journal } from "../journal/journal.ts";
import { listClusterObjects } from "../kube/kinds.ts";
import { InstallError, Interrupted, MonstackError, UserError } from "../lib/errors.ts";
import { inSpan, type Span } from "../lib/trace.ts";
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
import { createTimeline } from "./timeline.ts";
import type { Target } from "./views.ts";
import { describe, openStoreFor, type Standing, waitForWorkloads } from "./watch.ts";
import { WorkloadsFailed } from "./workloads-failed.ts";

interface DeployOptions {
  readonly cluster: Cluster;
  readonly helm: Tool;
  /** The apps, each after those that it depends on. */
  readonly apps: readonly RenderedApp[];
  readonly journal: Journal;
  /** True if the arguments of k3s turn flannel off: something else has to provide the pod network. */
  readonly withoutFlannel?: boolean;
  /** Checks an existing cluster before it is changed; gets the namespaces that will be created. */
  readonly beforeChanges?: (missingNamespaces: readonly string[]) => Promise<void>;
  /** Limit for all apps together, from the call until the last workload is ready, in milliseconds. */
  readonly timeoutMs: number;
  /** Called once, when helm has installed all apps. */
  readonly onInstalled?: () => void;
  /** Called for each workload as soon as it is ready for the first time. */
  readonly onReady?: (workload: Target) => void;
  /** Receives one line when a workload waits for long, is ready, or has failed. Default: the log. */
  readonly onProgress?: (line: string) => void;
}

/** The deployment of one app: two promises that dependent apps wait for, and its progress. */
interface Rollout {
  /** With the span of the installation. */
  readonly applied: Promise<Span | undefined>;
  readonly ready: Promise<DeployedApp>;
  readonly progress: Progress;
}

interface Progress {
  /** For messages, for example `being installed by helm`. */
  state: string;
  /** The state of each of the app's workloads; empty until they are read for the first time. */
  standings: readonly Standing[];
}

/**
 * Installs the apps in parallel, each as soon as the apps that it depends on are installed or ready, and waits until
 * every workload is ready. Returns the deployed apps. The first failure stops the others; helm commands that already
 * run are allowed to finish.
 * @throws WorkloadsFailed, InstallError or UserError of the app that failed first, with the state of the others
 */
export async function deployApps(context: Context, options: DeployOptions): Promise<DeployedApp[]> {
  const { cluster, apps, journal } = options;
  const missingNamespaces = await findMissingNamespaces(
    context,
    cluster.kube,
    apps.map(({ app }) => app.namespace),
  );
  // A cluster that monstack has created is still empty.
  if (cluster.kind === "existing") {
    await options.beforeChanges?.(missingNamespaces);
    const appsInExistingNamespaces = apps.filter(({ app }) => !missingNamespaces.includes(app.namespace));
    await refuseForeignReleases(context, cluster, options.helm, appsInExistingNamespaces);
  }
  await createNamespaces(context, cluster.kube, missingNamespaces, journal, apps);
  if (cluster.kind === "existing") {
    await noteDefinitions(context, cluster.kube, apps, journal);
    await noteKubeletServices(context, cluster.kube, apps, journal);
  }
  context.log.info(
    `deploying ${apps.map(({ app, chart }) => `${app.name} (chart ${chart.version})`).join(", ")}`,
  );
  const stopController = new AbortController();
  const deployContext: Context = {
    ...context,
    signal: AbortSignal.any([context.signal, stopController.signal]),
  };
  const store = openStoreFor(
    deployContext,
    cluster,
    apps.flatMap(({ objects }) => objects),
  );
  const deadline = context.host.now() + options.timeoutMs;
  const rollouts = new Map<string, Rollout>();
  let networkError: unknown;
  const networkWatch = watchPodNetwork(deployContext, cluster, apps, options.withoutFlannel === true).catch(
    (error: unknown) => {
      if (deployContext.signal.aborted) return;
      networkError = error;
      stopController.abort();
    },
  );
  try {
    for (const rendered of apps)
      rollouts.set(
        rendered.app.name,
        startRollout(deployContext, options, rendered, rollouts, store, deadline),
      );
    Promise.all([...rollouts.values()].map(({ applied }) => applied)).then(
      () => options.onInstalled?.(),
      // `finish` throws the error of the app that failed.
      () => undefined,
    );
    return await reportWaits(
      deployContext,
      () => listOpen(rollouts),
      () => finish(context, rollouts, () => stopController.abort()),
    );
  } catch (error) {
    throw context.signal.aborted ? error : (networkError ?? error);
  } finally {
    stopController.abort();
    await networkWatch;
    store.close();
  }
}

/**
 * Starts the deployment of one app. Returns at once, with promises for its installation and for its ready workloads.
 */
function startRollout(
  context: Context,
  options: DeployOptions,
  rendered: RenderedApp,
  rollouts: ReadonlyMap<string, Rollout>,
  store: Store,
  deadline: number,
): Rollout {
  const { app } = rendered;
  const progress: Progress = {
    state: describeDependencies(app.dependsOn.map((dependency) => dependency.app)),
    standings: [],
  };
  const ready = new Set<Target>();
  const onRound = (standings: readonly Standing[]) => {
    progress.standings = standings;
    for (const { target, status } of standings) {
      if (status.state !== "ready" || ready.has(target)) continue;
      ready.add(target);
      options.onReady?.(target);
    }
  };
  const install = async () => {
    await awaitDependencies(rendered, rollouts);
    context.signal.throwIfAborted();
    const onWaiting = (missing: string) => {
      progress.state = `not yet installed: it needs ${missing}, which k3s has not brought yet`;
    };
    const needs = findNeeds(rendered, options.apps);
    await waitForPackaged(context, options.cluster, { app, needs, deadline, onWaiting });
    progress.state = "being installed by helm";
    const span = await apply(context, options, rendered, deadline);
    progress.state = "installed, its workloads not yet ready";
    return span;
  };
  const applied = install();
  const deployed = applied.then(async (installed) => {
    const app = await awaitReady(context, options, rendered, store, deadline, onRound, installed);
    progress.state = "ready";
    return app;
  });
  // `finish` gets the error from `ready`. A rejection of `applied` that no app waits for must not end the process.
  applied.catch(() => undefined);
  return { applied, ready: deployed, progress };
}

function describeDependencies(names: readonly string[]): string {
  return names.length === 0 ? "not yet installed" : `not yet installed (it comes after ${names.join(", ")})`;
}

/** Waits until each app that this one depends on is installed or ready, as its configuration requires. */
async function awaitDependencies(
  { app }: RenderedApp,
  rollouts: ReadonlyMap<string, Rollout>,
): Promise<void> {
  await Promise.all(
    app.dependsOn.map(async ({ app: name, until }) => {
      const rollout = rollouts.get(name);
      if (!rollout)
        throw new InstallError(`app ${app.name} depends on ${name}, which is not deployed before it`);
      await rollout[until];
    }),
  );
}

/**
 * Writes the release to the journal, then installs it.
 * @throws InstallError if no time is left
 */
async function apply(
  context: Context,
  options: DeployOptions,
  rendered: RenderedApp,
  deadline: number,
): Promise<Span | undefined> {
  const { app, chart } = rendered;
  const { cluster, helm, journal } = options;
  const remainingMs = Math.min(app.timeoutMs, deadline - context.host.now());
  if (remainingMs <= 0)
    throw new InstallError(`app ${app.name}: no time was left to install it`, {
      fix: "Raise timeouts.deploy.",
    });
  const appendedAt = new Date(context.host.now()).toISOString();
  const { release: name, namespace } = app;
  const clusterObjects = listClusterObjects(rendered);
  await journal.append({
    kind: "release",
    at: appendedAt,
    name,
    namespace,
    helm: resolve(helm.path),
    clusterObjects,
  });
  const attributes = { chart: chart.name, version: chart.version };
  return await inSpan(
    context.span,
    { kind: "release", name: `install ${name}`, attributes },
    async (span) => {
      await installRelease(context, cluster, helm, rendered, remainingMs);
      return span;
    },
  );
}

/** Waits until every workload of an app is ready, and returns the deployed app. */
async function awaitReady(
  context: Context,
  options: DeployOptions,
  { app, chart, objects }: RenderedApp,
  store: Store,
  deadline: number,
  onRound: (standings: readonly Standing[]) => void,
  installed: Span | undefined,
): Promise<DeployedApp> {
  const installedAt = context.host.now();
  const timeline = createTimeline(context.host.now);
  await waitForWorkloads(context, {
    cluster: options.cluster,
    workloads: objects,
    timeoutMs: Math.max(0, Math.min(app.timeoutMs, deadline - installedAt)),
    slowStartMs: app.slowStartMs,
    onProgress: options.onProgress ?? context.log.info,
    onChange: context.log.debug,
    onRound,
    timeline,
    store,
  }).finally(() => timeline.record(context.span, installed ? [installed] : []));
  const readyAfterMs = context.host.now() - installedAt;
  return { name: app.name, release: app.release, namespace: app.namespace, chart, readyAfterMs };
}

/**
 * Waits for all rollouts and returns the deployed apps. The first failure stops the others; it is thrown when all of
 * them have ended.
 */
async function finish(
  context: Context,
  rollouts: ReadonlyMap<string, Rollout>,
  stop: () => void,
): Promise<DeployedApp[]> {
  let firstFailure: { readonly name: string; readonly error: unknown } | undefined;
  const deployedApps = await Promise.all(
    [...rollouts].map(([name, { ready }]) =>
      ready.catch((error: unknown) => {
        firstFailure ??= { name, error };
        stop();
        return undefined;
      }),
    ),
  );
  if (context.signal.aborted) throw new Interrupted();
  if (firstFailure === undefined) return deployedApps.filter((app) => app !== undefined);
  const { name, error } = firstFailure as { name: string; error: unknown };
  throw withOthers(name, error, rollouts);
}

/**
 * Returns what the deployment waits for, a line for each workload: `Deployment monitoring/grafana: pulling image
 * grafana:13`.
 */
function listOpen(rollouts: ReadonlyMap<string, Rollout>): string[] {
  return [...rollouts].flatMap(([name, { progress }]) => {
    if (progress.state === "ready") return [];
    const workloads = openOf(progress);
    return workloads.length > 0 ? workloads : [`app ${name}: ${progress.state}`];
  });
}

/** Returns a line for each workload that is not ready. */
function openOf({ standings }: Progress): string[] {
  return standings
    .filter(({ status }) => status.state !== "ready")
    .map(({ target, status }) => `${target.kind} ${target.namespace}/${target.name}: ${describe(status)}`);
}

/**
 * Returns the error of an app with the state of the other apps in its message. An error that is a bug is returned
 * unchanged.
 */
function withOthers(failedApp: string, error: unknown, rollouts: ReadonlyMap<string, Rollout>): unknown {
  const otherLines = [...rollouts].flatMap(([name, { progress }]) => {
    if (name === failedApp) return [];
    const openLines = openOf(progress);
    return [`app ${name}: ${progress.state}${openLines.length > 0 ? ` (${openLines.join("; ")})` : ""}`];
  });
  if (otherLines.length === 0 || !(error instanceof MonstackError)) return error;
  if (error instanceof WorkloadsFailed)
    return new WorkloadsFailed(error.failures, [...error.others, ...otherLines]);
  const message = [error.message, "The others:", ...otherLines.map((line) => `  ${line}`)].join("\n");
  const options = { cause: error.cause, ...(error.fix === undefined ? {} : { fix: error.fix }) };
  return error instanceof UserError ? new UserError(message, options) : new InstallError(message, options);
}
