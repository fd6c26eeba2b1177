import { dirname, join } from "node:path";
import type { Context } from "../host/host.ts";
import { describeError } from "../lib/errors.ts";
import { joinBelow } from "../lib/path.ts";
import type { Lock, LockedChart, LockedDashboard, LockedImage, LockedTool } from "../lockfile/lock.ts";
import type { ToolName } from "../lockfile/tools.ts";
import { getBlobPath, maxDocumentBytes, noteImage } from "../registry/store.ts";
import { keepFile, refuseShared } from "../sources/cache-folders.ts";
import { findCachedArchive, getArchivePath } from "../sources/charts/cache.ts";
import { readImageParts } from "../sources/images/manifest.ts";
import { getTextPath, readCachedDashboard } from "../sources/published-dashboard.ts";
import { archiveFile, findCachedTool, keepTool, readPackedProgram } from "../sources/tools/cache.ts";
import { getRelease } from "../sources/tools/releases.ts";
import { hashFile } from "../sources/web/download.ts";

/** A download that a lock names, as a file with the published bytes, which have the locked digest. */
interface LockedItem {
  /** The item's name in messages. */
  readonly what: string;
  /** The file's name in a folder of items: its hex digest. */
  readonly file: string;
  /** Returns the path of the verified file in this machine's cache; undefined if it is missing. */
  local(): Promise<string | undefined>;
  /** Copies the other files of an item that has several into a folder, each named by its hex digest. */
  packRest?(folder: string): Promise<void>;
  /**
   * Puts a file into this machine's cache, with the other files of the item, which are in the same folder. Returns the
   * bytes of all. @throws Error if one differs from the lock
   */
  keep(path: string): Promise<number>;
}

/** Returns the downloads that a lock names for this machine. */
export function createLockedItems(context: Context, lock: Lock): LockedItem[] {
  const tools = (["k3s", "helm", "kubectl"] as const).flatMap((name) => {
    const tool = lock.tools[name];
    return tool === undefined ? [] : [createToolItem(context, name, tool)];
  });
  const charts = lock.charts.map((chart) => createChartItem(context, chart));
  const dashboards = lock.dashboards.map((dashboard) => createDashboardItem(context, dashboard));
  const images = lock.images.map((image) => createImageItem(context, image));
  const items = [...tools, ...charts, ...dashboards, ...images];
  // Two apps may use the same chart.
  return items.filter(({ file }, index) => items.findIndex((candidate) => candidate.file === file) === index);
}

/** Returns a file's bytes. @throws Error if it has another digest than the lock names */
async function verifyDigest({ host }: Context, path: string, sha256: string): Promise<number> {
  if ((await hashFile(host, path)) !== sha256) throw new Error("it is not what the lock says");
  return (await host.files.stat(path))?.bytes ?? 0;
}

/** Returns the item of a tool. For helm the file is the archive, from which the program is unpacked again. */
function createToolItem(context: Context, name: ToolName, tool: LockedTool): LockedItem {
  const { host } = context;
  const { arch } = host;
  const { version } = tool;
  const { sha256, url } = tool[arch];
  const { entry } = getRelease(name, version, arch);
  const key = { name, version, sha256 };
  return {
    what: `${name} ${version}`,
    file: sha256,
    local: async () => (await findCachedTool(context, key))?.download,
    keep: (path) =>
      host.files.withTemp("monstack-tool-", async (folder) => {
        const bytes = await verifyDigest(context, path, sha256);
        const downloadPath = join(folder, entry === undefined ? name : archiveFile);
        await host.files.write(downloadPath, host.files.stream(path), 0o755);
        if (entry !== undefined)
          await host.files.write(join(folder, name), readPackedProgram(host, downloadPath, entry), 0o755);
        await keepTool(context, key, folder, { arch, url });
        return bytes;
      }),
  };
}

/**
 * Returns the item of a chart. Only the archive is kept, not the version that it was requested as: that is valid only
 * for runs with this lock.
 */
function createChartItem(context: Context, chart: LockedChart): LockedItem {
  const { host } = context;
  const { from, name, version, sha256 } = chart;
  return {
    what: `chart ${name === "" ? from : name} ${version}`,
    file: sha256,
    local: () => findCachedArchive(context, sha256),
    keep: async (path) => {
      const bytes = await verifyDigest(context, path, sha256);
      await keepFile(host, getArchivePath(host, sha256), host.files.stream(path));
      return bytes;
    },
  };
}

