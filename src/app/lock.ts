import { mapLimited } from "../lib/concurrency.ts";
import { findMissing, findUnused, isLockedToolFor } from "../lock/differences.ts";
import { type Moves, selectUpdates, type Update } from "../lock/update.ts";
import {
  collectWanted,
  describeLocalSources,
  pinCharts,
  type Wanted,
  type WantedChart,
  type WantedDashboard,
} from "../lock/wanted.ts";
import { describeChanges } from "../lockfile/changes.ts";
import type { Lock, LockedChart, LockedDashboard, LockedTool, UnlockedImage } from "../lockfile/lock.ts";
import { findLockedChart, findLockedDashboard } from "../lockfile/lock.ts";
import { parseLock, printLock } from "../lockfile/lock-text.ts";
import type { ToolName } from "../lockfile/tools.ts";
import type { ChartRef, Plan } from "../model/plan.ts";
import { fetchChart } from "../sources/charts/fetch.ts";
import { fetchDashboard } from "../sources/published-dashboard.ts";
import { installTool } from "../sources/tools/install.ts";
import { fetchPublishedTool } from "../sources/tools/releases.ts";
import { createWeb, openSupply, type Supply } from "../sources/web/web.ts";
import { showPath } from "../yaml/mistakes.ts";
import { findUnusedImages, lockImages } from "./downloads/lock-images.ts";
import {
  applyLock,
  createLockError,
  findSupply,
  refuseForeignTools,
  requireLockedImages,
} from "./downloads/supply.ts";
import { prepare } from "./prepare.ts";
import { renderTemporarily } from "./rbac.ts";
import type { Session } from "./session/session.ts";

/** Limit of requests at a time. */
const maximumParallel = 4;

interface LockWritten {
  /** As shown. */
  readonly file: string;
  /** The file was up to date, so nothing was written. */
  readonly isSame: boolean;
  /** A line each. */
  readonly changes: readonly string[];
  readonly lock: Lock;
  /** Images without a digest. */
  readonly unlocked: readonly UnlockedImage[];
  /** Sources on this machine, which need no lock. */
  readonly local: readonly string[];
}

/**
 * Writes the lock file. Entries that still fit are kept; missing ones, and those that `update` names, are set to what
 * is published now. The charts are rendered from the new lock as in a run, to find the images they use.
 * @throws UserError for an invalid old lock
 */
export async function writeLock(session: Session, update: Update): Promise<LockWritten> {
  const { context, loaded } = session;
  const { file } = loaded.config.lock;
  const shownFile = showPath(loaded.cwd, file);
  const text = await context.host.files.read(file);
  const oldLock = text === undefined ? undefined : parseLock(text, shownFile);
  if (oldLock !== undefined && text !== undefined && loaded.limits.isRestricted)
    refuseForeignTools(oldLock, text, shownFile);
  const { plan } = await prepare(session);
  const wanted = collectWanted(loaded, plan);
  const lock = await makeLock(session, plan, wanted, {
    old: oldLock,
    moves: selectUpdates(update, wanted, oldLock),
  });
  // Another version of monstack alone is not a change.
  const isUnchanged = oldLock !== undefined && printLock({ ...lock, monstack: oldLock.monstack }) === text;
  if (!isUnchanged) await context.host.files.write(file, printLock(lock));
  return {
    file: shownFile,
    isSame: isUnchanged,
    changes: describeChanges(oldLock, lock),
    lock,
    unlocked: lock.unlocked ?? [],
    local: describeLocalSources(loaded, plan),
  };
}

/** Returns the lock that `monstack lock` would write without a lock file, from the newest published versions. */
export async function createLock(session: Session): Promise<Lock> {
  const { plan } = await prepare(session);
  return await makeLock(session, plan, collectWanted(session.loaded, plan), {
    old: undefined,
    moves: () => true,
  });
}

interface LockBase {
  readonly old: Lock | undefined;
  readonly moves: Moves;
}

/**
 * Returns a new lock for a plan: tools, charts and dashboards first, then the images of the charts rendered with
 * them.
 */
async function makeLock(session: Session, plan: Plan, wanted: Wanted, lockBase: LockBase): Promise<Lock> {
  const { loaded, version } = session;
  const tools = await lockTools(session, wanted, lockBase);
  const header = { lockVersion: 1 as const, monstack: version, profile: wanted.profile, images: [] };
  const createSupply = (lock: Lock): Supply => ({
    lock,
    lockedBy: showPath(loaded.cwd, loaded.config.lock.file),
    offline: undefined,
  });
  const withTools: Lock = { ...header, tools, charts: [], dashboards: [] };
  const charts = await lockCharts(session, plan, wanted, lockBase, createSupply(withTools));
  const dashboards = await lockDashboards(session, wanted, lockBase);
  const draft: Lock = { ...withTools, charts, dashboards };
  const rendered = await renderTemporarily(
    { ...session, supply: createSupply(draft) },
    pinCharts(plan, draft, wanted),
  );
  return { ...draft, ...(await lockImages(session, rendered, draft, wanted, lockBase)) };
}

