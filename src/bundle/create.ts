import { join } from "node:path";
import { tarEnd, writeTarFile } from "../archive/tar-writer.ts";
import type { Context, Host } from "../host/host.ts";
import { yieldEachOnce } from "../host/memory.ts";
import { type Lock, type LockedChart, type LockedDashboard, lockFileName } from "../lockfile/lock.ts";
import { printLock } from "../lockfile/lock-text.ts";
import type { Tool } from "../lockfile/tools.ts";
import { type Containerd, refuseStrangers } from "./containerd.ts";
import { type StagedPart, stageAsIs } from "./content.ts";
import { type BundledImage, type BundledTool, bundleFormat, Manifest, manifestName } from "./manifest.ts";
import {
  type Staged,
  type StoredImage,
  stageBlobs,
  stageCharts,
  stageDashboards,
  stageTools,
} from "./stage.ts";

/** A verified stack, and what it was installed from. */
export interface Source {
  readonly lock: Lock;
  readonly tools: readonly Tool[];
  /** Hex sha256 of the charts and dashboards that were used. */
  readonly used: ReadonlySet<string>;
  /** The lock's images, as they were pulled into the cluster. */
  readonly images: readonly StoredImage[];
  readonly containerd: Containerd;
  readonly verified: Manifest["verified"];
  /** monstack's version. */
  readonly monstack: string;
}

interface StagedContent {
  readonly tools: readonly Staged<BundledTool>[];
  readonly charts: readonly Staged<LockedChart>[];
  readonly dashboards: readonly Staged<LockedDashboard>[];
  readonly images: BundledImage[];
  readonly blobs: readonly StagedPart[];
}

/**
 * Writes a bundle of what a stack was installed from. The file gets its name when it is complete. Its lock names exactly
 * what is in it.
 * @throws InstallError if a part is not available, or the stack runs images that the lock doesn't name
 */
export async function createBundle(
  context: Context,
  file: string,
  source: Source,
): Promise<{ manifest: Manifest; bytes: number }> {
  const { host } = context;
  const { lock, used, images, containerd } = source;
  await refuseStrangers(context, containerd, lock);
  return await host.files.withTemp("monstack-bundle-", async (folder) => {
    const stock: StagedContent = {
      tools: await stageTools(context, lock, source.tools, folder),
      charts: await stageCharts(context, lock, used),
      dashboards: await stageDashboards(context, lock, used),
      images: images.map(({ image, digest, blobs }) => ({ image, digest, blobs: [...blobs] })),
      blobs: await stageBlobs(context, images),
    };
    const lockFile = join(folder, lockFileName);
    await host.files.write(lockFile, printLock(lockOf(lock, stock)));
    const parts = [
      await stageAsIs(host, lockFileName, lockFile),
      ...[...stock.tools, ...stock.charts, ...stock.dashboards].map(({ part }) => part),
      ...stock.blobs,
    ];
    // Two apps can use the same chart.
    const once = [...new Map(parts.map((part) => [part.path, part])).values()];
    return await writeBundle(host, file, createManifest(context, source, stock), once);
  });
}

function lockOf(lock: Lock, { tools, charts, dashboards, images }: StagedContent): Lock {
  return {
    ...lock,
    tools: Object.fromEntries(tools.map(({ what: { name } }) => [name, lock.tools[name]])),
    charts: charts.map(({ what }) => what),
    dashboards: dashboards.map(({ what }) => what),
    images: images.map(({ image, digest }) => ({ image, digest })),
  };
}

function createManifest({ host }: Context, source: Source, stock: StagedContent): Omit<Manifest, "parts"> {
  const { lock, verified, monstack } = source;
  return {
    format: bundleFormat,
    monstack,
    createdAt: new Date(host.now()).toISOString(),
    arch: host.arch,
    profile: lock.profile,
    verified,
    tools: stock.tools.map(({ what }) => what),
    charts: stock.charts.map(({ what: { name, from, version }, part }) => ({
      name: name || from,
      version,
      path: part.path,
    })),
    dashboards: stock.dashboards.map(({ what: { from, revision }, part }) => ({
      from,
      ...(revision === undefined ? {} : { revision }),
      path: part.path,
    })),
    images: stock.images,
  };
}

/**
 * Writes a bundle: the manifest, then its parts in its order. The file has its name only when it is whole.
 * @returns its manifest, and its size in bytes
 */
async function writeBundle(
  host: Host,
  file: string,
  about: Omit<Manifest, "parts">,
  staged: readonly StagedPart[],
): Promise<{ manifest: Manifest; bytes: number }> {
  const parts = staged.map(({ file: _, ...part }) => part);
  const manifest = Manifest.parse({ ...about, parts });
  const text = Buffer.from(`${JSON.stringify(manifest, undefined, 2)}\n`);
  let bytes = 0;
  const counted = async function* () {
    for await (const piece of createTar(host, text, staged)) {
      bytes += piece.byteLength;
      yield piece;
    }
  };
  await host.files.write(file, counted());
  return { manifest, bytes };
}

async function* createTar(
  host: Host,
  manifest: Uint8Array,
  staged: readonly StagedPart[],
): AsyncGenerator<Uint8Array> {
  const modifiedAt = host.now();
  yield* writeTarFile({ name: manifestName, size: manifest.byteLength, modifiedAt }, [manifest]);
  for (const { path, bytes, file } of staged)
    yield* writeTarFile({ name: path, size: bytes, modifiedAt }, yieldEachOnce(host.files.stream(file)));
  yield tarEnd;
}
