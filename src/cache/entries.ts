import { join } from "node:path";
import { z } from "zod";
import type { Context, Host } from "../host/host.ts";
import { joinBelow } from "../lib/path.ts";
import { cacheFolder, getToolCacheFolder, refuseShared } from "../sources/cache-folders.ts";
import { readArchive } from "../sources/charts/archive.ts";
import { decodeVersion, getMarkerPath, ownPrefix, readLabel, readSlot } from "../sources/tools/cache.ts";
import { getChecksumsFolder } from "../sources/tools/releases.ts";

export function getCacheFolders(host: Host): CachePlaces {
  const folder = cacheFolder(host);
  return {
    tools: getToolCacheFolder(host),
    charts: joinBelow(folder, "charts"),
    dashboards: joinBelow(folder, "dashboards"),
    images: joinBelow(folder, "images"),
  };
}

/** Everything of monstack's in the cache, the kinds in this order, each by name and version. */
export async function listCacheEntries(context: Context): Promise<CacheEntry[]> {
  const { host } = context;
  const places = getCacheFolders(host);
  for (const place of Object.values(places)) await refuseShared(host, place);
  const kinds = await Promise.all([
    listToolEntries(host, places.tools, getChecksumsFolder(host)),
    listChartEntries(context, places.charts),
    listDashboardEntries(host, places.dashboards),
    listImageEntries(host, places.images),
  ]);
  return kinds.flatMap((entries) => entries.toSorted((a, b) => getSortKey(a).localeCompare(getSortKey(b))));
}

/** `<name>-<arch>-<digest>.tar`, with `_` for what can't stand in a file's name. */
const imageName = /^(.+)-(amd64|arm64)-([0-9a-f]+)\.tar$/;

