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
import { renderForNow } from "./rbac.ts";
import type { Session } from "./session/session.ts";

/** Requests side by side. */
const maximumParallel = 4;

export interface LockWritten {
  /** As shown. */
  readonly file: string;
  /** Nothing was to be written. */
  readonly isSame: boolean;
  /** A line each. */
  readonly changes: readonly string[];
  readonly lock: Lock;
  /** What it can't hold. */
  readonly unlocked: readonly UnlockedImage[];
  /** What is on this machine and needs no lock. */
  readonly local: readonly string[];
}

/**
 * Writes the lock file: what fits in it stays, what is missing comes from what is published now, and so does what
 * `update` names. The charts are rendered from the new lock just as a run would, so that what it uses is known.
 */
export async function writeLock(session: Session, update: Update): Promise<LockWritten> {
  const { context, loaded } = session;
  const { file } = loaded.config.lock;
  const shown = showPath(loaded.cwd, file);
  const text = await context.host.files.read(file);
  const old = text === undefined ? undefined : parseLock(text, shown);
  if (old !== undefined && text !== undefined && loaded.limits.isRestricted)
    refuseForeignTools(old, text, shown);
  const { plan } = await prepare(session);
  const wanted = collectWanted(loaded, plan);
  const lock = await makeLock(session, plan, wanted, { old, moves: selectUpdates(update, wanted, old) });
  // Another version of monstack alone is not a change.
  const isSame = old !== undefined && printLock({ ...lock, monstack: old.monstack }) === text;
  if (!isSame) await context.host.files.write(file, printLock(lock));
  return {
    file: shown,
    isSame,
    changes: describeChanges(old, lock),
    lock,
    unlocked: lock.unlocked ?? [],
    local: describeLocalSources(loaded, plan),
  };
}

/** Creates the lock that `monstack lock` would write without a lock file, from the newest published versions. */
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

async function makeLock(session: Session, plan: Plan, wanted: Wanted, from: LockBase): Promise<Lock> {
  const { loaded, version } = session;
  const tools = await lockTools(session, wanted, from);
  const base = { lockVersion: 1 as const, monstack: version, profile: wanted.profile, images: [] };
  const supply = (lock: Lock): Supply => ({
    lock,
    lockedBy: showPath(loaded.cwd, loaded.config.lock.file),
    offline: undefined,
  });
  const withTools: Lock = { ...base, tools, charts: [], dashboards: [] };
  const charts = await lockCharts(session, plan, wanted, from, supply(withTools));
  const dashboards = await lockDashboards(session, wanted, from);
  const draft: Lock = { ...withTools, charts, dashboards };
  const rendered = await renderForNow({ ...session, supply: supply(draft) }, pinCharts(plan, draft, wanted));
  return { ...draft, ...(await lockImages(session, rendered, draft, wanted, from)) };
}

async function lockTools(session: Session, wanted: Wanted, { old, moves }: LockBase): Promise<Lock["tools"]> {
  const { context, loaded } = session;
  const web = createWeb(context, loaded.config, { supply: openSupply });
  const locked = await Promise.all(
    wanted.tools.map(async ({ name, asked }): Promise<[ToolName, LockedTool]> => {
      const kept = old?.tools[name];
      if (kept && isLockedToolFor(kept, asked) && !moves(name)) return [name, { ...kept, asked }];
      return [name, { asked, ...(await fetchPublishedTool(web, name, loaded.config[name].version)) }];
    }),
  );
  return Object.fromEntries(locked);
}

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
    const kept = old && findLockedChart(old, wanted);
    // What several apps ask for in the same words is one entry, and moves for all of them.
    const apps = charts.filter((one) => isSameChart(one, wanted)).map(({ app }) => app);
    if (kept && !moves(...apps)) return withRequestedValues(kept, wanted);
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

function withRequestedValues({ asked: _, ...chart }: LockedChart, { asked }: WantedChart): LockedChart {
  return asked === undefined ? chart : { ...chart, asked };
}

async function lockDashboards(
  { context, loaded }: Session,
  { dashboards }: Wanted,
  { old, moves }: LockBase,
): Promise<LockedDashboard[]> {
  const locked = await mapLimited(dashboards, maximumParallel, async (wanted): Promise<LockedDashboard> => {
    const { from, asked, sha256 } = wanted;
    const kept = old && findLockedDashboard(old, wanted);
    const fits = kept && (sha256 === undefined || kept.sha256 === sha256) && !moves(from);
    const as = asked === undefined ? {} : { asked };
    if (fits) return { ...kept, asked };
    const got = await fetchDashboard(context, loaded.config, createDashboardSource(wanted), {
      supply: openSupply,
    });
    const revision = got.revision === undefined ? {} : { revision: got.revision };
    return { from, ...as, ...revision, url: got.origin, sha256: got.sha256 };
  });
  return removeDuplicates(locked, ({ from, asked }) => `${from}@${asked ?? ""}`);
}

function createDashboardSource({ from, url = from, asked, sha256 }: WantedDashboard) {
  return /^\d+$/.test(from)
    ? ({ kind: "id", id: Number(from), revision: asked } as const)
    : ({ kind: "url", url, sha256 } as const);
}

function removeDuplicates<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}

/**
 * Whether the lock file is what `monstack lock` would leave as it is. Writes nothing; the network is asked only for what
 * the lock names and the cache lacks.
 * @returns the file, as shown
 * @throws UserError that names every difference
 */
export async function checkLock(session: Session): Promise<string> {
  const { context, loaded } = session;
  const { config } = loaded;
  const found = await findSupply(context, loaded, { lock: { ...config.lock, isRequired: true } });
  const { lock, lockedBy } = found;
  if (lock === undefined) throw new Error("a lock that is required was not read");
  const { plan } = await prepare(session);
  const wanted = collectWanted(loaded, plan);
  const differences = [...findMissing(lock, wanted), ...findUnused(lock, wanted)];
  if (differences.length > 0) throw createLockError(found, differences);
  const held: Session = { ...session, supply: found };
  const apps = await renderForNow(held, applyLock(held, plan));
  requireLockedImages(held, apps);
  const unused = findUnusedImages(lock, apps, config);
  if (unused.length > 0) throw createLockError(found, unused);
  return lockedBy;
}
