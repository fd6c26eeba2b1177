import { waitForApi, watchUntilStopped } from "../cluster/api.ts";
import { getContainerdSocket, usesDefaultSnapshotter } from "../cluster/early-pulls.ts";
import { connectToCluster } from "../cluster/existing.ts";
import { listHostPaths, resolveK3sSettings } from "../cluster/k3s-settings.ts";
import { startK3s } from "../cluster/start.ts";
import { deployApps } from "../deploy/deploy.ts";
import type { Journal } from "../journal/journal.ts";
import { createTaskGroup, type TaskGroup } from "../lib/task-group.ts";
import { inSpan, type Span } from "../lib/trace.ts";
import type { Tool, ToolName } from "../lockfile/tools.ts";
import type { Cluster, Preflight, RunningK3s } from "../model/cluster.ts";
import type { Plan, PlannedDashboard } from "../model/plan.ts";
import type { RenderedApp } from "../model/rendered.ts";
import type { GrafanaLogin } from "../plan/grafana/login.ts";
import { installTool } from "../sources/tools/install.ts";
import type { Readiness } from "../verify/runner/needs.ts";
import { renderCharts } from "./charts/render.ts";
import { warnAboutCharts } from "./charts/unknown-values.ts";
import { addDashboards } from "./dashboards.ts";
import {
  findImageDigests,
  listLockedImages,
  listRunImages,
  openRunImages,
  prefetchUnlocked,
  type RunImages,
  warnAboutPulls,
} from "./downloads/images.ts";
import { requireLockedImages } from "./downloads/supply.ts";
import { readLogin } from "./prepare.ts";
import { trackReadiness } from "./readiness.ts";
import { checkRights } from "./rights.ts";
import { openServices } from "./services.ts";
import type { Session } from "./session/session.ts";
import { type StackRecord, saveStack } from "./session/stack-file.ts";

export interface UpInput {
  readonly plan: Plan;
  readonly login: GrafanaLogin | undefined;
  readonly journal: Journal;
  /** Undefined for an existing cluster. */
  readonly preflight: Preflight | undefined;
  /** Called with the record as soon as the servers have addresses; their workloads may not be ready yet. */
  readonly onReachable?: ((stack: StackRecord, readiness: Readiness) => void) | undefined;
  /** The stack outlives this process. */
  readonly staysUp: boolean;
}

/**
 * Installs the tools, starts or opens the cluster, deploys the apps and opens the local addresses. Returns the record
 * of the stack once its workloads are ready. Downloads, chart rendering and k3s' start run in parallel. Each change
 * is written to the journal before it is made.
 */
export async function startStack(session: Session, input: UpInput): Promise<StackRecord> {
  const tasks = createTaskGroup(session.context.signal);
  const taskSession: Session = { ...session, context: { ...session.context, signal: tasks.signal } };
  const isUp = new AbortController();
  const work = tasks.start(() =>
    bringUp(taskSession, session, tasks, input, isUp.signal).finally(() => isUp.abort()),
  );
  // All tasks must end before a teardown starts. The first failure is thrown.
  await tasks.settle();
  return await work;
}

/**
 * Does the work of `startStack` within a group of tasks. Aborting `isUp` ends the watch over k3s.
 * @param outer the session of what outlives the tasks: the image registry
 */
