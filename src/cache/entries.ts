import { basename, join } from "node:path";
import { z } from "zod";
import type { Context, Host } from "../host/host.ts";
import { joinBelow } from "../lib/path.ts";
import { getImagesFolder, getIncomingFolder, getNotesFolder, ImageNote } from "../registry/store.ts";
import { getCacheFolder, getToolCacheFolder, refuseShared } from "../sources/cache-folders.ts";
import { readArchive } from "../sources/charts/archive.ts";
import { decodeVersion, getMarkerPath, ownPrefix, readLabel, readSlot } from "../sources/tools/cache.ts";
import { getChecksumsFolder } from "../sources/tools/releases.ts";

/** Returns the folders of the cache. */
export function getCacheFolders(host: Host): CacheFolders {
  const folder = getCacheFolder(host);
  return {
    tools: getToolCacheFolder(host),
    charts: joinBelow(folder, "charts"),
    dashboards: joinBelow(folder, "dashboards"),
    images: getImagesFolder(host),
  };
}

/** Returns all of monstack's entries in the cache, by kind, name and version. */
export async function listCacheEntries(context: Context): Promise<CacheEntry[]> {
  const { host } = context;
  const folders = getCacheFolders(host);
  for (const folder of Object.values(folders)) await refuseShared(host, folder);
  const kinds = await Promise.all([
    listToolEntries(host, folders.tools, getChecksumsFolder(host)),
    listChartEntries(context, folders.charts),
    listDashboardEntries(host, folders.dashboards),
    listImageEntries(host, folders.images),
  ]);
  return kinds.flatMap((entries) => entries.toSorted((a, b) => getSortKey(a).localeCompare(getSortKey(b))));
}

/** An image's note, and when it was used last. */
interface NotedImage extends ImageNote {
  readonly path: string;
  readonly lastUsedMs: number;
}

/** Each image has its note and its blobs. One that several images share belongs to the one that was used last. */
async function listImageEntries(host: Host, folder: string): Promise<CacheEntry[]> {
  const [notes, invalid] = await readNotes(host);
  const incoming = getIncomingFolder(host);
  const folders = [basename(getNotesFolder(host)), basename(incoming)];
  const left = new Set((await host.files.list(folder)).filter((name) => !folders.includes(name)));
  const entries: CacheEntry[] = [];
  for (const { image, digest, blobs, path, lastUsedMs } of notes) {
    const own = blobs.map((blob) => blob.replace("sha256:", "")).filter((name) => left.delete(name));
    const beside = own.map((name) => join(folder, name));
    const sizes = await Promise.all([path, ...beside].map((one) => measureSize(host, one)));
    const bytes = sizes.reduce((sum, size) => sum + size.bytes, 0);
    const version = `${digest.slice(0, 19)} ${readArch(path)}`;
    entries.push({ kind: "image", name: image, version, bytes, lastUsedMs, path, beside });
  }
  const unfinished = (await host.files.list(incoming)).map((name) => join(incoming, name));
  const stray = [...unfinished, ...[...left].map((name) => join(folder, name))];
  return [
    ...entries,
    ...(await Promise.all([...stray, ...invalid].map((path) => createLeftoverEntry(host, path)))),
  ];
}

/** Returns the notes, the one that was used last first, and the paths of what is none. */
async function readNotes(host: Host): Promise<readonly [NotedImage[], string[]]> {
  const folder = getNotesFolder(host);
  const notes: NotedImage[] = [];
  const invalid: string[] = [];
  for (const name of await host.files.list(folder)) {
    const path = join(folder, name);
    const note = parseNote((await host.files.read(path)) ?? "");
    if (note === undefined) invalid.push(path);
    else notes.push({ ...note, path, lastUsedMs: (await measureSize(host, path)).modifiedMs });
  }
  return [notes.toSorted((a, b) => b.lastUsedMs - a.lastUsedMs), invalid];
}

