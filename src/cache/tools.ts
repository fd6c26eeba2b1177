import { join } from "node:path";
import type { Host } from "../host/host.ts";
import { readLabel } from "../sources/tools/cache.ts";
import { markerOf, ownPrefix, readSlot, versionOfKey } from "../sources/tools/entry.ts";
import { type Found, leftover, pointersIn } from "./archives.ts";
import { sizeOf } from "./size.ts";
import type { CacheEntry } from "./types.ts";

/**
 * The tool cache's folders are `<tool>/<version>/<sha256>`, with a file `<sha256>.complete` beside the last one. What
 * lies there under other names an earlier version or a killed run left.
 * @param checksums where the publishers' checksums are remembered
 */
export async function toolEntries(host: Host, root: string, checksums: string): Promise<CacheEntry[]> {
  const pointers = await pointersIn(host, checksums);
  const own = (await host.files.list(root)).filter((name) => name.startsWith(ownPrefix));
  const entries = own.map(async (name) => {
    const versions = await host.files.list(join(root, name));
    return await Promise.all(
      versions.map((version) => versionEntries(host, join(root, name, version), { name, version, pointers })),
    );
  });
  const found = (await Promise.all(entries)).flat(2);
  const used = new Set(found.flatMap(({ beside }) => beside));
  const stray = pointers.filter(({ path }) => !used.has(path)).map(({ path }) => leftover(host, path));
  return [...found, ...(await Promise.all(stray))];
}

async function versionEntries(
  host: Host,
  folder: string,
  of: { name: string; version: string; pointers: readonly Found[] },
): Promise<CacheEntry[]> {
  const names = await host.files.list(folder);
  const markers = new Set(names.map(markerOf).filter((marker) => names.includes(marker)));
  const entries = names
    .filter((name) => !markers.has(name))
    .map(async (name): Promise<CacheEntry> => {
      const path = join(folder, name);
      const marker = markers.has(markerOf(name)) ? [markerOf(path)] : [];
      const slot = marker.length > 0 ? readSlot(name) : undefined;
      const pointers = of.pointers.filter(
        ({ sha256 }) => slot?.bundle === undefined && sha256 === slot?.sha256,
      );
      const { bytes, modifiedMs } = await sizeOf(host, path);
      const used = marker[0] === undefined ? undefined : await host.files.stat(marker[0]);
      return {
        kind: slot ? "tool" : "leftover",
        name: of.name.slice(ownPrefix.length),
        version: slot ? await versionText(host, path, of.version, slot.bundle !== undefined) : "",
        bytes,
        lastUsedMs: used?.modifiedMs ?? modifiedMs,
        path,
        beside: [...marker, ...pointers.map((pointer) => pointer.path)],
      };
    });
  return await Promise.all(entries);
}

async function versionText(host: Host, folder: string, key: string, isOfBundle: boolean): Promise<string> {
  const label = await readLabel(host, folder);
  return [versionOfKey(key), label?.arch, isOfBundle && "of a bundle"].filter(Boolean).join(" ");
}