async function bringUp(
  session: Session,
  outer: Session,
  tasks: TaskGroup,
  input: UpInput,
  isUp: AbortSignal,
): Promise<StackRecord> {
  const { context, loaded, recorder, draft, progress } = session;
  const { config } = loaded;
  const installs: Span[] = [];
  const startInstall = (name: ToolName) =>
    tasks.start(() =>
      recorder.phase(`install ${name}`, (span) => {
        if (name === "k3s" && span !== undefined) installs.push(span);
        return installTool({ ...context, span }, config, name, { supply: session.supply });
      }),
    );
  const k3s = config.cluster.kind === "k3s" ? startInstall("k3s") : undefined;
  const helm = startInstall("helm");
  const kubectl = startInstall("kubectl");
  const images = await openRunImages(outer, { k3s, helm }, tasks.signal);
  if (images) tasks.start(() => images.locked);
  const rendered = tasks.start(() =>
    recorder.phase("fetch and render charts", async (span) => {
      const within: Session = { ...session, context: { ...context, span } };
      const plan = await addDashboards(within, input.plan);
      const apps = await renderCharts(within, plan, { helm, kubectl });
      if (images) prefetchUnlocked(session, images, listRunImages(apps));
      requireLockedImages(session, apps);
      warnAboutCharts(session, apps);
      if (input.staysUp || images === undefined) warnAboutPulls(session, apps);
      return { plan, apps };
    }),
  );
  const cluster = await tasks.start(() =>
    recorder.phase("start cluster", (span) =>
      openCluster(session, input, { k3s, images, span, after: installs }, (running) => {
        tasks.start(() => watchUntilStopped(context, running, isUp));
      }),
    ),
  );
  progress.cluster = cluster;
  draft.cluster = { kind: cluster.kind, version: cluster.version };
  const { plan, apps } = await rendered;
  progress.apps = apps;
  const tools = await Promise.all([...(k3s ? [k3s] : []), helm, kubectl]);
  draft.versions = { ...listVersions(tools, apps), dashboards: plan.dashboards.map(getDashboardVersion) };
  const deployedAt = new Date(context.host.now()).toISOString();
  progress.deployedAt = deployedAt;
  const installed = Promise.withResolvers<void>();
  const readiness = trackReadiness(apps);
  const deploying = tasks.start(() =>
    recorder.phase("deploy", async (span) =>
      deployApps(
        { ...context, span },
        {
          cluster,
          helm: await helm,
          apps,
          journal: input.journal,
          timeoutMs: config.timeouts.deployMs,
          withoutFlannel:
            cluster.kind === "k3s" &&
            resolveK3sSettings(config.k3s.args, listHostPaths()).flannelBackend === "none",
          beforeChanges: (missing) => checkRights(session, cluster, apps, input.login, missing),
          onInstalled: installed.resolve,
          onReady: readiness.noteReady,
        },
      ),
    ),
  );
  // Services exist as soon as helm has installed the charts, so their addresses need not wait for the workloads.
  await Promise.race([installed.promise, deploying]);
  const [services, grafana] = await Promise.all([
    recorder.phase(
      "open local addresses",
      (span) =>
        openServices(
          { ...session, context: { ...context, span } },
          cluster,
          apps,
          input.journal,
          plan.alerting,
        ),
      () => "the local addresses",
    ),
    // A Secret can be made by something that is only being deployed.
    readLogin(input.login, cluster.kube, session).catch(async () => {
      await deploying;
      return await readLogin(input.login, cluster.kube, session);
    }),
  ]);
  // A locked image has its digests when it was read, which can be after the installation of its chart.
  await images?.locked;
  const locked = listLockedImages(session, images?.registry);
  const stack: StackRecord = {
    version: 1,
    monstack: session.version,
    deployedAt,
    clusterKind: cluster.kind,
    clusterVersion: cluster.version,
    kubeconfig: cluster.kubeconfig,
    context: cluster.context,
    tools,
    plan,
    rendered: apps,
    images: locked,
    services,
    grafana,
  };
  input.onReachable?.(stack, readiness);
  const deployed = await deploying;
  images?.pulls.stop();
  readiness.noteComplete();
  draft.apps = deployed.map(({ chart: _, ...app }) => app);
  const [imageDigests] = await Promise.all([
    findImageDigests(session, cluster.kube, apps, locked),
    saveStack(context.host, config.stateDir, stack),
  ]);
  draft.versions = { ...draft.versions, imageDigests };
  return stack;
}

/** Starts k3s, or connects to the existing cluster, and writes the cluster to the journal. */
async function openCluster(
  session: Session,
  input: UpInput,
  {
    k3s,
    images,
    span,
    after,
  }: {
    readonly k3s: Promise<Tool> | undefined;
    readonly images: RunImages | undefined;
    readonly span: Span | undefined;
    /** The spans of what the start of k3s waits for. */
    readonly after: readonly Span[];
  },
  onRunning: (running: RunningK3s) => void,
): Promise<Cluster> {
  const { context, loaded } = session;
  const { config } = loaded;
  const { journal, preflight } = input;
  const writeToJournal = async (cluster: Cluster): Promise<Cluster> => {
    const { kind: clusterKind, kubeconfig, context: contextName } = cluster;
    await journal.append({
      kind: "cluster",
      at: new Date(context.host.now()).toISOString(),
      clusterKind,
      kubeconfig,
      context: contextName,
    });
    return cluster;
  };
  if (config.cluster.kind === "existing")
    return writeToJournal(await connectToCluster(context, config.cluster));
  if (k3s === undefined || preflight === undefined)
    throw new Error("a k3s is started only after the look at the host");
  const tool = await k3s;
  const running = await inSpan(
    span,
    { kind: "cluster", name: "prepare the host and launch k3s", after },
    () => startK3s(context, config, tool, preflight, journal, { through: images }),
  );
  if (usesDefaultSnapshotter(config.k3s.args, preflight.facts))
    images?.pulls.start({ path: tool.path, dataDir: running.dataDir, socket: getContainerdSocket() });
  const cluster = await inSpan(span, { kind: "cluster", name: "wait for k3s' API" }, () =>
    waitForApi({ ...context, span }, running, config.timeouts.clusterMs),
  );
  onRunning(running);
  return writeToJournal(cluster);
}

function getDashboardVersion({ uid, title, origin, revision, sha256 }: PlannedDashboard) {
  return { uid, title, origin, revision, sha256 };
}

/** Returns the versions of tools, charts and images, for the report. */
function listVersions(tools: readonly Tool[], apps: readonly RenderedApp[]) {
  const charts = apps.map(({ app, chart }) => ({
    app: app.name,
    chart: chart.name,
    version: chart.version,
    appVersion: chart.appVersion,
    sha256: chart.sha256,
  }));
  return { tools, charts, images: [...new Set(apps.flatMap(({ images }) => images))].sort() };
}
