import type { V1ContainerStatus, V1Pod } from "@kubernetes/client-node";
import { wholeName } from "../lib/image-reference.ts";

/** An image that a container of a pod runs. */
export interface PodImage {
  /** `container grafana of pod monitoring/grafana-5d...`. */
  readonly where: string;
  /** As the pod asks for it, whole: `docker.io/grafana/grafana:13.2.0`. */
  readonly image: string;
  /** What the kubelet says that it is; undefined while it has none. */
  readonly id: ImageId | undefined;
}

/**
 * `name@sha256:...` is a digest in a registry: of the index, or of the manifest for the node. A bare `sha256:...` is the digest of
 * the image's configuration, which containerd calls its id: so are images named that were imported and whose digest nobody
 * told (k3s before 1.31, `ctr images import`).
 */
export interface ImageId {
  readonly digest: string;
  readonly kind: "registry" | "configuration";
}

/** The images of all containers, the first ones included; a pod that is going doesn't count. */
export function podImages(pods: readonly V1Pod[]): PodImage[] {
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
                image: wholeName(image),
                id: imageId(statuses.find((status) => status.name === name)),
              },
            ],
      );
    });
}

function imageId(status: V1ContainerStatus | undefined): ImageId | undefined {
  const [, name, digest] = /^(.*@)?(sha256:[0-9a-f]{64})$/.exec(status?.imageID ?? "") ?? [];
  if (digest === undefined) return undefined;
  return { digest, kind: name === undefined ? "configuration" : "registry" };
}
