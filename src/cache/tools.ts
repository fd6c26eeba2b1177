import { join } from "node:path";
import type { Host } from "../host/host.ts";
import { markerOf, ownPrefix, versionOfKey } from "../sources/tools/cache.ts";
import { sizeOf } from "./size.ts";
import type { CacheEntry } from "./types.ts";

/** The tool cache's folders are `<tool>/<version>/<arch>`, with a file `<arch>.complete` beside the last one. */
export async function toolEntries(host: Host, root: string): Promise<CacheEntry[]> {
  const own = (await host.files.list(root)).filter((name) => name.startsWith(ownPrefix));
  const entries = own.map(async (name) => {
    const versions = await host.files.list(join(root, name));
    return await Promise.all(
      versions.map((version) => versionEntries(host, join(root, name, version), { name, version })),
    );
  });
  return (await Promise.all(entries)).flat(2);
}

async function versionEntries(
  host: Host,
  folder: string,
  of: { name: string; version: string },
): Promise<CacheEntry[]> {
  const names = await host.files.list(folder);
  const markers = new Set(names.map(markerOf).filter((marker) => names.includes(marker)));
  const entries = names
    .filter((name) => !markers.has(name))
    .map(async (arch): Promise<CacheEntry> => {
      const path = join(folder, arch);
      const marker = markerOf(path);
      const isWhole = markers.has(markerOf(arch));
      const { bytes, modifiedMs } = await sizeOf(host, path);
      const used = isWhole ? await host.files.stat(marker) : undefined;
      return {
        kind: isWhole ? "tool" : "leftover",
        name: of.name.slice(ownPrefix.length),
        version: isWhole ? `${versionOfKey(of.version)} ${arch}` : "",
        bytes,
        lastUsedMs: used?.modifiedMs ?? modifiedMs,
        path,
        beside: isWhole ? [marker] : [],
      };
    });
  return await Promise.all(entries);
}
