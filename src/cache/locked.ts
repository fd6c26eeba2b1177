import { join } from "node:path";
import type { Context } from "../host/host.ts";
import type { Lock, LockedChart, LockedDashboard, LockedImage, LockedTool } from "../lock/lock.ts";
import { archivePath, cachedArchive, rememberChart } from "../sources/charts/cache.ts";
import { readCached, rememberRevision, textPath } from "../sources/dashboards.ts";
import { cachedImage, keepImage } from "../sources/images/store.ts";
import { archiveFile, cachedTool, downloadIn, keepTool } from "../sources/tools/cache.ts";
import { unpack } from "../sources/tools/install.ts";
import { releaseOf } from "../sources/tools/upstream.ts";
import type { ToolName } from "../sources/types.ts";
import { sha256Of } from "../sources/web/download.ts";

/** One of the things that a lock names, as a file: its bytes as they are published, so that what the lock says holds for them. */
export interface LockedItem {
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
export function lockedItems(context: Context, lock: Lock): LockedItem[] {
  const tools = (["k3s", "helm", "kubectl"] as const).flatMap((name) => {
    const tool = lock.tools[name];
    return tool === undefined ? [] : [lockedTool(context, name, tool)];
  });
  const charts = lock.charts.map((chart) => lockedChart(context, chart));
  const dashboards = lock.dashboards.map((dashboard) => lockedDashboard(context, dashboard));
  const images = lock.images.map((image) => lockedImage(context, image));
  const items = [...tools, ...charts, ...dashboards, ...images];
  // Two apps may use one chart.
  return items.filter(({ file }, index) => items.findIndex((one) => one.file === file) === index);
}

/** @throws when the file has another sum */
async function holdToSum({ host }: Context, path: string, sha256: string): Promise<void> {
  if ((await sha256Of(host, path)) !== sha256) throw new Error("it is not what the lock says");
}

function lockedTool(context: Context, name: ToolName, tool: LockedTool): LockedItem {
  const { host } = context;
  const { version } = tool;
  const { sha256, url } = tool[host.arch];
  const { entry } = releaseOf(name, version, host.arch);
  return {
    what: `${name} ${version}`,
    file: sha256,
    local: async () => {
      const cached = await cachedTool(context, name, version);
      if (cached?.origin.sha256 !== sha256) return undefined;
      const path = downloadIn(cached);
      if (!(await host.files.exists(path))) return undefined;
      // The file beside the executable is covered by no sum of the tool cache's.
      return (await sha256Of(host, path)) === sha256 ? path : undefined;
    },
    keep: (path) =>
      host.files.withTemp("monstack-tool-", async (folder) => {
        await holdToSum(context, path, sha256);
        const raw = join(folder, entry === undefined ? name : archiveFile);
        await host.files.write(raw, host.files.stream(path), 0o755);
        const executableSha256 =
          entry === undefined ? sha256 : await unpack(host, raw, entry, join(folder, name));
        await keepTool(context, name, version, folder, { sha256, executableSha256, url });
      }),
  };
}

function lockedChart(context: Context, chart: LockedChart): LockedItem {
  const { host } = context;
  const { from, name, version, sha256, url } = chart;
  return {
    what: `chart ${name === "" ? from : name} ${version}`,
    file: sha256,
    local: () => cachedArchive(context, sha256),
    keep: async (path) => {
      await holdToSum(context, path, sha256);
      const to = archivePath(host, sha256);
      await host.files.write(to, host.files.stream(path));
      await rememberChart(context, { from, name, version }, { path: to, sha256, origin: url });
    },
  };
}

function lockedDashboard(context: Context, dashboard: LockedDashboard): LockedItem {
  const { host } = context;
  const { from, revision, sha256 } = dashboard;
  return {
    what: `dashboard ${from}${revision === undefined ? "" : ` revision ${revision}`}`,
    file: sha256,
    local: async () =>
      (await readCached(context, sha256)) === undefined ? undefined : textPath(host, sha256),
    keep: async (path) => {
      await holdToSum(context, path, sha256);
      await host.files.write(textPath(host, sha256), host.files.stream(path));
      if (revision !== undefined && /^\d+$/.test(from))
        await rememberRevision(context, { id: Number(from), revision, sha256 });
    },
  };
}

/** Its digest is that of its manifest, so its store itself holds each byte of the archive against it. */
function lockedImage(context: Context, image: LockedImage): LockedItem {
  return {
    what: `image ${image.image}`,
    file: image.digest.replace("sha256:", ""),
    local: async () => (await cachedImage(context, image))?.path,
    keep: async (path) => {
      await keepImage(context, image, context.host.files.stream(path));
    },
  };
}
