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
import { removeK3s } from "./k3s.ts";
import { toKeptFolder } from "./keep-claims.ts";
import { removeReleases } from "./releases.ts";
import { refuseLinkedFolders, withoutRootRights } from "./rights.ts";
import { restoreSettings } from "./settings.ts";
import { findLeaks, takeSnapshot } from "./snapshot.ts";

export interface TearDownOptions {
  /** Absolute. Where the journal is. */
  readonly stateDir: string;
  /** Absolute paths that stay although they are in the state folder, e.g. the report. */
  readonly keep?: readonly string[];
  /** The paths and programs that the settings of this call name. */
  readonly known?: Known;
  /** Keeps the volumes. Undefined: as the journal of the run that made them says. */
  readonly keepData?: boolean | undefined;
  /** Milliseconds that what was deployed into a cluster that stays may take to go; default 120 000. */
  readonly clusterTimeoutMs?: number;
}

export interface TearDownResult {
  /** Empty: the host, and a cluster that stays, are proved to be as before. */
  readonly leaks: readonly Leak[];
  /** What was kept on purpose. */
  readonly kept: readonly string[];
  /** What was done, in order. */
  readonly did: readonly string[];
}

type EntryOfKind<Kind extends JournalEntry["kind"]> = Extract<JournalEntry, { kind: Kind }>;

/**
 * Undoes everything in the journal of a state folder, last change first, and compares the host with what it was. Can
 * be called again at any time. A step that fails is reported and the next one goes on. Not ended by the context's
 * signal: an interrupted run is torn down too.
 * @throws InstallError when the journal can't be read or is not proven to be monstack's; nothing is undone then.
 */
export async function tearDown(given: Context, options: TearDownOptions): Promise<TearDownResult> {
  const { stateDir, known = {} } = options;
  const found = await loadJournal(given.host, stateDir, known);
  if (found === undefined || found.entries.length === 0) {
    given.log.info(`Nothing to tear down: found no journal in ${stateDir}.`);
    // Of a run that was killed before its first entry, or of a teardown that was after its last step.
    await removeKeys(given.host, stateDir);
    return { leaks: [], kept: [], did: [] };
  }
  const { entries, owner } = found;
  const context = owner === "root" ? given : { ...given, host: withoutRootRights(given.host) };
  const { host } = context;
  await refuseLinkedFolders(host, entries);
  const keepData = options.keepData ?? entries.some(({ kind }) => kind === "keep-data");
  const runs = listK3sRuns(entries, keepData);
  const traces = runs.map(({ entry }) => entry);
  // Without a k3s of ours, what a cluster's network does on this host is somebody else's.
  const ownK3s = runs.length > 0;
  const atStart = ownK3s ? await takeSnapshot(host, traces) : emptySnapshot;
  const did: string[] = [];
  const step = createStep(context, did);
  const leaks: Leak[] = [];

  await step("end processes", () => endForwarder(context, entries, stateDir));
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
  if (ownK3s && before) leaks.push(...findLeaks(before, await takeSnapshot(host, traces), atStart));
  leaks.push(...(await findRemainingFiles(host, entries, options)));
  const folders = volumes.length > 0 ? runs.map(toKeptFolder) : [];
  const unique = removeDuplicates(leaks).filter(
    ({ kind, what }) => kind !== "path" || !folders.some((folder) => isWithin(folder, what)),
  );
  // What is lost can't be brought back by another try, so that it is reported once.
  if (unique.every(({ kind }) => kind === "lost")) {
    await step("remove state", () => removeState(context, entries, options));
  }
  return { leaks: unique, kept: [...deployed.kept, ...volumes], did };
}

function createStep(context: Context, did: string[]): Step {
  const { log, host } = context;
  return async (what, work) => {
    const began = host.now();
    try {
      const done = await reportWaits(context, () => `the teardown: ${what}`, work);
      if (done === undefined) return;
      did.push(done);
      log.info(done);
    } catch (error) {
      log.warn(`could not ${what}: ${describeError(error)}`);
    } finally {
      log.debug(`${what}: ${host.now() - began} ms`);
    }
  };
}

/** Returns the first begin entry. A journal that was resumed after a killed run has several; the host was unchanged only before the first. */
function findFirstBegin(entries: readonly JournalEntry[]): EntryOfKind<"begin"> | undefined {
  return entries.find((entry) => entry.kind === "begin");
}

function filterByKind<Kind extends JournalEntry["kind"]>(
  entries: readonly JournalEntry[],
  kind: Kind,
): EntryOfKind<Kind>[] {
  return entries.filter((entry): entry is EntryOfKind<Kind> => entry.kind === kind);
}

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

