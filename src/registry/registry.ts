import type { Config } from "../config/schema.ts";
import type { Context } from "../host/host.ts";
import { mapLimited } from "../lib/concurrency.ts";
import { describeError } from "../lib/errors.ts";
import {
  formatImageRef,
  type ImageRef,
  type LockedImage,
  parseImageRef,
  toContainerdName,
} from "../lib/image.ts";
import { inSpan, type Span } from "../lib/trace.ts";
import { openRepository, resolveDigest } from "../sources/images/registry.ts";
import { showDownload } from "../sources/web/download.ts";
import { createWeb, type SourcesOptions } from "../sources/web/web.ts";
import { createConnections } from "./connections.ts";
import { type Contents, createContents, type ReadImage } from "./contents.ts";
import { type Address, startServer } from "./server.ts";
import { closeIncoming, noteImage, openIncoming } from "./store.ts";

/** Maximum number of images whose manifests are read at once: registries limit requests. */
const imagesAtOnce = 4;
/** Layers of the cache that are read at once to compare their digests: more would only take more memory. */
const verificationsAtOnce = 2;
/** Maximum number of connections for layers: more would only share the same bandwidth. */
const connectionsInAll = 8;
/** The same while k3s and helm are downloaded, which everything else waits for. */
const connectionsBesideTools = 2;

/** The image registry on loopback that a cluster's containerd pulls through. */
export interface ImageRegistry {
  readonly address: Address;
  /**
   * Downloads images before containerd requests them, the biggest layers first.
   * @throws InstallError for the first image whose download fails; Interrupted
   */
  prefetch(images: readonly string[], options?: PrefetchOptions): Promise<void>;
  /** Returns the digests by which the kubelet may report an image: of its index, its manifest and its configuration. */
  listDigests(image: string): readonly string[];
  /** Returns the digests of all that an image consists of. @throws Error for one that was not read */
  listBlobs(image: string): readonly string[];
  /** Ends the downloads and the server. Complete layers stay in the cache. Never rejects: a failure is logged. */
  close(): Promise<void>;
}

interface PrefetchOptions {
  readonly span?: Span | undefined;
  /** Called for each image when all of it is there. */
  readonly onComplete?: ((image: LockedImage) => void) | undefined;
}

interface RegistryOptions extends SourcesOptions {
  /** Resolves when k3s and helm are downloaded. */
  readonly whenToolsAreThere?: Promise<unknown>;
}

type ImagesConfig = Pick<Config, "mirrors"> & Partial<Pick<Config, "registries">>;

/**
 * Starts a registry on the loopback address. It serves images while they are downloaded: from the cache, else from their
 * registries or mirrors. Every digest is verified. With a lock, it serves a locked image's name only by the locked digest,
 * for every client.
 */
