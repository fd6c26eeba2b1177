import { join } from "node:path";
import type { Context } from "../host/host.ts";
import { InstallError } from "../lib/errors.ts";
import type { ImageArchive } from "../lib/image.ts";
import type { Lock, LockedChart, LockedDashboard } from "../lockfile/lock.ts";
import type { Tool } from "../lockfile/tools.ts";
import { cachedArchive } from "../sources/charts/cache.ts";
import { textPath as dashboardPath } from "../sources/dashboards.ts";
import type { Containerd } from "./containerd.ts";
import { type StagedPart, stageAsIs, stageCompressed } from "./content.ts";
import { exportedImage } from "./export.ts";
import type { BundledImage, BundledTool } from "./manifest.ts";

/** Something that the lock names, and the file that it is. */
export interface Staged<T> {
  readonly what: T;
  readonly part: StagedPart;
}

/** The tools that a run used. One that the user named by its path is theirs to bring along: no lock names it. */
export async function stageTools(
  { host }: Context,
  lock: Lock,
  tools: readonly Tool[],
  folder: string,
): Promise<Staged<BundledTool>[]> {
  const staged: Staged<BundledTool>[] = [];
  for (const { name, path: program, origin } of tools) {
    const locked = lock.tools[name];
    if (origin === "path" || locked === undefined) continue;
    const path = `tools/${name}.zst`;
    const part = await stageCompressed(host, path, host.files.stream(program), join(folder, path));
    staged.push({ what: { name, version: locked.version, path, download: locked[host.arch] }, part });
  }
  return staged;
}

/** Of the lock's charts those that a run used, by their sha256. */
export async function stageCharts(
  context: Context,
  { charts }: Lock,
  used: ReadonlySet<string>,
): Promise<Staged<LockedChart>[]> {
  const staged: Staged<LockedChart>[] = [];
  for (const what of charts.filter(({ sha256 }) => used.has(sha256))) {
    const file = await cachedArchive(context, what.sha256);
    if (file === undefined) throw lost(`chart ${what.name || what.from} ${what.version}`);
    staged.push({ what, part: await stageAsIs(context.host, `charts/${what.sha256}.tgz`, file) });
  }
  return staged;
}

/** The same of its dashboards. */
export async function stageDashboards(
  { host }: Context,
  { dashboards }: Lock,
  used: ReadonlySet<string>,
): Promise<Staged<LockedDashboard>[]> {
  const staged: Staged<LockedDashboard>[] = [];
  for (const what of dashboards.filter(({ sha256 }) => used.has(sha256))) {
    const file = dashboardPath(host, what.sha256);
    if (!(await host.files.exists(file))) throw lost(`dashboard ${what.from}`);
    const part = await stageAsIs(host, `dashboards/${what.sha256}.json`, file);
    if (part.sha256 !== what.sha256) throw lost(`dashboard ${what.from}`);
    staged.push({ what, part });
  }
  return staged;
}

/** Images as the cluster's containerd gives them out, as archives that their digests prove. */
export async function stageImages(
  context: Context,
  containerd: Containerd,
  archives: readonly ImageArchive[],
  folder: string,
): Promise<Staged<BundledImage>[]> {
  const { host, signal } = context;
  const staged: Staged<BundledImage>[] = [];
  for (const [index, archive] of archives.entries()) {
    signal.throwIfAborted();
    const { image, digest } = archive;
    const layers = join(folder, "layers");
    const pieces = await exportedImage(context, containerd, archive, layers);
    const part = await stageCompressed(host, "", pieces, join(folder, "images", `${index}.tar.zst`));
    await host.files.remove(layers);
    const path = `images/${part.unpacked.sha256}.tar.zst`;
    staged.push({ what: { image, digest, path }, part: { ...part, path } });
  }
  return staged;
}

/** It was there when the stack was brought up. */
function lost(what: string): InstallError {
  return new InstallError(`${what} is not in the cache any more, or not as it was put there`, {
    fix: "try again, and let nothing clear the cache meanwhile",
  });
}
