import { dirname, join } from "node:path";
import { z } from "zod";
import type { Host } from "../host/host.ts";
import type { LockedImage } from "../lib/image.ts";
import { joinBelow } from "../lib/path.ts";
import { getCacheFolder, keepFile, refuseShared } from "../sources/cache-folders.ts";
import type { BlobPlace } from "../sources/web/web.ts";

/** Maximum size of a manifest or configuration in bytes. */
export const maxDocumentBytes = 4 * 1024 ** 2;

/** Returns the folder that keeps images between runs: each manifest, configuration and layer under its sha256. */
export function getImagesFolder(host: Host): string {
  return joinBelow(getCacheFolder(host), "images");
}

/** Returns the path of a blob in the cache, whether or not it exists. */
export function getBlobPath(host: Host, digest: string): string {
  return joinBelow(getImagesFolder(host), digest.replace("sha256:", ""));
}

/** Returns a blob's place in the cache; undefined if it is not cached. Does not verify the digest. */
export async function findBlob(host: Host, digest: string): Promise<BlobPlace | undefined> {
  const path = getBlobPath(host, digest);
  const found = await host.files.stat(path);
  return found?.kind === "file" ? { path, offset: 0, size: found.bytes } : undefined;
}

/** Removes a blob whose content does not match its digest. */
export async function forgetBlob(host: Host, digest: string): Promise<void> {
  await host.files.remove(getBlobPath(host, digest));
}

/** Returns the folder of unfinished blobs, with a folder for each process. */
export function getIncomingFolder(host: Host): string {
  return joinBelow(getImagesFolder(host), "incoming");
}

/** Makes the folder for this process' unfinished blobs, and removes those of killed processes. */
export async function openIncoming(host: Host): Promise<string> {
  const incoming = getIncomingFolder(host);
  await refuseShared(host, incoming);
  await host.files.mkdir(incoming, 0o700);
  for (const pid of await host.files.list(incoming))
    if (!(await host.files.exists(`/proc/${pid}`))) await host.files.remove(join(incoming, pid));
  const own = join(incoming, `${process.pid}`, `${host.now()}`);
  await host.files.mkdir(own, 0o700);
  return own;
}

/** Removes the folder of `openIncoming`, and those above it that are empty. */
export async function closeIncoming({ files }: Host, own: string): Promise<void> {
  await files.remove(own);
  const process = dirname(own);
  if ((await files.list(process)).length === 0) await files.remove(process);
}

const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);

/** Which blobs an image consists of, for the list of the cache. Nothing else relies on it. */
export const ImageNote = z.object({ image: z.string(), digest: Digest, blobs: z.array(Digest) });
export type ImageNote = z.infer<typeof ImageNote>;

/** Returns the folder of the notes: one for each image, digest and architecture. */
export function getNotesFolder(host: Host): string {
  return joinBelow(getImagesFolder(host), "by-name");
}

/** Notes which blobs an image consists of. An image that is used again is noted again, so the note's time is its last use. */
export async function noteImage(host: Host, { image, digest }: LockedImage, blobs: readonly string[]) {
  const name = image.replaceAll(/[^\w.-]/g, "_").slice(-120);
  const file = `${name}-${host.arch}-${digest.replace("sha256:", "").slice(0, 32)}.json`;
  const note: ImageNote = { image, digest, blobs: [...new Set(blobs)] };
  await keepFile(host, joinBelow(getNotesFolder(host), file), JSON.stringify(note));
}
