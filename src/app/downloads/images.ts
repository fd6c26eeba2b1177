import { CoreV1Api, type KubeConfig } from "@kubernetes/client-node";
import { createEarlyPulls, type EarlyPulls } from "../../cluster/early-pulls.ts";
import { listHostPaths } from "../../cluster/k3s-settings.ts";
import { selectStartedImages } from "../../cluster/launch.ts";
import { type PulledThrough, readExistingRegistries } from "../../cluster/prepare.ts";
import { findAlwaysPulled } from "../../deploy/render.ts";
import { limitCallTime } from "../../kube/api.ts";
import { listImages } from "../../kube/manifest.ts";
import { listOperatorImages } from "../../kube/operator-made.ts";
import { describeError } from "../../lib/errors.ts";
import { parseImageRef, toFullImageName } from "../../lib/image.ts";
import type { Tool } from "../../lockfile/tools.ts";
import { listNamespaces, type RenderedApp } from "../../model/rendered.ts";
import { type ImageRegistry, startImageRegistry } from "../../registry/registry.ts";
import { hasOwnMirror, type RegistriesFile } from "../../sources/registries.ts";
import { fetchK3sImageList } from "../../sources/tools/releases.ts";
import { parseVersion } from "../../sources/tools/versions.ts";
import { createWeb } from "../../sources/web/web.ts";
import type { LockedImages } from "../../stack/stack.ts";
import { listPodImages } from "../../verify/checks/cluster/images.ts";
import type { Session } from "../session/session.ts";

/** Timeout of a request to the API server, in milliseconds. */
const requestMs = 10_000;

/** The image registry of a run. */
export interface RunImages extends PulledThrough {
  readonly registry: ImageRegistry;
  /** Unpacks what is complete as soon as containerd runs. */
  readonly pulls: EarlyPulls;
  /** Ends when every locked image is there; without a lock, at once. */
  readonly locked: Promise<void>;
}

/**
 * Starts the image registry that the cluster of this run pulls through, and begins to fetch what is known to be needed: with
 * a lock all of its images, else k3s' own. Returns undefined for an existing cluster, whose nodes pull by themselves.
 * @param isOver aborts when the stack can't come up any more; after that the registry lives until the job ends it
 */
export async function openRunImages(
  session: Session,
  tools: { readonly k3s: Promise<Tool> | undefined; readonly helm: Promise<Tool> },
  isOver: AbortSignal,
): Promise<RunImages | undefined> {
  const { context, loaded, progress, supply } = session;
  const { config } = loaded;
  const { k3s, helm } = tools;
  if (config.cluster.kind !== "k3s" || k3s === undefined) return undefined;
  const existing = await readExistingRegistries(context.host, config, listHostPaths());
  const registry = await startImageRegistry(context, config, {
    supply,
    whenToolsAreThere: Promise.all([k3s, helm]),
  });
  progress.registry = registry;
  const pulls = createEarlyPulls(context);
  isOver.addEventListener("abort", () => {
    pulls.stop();
    void registry.close();
  });
  const { lock } = supply;
  const run = { registry, pulls, address: registry.address, existing, isLocked: lock !== undefined };
  if (lock === undefined) {
    const unlocked = { ...run, locked: Promise.resolve() };
    listK3sImages(session, k3s).then(
      (images) => prefetchUnlocked(session, unlocked, images),
      (error: unknown) => context.log.debug(`k3s' images are not known yet: ${describeError(error)}`),
    );
    return unlocked;
  }
  const names = lock.images.map(({ image }) => image);
  const locked = session.recorder.phase("fetch images", (span) =>
    registry.prefetch(names, { span, onComplete: pulls.add }),
  );
  return { ...run, locked };
}

/**
 * Fetches images without a lock in the background. What fails is left to the kubelet, whose own attempt is diagnosed.
 * Archives that the user names may hold the same images, so nothing is fetched beside them.
 */
export function prefetchUnlocked(
  { context, loaded, supply }: Session,
  { registry, existing, pulls }: RunImages,
  images: readonly string[],
): void {
  if (supply.lock !== undefined || loaded.config.k3s.images.length > 0) return;
  for (const image of new Set(images.map(toFullImageName))) {
    if (!isPulledThrough(image, existing)) continue;
    registry.prefetch([image], { span: context.span, onComplete: pulls.add }).catch((error: unknown) => {
      context.log.debug(`not fetched beforehand: ${describeError(error)}`);
    });
  }
}

/** False for an invalid name, which the kubelet reports, and where the machine's own mirrors are used. */
function isPulledThrough(image: string, existing: RegistriesFile | undefined): boolean {
  try {
    const { registry } = parseImageRef(image);
    return existing === undefined || !hasOwnMirror(existing, registry);
  } catch {
    return false;
  }
}

/** Returns every image that the apps' pods can run, those of hooks and of the operator's pods too. */
export function listRunImages(apps: readonly RenderedApp[]): string[] {
  return apps.flatMap(({ objects, hooks = [] }) => [
    ...listImages([...objects, ...hooks]),
    ...listOperatorImages(objects),
  ]);
}

/** Returns the images that k3s starts, by its release's list. */
async function listK3sImages({ context, loaded, supply }: Session, k3s: Promise<Tool>): Promise<string[]> {
  const { path, version: asked, args } = loaded.config.k3s;
  const wanted = path === undefined ? parseVersion("k3s", asked) : undefined;
  const version = wanted?.kind === "exact" ? wanted.version : (await k3s).version;
  // Other builds of a release add to its name.
  const release = /^v\d+\.\d+\.\d+\+k3s\d+/.exec(version)?.[0] ?? version;
  return selectStartedImages(
    (await fetchK3sImageList(createWeb(context, loaded.config, { supply }), release)).map(toFullImageName),
    args,
  );
}

/** Returns the locked images and their accepted digests, for the checks; undefined without a lock. */
export function listLockedImages(
  { supply }: Session,
  registry: ImageRegistry | undefined,
): LockedImages | undefined {
  if (supply.lock === undefined) return undefined;
  const images = supply.lock.images.map(({ image, digest }) => ({
    image,
    digest,
    digests: [...new Set([digest, ...(registry?.listDigests(image) ?? [])])],
  }));
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

/**
 * Warns about containers that pull each time, where the stack outlives this run: as long as monstack runs they get what the
 * lock says, and later whatever the registry has by then.
 */
export function warnAboutPulls({ context, draft, supply }: Session, apps: readonly RenderedApp[]): void {
  if (supply.lock === undefined) return;
  for (const { app, object, container, image } of findAlwaysPulled(apps)) {
    const text =
      `${app}: container ${container} of ${object} has the pull policy Always. When it starts again after this run, the kubelet ` +
      `requests ${image} from its registry and may get another image than ${supply.lockedBy} says, or none: set its pullPolicy to IfNotPresent`;
    context.log.warn(text, { title: "monstack: pull policy" });
    draft.warnings = [...draft.warnings, text];
  }
}
