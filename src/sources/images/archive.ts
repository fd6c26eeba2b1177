import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { readStrictTarFiles } from "../../archive/tar.ts";
import { tarEnd, writeTarFile } from "../../archive/tar-writer.ts";
import type { Context, Host } from "../../host/host.ts";
import { describeError, InstallError } from "../../lib/errors.ts";
import type { ImageArchive, LockedImage } from "../../lib/image.ts";
import { toContainerdName } from "../../lib/image.ts";
import { joinBelow } from "../../lib/path.ts";
import { getCacheFolder, keepFile, refuseShared } from "../cache-folders.ts";
import { type Descriptor, type ImageParts, readImageParts } from "./manifest.ts";

/** containerd names an imported image by this annotation. */
const nameAnnotation = "io.containerd.image.name";
/** Bytes. An index, a manifest or a configuration isn't bigger; a layer may begin with the same byte as they do. */
const mostDocumentBytes = 4 * 1024 ** 2;

const layout = Buffer.from('{"imageLayoutVersion":"1.0.0"}');

/**
 * Yields an image as an OCI archive, the same bytes for the same image, which every k3s and `ctr images import` read.
 * Its index.json leads to the manifest of this architecture, not to the image's own index: k3s before 1.31 refuses an
 * index that lacks an architecture. The index lies beside it, so that the locked digest can be verified.
 */
export async function* writeImageArchive(
  image: string,
  parts: ImageParts,
  readLayer: (descriptor: Descriptor) => AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const file = (name: string, size: number, pieces: AsyncIterable<Uint8Array> | Uint8Array[]) =>
    writeTarFile({ name, size, modifiedAt: 0 }, pieces);
  const index = Buffer.from(indexOf(image, parts.manifest));
  yield* file("oci-layout", layout.byteLength, [layout]);
  yield* file("index.json", index.byteLength, [index]);
  const written = new Set<string>();
  const documents = [...parts.documents, parts.config].map(({ descriptor: { digest }, bytes }) => ({
    digest,
    size: bytes.byteLength,
    read: () => [bytes],
  }));
  const layers = parts.layers.map((layer) => ({ ...layer, read: () => readLayer(layer) }));
  for (const { digest, size, read } of [...documents, ...layers]) {
    if (written.has(digest)) continue;
    written.add(digest);
    yield* file(getBlobPath(digest), size, read());
  }
  yield tarEnd;
}

/**
 * Reads an image archive to its end and verifies it: each blob has the digest that it is named after, and the locked digest
 * leads to each of them.
 * @throws InstallError that says what is wrong with it
 */
export async function readImageArchive(
  host: Host,
  path: string,
  { image, digest }: LockedImage,
): Promise<ImageParts> {
  const { index, documents, sizes } = await readBlobs(host, path);
  const invalid = (why: string) => new InstallError(`${path}: ${why}`);
  const parts = await readImageParts(`${image} in ${path}`, digest, host.arch, async (_kind, wanted) => {
    const bytes = documents.get(wanted.digest);
    if (bytes === undefined) throw invalid(`${wanted.digest} is not in it`);
    return { bytes, mediaType: "" };
  });
  for (const { digest: part, size } of [parts.config.descriptor, ...parts.layers])
    if (sizes.get(part) !== size)
      throw invalid(`${part} has ${sizes.get(part) ?? "no"} bytes in it instead of ${size}`);
  if (index !== indexOf(image, parts.manifest)) throw invalid("its index.json is not this image's");
  return parts;
}

function indexOf(image: string, { mediaType, digest, size }: Descriptor): string {
  const annotations = { [nameAnnotation]: toContainerdName(image) };
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [{ mediaType, digest, size, annotations }],
  });
}

/** Reads all blobs: their sizes by digest, and the content of those that can be a document. */
async function readBlobs(host: Host, path: string) {
  const documents = new Map<string, Buffer>();
  const sizes = new Map<string, number>();
  let index = "";
  for await (const { name, size, pieces } of readStrictTarFiles(host.files.stream(path), path)) {
    const kept: Uint8Array[] = [];
    const hash = createHash("sha256");
    for await (const piece of pieces()) {
      hash.update(piece);
      if (size <= mostDocumentBytes) kept.push(piece);
    }
    const digest = `sha256:${hash.digest("hex")}`;
    const bytes = Buffer.concat(kept);
    if (name === "index.json") index = bytes.toString("utf8");
    else if (name !== "oci-layout" || !bytes.equals(layout)) {
      if (name !== getBlobPath(digest))
        throw new InstallError(`${path}: ${name} in it has the digest ${digest}`);
      sizes.set(digest, size);
      // Layers are mostly compressed, and never JSON.
      if (bytes[0] === 0x7b) documents.set(digest, bytes);
    }
  }
  return { index, documents, sizes };
}

/** Returns the path of a blob in an OCI archive. */
export function getBlobPath(digest: string): string {
  return `blobs/${digest.replace(":", "/")}`;
}

/** Returns the folder that keeps images between runs. */
export function getImagesFolder(host: Host): string {
  return joinBelow(getCacheFolder(host), "images");
}

/** Returns the path of an image's archive in the cache, whether it exists or not: one for each name, digest and architecture. */
export function getImageArchivePath(host: Host, { image, digest }: LockedImage): string {
  const name = image.replaceAll(/[^\w.-]/g, "_").slice(-120);
  const file = `${name}-${host.arch}-${digest.replace("sha256:", "").slice(0, 32)}.tar`;
  return joinBelow(getImagesFolder(host), file);
}

/** Returns the cached image, each byte verified. A cached image that was changed is removed. */
export async function findCachedImage(
  context: Context,
  wanted: LockedImage,
): Promise<ImageArchive | undefined> {
  const { host, log } = context;
  const path = getImageArchivePath(host, wanted);
  await refuseShared(host, dirname(path));
  if (!(await host.files.exists(path))) return undefined;
  try {
    const parts = await readImageArchive(host, path, wanted);
    await host.files.touch(path);
    return describeArchive(wanted, path, "cache", parts);
  } catch (error) {
    log.warn(
      `the cached image was changed since it was verified, it is fetched again: ${describeError(error)}`,
    );
    await host.files.remove(path);
    return undefined;
  }
}

/**
 * Puts an archive from elsewhere (a bundle) into the cache.
 * @throws InstallError if it isn't that image, or not for this architecture; then nothing is kept
 */
export async function keepImage(
  { host }: Context,
  wanted: LockedImage,
  pieces: AsyncIterable<Uint8Array>,
): Promise<ImageArchive> {
  const path = getImageArchivePath(host, wanted);
  await keepFile(host, path, pieces);
  try {
    return describeArchive(wanted, path, "cache", await readImageArchive(host, path, wanted));
  } catch (error) {
    await host.files.remove(path);
    throw error;
  }
}

export function describeArchive(
  { image, digest }: LockedImage,
  path: string,
  origin: ImageArchive["origin"],
  { manifest, config }: ImageParts,
): ImageArchive {
  return { image, digest, manifest: manifest.digest, config: config.descriptor.digest, path, origin };
}
