import { randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import type { Context } from "../host/host.ts";
import { InstallError } from "../lib/errors.ts";
import { formatImageRef, type ImageRef } from "../lib/image.ts";
import { joinBelow } from "../lib/path.ts";
import { keepFile } from "../sources/cache-folders.ts";
import {
  computeDigest,
  type Descriptor,
  detectMediaType,
  type ImageParts,
  readImageParts,
} from "../sources/images/manifest.ts";
import { createNoImageError, type Repository } from "../sources/images/registry.ts";
import { createProgress } from "../sources/web/download.ts";
import { HttpStatusError } from "../sources/web/http-errors.ts";
import { refuseOffline } from "../sources/web/request.ts";
import { type BlobPlace, limitBytes, type Web } from "../sources/web/web.ts";
import { type BlobFile, createBlobFile } from "./blob-file.ts";
import type { Connections } from "./connections.ts";
import { fillBlob, wrongDigestFix } from "./fill-blob.ts";
import { findBlob, forgetBlob, getBlobPath, maxDocumentBytes } from "./store.ts";

/** An index, a manifest or a configuration, verified. */
export interface Document {
  readonly digest: string;
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

/** A layer of an image that was read, and how it is fetched. */
export interface Layer {
  readonly descriptor: Descriptor;
  readonly repository: Repository;
  readonly image: string;
  /** Undefined until the layer is requested. `whole` resolves when the layer is complete: true if it came from the cache or the bundle. */
  opened?: { blob: Promise<BlobFile>; readonly whole: Promise<boolean> } | undefined;
}

/** An image of this run: the digest of its name, and its parts for this machine's architecture. */
export interface ReadImage {
  readonly digest: string;
  readonly parts: ImageParts;
  /** The host of its registry or mirror. */
  readonly from: string;
}

/** The content that the registry serves: the parts of images that were read in this run. It serves no other file of the cache. */
export interface Contents {
  /** Reads the manifest and configuration of an image. After that its layers can be opened. */
  readImage(repository: Repository, ref: ImageRef, digest: string): Promise<ReadImage>;
  findDocument(digest: string): Document | undefined;
  /** Returns a layer, which may still be downloading; undefined if no image of this run has it. */
  openLayer(digest: string): Promise<BlobFile> | undefined;
  /** Waits until a layer is complete. @returns true if it came from the cache @throws the error of the download */
  waitForLayer(digest: string): Promise<boolean>;
  close(): Promise<void>;
}

interface ContentsOptions {
  readonly web: Web;
  /** The folder of unfinished blobs. */
  readonly incoming: string;
  readonly connections: Connections;
  /** Limits how many layers of the cache are compared with their digests at once. */
  readonly verifications: Connections;
}

/** Creates the content of a run's registry. It has no image yet. */
export function createContents(options: ContentsOptions): Contents {
  const { web } = options;
  const { host } = web.context;
  const documents = new Map<string, Document>();
  const layers = new Map<string, Layer>();
  const blobs = new Set<BlobFile>();

  /** Returns the place of a blob in the cache or in the bundle; undefined if neither has it. */
  const findPlace = async (digest: string) => (await findBlob(host, digest)) ?? web.supply.blobs?.get(digest);

  /** Returns a verified document from the cache or the bundle; undefined if it must be fetched. */
  async function readCachedDocument(digest: string): Promise<Document | undefined> {
    const place = await findPlace(digest);
    if (place === undefined || place.size > maxDocumentBytes) return undefined;
    const file = await host.files.open(place.path, "read");
    const bytes = await file.read(place.offset, place.size).finally(file.close);
    if (computeDigest(bytes) === digest) return { digest, bytes, mediaType: detectMediaType(bytes) };
    await dropSpoiled(web.context, digest, place);
    return undefined;
  }

  async function fetchDocument(
    repository: Repository,
    what: string,
    kind: "manifest" | "config",
    { digest, size = maxDocumentBytes }: { readonly digest: string; readonly size?: number },
  ): Promise<Document> {
    const url = `${repository.endpoint.url}/${kind === "config" ? "blobs" : "manifests"}/${digest}`;
    if (size > maxDocumentBytes)
      throw new InstallError(`${what}: its ${kind} ${digest} has ${size} bytes, which is more than expected`);
    const { bytes, mediaType } =
      kind === "manifest"
        ? await repository.manifest(digest)
        : {
            bytes: await repository.blob(digest, ({ body }) => buffer(limitBytes(body, size, url))),
            mediaType: "application/octet-stream",
          };
    refuseOtherDigest(`${what}: its ${kind}`, digest, computeDigest(bytes), url);
    await keepFile(host, getBlobPath(host, digest), yieldOnce(bytes));
    return { digest, bytes, mediaType };
  }

  async function readImage(repository: Repository, ref: ImageRef, digest: string): Promise<ReadImage> {
    const image = formatImageRef(ref);
    const what = `image ${image}`;
    const parts = await readImageParts(what, digest, host.arch, async (kind, wanted) => {
      const document =
        documents.get(wanted.digest) ??
        (await readCachedDocument(wanted.digest)) ??
        (await fetchDocument(repository, what, kind, wanted));
      documents.set(wanted.digest, document);
      return document;
    }).catch((cause: unknown) => {
      throw cause instanceof HttpStatusError && cause.status === 404 ? createNoImageError(ref, cause) : cause;
    });
    for (const descriptor of parts.layers)
      if (!layers.has(descriptor.digest)) layers.set(descriptor.digest, { descriptor, repository, image });
    return { digest, parts, from: new URL(repository.endpoint.url).host };
  }

  /** Opens the layer in the cache, or begins to fetch it. */
  function open(layer: Layer): NonNullable<Layer["opened"]> {
    if (layer.opened) return layer.opened;
    const first = Promise.withResolvers<BlobFile>();
    const use = (blob: BlobFile) => {
      blobs.add(blob);
      first.resolve(blob);
      // If the cached copy turns out to be changed, the fetched copy replaces it.
      if (layer.opened) layer.opened.blob = Promise.resolve(blob);
    };
    const whole = openLayer(layer, use);
    whole.catch((error: unknown) => {
      first.reject(error);
      // The next request for this layer starts again.
      layer.opened = undefined;
    });
    first.promise.catch(() => {});
    layer.opened = { blob: first.promise, whole };
    return layer.opened;
  }

  async function openLayer(layer: Layer, use: (blob: BlobFile) => void): Promise<boolean> {
    const { digest, size } = layer.descriptor;
    const place = await findPlace(digest);
    if (place?.size === size) {
      const { path, offset } = place;
      const blob = createBlobFile(await host.files.open(path, "read"), { digest, size, offset });
      blob.grow(size);
      use(blob);
      const verifying = { isUrgent: blob.isRead, bytes: size };
      if ((await options.verifications(verifying, blob.computeDigest)) === digest) {
        blob.release();
        return true;
      }
      blob.fail(new Error(`${digest} was changed in ${path}`));
      await dropSpoiled(web.context, digest, place);
    }
    await fetchLayer(options, layer, use);
    return false;
  }

  return {
    readImage,
    findDocument: (digest) => documents.get(digest),
    openLayer: (digest) => {
      const layer = layers.get(digest);
      return layer && open(layer).blob;
    },
    waitForLayer: async (digest) => {
      const layer = layers.get(digest);
      if (layer === undefined) throw new Error(`no image that was read has the layer ${digest}`);
      return await open(layer).whole;
    },
    close: async () => {
      for (const blob of blobs) {
        blob.fail(new Error("the run is over"));
        await blob.close().catch(() => {});
      }
    },
  };
}

/** Removes a blob whose content does not match its digest from the cache. @throws InstallError if it is part of a bundle */
async function dropSpoiled({ host, log }: Context, digest: string, place: BlobPlace): Promise<void> {
  const error = place.createSpoiledError?.();
  if (error) throw error;
  log.warn(`${digest} in the cache was changed since it was verified, it is fetched again`);
  await forgetBlob(host, digest);
}

/** Downloads a layer into the cache. Passes it to `use` as soon as the download begins, so that it can be served meanwhile. */
async function fetchLayer(
  { web, incoming, connections }: ContentsOptions,
  { descriptor: { digest, size }, repository, image }: Layer,
  use: (blob: BlobFile) => void,
): Promise<void> {
  const { host } = web.context;
  refuseOffline(web, `${repository.endpoint.url}/blobs/${digest}`);
  const url = `${repository.endpoint.url}/blobs/${digest}`;
  const what = `image ${image}: its layer`;
  const path = joinBelow(incoming, `${digest.slice("sha256:".length)}-${randomBytes(4).toString("hex")}`);
  const file = await host.files.open(path, "new");
  const blob = createBlobFile(file, { digest, size });
  use(blob);
  let kept = 0;
  // A short name: one line of a terminal shows several downloads.
  const name = `${image.slice(image.lastIndexOf("/") + 1)} ${digest.slice(7, 14)}`;
  const progress = createProgress(web.context, name, { kept: () => kept, total: () => size });
  try {
    const [, got] = await Promise.all([
      fillBlob({
        ...{ blob, repository, connections, write: file.write, what: `${what} ${digest} from ${url}` },
        onPiece: (bytes) => {
          kept += bytes;
          progress.update();
        },
      }),
      blob.computeDigest(),
    ]);
    refuseOtherDigest(what, digest, got, url);
    await host.files.rename(path, getBlobPath(host, digest));
    blob.release();
  } catch (error) {
    blob.fail(error);
    await host.files.remove(path);
    throw error;
  } finally {
    progress.end();
  }
}

/** @throws InstallError if the bytes are not what the digest says */
function refuseOtherDigest(what: string, digest: string, got: string, url: string): void {
  if (got === digest) return;
  throw new InstallError(`${what} should be ${digest}, got ${got} from ${url}; the download was discarded`, {
    fix: wrongDigestFix,
  });
}

async function* yieldOnce(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
