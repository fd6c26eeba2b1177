import type { V1ContainerStatus, V1Pod } from "@kubernetes/client-node";
import { toFullImageName } from "../../../lib/image.ts";
import { formatCount, formatList } from "../../../lib/text.ts";
import { listNamespaces } from "../../../model/rendered.ts";
import { type Check, pass, skip, type Verdict } from "../../../stack/check.ts";
import { listPods } from "../../../stack/kube.ts";
import type { LockedImages, Stack } from "../../../stack/stack.ts";

export const imagesLocked: Check = {
  id: "images-locked",
  title: "Every container runs the image that the lock file names",
  severity: "error",
  meaning:
    "A registry, a mirror or the node gave another image than the one that was locked under this name: what was verified is not what you meant to run.",
  fix: "find out who moved the tag; if the new image is wanted, `monstack lock --update` takes it over. Containers with the pull policy Always ask their registry at each start",
  run: checkImagesLocked,
};

/** Milliseconds: a pod that is being replaced may not be marked for deletion yet. */
const replacedMs = 2_000;

/** Compares the images of all running containers with the lock file. */
async function checkImagesLocked(stack: Stack): Promise<Verdict> {
  const { images: locked } = stack;
  if (locked === undefined) return skip("there is no lock file: `monstack lock` writes one");
  const pods = await Promise.all(
    listNamespaces(stack.rendered).map((namespace) => listPods(stack, namespace)),
  );
  const podImages = listPodImages(pods.flat());
  const { lockedBy } = locked;
  const expected = `each container's image is the one of ${lockedBy}`;
  if (podImages.length === 0) return { status: "fail", expected, seen: "there is no container yet" };
  const deviations = podImages.flatMap((podImage) => findDeviation(podImage, locked));
  if (deviations.length > 0) {
    const fault = { id: "image-not-locked", graceMs: replacedMs };
    return { status: "fail", expected, seen: formatList([...new Set(deviations)]), fault };
  }
  const imagesWithoutId = podImages.filter(({ id }) => id === undefined);
  if (imagesWithoutId.length > 0) {
    const seen = `${formatList(imagesWithoutId.map(({ where }) => where))} has no image yet`;
    return { status: "fail", expected, seen };
  }
  const imageCount = new Set(podImages.map(({ image }) => image)).size;
  return pass(
    `${formatCount(imageCount, "image")} of ${formatCount(podImages.length, "container")}, each with the digest of ${lockedBy}`,
  );
}

/**
 * Returns a line for a container whose image is not in the lock file or has another digest; empty if the image
 * matches, is not pulled yet, or is left out of the lock on purpose.
 */
function findDeviation(
  { where, image, id }: PodImage,
  { images, lockedBy, unlocked }: LockedImages,
): string[] {
  const lockedImage = images.find((candidate) => candidate.image === image);
  if (unlocked?.includes(image)) return [];
  if (lockedImage === undefined) return [`${where} runs ${image}, which is not in ${lockedBy}`];
  if (id === undefined || lockedImage.digests.includes(id.digest)) return [];
  const runningImage = id.kind === "registry" ? id.digest : `an image with the id ${id.digest}`;
  return [`${where} runs ${runningImage} as ${image}, ${lockedBy} has ${lockedImage.digest}`];
}

/** An image that a container of a pod runs. */
interface PodImage {
  /** `container grafana of pod monitoring/grafana-5d...`. */
  readonly where: string;
  /** The pod's full reference: `docker.io/grafana/grafana:13.2.0`. */
  readonly image: string;
  /** The id that the kubelet reports; undefined until it has pulled the image. */
  readonly id: ImageId | undefined;
}

/**
 * `name@sha256:...` is a digest in a registry: of the index, or of the manifest for the node. A bare `sha256:...` is the digest of
 * the image's configuration, which containerd uses as the id of images that were imported without a registry digest
 * (k3s before 1.31, `ctr images import`).
 */
interface ImageId {
  readonly digest: string;
  readonly kind: "registry" | "configuration";
}

/** Returns the images of all containers and init containers, without those of pods being deleted. */
export function listPodImages(pods: readonly V1Pod[]): PodImage[] {
  return pods
    .filter(({ metadata }) => metadata?.deletionTimestamp === undefined)
    .flatMap((pod) => {
      const { initContainers = [], containers = [] } = pod.spec ?? { containers: [] };
      const statuses = [
        ...(pod.status?.initContainerStatuses ?? []),
        ...(pod.status?.containerStatuses ?? []),
      ];
      return [...initContainers, ...containers].flatMap(({ name, image }) =>
        image === undefined
          ? []
          : [
              {
                where: `container ${name} of pod ${pod.metadata?.namespace}/${pod.metadata?.name}`,
                image: toFullImageName(image),
                id: parseImageId(statuses.find((status) => status.name === name)),
              },
            ],
      );
    });
}

/** Returns the digest in a container's imageID; undefined until the image was pulled. */
function parseImageId(status: V1ContainerStatus | undefined): ImageId | undefined {
  const [, name, digest] = /^(.*@)?(sha256:[0-9a-f]{64})$/.exec(status?.imageID ?? "") ?? [];
  if (digest === undefined) return undefined;
  return { digest, kind: name === undefined ? "configuration" : "registry" };
}
