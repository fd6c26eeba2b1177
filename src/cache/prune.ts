import { dirname, join } from "node:path";
import { listHostPaths, resolveK3sSettings } from "../cluster/k3s-settings.ts";
import type { Config } from "../config/schema.ts";
import type { Context, Host } from "../host/host.ts";
import { journalName } from "../journal/journal.ts";
import { splitNul } from "../lib/text.ts";
import type { CacheEntry } from "./entries.ts";

interface Pruned {
  readonly removed: readonly CacheEntry[];
  /** What would have gone, and who uses it. */
  readonly kept: readonly { readonly entry: CacheEntry; readonly why: string }[];
  /** How much room it made. */
  readonly bytes: number;
}

/**
 * Takes away what nobody has taken from the cache for longer than `olderThanMs`, but for what is in use.
 * @param entries what there is, as `cacheEntries` finds it: nothing else is touched
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
  const removed = old.filter((entry) => !kept.some((one) => one.entry === entry));
  for (const { path, beside } of removed) {
    // What says that it is there goes first.
    for (const one of [...beside, path]) await host.files.remove(one);
    await removeEmptied(host, path);
  }
  return { removed, kept, bytes: removed.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** rmdir(1) leaves a folder that another run puts something into at this moment. */
async function removeEmptied({ exec }: Context["host"], path: string): Promise<void> {
  const folder = dirname(path);
  await exec(["rmdir", "--ignore-fail-on-non-empty", folder, dirname(folder)], { allowFailure: true });
}

/** Who uses an entry, as a message puts it; undefined: nobody that is known of. */
type UserOf = (entry: CacheEntry) => string | undefined;

/** A program that begins to write something has finished or died after this. Milliseconds. */
const unfinishedForMs = 3_600_000;

/**
 * Looks at who uses the cache now: the stack of this state folder (all that was taken since it began is its), processes
 * of whatever stack that run one of the programs, k3s' links to images, and downloads that may be going on.
 */
export async function findCurrentUsers(
  { host }: Context,
  { stateDir, k3s }: Pick<Config, "stateDir" | "k3s">,
): Promise<UserOf> {
  const { dataDir } = resolveK3sSettings(k3s.args, listHostPaths());
  const imageLinks = join(dataDir, "agent/images");
  const [begin, running, linked] = await Promise.all([
    readRunStart(host, stateDir),
    readLinks(host, ["/proc", "-mindepth", "2", "-maxdepth", "2", "-name", "exe"]),
    readLinks(host, [imageLinks, "-maxdepth", "1", "-type", "l"]),
  ]);
  const now = host.now();
  return ({ kind, path, lastUsedMs }) => {
    const holds = (target: string) => target === path || target.startsWith(`${path}/`);
    if (running.some(holds)) return "a process runs it";
    if (linked.some(holds)) return `k3s reads it (${imageLinks})`;
    if (begin !== undefined && lastUsedMs >= Date.parse(begin))
      return `the stack that is up since ${begin} uses it (its journal is in ${stateDir})`;
    if (kind === "leftover" && now - lastUsedMs < unfinishedForMs) return "a run may be writing it";
    return undefined;
  };
}

/** When the run of a journal began. Nothing proves it here: all that it can do is to keep what is in the cache. */
async function readRunStart(host: Host, stateDir: string): Promise<string | undefined> {
  const text = (await host.files.read(join(stateDir, journalName))) ?? "";
  return /^\{"kind":"begin","at":"([^"]{1,40})"/m.exec(text)?.[1];
}

/** Where links lead to. As root where that is possible: only then other users' processes show theirs. */
async function readLinks(host: Host, where: readonly string[]): Promise<string[]> {
  const { stdout } = await host.exec(["find", ...where, "-printf", "%l\\0"], {
    root: host.rights !== "none",
    // Processes end while `find` runs, and without k3s the folder does not exist.
    allowFailure: true,
  });
  return splitNul(stdout).filter((path) => path !== "");
}
