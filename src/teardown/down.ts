import { join } from "node:path";
import type { Context, Host } from "../host/host.ts";
import { findExisting, isWithin, removePaths } from "../host/paths.ts";
import { reportWaits } from "../host/waits.ts";
import { journalName, loadJournal, removeJournal } from "../journal/journal.ts";
import { removeKeys } from "../journal/journal-key.ts";
import { forwardSettings, otherStateFiles } from "../journal/permitted.ts";
import { endProcesses, isOfRootOrUs, type ProcessInfo } from "../journal/processes.ts";
import type { HostSnapshot, JournalEntry, K3sRun, Known, Leak, Step } from "../journal/types.ts";
import { describeError } from "../lib/errors.ts";
import { inSpan } from "../lib/trace.ts";
import { removeK3s } from "./k3s.ts";
import { getKeptVolumesFolder } from "./keep-claims.ts";
import { removeReleases } from "./releases.ts";
import { refuseLinkedFolders, withoutRootRights } from "./rights.ts";
import { restoreSettings } from "./settings.ts";
import { findLeaks, takeSnapshot } from "./snapshot.ts";

interface TearDownOptions {
  /** Absolute path of the folder that holds the journal. */
  readonly stateDir: string;
  /** Absolute paths to keep although they are in the state folder, e.g. the report. */
  readonly keep?: readonly string[];
  /** The paths and programs that the settings of this call name. */
  readonly known?: Known;
  /** True to keep the volumes. Undefined: the journal decides. */
  readonly keepData?: boolean | undefined;
  /** Milliseconds in which the objects in an existing cluster have to disappear; default 120 000. */
  readonly clusterTimeoutMs?: number;
}

interface TearDownResult {
  /** Empty if the host and the existing cluster are proved to be as before. */
  readonly leaks: readonly Leak[];
  /** Descriptions of everything that was kept on purpose. */
  readonly kept: readonly string[];
  /** Descriptions of the completed steps, in order. */
  readonly did: readonly string[];
}

type EntryOfKind<Kind extends JournalEntry["kind"]> = Extract<JournalEntry, { kind: Kind }>;

/**
 * Undoes every change in the journal of a state folder, the last change first, and compares the host with its state
 * before the run. Can be repeated at any time. A failed step is reported, and the next step runs. The context's signal
 * does not stop it: an interrupted run is torn down too.
 * @throws InstallError if the journal can't be read or is not proven to be monstack's; nothing is undone then
 */
export async function tearDown(callerContext: Context, options: TearDownOptions): Promise<TearDownResult> {
  const { stateDir, known = {} } = options;
  const journal = await loadJournal(callerContext.host, stateDir, known);
  if (journal === undefined || journal.entries.length === 0) {
    callerContext.log.info(`Nothing to tear down: found no journal in ${stateDir}.`);
    // A run that was killed before its first entry, or a teardown after its last step, leaves keys behind.
    await removeKeys(callerContext.host, stateDir);
    return { leaks: [], kept: [], did: [] };
  }
  const { entries, owner } = journal;
  const context =
    owner === "root" ? callerContext : { ...callerContext, host: withoutRootRights(callerContext.host) };
  const { host } = context;
  await refuseLinkedFolders(host, entries);
  const keepData = options.keepData ?? entries.some(({ kind }) => kind === "keep-data");
  const runs = listK3sRuns(entries, keepData);
  const traces = runs.map(({ entry }) => entry);
  // If the run started no k3s, a cluster network on this host belongs to somebody else.
  const hasK3sRun = runs.length > 0;
  const completedSteps: string[] = [];
  const step = createStep(context, completedSteps);
  const leaks: Leak[] = [];

  const [snapshotAtStart] = await Promise.all([
    hasK3sRun ? takeSnapshot(host, traces) : emptySnapshot,
    // No snapshot contains the forwarder.
    step("end processes", () => endForwarder(context, entries, stateDir)),
  ]);
  const deployed = await removeDeployed(context, { ...options, keepData }, entries, step);
  const volumes: string[] = [];
  for (const run of [...runs].reverse()) {
    const removed = await removeK3s(context, run, step);
    volumes.push(...removed.kept);
    leaks.push(...removed.leaks);
  }
  leaks.push(...deployed.leaks, ...(await restoreSettings(context, entries, options, step)));
  leaks.push(...(await removeTemporaryFolders(context, entries, step)));

  const before = findFirstBegin(entries)?.before;
  if (hasK3sRun && before)
    leaks.push(...findLeaks(before, await takeSnapshot(host, traces), snapshotAtStart));
  leaks.push(...(await findRemainingFiles(host, entries, options)));
  const keptFolders = volumes.length > 0 ? runs.map(getKeptVolumesFolder) : [];
  const uniqueLeaks = removeDuplicates(leaks).filter(
    ({ kind, what }) => kind !== "path" || !keptFolders.some((folder) => isWithin(folder, what)),
  );
  // Another teardown can't bring back what is lost, so the loss is reported once and the state is removed.
  if (uniqueLeaks.every(({ kind }) => kind === "lost")) {
    await step("remove state", () => removeState(context, entries, options));
  }
  return { leaks: uniqueLeaks, kept: [...deployed.kept, ...volumes], did: completedSteps };
}

