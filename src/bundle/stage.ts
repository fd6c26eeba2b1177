import { join } from "node:path";
import type { Context } from "../host/host.ts";
import { InstallError } from "../lib/errors.ts";
import type { Lock, LockedChart, LockedDashboard } from "../lockfile/lock.ts";
import type { Tool } from "../lockfile/tools.ts";
import { getBlobPath } from "../registry/store.ts";
import { findCachedArchive } from "../sources/charts/cache.ts";
import { getTextPath as dashboardPath } from "../sources/published-dashboard.ts";
import { type StagedPart, stageAsIs, stageCompressed } from "./content.ts";
import { type BundledTool, getBlobPart } from "./manifest.ts";

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
    const file = await findCachedArchive(context, what.sha256);
    if (file === undefined) throw createLostContentError(`chart ${what.name || what.from} ${what.version}`);
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
    if (!(await host.files.exists(file))) throw createLostContentError(`dashboard ${what.from}`);
    const part = await stageAsIs(host, `dashboards/${what.sha256}.json`, file);
    if (part.sha256 !== what.sha256) throw createLostContentError(`dashboard ${what.from}`);
    staged.push({ what, part });
  }
  return staged;
}

/** An image that a run used, with the blobs that it consists of on this architecture. */
export interface StoredImage {
  readonly image: string;
  readonly digest: string;
  readonly blobs: readonly string[];
}

/** The images' blobs, as they lie in the cache: each once, and compared with its digest. */
export async function stageBlobs(
  { host, signal }: Context,
  images: readonly StoredImage[],
): Promise<StagedPart[]> {
  const staged = new Map<string, StagedPart>();
  for (const { image, blobs } of images)
    for (const digest of blobs) {
      signal.throwIfAborted();
      if (staged.has(digest)) continue;
      const file = getBlobPath(host, digest);
      const isThere = await host.files.exists(file);
      const part = isThere ? await stageAsIs(host, getBlobPart(digest), file) : undefined;
      if (part === undefined || `sha256:${part.sha256}` !== digest)
        throw createLostContentError(`${digest} of the image ${image}`);
      staged.set(digest, part);
    }
  return [...staged.values()];
}

/** It was there when the stack was brought up. */
function createLostContentError(what: string): InstallError {
  return new InstallError(`${what} is not in the cache any more, or not as it was put there`, {
    fix: "try again, and let nothing clear the cache meanwhile",
  });
}
