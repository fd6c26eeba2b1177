import { imagesOf } from "../kube/manifest.ts";
import { operatorImages } from "../kube/operator-made.ts";
import { UserError } from "../lib/errors.ts";
import { formatImageRef, parseImageRef } from "../lib/image.ts";
import type { Lock } from "../lockfile/lock.ts";
import type { RenderedApp } from "../model/rendered.ts";

/** Every image that an app's pods can run: its hooks' and what the operator starts too, by their whole names, sorted. */
export function allImages({ app, objects, hooks = [] }: RenderedApp): string[] {
  const images = [...imagesOf([...objects, ...hooks]), ...operatorImages(objects)];
  return [...new Set(images.map((image) => checkedName(image, app.name)))].sort();
}

/** The app's images that a run may not use: no digest, and not excused either. */
export function unlockedImages(lock: Lock, apps: readonly RenderedApp[]): { app: string; image: string }[] {
  const known = new Set([...lock.images, ...(lock.unlocked ?? [])].map(({ image }) => image));
  return apps.flatMap((rendered) =>
    allImages(rendered)
      .filter((image) => !known.has(image))
      .map((image) => ({ app: rendered.app.name, image })),
  );
}

function checkedName(image: string, app: string): string {
  try {
    return formatImageRef(parseImageRef(image));
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    throw new UserError(`app ${app}: ${cause.message}`, {
      cause,
      fix: "fix the image's name in the app's values",
    });
  }
}