function parseNote(text: string): ImageNote | undefined {
  try {
    return ImageNote.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Returns the architecture in the name of a note. */
function readArch(path: string): string {
  return /-(amd64|arm64)-[0-9a-f]+\.json$/.exec(path)?.[1] ?? "";
}

/** Returns the key for sorting: leftovers last, the others by name and version. */
function getSortKey({ kind, name, version }: CacheEntry): string {
  return `${kind === "leftover" ? 1 : 0} ${name} ${version}`;
}

/** The kind of an entry. `leftover`: an unfinished file of a killed run, or a reference to an entry that is gone. */
type EntryKind = "tool" | "chart" | "dashboard" | "image" | "leftover";

/** An item in the cache, which is kept or removed as a whole. */
export interface CacheEntry {
  readonly kind: EntryKind;
  /** `k3s`, `prometheus`, `1860`. */
  readonly name: string;
  /** A version or a digest; empty for leftovers. */
  readonly version: string;
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly lastUsedMs: number;
  /** Absolute path of the file or folder. */
  readonly path: string;
  /** Paths of further files that belong to the entry and are removed with it. */
  readonly beside: readonly string[];
}

/** Absolute paths of the cache's folders. */
interface CacheFolders {
  /** On a runner, other actions use this folder too. */
  readonly tools: string;
  readonly charts: string;
  readonly dashboards: string;
  readonly images: string;
}

/** The size and age of a file or folder. */
export interface Size {
  readonly bytes: number;
  /** The last change, in milliseconds since the epoch; for a folder without the files in it. */
  readonly modifiedMs: number;
}

/**
 * Returns the size of a file, or of a folder with everything in it; 0 if the path is missing. Links are not followed.
 */
export async function measureSize(host: Host, path: string): Promise<Size> {
  const status = await host.files.stat(path);
  if (status === undefined) return { bytes: 0, modifiedMs: 0 };
  if (status.kind !== "folder") return status;
  const children = await Promise.all(
    (await host.files.list(path)).map((name) => measureSize(host, join(path, name))),
  );
  return { bytes: children.reduce((sum, { bytes }) => sum + bytes, 0), modifiedMs: status.modifiedMs };
}

/** True for a temporary name, under which `Host.files.write` and the tool cache write before they rename. */
function isUnfinished(name: string): boolean {
  return name.endsWith(".new");
}

/** A file that leads from a published name to its content. */
const Pointer = z.object({ sha256: z.string(), id: z.int().optional(), revision: z.int().optional() });

/** Returns the cached charts, which are files `<sha256>.tgz`. */
async function listChartEntries(context: Context, folder: string): Promise<CacheEntry[]> {
  const { host } = context;
  const pointers = await readPointers(host, join(folder, "by-version"));
  return await listFileEntries(host, folder, ".tgz", pointers, async (path, sha256) => {
    const chart = await readArchive(context, path).catch(() => undefined);
    return chart ?? { name: "(not a chart)", version: shortenDigest(sha256) };
  });
}

/** Returns the cached dashboards, which are files `<sha256>.json`. */
export async function listDashboardEntries(host: Host, folder: string): Promise<CacheEntry[]> {
  const pointers = await readPointers(host, join(folder, "by-revision"));
  return await listFileEntries(host, folder, ".json", pointers, async (path, sha256) => {
    const published = pointers.find((pointer) => pointer.sha256 === sha256)?.dashboard;
    if (published) return published;
    return { name: readTitle((await host.files.read(path)) ?? ""), version: shortenDigest(sha256) };
  });
}

/** A file in the cache that leads from a published name to a content. */
export interface PointerFile {
  readonly path: string;
  readonly sha256: string | undefined;
  /** The dashboard on grafana.com that it leads to. */
  readonly dashboard: { readonly name: string; readonly version: string } | undefined;
}

/** Returns the files in a folder that lead to contents. */
async function readPointers(host: Host, folder: string): Promise<PointerFile[]> {
  const pointers = (await host.files.list(folder)).map(async (name): Promise<PointerFile> => {
    const path = join(folder, name);
    const parsed = parsePointer((await host.files.read(path)) ?? "");
    const dashboard =
      parsed?.id === undefined
        ? undefined
        : { name: String(parsed.id), version: `revision ${parsed.revision}` };
    return { path, sha256: parsed?.sha256, dashboard };
  });
  return await Promise.all(pointers);
}

/**
 * Returns the entries of a folder whose files are named by their digest, and its leftovers.
 * @param describe returns the name and version of a file
 */
async function listFileEntries(
  host: Host,
  folder: string,
  ending: ".tgz" | ".json",
  pointers: readonly PointerFile[],
  describe: (path: string, sha256: string) => Promise<{ name: string; version: string }>,
): Promise<CacheEntry[]> {
  const names = await host.files.list(folder);
  const completeNames = names.filter((name) => name.endsWith(ending));
  const digests = new Set(completeNames.map((name) => name.slice(0, -ending.length)));
  const entries = completeNames.map(async (name): Promise<CacheEntry> => {
    const path = join(folder, name);
    const sha256 = name.slice(0, -ending.length);
    const { bytes = 0, modifiedMs = 0 } = (await host.files.stat(path)) ?? {};
    const beside = pointers.filter((pointer) => pointer.sha256 === sha256).map((pointer) => pointer.path);
    const { name: title, version } = await describe(path, sha256);
    const kind = ending === ".tgz" ? "chart" : "dashboard";
    return { kind, name: title, version, bytes, lastUsedMs: modifiedMs, path, beside };
  });
  const leftoverPaths = [
    ...names.filter(isUnfinished).map((name) => join(folder, name)),
    ...pointers.filter(({ sha256 }) => !digests.has(sha256 ?? "")).map(({ path }) => path),
  ];
  return [
    ...(await Promise.all(entries)),
    ...(await Promise.all(leftoverPaths.map((path) => createLeftoverEntry(host, path)))),
  ];
}

async function createLeftoverEntry(host: Host, path: string): Promise<CacheEntry> {
  const { bytes, modifiedMs } = await measureSize(host, path);
  const name = path.split("/").at(-1) ?? path;
  return { kind: "leftover", name, version: "", bytes, lastUsedMs: modifiedMs, path, beside: [] };
}

/** Parses a file that leads to a content; undefined if it is invalid. */
function parsePointer(text: string): z.infer<typeof Pointer> | undefined {
  try {
    return Pointer.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Returns a dashboard's title. */
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
 * Returns the entries of the tool cache, whose folders are `<tool>/<version>/<sha256>` with a file `<sha256>.complete`
 * next to the last one. Folders with other names are leftovers of an earlier version or a killed run.
 * @param checksums the folder with the publishers' checksums
 */
async function listToolEntries(host: Host, root: string, checksums: string): Promise<CacheEntry[]> {
  const pointers = await readPointers(host, checksums);
  const toolFolders = (await host.files.list(root)).filter((name) => name.startsWith(ownPrefix));
  const entries = toolFolders.map(async (name) => {
    const versions = await host.files.list(join(root, name));
    return await Promise.all(
      versions.map((version) =>
        listVersionEntries(host, join(root, name, version), { name, version, pointers }),
      ),
    );
  });
  const toolEntries = (await Promise.all(entries)).flat(2);
  const usedPaths = new Set(toolEntries.flatMap(({ beside }) => beside));
  const leftovers = pointers
    .filter(({ path }) => !usedPaths.has(path))
    .map(({ path }) => createLeftoverEntry(host, path));
  return [...toolEntries, ...(await Promise.all(leftovers))];
}

/** Returns the entries of one version of a tool. */
async function listVersionEntries(
  host: Host,
  folder: string,
  tool: { name: string; version: string; pointers: readonly PointerFile[] },
): Promise<CacheEntry[]> {
  const names = await host.files.list(folder);
  const markers = new Set(names.map(getMarkerPath).filter((marker) => names.includes(marker)));
  const entries = names
    .filter((name) => !markers.has(name))
    .map(async (name): Promise<CacheEntry> => {
      const path = join(folder, name);
      const marker = markers.has(getMarkerPath(name)) ? [getMarkerPath(path)] : [];
      const slot = marker.length > 0 ? readSlot(name) : undefined;
      const pointers = tool.pointers.filter(
        ({ sha256 }) => slot?.bundle === undefined && sha256 === slot?.sha256,
      );
      const { bytes, modifiedMs } = await measureSize(host, path);
      const markerStatus = marker[0] === undefined ? undefined : await host.files.stat(marker[0]);
      return {
        kind: slot ? "tool" : "leftover",
        name: tool.name.slice(ownPrefix.length),
        version: slot ? await readVersion(host, path, tool.version, slot.bundle !== undefined) : "",
        bytes,
        lastUsedMs: markerStatus?.modifiedMs ?? modifiedMs,
        path,
        beside: [...marker, ...pointers.map((pointer) => pointer.path)],
      };
    });
  return await Promise.all(entries);
}

/** Returns an entry's version with its architecture for `cache list`. */
async function readVersion(
  host: Host,
  folder: string,
  versionFolder: string,
  isOfBundle: boolean,
): Promise<string> {
  const label = await readLabel(host, folder);
  return [decodeVersion(versionFolder), label?.arch, isOfBundle && "of a bundle"].filter(Boolean).join(" ");
}
