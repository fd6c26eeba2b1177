import { dirname } from "node:path";
import type { Context } from "../host/host.ts";
import type { UserOf } from "./in-use.ts";
import type { CacheEntry } from "./types.ts";

export interface Pruned {
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
