import { dirname, join } from "node:path";
import type { Config } from "../../config/schema.ts";
import { eachOnce } from "../../host/each-once.ts";
import type { Context } from "../../host/host.ts";
import { InstallError } from "../../lib/errors.ts";
import { type ImageArchive, parseImageRef, type WantedImage } from "../../lib/image.ts";
import { joinBelow } from "../../lib/path.ts";
import { formatBytes } from "../../lib/quantity.ts";
import { keepFile, refuseShared } from "../cache-folders.ts";
import { bounded } from "../web/download.ts";
import { HttpStatusError, type Web } from "../web/http.ts";
import { createPart } from "../web/part.ts";
import { createProgress } from "../web/progress.ts";
import { createWeb, type SourcesOptions } from "../web/web.ts";
import { archiveOf } from "./archive.ts";
import { type Descriptor, digestOfBytes, type ImageParts, imageParts, type ReadDocument } from "./content.ts";
import { createQueue, type Queue } from "./queue.ts";
import { noSuchImage, openRepository, type Repository } from "./registry.ts";
import { asArchive, cachedImage, imageArchivePath, imagesFolder } from "./store.ts";

/** Layers on their way at once, of all images together: more only share the same line. */
const layersAtOnce = 4;
/** Archives that are read or written at once: more only share the same disk, and the memory that is on its way to it. */
const archivesAtOnce = 2;
/** A configuration names its history; bigger ones have not been seen. */
const mostConfigBytes = 4 * 1024 ** 2;

type ImagesConfig = Pick<Config, "mirrors"> & Partial<Pick<Config, "registries">>;

/** One image by its digest; see `fetchImages`. */
export async function fetchImage(
  context: Context,
  config: ImagesConfig,
  wanted: WantedImage,
  options: SourcesOptions = {},
): Promise<ImageArchive> {
  const [archive] = await fetchImages(context, config, [wanted], options);
  if (archive === undefined) throw new Error("an image was asked for, and none came");
  return archive;
}

/**
 * Images by their digests, for this machine's architecture, as archives: out of the cache, each byte verified, or from
 * their registries, through the mirrors. The first failure ends the others.
 * @throws InstallError when one can't be had or isn't what its digest says; nothing of it is kept. Interrupted.
 */
export async function fetchImages(
  context: Context,
  config: ImagesConfig,
  wanted: readonly WantedImage[],
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
    const archives = await Promise.all(
      wanted.map(async (one) => {
        try {
          const cached = await layers.archives(() => cachedImage(linked, one));
          return [cached ?? (await fromRegistry(web, one, layers))];
        } catch (error) {
          fail(error);
          return [];
        }
      }),
    );
    if (failures.length > 0) throw failures[0];
    tell(context, archives.flat());
    return archives.flat();
  } finally {
    await closeLayers(context, layers);
  }
}

function tell({ log }: Context, archives: readonly ImageArchive[]): void {
  const cached = archives.filter(({ origin }) => origin === "cache").length;
  if (cached > 0) log.info(`images: ${cached} of ${archives.length} from the cache, digests verified`);
}

/** Layers that came, until they are in an archive: images share some. */
interface Layers {
  readonly folder: string;
  readonly queue: Queue;
  readonly archives: Queue;
  /** Paths by digest. */
  readonly coming: Map<string, Promise<string>>;
  /** Ends the others. */
  readonly fail: (error: unknown) => void;
}

/** Takes away what a killed process has left of its own. */
async function openLayers({ host }: Context, fail: Layers["fail"]): Promise<Layers> {
  const incoming = joinBelow(imagesFolder(host), "incoming");
  await refuseShared(host, incoming);
  await host.files.mkdir(incoming, 0o700);
  for (const pid of await host.files.list(incoming))
    if (!(await host.files.exists(`/proc/${pid}`))) await host.files.remove(join(incoming, pid));
  const folder = join(incoming, `${process.pid}`, `${host.now()}`);
  return {
    folder,
    queue: createQueue(layersAtOnce),
    archives: createQueue(archivesAtOnce),
    coming: new Map(),
    fail,
  };
}

async function closeLayers({ host }: Context, { folder }: Layers): Promise<void> {
  await host.files.remove(folder);
  const own = dirname(folder);
  if ((await host.files.list(own)).length === 0) await host.files.remove(own);
}