/**
 * Returns the function that runs one step: it logs the step's result and duration, adds the result to
 * `completedSteps`, and turns an error into a warning.
 */
function createStep(context: Context, completedSteps: string[]): Step {
  const { log, host } = context;
  return async (what, work) => {
    const startedAt = host.now();
    try {
      const result = await inSpan(context.span, { kind: "teardown", name: what }, () =>
        reportWaits(context, () => `the teardown: ${what}`, work),
      );
      if (result === undefined) return;
      completedSteps.push(result);
      log.info(result);
    } catch (error) {
      log.warn(`could not ${what}: ${describeError(error)}`);
    } finally {
      log.debug(`${what}: ${host.now() - startedAt} ms`);
    }
  };
}

/**
 * Returns the first begin entry. A journal that was resumed after a killed run has several; the host was unchanged
 * only before the first.
 */
function findFirstBegin(entries: readonly JournalEntry[]): EntryOfKind<"begin"> | undefined {
  return entries.find((entry) => entry.kind === "begin");
}

/** Returns the journal entries of one kind. */
function filterByKind<Kind extends JournalEntry["kind"]>(
  entries: readonly JournalEntry[],
  kind: Kind,
): EntryOfKind<Kind>[] {
  return entries.filter((entry): entry is EntryOfKind<Kind> => entry.kind === kind);
}

/** The snapshot of a host on which nothing of a cluster exists. */
const emptySnapshot: HostSnapshot = {
  mounts: [],
  links: [],
  netns: [],
  iptables: [],
  ipsets: [],
  nftTables: [],
  paths: [],
  processes: [],
  cgroups: [],
  units: [],
};

/**
 * Returns the k3s installations in the journal, each with the host's state before the run and its recorded processes.
 */
function listK3sRuns(entries: readonly JournalEntry[], keepData: boolean): K3sRun[] {
  const before = findFirstBegin(entries)?.before ?? emptySnapshot;
  const processes = filterByKind(entries, "process").filter(({ name }) => name === "k3s");
  return filterByKind(entries, "k3s").map((entry) => ({ entry, before, processes, keepData }));
}

/**
 * Ends the process that forwards the local addresses; undefined if none was running. Finds the process by an argument
 * of its command line that no other process has, since a pid alone may have been reused.
 */
async function endForwarder(
  context: Context,
  entries: readonly JournalEntry[],
  stateDir: string,
): Promise<string | undefined> {
  const forwarders = filterByKind(entries, "starting");
  if (forwarders.length === 0) return undefined;
  const uniqueArgument = join(stateDir, forwardSettings);
  const isForwarder = (info: ProcessInfo) =>
    canBeMonstackProcess(context.host, info) && info.argv.includes(uniqueArgument);
  const ended = await endProcesses(context, isForwarder, { graceMs: 1_000 });
  if (ended.length === 0) return undefined;
  context.log.debug(`ended ${ended.join(", ")}`);
  return "ended the forwarder of the local addresses";
}

/**
 * True if root, this user or the user who called sudo owns the process: any other user can give a process the same
 * command line.
 */
function canBeMonstackProcess({ env }: Host, info: ProcessInfo): boolean {
  return isOfRootOrUs(info) || String(info.uid) === env["SUDO_UID"];
}

/**
 * Removes the releases, namespaces and definitions that the run deployed into an existing cluster. Does nothing for
 * monstack's own k3s, whose cluster is removed as a whole.
 */
