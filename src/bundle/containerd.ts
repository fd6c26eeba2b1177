import type { Context } from "../host/host.ts";
import { InstallError } from "../lib/errors.ts";
import { toContainerdName } from "../lib/image.ts";
import type { Lock } from "../lockfile/lock.ts";

/** The containerd of a k3s that runs on this host. */
export interface Containerd {
  /** Absolute path of k3s' executable, which has `ctr` in it. */
  readonly k3s: string;
  readonly dataDir: string;
}

/** A name in containerd's store, and what it stands for. */
interface StoredImage {
  /** With a tag: `docker.io/grafana/grafana:13.2.0`; or by digest. */
  readonly ref: string;
  readonly digest: string;
}

/** Every name of every image. */
async function listStoredImages(context: Context, containerd: Containerd): Promise<StoredImage[]> {
  // REF TYPE DIGEST SIZE PLATFORMS LABELS
  return parseRows(await runCtr(context, containerd, ["images", "ls"])).flatMap(([ref, , digest]) =>
    ref !== undefined && digest !== undefined ? [{ ref, digest }] : [],
  );
}

/** The names of the images that containers were made of: the pods' and their sandboxes', also of those that ended. */
async function listUsedImages(context: Context, containerd: Containerd): Promise<string[]> {
  // CONTAINER IMAGE RUNTIME
  const rows = parseRows(await runCtr(context, containerd, ["containers", "ls"]));
  return [...new Set(rows.flatMap(([, image]) => image ?? []))];
}

async function runCtr(
  { host }: Context,
  { k3s, dataDir }: Containerd,
  args: readonly string[],
): Promise<string> {
  const { stdout } = await host.exec([k3s, "ctr", "--namespace", "k8s.io", ...args], {
    root: true,
    // Else k3s would unpack its programs once more, to its default place.
    env: { K3S_DATA_DIR: dataDir },
  });
  return stdout;
}

/** A table's rows without its head. */
function parseRows(table: string): string[][] {
  const lines = table.split("\n").filter((line) => line.trim() !== "");
  return lines.slice(1).map((line) => line.trim().split(/\s+/));
}

/**
 * Holds what runs against the lock, pods' sandboxes included: without a network nobody could pull what the lock lacks.
 * @throws InstallError that names the images
 */
export async function refuseStrangers(context: Context, containerd: Containerd, lock: Lock): Promise<void> {
  const stored = await listStoredImages(context, containerd);
  const strangers = findUnlockedImagesInUse(lock, stored, await listUsedImages(context, containerd));
  if (strangers.length === 0) return;
  throw new InstallError(
    `these images run, and the lock that the bundle would have does not name them: ${strangers.join(", ")}`,
    {
      fix: "`monstack lock` adds what the charts name; of pods that something else starts, name the image in a chart's values",
    },
  );
}

/** Images of containers under none of the lock's names. What it excuses is the user's own to bring along. */
function findUnlockedImagesInUse(
  { images, unlocked = [] }: Lock,
  stored: readonly StoredImage[],
  used: readonly string[],
): string[] {
  const named = new Set([...images, ...unlocked].map(({ image }) => toContainerdName(image)));
  const known = new Set(stored.filter(({ ref }) => named.has(ref)).map(({ digest }) => digest));
  const running = new Set(used.map((ref) => stored.find((one) => one.ref === ref)?.digest ?? ref));
  return [...running]
    .filter((digest) => !known.has(digest))
    .map((digest) => nameOf(stored, digest))
    .sort();
}

/** The one with a tag, if there is one. */
function nameOf(stored: readonly StoredImage[], digest: string): string {
  const refs = stored.filter((one) => one.digest === digest).map(({ ref }) => ref);
  return refs.find((ref) => !/@|^sha256:/.test(ref)) ?? refs[0] ?? digest;
}
