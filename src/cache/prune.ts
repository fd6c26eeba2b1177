import { dirname, join } from "node:path";
import type { Config } from "../config/schema.ts";
import type { Context, Host } from "../host/host.ts";
import { journalName } from "../journal/journal.ts";
import { splitNul } from "../lib/text.ts";
import type { CacheEntry } from "./entries.ts";

/** The result of pruning. */
interface Pruned {
  readonly removed: readonly CacheEntry[];
  /** Old entries that are in use, and by whom. */
  readonly kept: readonly { readonly entry: CacheEntry; readonly why: string }[];
  /** The size of the removed entries. */
  readonly bytes: number;
}

/**
 * Removes the entries that nobody has used for longer than `olderThanMs`, except those in use now.
 * @param entries the entries of the cache, as `listCacheEntries` returns them; nothing else is removed
 */
export async function pruneCache(
  { host }: Context,
  entries: readonly CacheEntry[],
  { olderThanMs, userOf }: { readonly olderThanMs: number; readonly userOf: UserOf },
): Promise<Pruned> {
  const now = host.now();
  const old = entries.filter(({ lastUsedMs }) => now - lastUsedMs >= olderThanMs);
  const kept = old.flatMap((entry) => {
    const why = userOf(entry);
    return why === undefined ? [] : [{ entry, why }];
  });
  const removed = old.filter((entry) => !kept.some((inUse) => inUse.entry === entry));
  for (const { path, beside } of removed) {
    // The files that refer to the entry are removed first.
    for (const entryPath of [...beside, path]) await host.files.remove(entryPath);
    await removeEmptyFolders(host, path);
  }
  return { removed, kept, bytes: removed.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/**
 * Removes the entry's folder and its parent if they are empty. rmdir(1) leaves a folder into which another run has just
 * written.
 */
async function removeEmptyFolders({ exec }: Context["host"], path: string): Promise<void> {
  const folder = dirname(path);
  await exec(["rmdir", "--ignore-fail-on-non-empty", folder, dirname(folder)], { allowFailure: true });
}

/** Returns the user of an entry for a message; undefined if no user is known. */
type UserOf = (entry: CacheEntry) => string | undefined;

/** A program that writes a file has finished or ended within this time, in milliseconds. */
const unfinishedForMs = 3_600_000;

/**
 * Finds who uses the cache now: the stack of this state folder (it may use every entry that was used since its start),
 * processes of any stack that run a program from the cache, and unfinished downloads. Returns a function that names the
 * user of an entry.
 */
export async function findCurrentUsers(
  { host }: Context,
  { stateDir }: Pick<Config, "stateDir">,
): Promise<UserOf> {
  const [startedAt, executables] = await Promise.all([
    readRunStart(host, stateDir),
    readLinks(host, ["/proc", "-mindepth", "2", "-maxdepth", "2", "-name", "exe"]),
  ]);
  const now = host.now();
  return ({ kind, path, lastUsedMs }) => {
    const isInEntry = (target: string) => target === path || target.startsWith(`${path}/`);
    if (executables.some(isInEntry)) return "a process runs it";
    if (startedAt !== undefined && lastUsedMs >= Date.parse(startedAt))
      return `the stack that is up since ${startedAt} uses it (its journal is in ${stateDir})`;
    if (kind === "leftover" && now - lastUsedMs < unfinishedForMs) return "a run may be writing it";
    return undefined;
  };
}

/**
 * Returns the start of the run in a journal; undefined without a journal. The journal's content is not verified: a
 * wrong one can only keep entries in the cache.
 */
async function readRunStart(host: Host, stateDir: string): Promise<string | undefined> {
  const text = (await host.files.read(join(stateDir, journalName))) ?? "";
  return /^\{"kind":"begin","at":"([^"]{1,40})"/m.exec(text)?.[1];
}

/**
 * Returns the targets of links. Runs as root if possible, since other users' processes show their links only to root.
 * @param findArguments the folders and conditions for find(1)
 */
async function readLinks(host: Host, findArguments: readonly string[]): Promise<string[]> {
  const { stdout } = await host.exec(["find", ...findArguments, "-printf", "%l\\0"], {
    root: host.rights !== "none",
    // Processes end while `find` runs.
    allowFailure: true,
  });
  return splitNul(stdout).filter((path) => path !== "");
}
