import type { Cluster } from "../cluster/types.ts";
import { InstallError, Interrupted, MonstackError, UserError } from "../host/errors.ts";
import type { Context } from "../host/host.ts";
import type { Tool } from "../sources/types.ts";
import type { Journal } from "../teardown/journal.ts";
import { noteDefinitions } from "./definitions.ts";
import { refuseForeignReleases } from "./foreign.ts";
import { clusterObjectsOf } from "./kinds.ts";
import { noteKubeletServices } from "./kubelet-service.ts";
import { createNamespaces, missingNamespaces } from "./namespaces.ts";
import { installRelease } from "./release.ts";
import type { Store } from "./store.ts";
import type { DeployedApp, RenderedApp } from "./types.ts";
import { targetsOf } from "./views.ts";
import { openStoreFor, waitForWorkloads } from "./watch.ts";
import { WorkloadsFailed } from "./workloads-failed.ts";

export interface DeployOptions {
  readonly cluster: Cluster;
  readonly helm: Tool;
  /** In dependency order. */
  readonly apps: readonly RenderedApp[];
  readonly journal: Journal;
  /** What has to be known before an existing cluster is changed; given the namespaces that are going to be made. */
  readonly beforeChanges?: (missingNamespaces: readonly string[]) => Promise<void>;
  /** For all apps together, from the call to the last workload ready, in milliseconds. */
  readonly timeoutMs: number;
  /** One line for each thing worth knowing about a workload; goes to the log when it isn't given. */
  readonly onProgress?: (line: string) => void;
}

/** One app on its way: two points in time that others can wait for, and how far it is. */
interface Rollout {
  readonly applied: Promise<void>;
  readonly ready: Promise<DeployedApp>;
  readonly progress: Progress;
}

interface Progress {
  state: string;
  /** The latest line of each of its workloads. */
  readonly lines: Map<string, string>;
}

/**
 * Installs the apps side by side, each as soon as what it depends on is applied or ready, and waits until every
 * workload is ready. The first failure ends it; helm commands that run already are let finish.
 * @throws WorkloadsFailed, InstallError or UserError of the app that failed first, with how the others stood.
 */
export async function deployApps(context: Context, options: DeployOptions): Promise<DeployedApp[]> {
  const { cluster, apps, journal } = options;
  const missing = await missingNamespaces(
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
  const store = openStoreFor(inner, cluster, targetsOf(apps.flatMap(({ objects }) => objects)));
  const deadline = context.host.now() + options.timeoutMs;
  const rollouts = new Map<string, Rollout>();
  try {
    for (const rendered of apps)
      rollouts.set(rendered.app.name, startRollout(inner, options, rendered, rollouts, store, deadline));
    return await finish(context, rollouts, () => stop.abort());
  } finally {
    stop.abort();
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
  const progress: Progress = { state: waitsFor(app.dependsOn.map((other) => other.app)), lines: new Map() };
  const onChange = (line: string) => {
    progress.lines.set(line.split(":")[0] ?? line, line);
    context.log.debug(line);
  };
  const install = async () => {
    await dependencies(rendered, others);
    context.signal.throwIfAborted();
    progress.state = "being installed";
    await apply(context, options, rendered, deadline);
    progress.state = "installed, its workloads not yet ready";
  };
  const applied = install();
  const ready = applied.then(async () => {
    const deployed = await becomeReady(context, options, rendered, store, deadline, onChange);
    progress.state = "ready";
    return deployed;
  });
  // `finish` hears of it through `ready`; an app that nobody waits for until applied is no crash of the process.
  applied.catch(() => undefined);
  return { applied, ready, progress };
}

function waitsFor(names: readonly string[]): string {
  return names.length === 0 ? "not yet installed" : `not yet installed (it comes after ${names.join(", ")})`;
}

async function dependencies({ app }: RenderedApp, others: ReadonlyMap<string, Rollout>): Promise<void> {
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
      mend: "Raise timeouts.deploy.",
    });
  const at = new Date(context.host.now()).toISOString();
  const { release: name, namespace } = app;
  const clusterObjects = clusterObjectsOf(rendered);
  await journal.append({ kind: "release", at, name, namespace, helm: helm.path, clusterObjects });
  await installRelease(context, cluster, helm, rendered, leftMs);
}

async function becomeReady(
  context: Context,
  options: DeployOptions,
  { app, chart, objects }: RenderedApp,
  store: Store,
  deadline: number,
  onChange: (line: string) => void,
): Promise<DeployedApp> {
  const installedAt = context.host.now();
  await waitForWorkloads(context, {
    cluster: options.cluster,
    workloads: objects,
    timeoutMs: Math.max(0, Math.min(app.timeoutMs, deadline - installedAt)),
    patienceMs: app.patienceMs,
    onProgress: options.onProgress ?? context.log.info,
    onChange,
    store,
  });
  const readyAfterMs = context.host.now() - installedAt;
  return { name: app.name, release: app.release, namespace: app.namespace, chart, readyAfterMs };
}

/** The first rejection tells the others to stop; it is thrown when all of them have. */
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

function withOthers(failed: string, error: unknown, rollouts: ReadonlyMap<string, Rollout>): unknown {
  const others = [...rollouts].flatMap(([name, { progress }]) => {
    if (name === failed) return [];
    const open = [...progress.lines.values()].filter((line) => !line.endsWith(": ready"));
    return [`app ${name}: ${progress.state}${open.length > 0 ? ` (${open.join("; ")})` : ""}`];
  });
  if (others.length === 0 || !(error instanceof MonstackError)) return error;
  if (error instanceof WorkloadsFailed)
    return new WorkloadsFailed(error.failures, [...error.others, ...others]);
  const message = [error.message, "The others:", ...others.map((line) => `  ${line}`)].join("\n");
  const options = { cause: error.cause, ...(error.mend === undefined ? {} : { mend: error.mend }) };
  return error instanceof UserError ? new UserError(message, options) : new InstallError(message, options);
}
