import { dirname } from "node:path";
import type { Context, Host } from "../../host/host.ts";
import { messageOf } from "../../lib/errors.ts";
import type { ImageArchive, WantedImage } from "../../lib/image.ts";
import { joinBelow } from "../../lib/path.ts";
import { cacheFolder, keepFile, refuseShared } from "../cache-folders.ts";
import { readImageArchive } from "./archive.ts";
import type { ImageParts } from "./content.ts";

/** Where images are kept between runs. */
export function imagesFolder(host: Host): string {
  return joinBelow(cacheFolder(host), "images");
}

/** Where an image's archive lies, whether it is there or not: one for each name, digest and architecture. */
export function imageArchivePath(host: Host, { image, digest }: WantedImage): string {
  const name = image.replaceAll(/[^\w.-]/g, "_").slice(-120);
  const file = `${name}-${host.arch}-${digest.replace("sha256:", "").slice(0, 32)}.tar`;
  return joinBelow(imagesFolder(host), file);
}

/** The image in the cache, each of its bytes verified. One that isn't what it should be is taken away. */
export async function cachedImage(context: Context, wanted: WantedImage): Promise<ImageArchive | undefined> {
  const { host, log } = context;
  const path = imageArchivePath(host, wanted);
  await refuseShared(host, dirname(path));
  if (!(await host.files.exists(path))) return undefined;
  try {
    const parts = await readImageArchive(host, path, wanted);
    await host.files.touch(path);
    return asArchive(wanted, path, "cache", parts);
  } catch (error) {
    log.warn(`the cached image was changed since it was verified, it is fetched again: ${messageOf(error)}`);
    await host.files.remove(path);
    return undefined;
  }
}

/**
 * Puts an archive that came another way (out of a bundle) into the cache.
 * @throws InstallError when it isn't that image, or not for this architecture; nothing is kept then.
 */
export async function keepImage(
  { host }: Context,
  wanted: WantedImage,
  pieces: AsyncIterable<Uint8Array>,
): Promise<ImageArchive> {
  const path = imageArchivePath(host, wanted);
  await keepFile(host, path, pieces);
  try {
    return asArchive(wanted, path, "cache", await readImageArchive(host, path, wanted));
  } catch (error) {
    await host.files.remove(path);
    throw error;
  }
}

export function asArchive(
  { image, digest }: WantedImage,
  path: string,
  origin: ImageArchive["origin"],
  { manifest, config }: ImageParts,
): ImageArchive {
  return { image, digest, manifest: manifest.digest, config: config.descriptor.digest, path, origin };
}