async function listImageEntries(host: Host, folder: string): Promise<CacheEntry[]> {
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

function getSortKey({ kind, name, version }: CacheEntry): string {
  return `${kind === "leftover" ? 1 : 0} ${name} ${version}`;
}

/** What is kept: `leftover` is what a killed run began to write, or what names something that is gone. */
type EntryKind = "tool" | "chart" | "dashboard" | "image" | "leftover";

/** One thing in the cache that is kept or goes as a whole. */
export interface CacheEntry {
  readonly kind: EntryKind;
  /** `k3s`, `prometheus`, `1860`. */
  readonly name: string;
  /** A version or a digest; empty for leftovers. */
  readonly version: string;
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly lastUsedMs: number;
  /** Absolute; a file or a folder. */
  readonly path: string;
  /** Further files that mean nothing without it. */
  readonly beside: readonly string[];
}

/** Where the kept things lie, absolute. */
interface CachePlaces {
  /** Shared with others on a runner. */
  readonly tools: string;
  readonly charts: string;
  readonly dashboards: string;
  readonly images: string;
}

export interface Size {
  readonly bytes: number;
  /** When it was changed last, in milliseconds since the epoch; of a folder, itself. */
  readonly modifiedMs: number;
}

/** Of a file, or of a folder with all below it; nothing when it is gone by now. Links are not followed. */
export async function sizeOf(host: Host, path: string): Promise<Size> {
  const found = await host.files.stat(path);
  if (found === undefined) return { bytes: 0, modifiedMs: 0 };
  if (found.kind !== "folder") return found;
  const inside = await Promise.all(
    (await host.files.list(path)).map((name) => sizeOf(host, join(path, name))),
  );
  return { bytes: inside.reduce((sum, { bytes }) => sum + bytes, 0), modifiedMs: found.modifiedMs };
}

/** Of what `Host.files.write` and the tool cache write to before they rename it. */
function isUnfinished(name: string): boolean {
  return name.endsWith(".new");
}

/** What says which archive a published name is. */
const Pointer = z.object({ sha256: z.string(), id: z.int().optional(), revision: z.int().optional() });

/** Charts lie there as `<sha256>.tgz`. */
async function listChartEntries(context: Context, folder: string): Promise<CacheEntry[]> {
  const { host } = context;
  const pointers = await readPointers(host, join(folder, "by-version"));
  return await listFileEntries(host, folder, ".tgz", pointers, async (path, sha256) => {
    const chart = await readArchive(context, path).catch(() => undefined);
    return chart ?? { name: "(not a chart)", version: shortenDigest(sha256) };
  });
}

/** Dashboards lie there as `<sha256>.json`. */
export async function listDashboardEntries(host: Host, folder: string): Promise<CacheEntry[]> {
  const pointers = await readPointers(host, join(folder, "by-revision"));
  return await listFileEntries(host, folder, ".json", pointers, async (path, sha256) => {
    const named = pointers.find((pointer) => pointer.sha256 === sha256)?.of;
    if (named) return named;
    return { name: readTitle((await host.files.read(path)) ?? ""), version: shortenDigest(sha256) };
  });
}

export interface Found {
  readonly path: string;
  readonly sha256: string | undefined;
  readonly of: { readonly name: string; readonly version: string } | undefined;
}

async function readPointers(host: Host, folder: string): Promise<Found[]> {
  const found = (await host.files.list(folder)).map(async (name): Promise<Found> => {
    const path = join(folder, name);
    const parsed = parse((await host.files.read(path)) ?? "");
    const of =
      parsed?.id === undefined
        ? undefined
        : { name: String(parsed.id), version: `revision ${parsed.revision}` };
    return { path, sha256: parsed?.sha256, of };
  });
  return await Promise.all(found);
}

async function listFileEntries(
  host: Host,
  folder: string,
  ending: ".tgz" | ".json",
  pointers: readonly Found[],
  describe: (path: string, sha256: string) => Promise<{ name: string; version: string }>,
): Promise<CacheEntry[]> {
  const names = await host.files.list(folder);
  const whole = names.filter((name) => name.endsWith(ending));
  const sums = new Set(whole.map((name) => name.slice(0, -ending.length)));
  const entries = whole.map(async (name): Promise<CacheEntry> => {
    const path = join(folder, name);
    const sha256 = name.slice(0, -ending.length);
    const { bytes = 0, modifiedMs = 0 } = (await host.files.stat(path)) ?? {};
    const beside = pointers.filter((pointer) => pointer.sha256 === sha256).map((pointer) => pointer.path);
    const { name: of, version } = await describe(path, sha256);
    const kind = ending === ".tgz" ? "chart" : "dashboard";
    return { kind, name: of, version, bytes, lastUsedMs: modifiedMs, path, beside };
  });
  const stray = [
    ...names.filter(isUnfinished).map((name) => join(folder, name)),
    ...pointers.filter(({ sha256 }) => !sums.has(sha256 ?? "")).map(({ path }) => path),
  ];
  return [
    ...(await Promise.all(entries)),
    ...(await Promise.all(stray.map((path) => createLeftoverEntry(host, path)))),
  ];
}

async function createLeftoverEntry(host: Host, path: string): Promise<CacheEntry> {
  const { bytes = 0, modifiedMs = 0 } = (await host.files.stat(path)) ?? {};
  const name = path.split("/").at(-1) ?? path;
  return { kind: "leftover", name, version: "", bytes, lastUsedMs: modifiedMs, path, beside: [] };
}

function parse(text: string): z.infer<typeof Pointer> | undefined {
  try {
    return Pointer.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function readTitle(text: string): string {
  try {
    return z.object({ title: z.string() }).parse(JSON.parse(text)).title;
  } catch {
    return "(no dashboard)";
  }
}

function shortenDigest(sha256: string): string {
  return `sha256:${sha256.slice(0, 12)}`;
}

/**
 * The tool cache's folders are `<tool>/<version>/<sha256>`, with a file `<sha256>.complete` beside the last one. What
 * lies there under other names an earlier version or a killed run left.
 * @param checksums where the publishers' checksums are remembered
 */
async function listToolEntries(host: Host, root: string, checksums: string): Promise<CacheEntry[]> {
  const pointers = await readPointers(host, checksums);
  const own = (await host.files.list(root)).filter((name) => name.startsWith(ownPrefix));
  const entries = own.map(async (name) => {
    const versions = await host.files.list(join(root, name));
    return await Promise.all(
      versions.map((version) =>
        listVersionEntries(host, join(root, name, version), { name, version, pointers }),
      ),
    );
  });
  const found = (await Promise.all(entries)).flat(2);
  const used = new Set(found.flatMap(({ beside }) => beside));
  const stray = pointers
    .filter(({ path }) => !used.has(path))
    .map(({ path }) => createLeftoverEntry(host, path));
  return [...found, ...(await Promise.all(stray))];
}

async function listVersionEntries(
  host: Host,
  folder: string,
  of: { name: string; version: string; pointers: readonly Found[] },
): Promise<CacheEntry[]> {
  const names = await host.files.list(folder);
  const markers = new Set(names.map(getMarkerPath).filter((marker) => names.includes(marker)));
  const entries = names
    .filter((name) => !markers.has(name))
    .map(async (name): Promise<CacheEntry> => {
      const path = join(folder, name);
      const marker = markers.has(getMarkerPath(name)) ? [getMarkerPath(path)] : [];
      const slot = marker.length > 0 ? readSlot(name) : undefined;
      const pointers = of.pointers.filter(
        ({ sha256 }) => slot?.bundle === undefined && sha256 === slot?.sha256,
      );
      const { bytes, modifiedMs } = await sizeOf(host, path);
      const used = marker[0] === undefined ? undefined : await host.files.stat(marker[0]);
      return {
        kind: slot ? "tool" : "leftover",
        name: of.name.slice(ownPrefix.length),
        version: slot ? await readVersion(host, path, of.version, slot.bundle !== undefined) : "",
        bytes,
        lastUsedMs: used?.modifiedMs ?? modifiedMs,
        path,
        beside: [...marker, ...pointers.map((pointer) => pointer.path)],
      };
    });
  return await Promise.all(entries);
}

async function readVersion(host: Host, folder: string, key: string, isOfBundle: boolean): Promise<string> {
  const label = await readLabel(host, folder);
  return [decodeVersion(key), label?.arch, isOfBundle && "of a bundle"].filter(Boolean).join(" ");
}
