import { podSpecsOf } from "../kube/manifest.ts";
import type { RenderedApp } from "../model/rendered.ts";

/** A container whose image the kubelet asks the registry for each time, whatever is on the node. */
export interface AlwaysPulled {
  readonly app: string;
  /** `Deployment grafana`. */
  readonly object: string;
  readonly container: string;
  readonly image: string;
}

/**
 * Containers with the pull policy Always, those of hooks too: written out, or implied by a tag `latest` (or none) without another policy
 * (https://kubernetes.io/docs/concepts/containers/images/#imagepullpolicy-defaulting).
 */
export function alwaysPulled(apps: readonly RenderedApp[]): AlwaysPulled[] {
  return apps.flatMap(({ app, objects, hooks = [] }) =>
    [...objects, ...hooks].flatMap((object) =>
      podSpecsOf(object)
        .flatMap((pod) => [...(pod.initContainers ?? []), ...(pod.containers ?? [])])
        .flatMap(({ name, image, imagePullPolicy }) =>
          typeof image === "string" && (imagePullPolicy ?? impliedPolicy(image)) === "Always"
            ? [
                {
                  app: app.name,
                  object: `${object.kind} ${object.metadata.name}`,
                  container: String(name),
                  image,
                },
              ]
            : [],
        ),
    ),
  );
}

function impliedPolicy(image: string): string {
  if (image.includes("@")) return "IfNotPresent";
  const tag = /:([^/:]+)$/.exec(image)?.[1];
  return tag === undefined || tag === "latest" ? "Always" : "IfNotPresent";
}