function listK3sRuns(entries: readonly JournalEntry[], keepData: boolean): K3sRun[] {
  const before = findFirstBegin(entries)?.before ?? emptySnapshot;
  const processes = filterByKind(entries, "process").filter(({ name }) => name === "k3s");
  return filterByKind(entries, "k3s").map((entry) => ({ entry, before, processes, keepData }));
}

/**
 * The forwarder; k3s goes with its pods. It is recognised by an argument of its command line that no other process has: a pid
 * alone ends nothing.
 */
async function endForwarder(
  context: Context,
  entries: readonly JournalEntry[],
  stateDir: string,
): Promise<string | undefined> {
  const started = filterByKind(entries, "starting");
  if (started.length === 0) return undefined;
  const argument = join(stateDir, forwardSettings);
  const chosen = (info: ProcessInfo) =>
    canBeMonstackProcess(context.host, info) && info.argv.includes(argument);
  const ended = await endProcesses(context, chosen, { graceMs: 1_000 });
  if (ended.length === 0) return undefined;
  context.log.debug(`ended ${ended.join(", ")}`);
  return "ended the forwarder of the local addresses";
}

/** Any user can give a process our command line. What another user's `sudo monstack` tears down may be that user's. */
function canBeMonstackProcess({ env }: Host, info: ProcessInfo): boolean {
  return isOfRootOrUs(info) || String(info.uid) === env["SUDO_UID"];
}

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
  // Whatever is in a k3s of ours goes with it.
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
  const theirs = new Set(
    releases.map(({ namespace }) => namespace).filter((name) => !namespaces.includes(name)),
  );
  return {
    leaks,
    kept: [
      `the cluster of ${cluster.kubeconfig}`,
      ...[...theirs].map((name) => `namespace ${name}, which was there before`),
      ...kept,
    ],
  };
}

/** What a killed run had in the temporary folder: downloads, caches, files with passwords. */
async function removeTemporaryFolders(
  { host }: Context,
  entries: readonly JournalEntry[],
  step: Step,
): Promise<Leak[]> {
  const paths = new Set(filterByKind(entries, "temporary").map(({ path }) => path));
  const left: Leak[] = [];
  for (const path of paths) {
    if (path === host.temporary.folder || (await host.files.stat(path)) === undefined) continue;
    left.push({ kind: "path", what: path });
    await step(`remove ${path}`, async () => {
      await host.temporary.removeLeft(path);
      left.pop();
      return "removed the temporary files of a run that was killed";
    });
  }
  return left;
}

/** Returns the journal's files that still exist. */
async function findRemainingFiles(
  host: Host,
  entries: readonly JournalEntry[],
  options: TearDownOptions,
): Promise<Leak[]> {
  const files = filterByKind(entries, "file").filter(({ previous }) => previous === undefined);
  const made = [
    ...files,
    ...filterByKind(entries, "k3s").flatMap(({ paths }) => paths.map((path) => ({ path }))),
  ]
    .map(({ path }) => path)
    .filter((path) => !isWithin(path, options.stateDir) && !isWithin(options.stateDir, path));
  return (await findExisting(host, made)).map((path) => ({ kind: "path", what: path }));
}

/** Removes the journal last: until then a killed teardown can be repeated. */
async function removeState(
  context: Context,
  entries: readonly JournalEntry[],
  { stateDir, keep = [] }: TearDownOptions,
): Promise<undefined> {
  const { host } = context;
  const isOurs = filterByKind(entries, "file").some(({ path }) => path === stateDir);
  const names = isOurs ? await host.files.list(stateDir) : otherStateFiles;
  const free = names
    .filter((name) => name !== journalName)
    .map((name) => join(stateDir, name))
    .filter((path) => !keep.some((kept) => isWithin(kept, path)));
  await removePaths(context, free, "the run's state", false);
  await removeJournal(host, stateDir);
  if (isOurs && (await host.files.list(stateDir)).length === 0) await host.files.remove(stateDir);
}

function removeDuplicates(leaks: readonly Leak[]): Leak[] {
  return [...new Map(leaks.map((leak) => [`${leak.kind} ${leak.what}`, leak])).values()];
}

/**
 * What the teardown proves: not one of verify's checks, since it comes when there is nothing left to ask, but described
 * as they are. Its outcome is `teardown.leaks` in the results, and exit code 4.
 */
export const nothingLeft = {
  id: "nothing-left",
  title: "After the teardown nothing is left",
  severity: "error",
  meaning:
    "A release, PVC, PV, ClusterRole, custom resource definition, namespace, mount, link, process, iptables rule, ipset, nftables table or file is there that was not there before: a self-hosted runner fills up.",
  fix: "run `monstack down` again; what it names and can't remove itself is to be removed by hand",
} as const;
