import type { Context } from "../host/host.ts";
import { InstallError } from "../lib/errors.ts";
import { clusterName } from "../lib/image.ts";
import type { Lock } from "../lockfile/lock.ts";
import { type Containerd, type Stored, storedImages, usedImages } from "./containerd.ts";

/**
 * Holds what runs against the lock, pods' sandboxes included: without a network nobody could pull what the lock lacks.
 * @throws InstallError that names the images
 */
export async function refuseStrangers(context: Context, containerd: Containerd, lock: Lock): Promise<void> {
  const stored = await storedImages(context, containerd);
  const strangers = strangersIn(lock, stored, await usedImages(context, containerd));
  if (strangers.length === 0) return;
  throw new InstallError(
    `these images run, and the lock that the bundle would have does not name them: ${strangers.join(", ")}`,
    {
      fix: "`monstack lock` adds what the charts name; of pods that something else starts, name the image in a chart's values",
    },
  );
}

/** Images of containers under none of the lock's names. What it excuses is the user's own to bring along. */
export function strangersIn(
  { images, unlocked = [] }: Lock,
  stored: readonly Stored[],
  used: readonly string[],
): string[] {
  const named = new Set([...images, ...unlocked].map(({ image }) => clusterName(image)));
  const known = new Set(stored.filter(({ ref }) => named.has(ref)).map(({ digest }) => digest));
  const running = new Set(used.map((ref) => stored.find((one) => one.ref === ref)?.digest ?? ref));
  return [...running]
    .filter((digest) => !known.has(digest))
    .map((digest) => nameOf(stored, digest))
    .sort();
}

/** The one with a tag, if there is one. */
function nameOf(stored: readonly Stored[], digest: string): string {
  const refs = stored.filter((one) => one.digest === digest).map(({ ref }) => ref);
  return refs.find((ref) => !/@|^sha256:/.test(ref)) ?? refs[0] ?? digest;
}