/** Returns the item of a dashboard. */
function createDashboardItem(context: Context, dashboard: LockedDashboard): LockedItem {
  const { host } = context;
  const { from, revision, sha256 } = dashboard;
  return {
    what: `dashboard ${from}${revision === undefined ? "" : ` revision ${revision}`}`,
    file: sha256,
    local: async () =>
      (await readCachedDashboard(context, sha256)) === undefined ? undefined : getTextPath(host, sha256),
    keep: async (path) => {
      const bytes = await verifyDigest(context, path, sha256);
      await keepFile(host, getTextPath(host, sha256), host.files.stream(path));
      return bytes;
    },
  };
}

/** Returns the item of an image: its index, and all that the index refers to for this architecture. */
function createImageItem(context: Context, image: LockedImage): LockedItem {
  const { host } = context;
  const ofCache = (digest: string) => getBlobPath(host, digest);
  return {
    what: `image ${image.image}`,
    file: image.digest.replace("sha256:", ""),
    local: async () => {
      const blobs = await listVerifiedBlobs(context, image, ofCache).catch(() => undefined);
      return blobs && ofCache(image.digest);
    },
    packRest: async (folder) => {
      for (const digest of (await listVerifiedBlobs(context, image, ofCache)).slice(1))
        await host.files.write(joinBelow(folder, getFileName(digest)), host.files.stream(ofCache(digest)));
    },
    keep: async (path) => {
      const ofFolder = (digest: string) => joinBelow(dirname(path), getFileName(digest));
      const blobs = await listVerifiedBlobs(context, image, ofFolder);
      let bytes = 0;
      for (const digest of blobs) {
        await keepFile(host, ofCache(digest), host.files.stream(ofFolder(digest)));
        bytes += (await host.files.stat(ofFolder(digest)))?.bytes ?? 0;
      }
      await noteImage(host, image, blobs);
      return bytes;
    },
  };
}

function getFileName(digest: string): string {
  return digest.replace("sha256:", "");
}

/**
 * Compares each file of an image with its digest. Returns the digests, the image's own first.
 * @throws Error if a file is missing or has another digest
 */
async function listVerifiedBlobs(
  context: Context,
  { image, digest }: LockedImage,
  getPath: (digest: string) => string,
): Promise<string[]> {
  const { host } = context;
  const verify = async (wanted: string) => {
    await refuseShared(host, dirname(getPath(wanted)));
    await verifyDigest(context, getPath(wanted), getFileName(wanted));
  };
  const parts = await readImageParts(image, digest, host.arch, async (_kind, wanted) => {
    await verify(wanted.digest);
    const file = await host.files.open(getPath(wanted.digest), "read");
    const bytes = await file.read(0, maxDocumentBytes).finally(file.close);
    return { bytes, mediaType: "" };
  });
  for (const layer of parts.layers) await verify(layer.digest);
  const documents = [...parts.documents, parts.config].map(({ descriptor }) => descriptor.digest);
  return [...new Set([...documents, ...parts.layers.map((layer) => layer.digest)])];
}

/**
 * Copies the items from this machine's cache into `folder`, each as a file named by its digest.
 * @returns the items that the cache doesn't have; if there are any, the folder is incomplete
 */
export async function packItems(
  { host }: Context,
  items: readonly LockedItem[],
  folder: string,
): Promise<LockedItem[]> {
  await host.files.remove(folder);
  const missing: LockedItem[] = [];
  for (const item of items) {
    const local = await item.local();
    if (local === undefined) {
      missing.push(item);
      continue;
    }
    await host.files.write(joinBelow(folder, item.file), host.files.stream(local));
    await item.packRest?.(folder);
  }
  return missing;
}

/** The items that were kept, and their size. */
export interface Unpacked {
  readonly kept: readonly LockedItem[];
  readonly bytes: number;
}

/**
 * Puts the items in `folder` into this machine's cache, each after its digest was compared with the lock. Warns about
 * an item that differs or is missing, so that the run fetches it.
 */
export async function unpackItems(
  context: Context,
  items: readonly LockedItem[],
  folder: string,
): Promise<Unpacked> {
  const { host, log } = context;
  const kept: LockedItem[] = [];
  let bytes = 0;
  for (const item of items) {
    const path = joinBelow(folder, item.file);
    const status = await host.files.stat(path);
    if (status === undefined) {
      log.warn(`${item.what} is not in the restored cache; it is fetched`);
      continue;
    }
    try {
      if (status.kind !== "file") throw new Error("it is not even a file");
      bytes += await item.keep(path);
      kept.push(item);
    } catch (error) {
      log.warn(
        `${item.what} of the restored cache is not used: ${describeError(error)}; it is fetched again`,
      );
    }
  }
  return { kept, bytes };
}