async function removeDeployed(
  context: Context,
  options: TearDownOptions,
  entries: readonly JournalEntry[],
  step: Step,
): Promise<{ leaks: Leak[]; kept: string[] }> {
  const cluster = filterByKind(entries, "cluster").findLast(({ clusterKind }) => clusterKind === "existing");
  const releases = filterByKind(entries, "release");
  const namespaces = [...new Set(filterByKind(entries, "namespace").map(({ name }) => name))];
  const crds = [...new Set(filterByKind(entries, "crds").flatMap(({ names }) => names))];
  // Objects in monstack's own k3s are removed together with that k3s.
  if (!cluster || releases.length + namespaces.length === 0) return { leaks: [], kept: [] };
  const { leaks, kept } = await removeReleases(
    context,
    {
      kubeconfig: cluster.kubeconfig,
      context: cluster.context,
      releases,
      namespaces,
      crds,
      services: filterByKind(entries, "service"),
      known: options.known ?? {},
      timeoutMs: options.clusterTimeoutMs ?? 120_000,
      keepData: options.keepData ?? false,
    },
    step,
  );
  const earlierNamespaces = new Set(
    releases.map(({ namespace }) => namespace).filter((name) => !namespaces.includes(name)),
  );
  return {
    leaks,
    kept: [
      `the cluster of ${cluster.kubeconfig}`,
      ...[...earlierNamespaces].map((name) => `namespace ${name}, which was there before`),
      ...kept,
    ],
  };
}

/**
 * Removes the temporary folders of killed runs (downloads, caches, files with passwords) and returns those that could
 * not be removed.
 */
async function removeTemporaryFolders(
  { host }: Context,
  entries: readonly JournalEntry[],
  step: Step,
): Promise<Leak[]> {
  const paths = new Set(filterByKind(entries, "temporary").map(({ path }) => path));
  const remaining: Leak[] = [];
  for (const path of paths) {
    if (path === host.temporary.folder || (await host.files.stat(path)) === undefined) continue;
    remaining.push({ kind: "path", what: path });
    await step(`remove ${path}`, async () => {
      await host.temporary.removeLeftFolder(path);
      remaining.pop();
      return "removed the temporary files of a run that was killed";
    });
  }
  return remaining;
}

/** Returns the files and folders outside the state folder that the run created and that still exist. */
async function findRemainingFiles(
  host: Host,
  entries: readonly JournalEntry[],
  options: TearDownOptions,
): Promise<Leak[]> {
  const files = filterByKind(entries, "file").filter(({ previous }) => previous === undefined);
  const createdPaths = [
    ...files,
    ...filterByKind(entries, "k3s").flatMap(({ paths }) => paths.map((path) => ({ path }))),
  ]
    .map(({ path }) => path)
    .filter((path) => !isWithin(path, options.stateDir) && !isWithin(options.stateDir, path));
  return (await findExisting(host, createdPaths)).map((path) => ({ kind: "path", what: path }));
}

/**
 * Removes the state folder's files, and the folder itself if the run created it. Removes the journal last, so that a
 * killed teardown can be repeated.
 */
async function removeState(
  context: Context,
  entries: readonly JournalEntry[],
  { stateDir, keep = [] }: TearDownOptions,
): Promise<undefined> {
  const { host } = context;
  const isCreatedByRun = filterByKind(entries, "file").some(({ path }) => path === stateDir);
  const names = isCreatedByRun ? await host.files.list(stateDir) : otherStateFiles;
  const removablePaths = names
    .filter((name) => name !== journalName)
    .map((name) => join(stateDir, name))
    .filter((path) => !keep.some((keptPath) => isWithin(keptPath, path)));
  await removePaths(context, removablePaths, "the run's state", false);
  await removeJournal(host, stateDir);
  if (isCreatedByRun && (await host.files.list(stateDir)).length === 0) await host.files.remove(stateDir);
}

/** Returns each leak once. */
function removeDuplicates(leaks: readonly Leak[]): Leak[] {
  return [...new Map(leaks.map((leak) => [`${leak.kind} ${leak.what}`, leak])).values()];
}

/**
 * Describes the proof that the teardown left nothing behind, in the form of verify's checks. It is not one of those
 * checks, because it runs when no stack is left to query. Its result is `teardown.leaks` in the results, and exit code
 * 4.
 */
export const nothingLeft = {
  id: "nothing-left",
  title: "After the teardown nothing is left",
  severity: "error",
  meaning:
    "A release, PVC, PV, ClusterRole, custom resource definition, namespace, mount, link, process, iptables rule, ipset, nftables table or file is there that was not there before: a self-hosted runner fills up.",
  fix: "run `monstack down` again; what it names and can't remove itself is to be removed by hand",
} as const;
