import { createHash } from "node:crypto";
import { onlyFiles } from "../../archive/tar.ts";
import { tarEnd, tarHeader, tarPadding } from "../../archive/tar-writer.ts";
import type { Host } from "../../host/host.ts";
import { InstallError } from "../../lib/errors.ts";
import { clusterName } from "../../lib/image.ts";
import { type Descriptor, type ImageParts, imageParts } from "./content.ts";

/** What containerd calls the image when it imports it. */
const nameAnnotation = "io.containerd.image.name";
/** An index, a manifest or a configuration isn't bigger; a layer may begin as one does. */
const mostDocumentBytes = 4 * 1024 ** 2;

const layout = Buffer.from('{"imageLayoutVersion":"1.0.0"}');

/**
 * An image as an OCI archive, the same bytes for the same image: every k3s and `ctr images import` read it.
 * Its index.json leads to the manifest of this architecture, not to the image's own index: k3s before 1.31 refuses an index of
 * which it doesn't get every architecture. The index lies beside it, so that the locked digest can be proven.
 */
export async function* archiveOf(
  image: string,
  parts: ImageParts,
  layer: (descriptor: Descriptor) => AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield* file("oci-layout", layout);
  yield* file("index.json", Buffer.from(indexOf(image, parts.manifest)));
  const written = new Set<string>();
  for (const { descriptor, bytes } of [...parts.documents, parts.config]) {
    if (written.has(descriptor.digest)) continue;
    written.add(descriptor.digest);
    yield* file(blobName(descriptor.digest), bytes);
  }
  for (const descriptor of parts.layers) {
    if (written.has(descriptor.digest)) continue;
    written.add(descriptor.digest);
    yield header(blobName(descriptor.digest), descriptor.size);
    yield* layer(descriptor);
    yield tarPadding(descriptor.size);
  }
  yield tarEnd;
}

/**
 * Reads an archive from its first byte to its last and proves that it is that image: every blob is what it is called, and
 * the locked digest leads to each of them.
 * @throws InstallError that says what is wrong with it
 */
export async function readImageArchive(
  host: Host,
  path: string,
  { image, digest }: { image: string; digest: string },
): Promise<ImageParts> {
  const { index, documents, sizes } = await readThrough(host, path);
  const wrong = (why: string) => new InstallError(`${path}: ${why}`);
  const parts = await imageParts(`${image} in ${path}`, digest, host.arch, async (_kind, wanted) => {
    const bytes = documents.get(wanted.digest);
    if (bytes === undefined) throw wrong(`${wanted.digest} is not in it`);
    return { bytes, mediaType: "" };
  });
  for (const { digest: part, size } of [parts.config.descriptor, ...parts.layers])
    if (sizes.get(part) !== size)
      throw wrong(`${part} has ${sizes.get(part) ?? "no"} bytes in it instead of ${size}`);
  if (index !== indexOf(image, parts.manifest)) throw wrong("its index.json is not this image's");
  return parts;
}

function indexOf(image: string, { mediaType, digest, size }: Descriptor): string {
  const annotations = { [nameAnnotation]: clusterName(image) };
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [{ mediaType, digest, size, annotations }],
  });
}

async function readThrough(host: Host, path: string) {
  const documents = new Map<string, Buffer>();
  const sizes = new Map<string, number>();
  let index = "";
  for await (const { name, size, pieces } of onlyFiles(host.files.stream(path), path)) {
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
      if (name !== blobName(digest))
        throw new InstallError(`${path}: ${name} in it has the digest ${digest}`);
      sizes.set(digest, size);
      // Layers are mostly compressed, and never JSON.
      if (bytes[0] === 0x7b) documents.set(digest, bytes);
    }
  }
  return { index, documents, sizes };
}

function* file(name: string, bytes: Uint8Array): Generator<Uint8Array> {
  yield header(name, bytes.byteLength);
  yield bytes;
  yield tarPadding(bytes.byteLength);
}

function header(name: string, size: number): Uint8Array {
  return tarHeader({ name, size, modifiedAt: 0 });
}

/** Where a blob lies in an OCI archive. */
export function blobName(digest: string): string {
  return `blobs/${digest.replace(":", "/")}`;
}
