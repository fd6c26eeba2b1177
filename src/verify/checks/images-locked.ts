import { namespacesOf } from "../../model/rendered.ts";
import { listPods } from "../../stack/kube.ts";
import type { Check, LockedImages, Stack, Verdict } from "../../stack/types.ts";
import { count, listOf, pass, skipped } from "../../stack/verdicts.ts";
import { type PodImage, podImages } from "../pod-images.ts";

export const imagesLocked: Check = {
  id: "images-locked",
  title: "Every container runs the image that the lock file names",
  severity: "error",
  meaning:
    "A registry, a mirror or the node gave another image than the one that was locked under this name: what was verified is not what you meant to run.",
  fix: "find out who moved the tag; if the new image is wanted, `monstack lock --update` takes it over. Containers with the pull policy Always ask their registry at each start",
  run,
};

/** Milliseconds: a pod that is being replaced may not be marked as such yet. */
const replacedMs = 2_000;

async function run(stack: Stack): Promise<Verdict> {
  const { images: locked } = stack;
  if (locked === undefined) return skipped("there is no lock file: `monstack lock` writes one");
  const pods = await Promise.all(namespacesOf(stack.rendered).map((one) => listPods(stack, one)));
  const running = podImages(pods.flat());
  const { lockedBy } = locked;
  const expected = `each container's image is the one of ${lockedBy}`;
  if (running.length === 0) return { status: "fail", expected, seen: "there is no container yet" };
  const wrong = running.flatMap((one) => wrongWith(one, locked));
  if (wrong.length > 0) {
    const fault = { id: "image-not-locked", graceMs: replacedMs };
    return { status: "fail", expected, seen: listOf([...new Set(wrong)]), fault };
  }
  const waiting = running.filter(({ id }) => id === undefined);
  if (waiting.length > 0) {
    const seen = `${listOf(waiting.map(({ where }) => where))} has no image yet`;
    return { status: "fail", expected, seen };
  }
  const different = new Set(running.map(({ image }) => image)).size;
  return pass(
    `${count(different, "image")} of ${count(running.length, "container")}, each with the digest of ${lockedBy}`,
  );
}

function wrongWith({ where, image, id }: PodImage, { images, lockedBy, unlocked }: LockedImages): string[] {
  const wanted = images.find((one) => one.image === image);
  if (unlocked?.includes(image)) return [];
  if (wanted === undefined) return [`${where} runs ${image}, which is not in ${lockedBy}`];
  if (id === undefined || wanted.digests.includes(id.digest)) return [];
  const what = id.kind === "registry" ? id.digest : `an image with the id ${id.digest}`;
  return [`${where} runs ${what} as ${image}, ${lockedBy} has ${wanted.digest}`];
}
