import { isK3sImage, selectStartedImages } from "../../cluster/launch.ts";
import type { Config } from "../../config/schema.ts";
import { mapLimited } from "../../lib/concurrency.ts";
import { formatImageRef, parseImageRef } from "../../lib/image.ts";
import { type Difference, findMissingRepositories, listAppImages } from "../../lock/differences.ts";
import { listImageNames, type Moves } from "../../lock/update.ts";
import type { Wanted } from "../../lock/wanted.ts";
import type { Lock, LockedImage, UnlockedImage } from "../../lockfile/lock.ts";
import type { RenderedApp } from "../../model/rendered.ts";
import { resolveDigest } from "../../sources/images/registry.ts";
import { fetchK3sImageList } from "../../sources/tools/releases.ts";
import { HttpStatusError } from "../../sources/web/http-errors.ts";
import { createWeb, openSupply, type Web } from "../../sources/web/web.ts";
import type { Session } from "../session/session.ts";

/** Limit of requests at a time: Docker Hub counts them. */
const maximumParallel = 4;

/**
 * Returns every image that the rendered apps and k3s start, with the digest that its registry reports. Images of the
 * old lock are kept, unless they are to be updated.
 */
export async function lockImages(
  { context, loaded }: Session,
  apps: readonly RenderedApp[],
  draft: Lock,
  wanted: Wanted,
  { old, moves }: { readonly old: Lock | undefined; readonly moves: Moves },
): Promise<Pick<Lock, "images" | "unlocked">> {
  const { config } = loaded;
  const web: Web = {
    ...createWeb(context, config, { supply: openSupply }),
    registries: config.registries,
  };
  const k3s = await listK3sImages(web, config, draft, wanted, old);
  const names = [...new Set([...apps.flatMap(listAppImages), ...k3s])];
  const results = await mapLimited(
    names,
    maximumParallel,
    async (image): Promise<LockedImage | UnlockedImage> => {
      const oldEntry = old?.images.find((one) => one.image === image);
      return oldEntry && !moves(...listImageNames(image)) ? oldEntry : await lockImage(web, config, image);
    },
  );
  const unlocked = results.filter((one) => "why" in one);
  return { images: results.filter((one) => "digest" in one), ...(unlocked.length > 0 ? { unlocked } : {}) };
}

/** Returns a difference for each locked image that neither the apps nor k3s would run. */
export function findUnusedImages(lock: Lock, apps: readonly RenderedApp[], { k3s }: Config): Difference[] {
  const names = [...lock.images, ...(lock.unlocked ?? [])].map(({ image }) => image);
  const used = new Set([
    ...apps.flatMap(listAppImages),
    ...(lock.tools.k3s ? selectStartedImages(names.filter(isK3sImage), k3s.args) : []),
  ]);
  return names
    .filter((image) => !used.has(image))
    .map((image) => ({ text: `the image ${image} is locked, and nothing runs it`, at: undefined }));
}

/**
 * Returns the images that k3s starts. If k3s' version is unchanged, they come from the old lock, without a request.
 */
async function listK3sImages(
  web: Web,
  config: Config,
  { tools: { k3s } }: Lock,
  { k3sImages: neededRepositories }: Wanted,
  old: Lock | undefined,
): Promise<string[]> {
  if (k3s === undefined) return [];
  const isUnchanged =
    old?.tools.k3s?.version === k3s.version && findMissingRepositories(old, neededRepositories).length === 0;
  const list =
    isUnchanged && old
      ? old.images.map(({ image }) => image).filter(isK3sImage)
      : (await fetchK3sImageList(web, k3s.version)).map((image) => formatImageRef(parseImageRef(image)));
  return selectStartedImages(list, config.k3s.args);
}

/**
 * Returns an image with its digest, or why it has none if that is not an error.
 * @throws if the registry does not have the image and nothing else can bring it
 */
async function lockImage(web: Web, config: Config, image: string): Promise<LockedImage | UnlockedImage> {
  const ref = parseImageRef(image);
  if (ref.digest !== undefined) return { image, digest: ref.digest };
  if (ref.registry === "localhost") return { image, why: "localhost is not a registry" };
  try {
    return { image, digest: await resolveDigest(web, ref) };
  } catch (error) {
    const why = explainMissingImage(config);
    if (why === undefined || !isUnknownImage(error)) throw error;
    return { image, why };
  }
}

/** Returns why an image may be missing in its registry; undefined if it must be there. */
function explainMissingImage({ k3s, cluster }: Config): string | undefined {
  if (cluster.kind === "existing") return "its registry has no such image; the cluster may have it";
  return k3s.images.length > 0 ? "its registry has no such image; k3s.images may bring it" : undefined;
}

/** True if the registry does not know the image. Registries report missing and private repositories alike. */
function isUnknownImage(error: unknown): boolean {
  if (error instanceof HttpStatusError) return [401, 404].includes(error.status);
  return error instanceof Error && error.cause !== undefined && isUnknownImage(error.cause);
}