/** Returns the locked tools: those of the old lock that still fit, else what is published now. */
async function lockTools(session: Session, wanted: Wanted, { old, moves }: LockBase): Promise<Lock["tools"]> {
  const { context, loaded } = session;
  const web = createWeb(context, loaded.config, { supply: openSupply });
  const locked = await Promise.all(
    wanted.tools.map(async ({ name, asked }): Promise<[ToolName, LockedTool]> => {
      const oldEntry = old?.tools[name];
      if (oldEntry && isLockedToolFor(oldEntry, asked) && !moves(name)) return [name, { ...oldEntry, asked }];
      return [name, { asked, ...(await fetchPublishedTool(web, name, loaded.config[name].version)) }];
    }),
  );
  return Object.fromEntries(locked);
}

/**
 * Returns the locked charts, each source, name and version once: those of the old lock that still fit, else what is
 * published now.
 */
async function lockCharts(
  session: Session,
  plan: Plan,
  { charts }: Wanted,
  { old, moves }: LockBase,
  supply: Supply,
): Promise<LockedChart[]> {
  const { context, loaded } = session;
  const helm = () => installTool(context, loaded.config, "helm", { supply });
  const locked = await mapLimited(charts, maximumParallel, async (wanted): Promise<LockedChart> => {
    const oldEntry = old && findLockedChart(old, wanted);
    // Apps that request the same chart share one entry, which is updated for all of them.
    const apps = charts.filter((chart) => isSameChart(chart, wanted)).map(({ app }) => app);
    if (oldEntry && !moves(...apps)) return withRequestedValues(oldEntry, wanted);
    const ref = plan.apps.find(({ name }) => name === wanted.app)?.chart as ChartRef;
    const fetched = await fetchChart(context, loaded.config, ref, {
      supply: openSupply,
      ...(ref.kind === "oci" ? { helm: helm() } : {}),
    });
    const { version, origin: url, sha256 } = fetched;
    if (sha256 === undefined) throw new Error(`the chart of ${wanted.app} came without a sha256`);
    return withRequestedValues({ from: wanted.from, name: wanted.name, version, url, sha256 }, wanted);
  });
  return removeDuplicates(locked, ({ from, name, asked = "" }) => [from, name, asked].join("\n"));
}

function isSameChart(a: WantedChart, b: WantedChart): boolean {
  return a.from === b.from && a.name === b.name && a.asked === b.asked;
}

/** Returns a locked chart with the version as the configuration now requests it. */
function withRequestedValues({ asked: _, ...chart }: LockedChart, { asked }: WantedChart): LockedChart {
  return asked === undefined ? chart : { ...chart, asked };
}

/** Returns the locked dashboards, each once: those of the old lock that still fit, else what is published now. */
async function lockDashboards(
  { context, loaded }: Session,
  { dashboards }: Wanted,
  { old, moves }: LockBase,
): Promise<LockedDashboard[]> {
  const locked = await mapLimited(dashboards, maximumParallel, async (wanted): Promise<LockedDashboard> => {
    const { from, asked, sha256 } = wanted;
    const oldEntry = old && findLockedDashboard(old, wanted);
    const canKeep = oldEntry && (sha256 === undefined || oldEntry.sha256 === sha256) && !moves(from);
    const requestedRevision = asked === undefined ? {} : { asked };
    if (canKeep) return { ...oldEntry, asked };
    const fetched = await fetchDashboard(context, loaded.config, createDashboardSource(wanted), {
      supply: openSupply,
    });
    const revision = fetched.revision === undefined ? {} : { revision: fetched.revision };
    return { from, ...requestedRevision, ...revision, url: fetched.origin, sha256: fetched.sha256 };
  });
  return removeDuplicates(locked, ({ from, asked }) => `${from}@${asked ?? ""}`);
}

/** Returns where a dashboard is fetched from: grafana.com for a number, else its URL. */
function createDashboardSource({ from, url = from, asked, sha256 }: WantedDashboard) {
  return /^\d+$/.test(from)
    ? ({ kind: "id", id: Number(from), revision: asked } as const)
    : ({ kind: "url", url, sha256 } as const);
}

/** Returns the items with different keys; of several with the same key the last one. */
function removeDuplicates<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}

/**
 * Checks that `monstack lock` would leave the lock file unchanged. Writes nothing; requests only what the lock names
 * and the cache lacks.
 * @returns the file, as shown
 * @throws UserError that names every difference
 */
export async function checkLock(session: Session): Promise<string> {
  const { context, loaded } = session;
  const { config } = loaded;
  const supply = await findSupply(context, loaded, { lock: { ...config.lock, isRequired: true } });
  const { lock, lockedBy } = supply;
  if (lock === undefined) throw new Error("a lock that is required was not read");
  const { plan } = await prepare(session);
  const wanted = collectWanted(loaded, plan);
  const differences = [...findMissing(lock, wanted), ...findUnused(lock, wanted)];
  if (differences.length > 0) throw createLockError(supply, differences);
  const lockedSession: Session = { ...session, supply: supply };
  const apps = await renderTemporarily(lockedSession, applyLock(lockedSession, plan));
  requireLockedImages(lockedSession, apps);
  const unused = findUnusedImages(lock, apps, config);
  if (unused.length > 0) throw createLockError(supply, unused);
  return lockedBy;
}
