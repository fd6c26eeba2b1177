import { join } from "node:path";
import { InstallError } from "../host/errors.ts";
import type { Context } from "../host/host.ts";
import type { Lock } from "../lock/lock.ts";
import { type Containerd, exportImage, type Stored, storedImages, usedImages } from "./containerd.ts";
import { type StagedPart, stageCompressed } from "./content.ts";
import type { BundledImage } from "./manifest.ts";

export interface StagedImages {
  readonly images: readonly BundledImage[];
  readonly parts: readonly StagedPart[];
}

/**
 * The locked images that are in the cluster's containerd, each in an archive below `folder`.
 * @throws InstallError when a container runs an image that the lock doesn't name, or one can't be exported
 */
export async function stageImages(
  context: Context,
  containerd: Containerd,
  lock: Lock,
  folder: string,
): Promise<StagedImages> {
  const stored = await storedImages(context, containerd);
  refuseStrangers(lock, strangersIn(lock, stored, await usedImages(context, containerd)));
  const names = new Set(stored.map(({ ref }) => ref));
  const there = lock.images.filter(({ image }) => names.has(image));
  for (const { image } of lock.images.filter((one) => !there.includes(one)))
    context.log.info(`${image}: locked, but nothing of this run needed it; it is not in the bundle`);
  const images = there.map((one) => ({
    ...one,
    path: `images/${one.digest.slice("sha256:".length)}.tar.zst`,
  }));
  const parts: StagedPart[] = [];
  for (const [path, same] of Map.groupBy(images, (one) => one.path)) {
    const refs = same.map(({ image }) => image);
    parts.push(await stageImage(context, containerd, refs, path, folder));
  }
  return { images, parts };
}

async function stageImage(
  context: Context,
  containerd: Containerd,
  refs: readonly string[],
  path: string,
  folder: string,
): Promise<StagedPart> {
  const { host, log, signal } = context;
  signal.throwIfAborted();
  const archive = join(folder, "image.tar");
  await exportImage(context, containerd, refs, archive);
  const part = await stageCompressed(host, path, host.files.stream(archive), join(folder, path));
  await host.files.remove(archive);
  log.info(`${refs.join(", ")}: ${(part.bytes / 1e6).toFixed(1)} MB`);
  return part;
}

/** Images of containers under none of the lock's names. One of the user's own archives is theirs to bring along. */
export function strangersIn(lock: Lock, stored: readonly Stored[], used: readonly string[]): string[] {
  const named = new Set([...lock.images, ...(lock.unlocked ?? [])].map(({ image }) => image));
  const known = new Set(stored.filter(({ ref }) => named.has(ref)).map(({ digest }) => digest));
  const running = new Set(used.flatMap((ref) => stored.find((one) => one.ref === ref)?.digest ?? []));
  return [...running]
    .filter((digest) => !known.has(digest))
    .map((digest) => nameOf(stored, digest))
    .sort();
}

/** The one with a tag, if there is one. */
function nameOf(stored: readonly Stored[], digest: string): string {
  const refs = stored.filter((one) => one.digest === digest).map(({ ref }) => ref);
  return refs.find((ref) => !/@|^sha256:/.test(ref)) ?? refs[0] ?? digest;
}

function refuseStrangers(lock: Lock, strangers: readonly string[]): void {
  if (strangers.length === 0) return;
  throw new InstallError(
    `these images run, and the lock that the bundle would have does not name them: ${strangers.join(", ")}`,
    {
      mend:
        lock.images.length === 0
          ? "`monstack lock` writes a lock with every image"
          : "something starts pods of which the charts say nothing: name its image in a chart's values, or leave it out",
    },
  );
}
