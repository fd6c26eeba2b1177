import { join } from "node:path";
import type { Context, Host } from "../host/host.ts";
import { joinBelow } from "../lib/path.ts";
import { cacheFolder, refuseShared, toolCacheFolder } from "../sources/cache-folders.ts";
import { checksumsFolder } from "../sources/tools/published.ts";
import { chartEntries, dashboardEntries } from "./archives.ts";
import { isUnfinished, sizeOf } from "./size.ts";
import { toolEntries } from "./tools.ts";
import type { CacheEntry, CachePlaces } from "./types.ts";

export function cachePlaces(host: Host): CachePlaces {
  const folder = cacheFolder(host);
  return {
    tools: toolCacheFolder(host),
    charts: joinBelow(folder, "charts"),
    dashboards: joinBelow(folder, "dashboards"),
    images: joinBelow(folder, "images"),
  };
}

/** Everything of monstack's in the cache, the kinds in this order, each by name and version. */
export async function cacheEntries(context: Context): Promise<CacheEntry[]> {
  const { host } = context;
  const places = cachePlaces(host);
  for (const place of Object.values(places)) await refuseShared(host, place);
  const kinds = await Promise.all([
    toolEntries(host, places.tools, checksumsFolder(host)),
    chartEntries(context, places.charts),
    dashboardEntries(host, places.dashboards),
    imageEntries(host, places.images),
  ]);
  return kinds.flatMap((entries) => entries.toSorted((a, b) => keyOf(a).localeCompare(keyOf(b))));
}

/** `<name>-<arch>-<digest>.tar`, with `_` for what can't stand in a file's name. */
const imageName = /^(.+)-(amd64|arm64)-([0-9a-f]+)\.tar$/;

async function imageEntries(host: Host, folder: string): Promise<CacheEntry[]> {
  const entries = (await host.files.list(folder)).map(async (name): Promise<CacheEntry> => {
    const path = join(folder, name);
    const { bytes, modifiedMs } = await sizeOf(host, path);
    const [, image = name, arch = "", digest = ""] = imageName.exec(name) ?? [];
    const version = digest === "" ? "" : `sha256:${digest.slice(0, 12)} ${arch}`;
    const kind = isUnfinished(name) ? "leftover" : "image";
    return { kind, name: image, version, bytes, lastUsedMs: modifiedMs, path, beside: [] };
  });
  return await Promise.all(entries);
}

function keyOf({ kind, name, version }: CacheEntry): string {
  return `${kind === "leftover" ? 1 : 0} ${name} ${version}`;
}
