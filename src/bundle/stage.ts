import { createHash } from "node:crypto";
import { join } from "node:path";
import { readTarEntries } from "../archive/tar.ts";
import type { Context } from "../host/host.ts";
import { describeError, InstallError } from "../lib/errors.ts";
import type { ImageArchive } from "../lib/image.ts";
import { toContainerdName } from "../lib/image.ts";
import type { Lock, LockedChart, LockedDashboard } from "../lockfile/lock.ts";
import type { Tool } from "../lockfile/tools.ts";
import { findCachedArchive } from "../sources/charts/cache.ts";
import { getBlobPath, readImageArchive, writeImageArchive } from "../sources/images/archive.ts";
import type { Descriptor } from "../sources/images/manifest.ts";
import { getTextPath as dashboardPath } from "../sources/published-dashboard.ts";
import { type Containerd, exportImage } from "./containerd.ts";
import { type StagedPart, stageAsIs, stageCompressed } from "./content.ts";
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
function createLostContentError(what: string): InstallError {
  return new InstallError(`${what} is not in the cache any more, or not as it was put there`, {
    fix: "try again, and let nothing clear the cache meanwhile",
  });
}

const fix =
  "something has given the cluster another image of this name, or has changed or cut short what containerd keeps: run `bundle create` again";

/** Beside the layers an export has documents and headers. */
const room = 64 * 1024 ** 2;

/**
 * An image as the cluster's containerd has it, as the archive that its digest proves. The layers come from the export; the
 * index, which containerd doesn't keep, and with it the way from the locked digest to them, from the archive in the cache.
 * @param folder an empty one, for what lies there until the pieces are read
 * @throws InstallError when containerd doesn't give it out, or gives out something else
 */
async function exportedImage(
  context: Context,
  containerd: Containerd,
  archive: ImageArchive,
  folder: string,
): Promise<AsyncGenerator<Uint8Array>> {
  const { host } = context;
  const { image } = archive;
  const parts = await readImageArchive(host, archive.path, archive);
  const file = join(folder, "export.tar");
  await host.files.mkdir(folder);
  await exportImage(context, containerd, toContainerdName(image), file).catch((cause: unknown) => {
    throw new InstallError(`containerd doesn't give out ${image}: ${describeError(cause)}`, {
      cause,
      fix: "the temporary folder (TMPDIR) needs room for the image twice; and where content is not found, containerd is configured to discard it (discard_unpacked_layers in k3s' template of its configuration): take that out",
    });
  });
  const paths = await unpack(context, image, file, parts.layers, folder);
  await host.files.remove(file);
  return writeImageArchive(image, parts, ({ digest }) => host.files.stream(paths.get(digest) ?? ""));
}

/** @returns the layers' files by their digests */
async function unpack(
  { host }: Context,
  image: string,
  file: string,
  layers: readonly Descriptor[],
  folder: string,
): Promise<Map<string, string>> {
  const wanted = new Map(layers.map((layer) => [getBlobPath(layer.digest), layer]));
  const limit = layers.reduce((sum, { size }) => sum + size, room);
  const what = `containerd's export of ${image}`;
  const paths = new Map<string, string>();
  const reading = { what, limit, fix };
  for await (const { name, pieces } of readTarEntries(host.files.stream(file), what, reading)) {
    const layer = wanted.get(name);
    if (layer === undefined) continue;
    const path = join(folder, layer.digest.slice("sha256:".length));
    const hash = createHash("sha256");
    const hashed = async function* () {
      for await (const piece of pieces()) {
        hash.update(piece);
        yield piece;
      }
    };
    await host.files.write(path, hashed());
    if (`sha256:${hash.digest("hex")}` !== layer.digest)
      throw new InstallError(`${what}: ${layer.digest} in it is not what it is called`, { fix });
    paths.set(layer.digest, path);
  }
  const missing = layers.find(({ digest }) => !paths.has(digest));
  if (missing)
    throw new InstallError(`${what} lacks ${missing.digest}: it is another image than the lock's`, { fix });
  return paths;
}
