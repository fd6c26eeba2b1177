import { join } from "node:path";
import type { Context } from "../host/host.ts";
import type { Lock, LockedChart, LockedDashboard, LockedTool } from "../lock/lock.ts";
import { archiveFile, cachedTool, downloadIn, keepTool } from "../sources/cache.ts";
import { archivePath, cachedArchive, rememberChart } from "../sources/chart-cache.ts";
import { readCached, rememberRevision, textPath } from "../sources/dashboards.ts";
import { unpack } from "../sources/tools.ts";
import type { ToolName } from "../sources/types.ts";
import { releaseOf } from "../sources/upstream.ts";

/** One of the things that a lock names, as a file: its bytes as they are published, so that the lock's sum holds for them. */
export interface LockedItem {
  /** As messages call it. */
  readonly what: string;
  /** Hex, of the file. */
  readonly sha256: string;
  /** The file in this machine's cache, verified; undefined when it isn't there. */
  local(): Promise<string | undefined>;
  /** Puts a file that has the sum where a run looks for it. */
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
  const items = [...tools, ...charts, ...dashboards];
  // Two apps may use one chart.
  return items.filter(({ sha256 }, index) => items.findIndex((one) => one.sha256 === sha256) === index);
}

function lockedTool(context: Context, name: ToolName, tool: LockedTool): LockedItem {
  const { host } = context;
  const { version } = tool;
  const { sha256, url } = tool[host.arch];
  const { entry } = releaseOf(name, version, host.arch);
  return {
    what: `${name} ${version}`,
    sha256,
    local: async () => {
      const cached = await cachedTool(context, name, version);
      if (cached?.origin.sha256 !== sha256) return undefined;
      const path = downloadIn(cached);
      return (await host.files.exists(path)) ? path : undefined;
    },
    keep: (path) =>
      host.files.withTemp("monstack-tool-", async (folder) => {
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
    sha256,
    local: () => cachedArchive(context, sha256),
    keep: async (path) => {
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
    sha256,
    local: async () =>
      (await readCached(context, sha256)) === undefined ? undefined : textPath(host, sha256),
    keep: async (path) => {
      await host.files.write(textPath(host, sha256), host.files.stream(path));
      if (revision !== undefined && /^\d+$/.test(from))
        await rememberRevision(context, { id: Number(from), revision, sha256 });
    },
  };
}