export async function startImageRegistry(
  context: Context,
  config: ImagesConfig,
  options: RegistryOptions = {},
): Promise<ImageRegistry> {
  const { host } = context;
  const stop = new AbortController();
  const linked: Context = { ...context, signal: AbortSignal.any([context.signal, stop.signal]) };
  const web = { ...createWeb(linked, config, options), registries: config.registries };
  let places = options.whenToolsAreThere ? connectionsBesideTools : connectionsInAll;
  const connections = createConnections(() => places);
  const widen = () => {
    places = connectionsInAll;
    connections.grow();
  };
  // Before anything is awaited: a download can fail at once, and a rejection without a handler ends the process.
  options.whenToolsAreThere?.then(widen, widen);
  const incoming = await openIncoming(host);
  const verifications = createConnections(() => verificationsAtOnce).run;
  const contents = createContents({ web, incoming, connections: connections.run, verifications });
  const { lock } = web.supply;
  const locked = new Map(lock?.images.map(({ image, digest }) => [toContainerdName(image), digest]));
  /** By the names that containerd uses. A failed image is read again at the next request. */
  const images = new Map<string, Promise<ReadImage>>();
  const known = new Map<string, ReadImage>();

  /** Returns undefined for a tag that is not in the lock: containerd must resolve it elsewhere. */
  function readImage(ref: ImageRef): Promise<ReadImage> | undefined {
    const name = formatImageRef(ref);
    const lockedDigest = locked.get(name);
    if (lock !== undefined && lockedDigest === undefined && ref.digest === undefined) return undefined;
    const started = images.get(name) ?? read(ref, lockedDigest);
    if (!images.has(name)) {
      images.set(name, started);
      started.then(
        (image) => known.set(name, image),
        () => images.delete(name),
      );
    }
    return started;
  }

  async function read(ref: ImageRef, lockedDigest: string | undefined): Promise<ReadImage> {
    // Without a lock, containerd's own attempt follows at once, and its message is what is diagnosed.
    const repository = openRepository(web, ref, lock === undefined ? 1 : undefined);
    const digest = lockedDigest ?? (await resolveDigest(web, ref, repository));
    const image = await contents.readImage(repository, ref, digest);
    await noteImage(host, { image: formatImageRef(ref), digest }, listParts(image));
    return image;
  }

  const kept = web.supply.offline === undefined ? "the cache" : "the bundle";
  const server = await startServer(context, {
    ...{ contents, readImage, web },
    findLocked: (ref) => locked.get(formatImageRef(ref)),
  });
  const close = async () => {
    stop.abort();
    try {
      await server.close();
      await contents.close();
      await closeIncoming(host, incoming);
    } catch (error) {
      // What is left is removed by the next run, and must not prevent this run's teardown.
      context.log.warn(
        `the image registry could not remove its unfinished downloads: ${describeError(error)}`,
      );
    }
  };
  let closing: Promise<void> | undefined;
  return {
    address: server.address,
    prefetch: async (names, { span, onComplete } = {}) =>
      await prefetch({ ...linked, span }, { contents, readImage, kept, onComplete }, names),
    listDigests: (image) => {
      const found = known.get(toContainerdName(image));
      if (found === undefined) return [];
      const { manifest, config: settings } = found.parts;
      return [...new Set([found.digest, manifest.digest, settings.descriptor.digest])];
    },
    listBlobs: (image) => {
      const found = known.get(toContainerdName(image));
      if (found === undefined) throw new Error(`${image} was not read`);
      return listParts(found);
    },
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

interface Reader {
  readonly contents: Contents;
  readonly readImage: (ref: ImageRef) => Promise<ReadImage> | undefined;
  /** The source of layers that are not downloaded, for messages: the cache or the bundle. */
  readonly kept: string;
  readonly onComplete: PrefetchOptions["onComplete"];
}

/** Reads the images and waits for all of their layers. Images that the lock does not name are left out. */
async function prefetch(context: Context, reader: Reader, names: readonly string[]): Promise<void> {
  const unique = [...new Set(names.map(toContainerdName))];
  const layers: Promise<boolean>[] = [];
  await mapLimited(unique, imagesAtOnce, async (name) => {
    const image = await reader.readImage(parseImageRef(name));
    if (image === undefined) return;
    const cached = inSpan(context.span, { kind: "image", name }, () =>
      prefetchLayers(context, reader.contents, name, image),
    ).then((isCached) => {
      reader.onComplete?.({ image: name, digest: image.digest });
      return isCached;
    });
    // `Promise.all` below throws its error. Until then a rejection must have a handler.
    cached.catch(() => {});
    layers.push(cached);
  });
  const all = await Promise.all(layers);
  const cached = all.filter((isCached) => isCached).length;
  if (cached > 0)
    context.log.info(`images: ${cached} of ${all.length} from ${reader.kept}, digests verified`);
}

/** Waits until all layers of an image are complete. Returns true if none of them was downloaded. */
async function prefetchLayers(
  { host, log }: Context,
  contents: Contents,
  name: string,
  { from, parts }: ReadImage,
): Promise<boolean> {
  const startedAt = host.now();
  const digests = [...new Set(parts.layers.map((layer) => layer.digest))];
  const cached = await Promise.all(digests.map(contents.waitForLayer));
  if (cached.every((isCached) => isCached)) return true;
  const bytes = parts.layers.reduce((sum, { size }) => sum + size, 0);
  log.info(`image ${name}: ${showDownload(bytes, from, host.now() - startedAt)}, digest verified`);
  return false;
}

/** Returns the digests of an image's manifests, configuration and layers. */
function listParts({ parts }: ReadImage): string[] {
  const documents = [...parts.documents, parts.config].map(({ descriptor }) => descriptor.digest);
  return [...new Set([...documents, ...parts.layers.map(({ digest }) => digest)])];
}
