import { dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";
import type { Config } from "../../config/schema.ts";
import type { Context } from "../../host/host.ts";
import { yieldEachOnce } from "../../host/memory.ts";
import { InstallError } from "../../lib/errors.ts";
import { type ImageArchive, type LockedImage, parseImageRef } from "../../lib/image.ts";
import { joinBelow } from "../../lib/path.ts";
import { inSpan } from "../../lib/trace.ts";
import { keepFile, refuseShared } from "../cache-folders.ts";
import { createProgress, showDownload } from "../web/download.ts";
import { HttpStatusError } from "../web/http-errors.ts";
import { createPartialFile } from "../web/partial-file.ts";
import { createWeb, limitBytes, type SourcesOptions, type Web } from "../web/web.ts";
import {
  describeArchive,
  findCachedImage,
  getImageArchivePath,
  getImagesFolder,
  writeImageArchive,
} from "./archive.ts";
import {
  computeDigest,
  type Descriptor,
  type ImageParts,
  type ReadDocument,
  readImageParts,
} from "./manifest.ts";
import { createNoImageError, openRepository, type Repository } from "./registry.ts";

/** Layers of all images that are downloaded at once: more would only share the same connection. */
const layersAtOnce = 4;
/** Archives that are read or written at once: more would only share the same disk, and take more memory. */
const archivesAtOnce = 2;
/** Bytes. A configuration holds its image's history; larger ones have not been seen. */
const mostConfigBytes = 4 * 1024 ** 2;

type ImagesConfig = Pick<Config, "mirrors"> & Partial<Pick<Config, "registries">>;

/**
 * Fetches images by their digests, for this machine's architecture, as archives: from the cache, each byte verified, or
 * from their registries through the mirrors. The first failure ends the others.
 * @throws InstallError if one can't be fetched or has another digest; nothing of it is kept. Interrupted.
 */
export async function fetchImages(
  context: Context,
  config: ImagesConfig,
  wanted: readonly LockedImage[],
  options: SourcesOptions = {},
): Promise<ImageArchive[]> {
  const stop = new AbortController();
  const linked = { ...context, signal: AbortSignal.any([context.signal, stop.signal]) };
  const web: Web = { ...createWeb(linked, config, options), registries: config.registries };
  const failures: unknown[] = [];
  const fail = (error: unknown) => {
    failures.push(error);
    stop.abort();
  };
  const layers = await openLayers(linked, fail);
  try {
    const fetched = await Promise.all(
      wanted.map(async (image) => {
        try {
          return [
            await inSpan(context.span, { kind: "image", name: `fetch ${image.image}` }, async () => {
              const cached = await layers.archiveQueue(() => findCachedImage(linked, image));
              return cached ?? (await fetchFromRegistry(web, image, layers));
            }),
          ];
        } catch (error) {
          fail(error);
          return [];
        }
      }),
    );
    if (failures.length > 0) throw failures[0];
    const archives = fetched.flat();
    const cached = archives.filter(({ origin }) => origin === "cache").length;
    if (cached > 0)
      context.log.info(`images: ${cached} of ${archives.length} from the cache, digests verified`);
    return archives;
  } finally {
    await closeLayers(context, layers);
  }
}

/** Downloaded layers that are not in an archive yet. Images can share a layer. */
interface Layers {
  readonly folder: string;
  readonly layerQueue: Queue;
  readonly archiveQueue: Queue;
  /** Paths by digest. */
  readonly paths: Map<string, Promise<string>>;
  /** Ends all other downloads. */
  readonly fail: (error: unknown) => void;
}

/** Makes the folder of this process' layers, and removes those of killed processes. */
async function openLayers({ host }: Context, fail: Layers["fail"]): Promise<Layers> {
  const incoming = joinBelow(getImagesFolder(host), "incoming");
  await refuseShared(host, incoming);
  await host.files.mkdir(incoming, 0o700);
  for (const pid of await host.files.list(incoming))
    if (!(await host.files.exists(`/proc/${pid}`))) await host.files.remove(join(incoming, pid));
  return {
    folder: join(incoming, `${process.pid}`, `${host.now()}`),
    layerQueue: createQueue(layersAtOnce),
    archiveQueue: createQueue(archivesAtOnce),
    paths: new Map(),
    fail,
  };
}

async function closeLayers({ host }: Context, { folder }: Layers): Promise<void> {
  await host.files.remove(folder);
  const own = dirname(folder);
  if ((await host.files.list(own)).length === 0) await host.files.remove(own);
}

async function fetchFromRegistry(web: Web, wanted: LockedImage, layers: Layers): Promise<ImageArchive> {
  const { context } = web;
  const { host, log } = context;
  const startedAt = host.now();
  const ref = parseImageRef(wanted.image);
  const repository = openRepository(web, ref);
  const what = `image ${wanted.image}`;
  const parts = await layers
    .layerQueue(() => readImageParts(what, wanted.digest, host.arch, createReadDocument(repository, what)))
    .catch((cause: unknown) => {
      throw cause instanceof HttpStatusError && cause.status === 404 ? createNoImageError(ref, cause) : cause;
    });
  const paths = await fetchLayers(context, repository, wanted.image, parts, layers);
  const path = getImageArchivePath(host, wanted);
  const pieces = writeImageArchive(wanted.image, parts, ({ digest }) =>
    yieldEachOnce(host.files.stream(paths.get(digest) ?? "")),
  );
  await layers.archiveQueue(() => keepFile(host, path, pieces));
  const size = parts.layers.reduce((sum, layer) => sum + layer.size, 0);
  const from = new URL(repository.endpoint.url).host;
  log.info(`${what}: ${showDownload(size, from, host.now() - startedAt)}, digest verified`);
  return describeArchive(wanted, path, "registry", parts);
}

function createReadDocument(repository: Repository, what: string): ReadDocument {
  const { url } = repository.endpoint;
  return async (kind, { digest, size = mostConfigBytes }) => {
    const blobUrl = `${url}/${kind === "config" ? "blobs" : "manifests"}/${digest}`;
    if (size > mostConfigBytes)
      throw new InstallError(`${what}: its ${kind} ${digest} has ${size} bytes, which is more than expected`);
    const { bytes, mediaType } =
      kind === "manifest"
        ? await repository.manifest(digest)
        : {
            bytes: await repository.blob(digest, ({ body }) => buffer(limitBytes(body, size, blobUrl))),
            mediaType: "",
          };
    const got = computeDigest(bytes);
    if (got !== digest) throw createDigestError(`${what}: its ${kind}`, digest, got, blobUrl);
    return { bytes, mediaType };
  };
}

/** Fetches all layers of an image; returns their paths by digest. If one fails, it throws after the others have ended. */
async function fetchLayers(
  context: Context,
  repository: Repository,
  image: string,
  parts: ImageParts,
  { folder, layerQueue, paths, fail }: Layers,
): Promise<Map<string, string>> {
  const fetching = parts.layers.map(async (layer) => {
    const path =
      paths.get(layer.digest) ??
      layerQueue(() =>
        fetchLayer(
          context,
          repository,
          image,
          layer,
          joinBelow(folder, layer.digest.slice("sha256:".length)),
        ),
      );
    paths.set(layer.digest, path);
    return await path.then(
      (fetched) => [layer.digest, fetched] as const,
      (error: unknown) => {
        fail(error);
        throw error;
      },
    );
  });
  await Promise.allSettled(fetching);
  return new Map(await Promise.all(fetching));
}

async function fetchLayer(
  context: Context,
  repository: Repository,
  image: string,
  { digest, size }: Descriptor,
  path: string,
): Promise<string> {
  const url = `${repository.endpoint.url}/blobs/${digest}`;
  const what = `image ${image}: its layer`;
  // Short, so that a terminal's line has room for several.
  const name = `${image.slice(image.lastIndexOf("/") + 1)} ${digest.slice(7, 14)}`;
  const progress = createProgress(context, name, { kept: () => file.bytes(), total: () => size });
  const file = createPartialFile(context.host, {
    path,
    mode: 0o644,
    limit: size,
    what: `${what} ${digest} from ${url}`,
    resumes: "always",
    onPiece: progress.update,
  });
  await repository.blobInto(digest, file).finally(progress.end);
  if (file.bytes() < size)
    throw new InstallError(
      `${what} ${digest} from ${url}: got ${file.bytes()} bytes instead of ${size}; the download was discarded`,
      { fix: wrongDigestFix },
    );
  const got = `sha256:${await file.finish()}`;
  if (got !== digest) throw createDigestError(what, digest, got, url);
  return path;
}

const wrongDigestFix =
  "the registry or the mirror serves other bytes than its digests say: don't use them, find out why";

function createDigestError(what: string, digest: string, got: string, url: string): InstallError {
  return new InstallError(`${what} should be ${digest}, got ${got} from ${url}; the download was discarded`, {
    fix: wrongDigestFix,
  });
}

/** Starts each work as soon as a place is free, in order, and returns its result. */
type Queue = <T>(work: () => Promise<T>) => Promise<T>;

function createQueue(places: number): Queue {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= places) await new Promise<void>((start) => waiting.push(start));
    else running += 1;
    try {
      return await work();
    } finally {
      // The place goes to the work that waits longest.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