async function fromRegistry(web: Web, wanted: WantedImage, layers: Layers): Promise<ImageArchive> {
  const { context } = web;
  const { host, log } = context;
  const startedAt = host.now();
  const ref = parseImageRef(wanted.image);
  const repository = openRepository(web, ref);
  const parts = await layers
    .queue(() =>
      imageParts(`image ${wanted.image}`, wanted.digest, host.arch, documentsOf(repository, wanted)),
    )
    .catch((cause: unknown) => {
      throw cause instanceof HttpStatusError && cause.status === 404 ? noSuchImage(ref, cause) : cause;
    });
  const paths = await fetchLayers(context, repository, wanted, parts, layers);
  const path = imageArchivePath(host, wanted);
  const pieces = archiveOf(wanted.image, parts, ({ digest }) =>
    eachOnce(host.files.stream(paths.get(digest) ?? "")),
  );
  await layers.archives(() => keepFile(host, path, pieces));
  const size = parts.layers.reduce((sum, layer) => sum + layer.size, 0);
  const took = ((host.now() - startedAt) / 1000).toFixed(1);
  const whence = new URL(repository.endpoint.url).host;
  log.info(`image ${wanted.image}: ${formatBytes(size)} from ${whence} in ${took} s, digest verified`);
  return asArchive(wanted, path, "registry", parts);
}

function documentsOf(repository: Repository, { image }: WantedImage): ReadDocument {
  const { url } = repository.endpoint;
  return async (kind, { digest, size }) => {
    const at = `${url}/${kind === "config" ? "blobs" : "manifests"}/${digest}`;
    if (size !== undefined && size > mostConfigBytes)
      throw new InstallError(
        `image ${image}: its ${kind} ${digest} is to have ${size} bytes; that can't be it`,
      );
    const { bytes, mediaType } =
      kind === "manifest"
        ? await repository.manifest(digest)
        : { bytes: await blobBytes(repository, digest, at, size ?? mostConfigBytes), mediaType: "" };
    if (digestOfBytes(bytes) !== digest) throw otherBytes(image, kind, digest, digestOfBytes(bytes), at);
    return { bytes, mediaType };
  };
}

async function blobBytes(
  repository: Repository,
  digest: string,
  at: string,
  limit: number,
): Promise<Uint8Array> {
  return await repository.blob(digest, async ({ body }) => {
    const parts: Uint8Array[] = [];
    for await (const piece of bounded(body, limit, at)) parts.push(piece);
    return Buffer.concat(parts);
  });
}

/** All layers of an image; from digest to path. When one fails, it returns after the others have ended. */
async function fetchLayers(
  context: Context,
  repository: Repository,
  { image }: WantedImage,
  parts: ImageParts,
  { folder, queue, coming, fail }: Layers,
): Promise<Map<string, string>> {
  const paths = parts.layers.map((layer) => {
    const path =
      coming.get(layer.digest) ??
      queue(() => fetchLayer(context, repository, image, layer, joinBelow(folder, layer.digest.slice(7))));
    coming.set(layer.digest, path);
    return path.catch((error: unknown) => {
      fail(error);
      throw error;
    });
  });
  await Promise.allSettled(paths);
  const fetched = await Promise.all(paths);
  return new Map(parts.layers.map(({ digest }, at) => [digest, fetched[at] ?? ""]));
}

async function fetchLayer(
  context: Context,
  repository: Repository,
  image: string,
  { digest, size }: Descriptor,
  path: string,
): Promise<string> {
  const at = `${repository.endpoint.url}/blobs/${digest}`;
  const what = `image ${image}: its layer ${digest} from ${at}`;
  // Short, so that a terminal's line has room for several.
  const name = `${image.slice(image.lastIndexOf("/") + 1)} ${digest.slice(7, 14)}`;
  const progress = createProgress(context, name, {
    kept: () => part.bytes(),
    total: () => size,
  });
  const { tell } = progress;
  const part = createPart(context.host, { path, mode: 0o644, limit: size, what, resumes: "always", tell });
  await repository.blobInto(digest, part).finally(progress.end);
  if (part.bytes() < size)
    throw new InstallError(`${what}: ${part.bytes()} bytes came instead of ${size}; nothing was kept`, {
      fix,
    });
  const got = `sha256:${await part.finish()}`;
  if (got !== digest) throw otherBytes(image, "layer", digest, got, at);
  return path;
}

const fix =
  "the registry or the mirror serves other bytes than its digests say: don't use them, find out why";

function otherBytes(image: string, what: string, digest: string, got: string, at: string): InstallError {
  return new InstallError(
    `image ${image}: its ${what} should be ${digest}, got ${got} from ${at}; nothing was kept`,
    { fix },
  );
}
