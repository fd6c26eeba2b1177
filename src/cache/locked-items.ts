import { join } from "node:path";
import type { Context } from "../host/host.ts";
import { describeError } from "../lib/errors.ts";
import { joinBelow } from "../lib/path.ts";
import type { Lock, LockedChart, LockedDashboard, LockedImage, LockedTool } from "../lockfile/lock.ts";
import type { ToolName } from "../lockfile/tools.ts";
import { keepFile } from "../sources/cache-folders.ts";
import { findCachedArchive, getArchivePath } from "../sources/charts/cache.ts";
import { findCachedImage, keepImage } from "../sources/images/archive.ts";
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
  /** Puts a file into this machine's cache. @throws Error if it differs from the lock; then nothing is kept */
  keep(path: string): Promise<void>;
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

/** Throws if a file has another digest than the lock names. */
async function verifyDigest({ host }: Context, path: string, sha256: string): Promise<void> {
  if ((await hashFile(host, path)) !== sha256) throw new Error("it is not what the lock says");
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
        await verifyDigest(context, path, sha256);
        const downloadPath = join(folder, entry === undefined ? name : archiveFile);
        await host.files.write(downloadPath, host.files.stream(path), 0o755);
        if (entry !== undefined)
          await host.files.write(join(folder, name), readPackedProgram(host, downloadPath, entry), 0o755);
        await keepTool(context, key, folder, { arch, url });
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
      await verifyDigest(context, path, sha256);
      await keepFile(host, getArchivePath(host, sha256), host.files.stream(path));
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
      await verifyDigest(context, path, sha256);
      await keepFile(host, getTextPath(host, sha256), host.files.stream(path));
    },
  };
}

/**
 * Returns the item of an image. Its digest is that of the manifest, so the image cache verifies each byte of the
 * archive itself.
 */
function createImageItem(context: Context, image: LockedImage): LockedItem {
  return {
    what: `image ${image.image}`,
    file: image.digest.replace("sha256:", ""),
    local: async () => (await findCachedImage(context, image))?.path,
    keep: async (path) => {
      await keepImage(context, image, context.host.files.stream(path));
    },
  };
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
    const cachedPath = await item.local();
    if (cachedPath === undefined) missing.push(item);
    else await host.files.write(joinBelow(folder, item.file), host.files.stream(cachedPath));
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
      await item.keep(path);
      kept.push(item);
      bytes += status.bytes;
    } catch (error) {
      log.warn(
        `${item.what} of the restored cache is not used: ${describeError(error)}; it is fetched again`,
      );
    }
  }
  return { kept, bytes };
}
