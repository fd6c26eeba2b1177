import { join } from "node:path";
import type { Context } from "../host/host.ts";
import { describeError } from "../lib/errors.ts";
import { joinBelow } from "../lib/path.ts";
import type { Lock, LockedChart, LockedDashboard, LockedImage, LockedTool } from "../lockfile/lock.ts";
import type { ToolName } from "../lockfile/tools.ts";
import { keepFile } from "../sources/cache-folders.ts";
import { findCachedArchive, getArchivePath } from "../sources/charts/cache.ts";
import { findCachedImage, keepImage } from "../sources/images/archive.ts";
import { getTextPath, readCached } from "../sources/published-dashboard.ts";
import { archiveFile, findCachedTool, keepTool, readPackedProgram } from "../sources/tools/cache.ts";
import { releaseOf } from "../sources/tools/releases.ts";
import { hashFile } from "../sources/web/download.ts";

/** One of the things that a lock names, as a file: its bytes as they are published, so that what the lock says holds for them. */
interface LockedItem {
  /** As messages call it. */
  readonly what: string;
  /** What it is called among the others: its digest, hex. */
  readonly file: string;
  /** The file in this machine's cache, verified; undefined when it isn't there. */
  local(): Promise<string | undefined>;
  /**
   * Puts a file where a run looks for it.
   * @throws when it isn't what the lock says; then nothing is kept
   */
  keep(path: string): Promise<void>;
}

/** All that a lock names for this machine. */
export function createLockedItems(context: Context, lock: Lock): LockedItem[] {
  const tools = (["k3s", "helm", "kubectl"] as const).flatMap((name) => {
    const tool = lock.tools[name];
    return tool === undefined ? [] : [createToolItem(context, name, tool)];
  });
  const charts = lock.charts.map((chart) => createChartItem(context, chart));
  const dashboards = lock.dashboards.map((dashboard) => createDashboardItem(context, dashboard));
  const images = lock.images.map((image) => createImageItem(context, image));
  const items = [...tools, ...charts, ...dashboards, ...images];
  // Two apps may use one chart.
  return items.filter(({ file }, index) => items.findIndex((one) => one.file === file) === index);
}

/** @throws when the file has another sum */
async function holdToSum({ host }: Context, path: string, sha256: string): Promise<void> {
  if ((await hashFile(host, path)) !== sha256) throw new Error("it is not what the lock says");
}

function createToolItem(context: Context, name: ToolName, tool: LockedTool): LockedItem {
  const { host } = context;
  const { arch } = host;
  const { version } = tool;
  const { sha256, url } = tool[arch];
  const { entry } = releaseOf(name, version, arch);
  const key = { name, version, sha256 };
  return {
    what: `${name} ${version}`,
    file: sha256,
    local: async () => (await findCachedTool(context, key))?.download,
    keep: (path) =>
      host.files.withTemp("monstack-tool-", async (folder) => {
        await holdToSum(context, path, sha256);
        const raw = join(folder, entry === undefined ? name : archiveFile);
        await host.files.write(raw, host.files.stream(path), 0o755);
        if (entry !== undefined)
          await host.files.write(join(folder, name), readPackedProgram(host, raw, entry), 0o755);
        await keepTool(context, key, folder, { arch, url });
      }),
  };
}

/** Where the chart comes from is not remembered: that is the lock's word, and counts for runs with that lock. */
function createChartItem(context: Context, chart: LockedChart): LockedItem {
  const { host } = context;
  const { from, name, version, sha256 } = chart;
  return {
    what: `chart ${name === "" ? from : name} ${version}`,
    file: sha256,
    local: () => findCachedArchive(context, sha256),
    keep: async (path) => {
      await holdToSum(context, path, sha256);
      await keepFile(host, getArchivePath(host, sha256), host.files.stream(path));
    },
  };
}

function createDashboardItem(context: Context, dashboard: LockedDashboard): LockedItem {
  const { host } = context;
  const { from, revision, sha256 } = dashboard;
  return {
    what: `dashboard ${from}${revision === undefined ? "" : ` revision ${revision}`}`,
    file: sha256,
    local: async () =>
      (await readCached(context, sha256)) === undefined ? undefined : getTextPath(host, sha256),
    keep: async (path) => {
      await holdToSum(context, path, sha256);
      await keepFile(host, getTextPath(host, sha256), host.files.stream(path));
    },
  };
}

/** Its digest is that of its manifest, so its store itself holds each byte of the archive against it. */
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
 * Moves the items from `folder` to where a run looks for them, each after its digest was compared with the lock. An item
 * that differs from the lock is reported and not used, so that the run fetches it again.
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
      log.warn(
        `${item.what} of the restored cache is not used: ${describeError(error)}; it is fetched again`,
      );
    }
  }
  return { kept, bytes };
}
