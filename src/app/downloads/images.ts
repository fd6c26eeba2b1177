import { CoreV1Api, type KubeConfig } from "@kubernetes/client-node";
import type { Config } from "../../config/schema.ts";
import { findAlwaysPulled } from "../../deploy/render.ts";
import { limitCallTime } from "../../kube/api.ts";
import { describeError } from "../../lib/errors.ts";
import type { ImageArchive } from "../../lib/image.ts";
import { listNamespaces, type RenderedApp } from "../../model/rendered.ts";
import { fetchImages } from "../../sources/images/fetch.ts";
import type { LockedImages } from "../../stack/stack.ts";
import { listPodImages } from "../../verify/checks/cluster/images.ts";
import type { Session } from "../session/session.ts";

/** Timeout of a request to the API server, in milliseconds. */
const requestMs = 10_000;

/**
 * Downloads every locked image to this machine. Returns an empty list without a lock, or if the cluster is not
 * monstack's own k3s.
 */
export async function fetchLockedImages(session: Session): Promise<readonly ImageArchive[]> {
  const { context, loaded, recorder, supply } = session;
  const wanted = supply.lock?.images ?? [];
  if (wanted.length === 0 || loaded.config.cluster.kind !== "k3s") return [];
  return await recorder.phase("fetch images", (span) =>
    fetchImages({ ...context, span }, loaded.config, wanted, { supply }),
  );
}

/** Returns the configuration with further image archives for k3s to import at its start, after the user's. */
export function withImages(config: Config, archives: readonly ImageArchive[]): Config {
  const images = [...config.k3s.images, ...archives.map(({ path }) => path)];
  return { ...config, k3s: { ...config.k3s, images } };
}

/** Returns the locked images and their accepted digests, for the checks; undefined without a lock. */
export function listLockedImages(
  { supply }: Session,
  archives: readonly ImageArchive[],
): LockedImages | undefined {
  if (supply.lock === undefined) return undefined;
  const images = supply.lock.images.map(({ image, digest }) => {
    const archive = archives.find((one) => one.image === image && one.digest === digest);
    const otherDigests = archive ? [archive.manifest, archive.config] : [];
    return { image, digest, digests: [...new Set([digest, ...otherDigests])] };
  });
  const unlocked = (supply.lock.unlocked ?? []).map(({ image }) => image);
  return { lockedBy: supply.lockedBy, images, unlocked };
}

/**
 * Returns the digests of the images that the pods run, sorted by image; an empty list if the user may not list pods.
 */
export async function findImageDigests(
  { context }: Session,
  kube: KubeConfig,
  apps: readonly RenderedApp[],
  locked: LockedImages | undefined,
): Promise<{ image: string; digest: string }[]> {
  const core = kube.makeApiClient(CoreV1Api);
  try {
    const lists = await Promise.all(
      listNamespaces(apps).map((namespace) =>
        core.listNamespacedPod({ namespace }, limitCallTime(requestMs, context.signal)),
      ),
    );
    const digests = new Map<string, string>();
    for (const { image, id } of listPodImages(lists.flatMap(({ items }) => items))) {
      const lockedImage = locked?.images.find((one) => one.image === image);
      if (id === undefined) continue;
      if (lockedImage?.digests.includes(id.digest)) digests.set(image, lockedImage.digest);
      else if (id.kind === "registry") digests.set(image, id.digest);
    }
    return [...digests]
      .map(([image, digest]) => ({ image, digest }))
      .sort((a, b) => (a.image < b.image ? -1 : 1));
  } catch (error) {
    context.log.debug(`the images' digests are not known: ${describeError(error)}`);
    return [];
  }
}

/** Warns about containers that pull each time: their tag can become another image in spite of the lock. */
export function warnAboutPulls({ context, draft, supply }: Session, apps: readonly RenderedApp[]): void {
  if (supply.lock === undefined) return;
  for (const { app, object, container, image } of findAlwaysPulled(apps)) {
    const text =
      `${app}: container ${container} of ${object} has the pull policy Always, so the kubelet requests ${image} from its registry ` +
      `at each start and may give another image than ${supply.lockedBy} says: set its pullPolicy to IfNotPresent`;
    context.log.warn(text, { title: "monstack: pull policy" });
    draft.warnings = [...draft.warnings, text];
  }
}
