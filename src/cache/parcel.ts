import type { Context } from "../host/host.ts";
import { messageOf } from "../lib/errors.ts";
import { joinBelow } from "../lib/path.ts";
import type { LockedItem } from "./locked.ts";

/**
 * Lays what the items are into `folder`, each as a file that is named by its digest.
 * @returns what isn't in this machine's cache; then the folder isn't whole
 */
export async function pack(
  { host }: Context,
  items: readonly LockedItem[],
  folder: string,
): Promise<LockedItem[]> {
  await host.files.remove(folder);
  const missing: LockedItem[] = [];
  for (const item of items) {
    const local = await item.local();
    if (local === undefined) missing.push(item);
    else await host.files.write(joinBelow(folder, item.file), host.files.stream(local));
  }
  return missing;
}

export interface Unpacked {
  readonly kept: readonly LockedItem[];
  readonly bytes: number;
}

/**
 * Takes out of `folder` what the items are, each held against the lock, and puts it where a run looks for it. What comes
 * from elsewhere counts as fetched: what isn't what the lock says is left alone, told, and fetched again.
 */
export async function unpack(
  context: Context,
  items: readonly LockedItem[],
  folder: string,
): Promise<Unpacked> {
  const { host, log } = context;
  const kept: LockedItem[] = [];
  let bytes = 0;
  for (const item of items) {
    const path = joinBelow(folder, item.file);
    const found = await host.files.stat(path);
    if (found === undefined) {
      log.warn(`${item.what} is not in the restored cache; it is fetched`);
      continue;
    }
    try {
      if (found.kind !== "file") throw new Error("it is not even a file");
      await item.keep(path);
      kept.push(item);
      bytes += found.bytes;
    } catch (error) {
      log.warn(`${item.what} of the restored cache is not used: ${messageOf(error)}; it is fetched again`);
    }
  }
  return { kept, bytes };
}
