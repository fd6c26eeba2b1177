import { UserError } from "../lib/errors.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { Lock } from "../lockfile/lock.ts";
import { getRepository } from "./differences.ts";
import type { Wanted } from "./wanted.ts";

/** The locked downloads that `monstack lock` may update although they still fit the configuration. */
export type Update =
  | { readonly kind: "nothing" }
  | { readonly kind: "all" }
  /** Tools, apps, dashboards' IDs or URLs, images with or without their tag. */
  | { readonly kind: "named"; readonly names: readonly string[] };

/** Returns true if the download with any of these names is to be updated. */
export type Moves = (...names: readonly string[]) => boolean;

/**
 * Returns a function that tells which downloads are to be updated.
 * @throws UserError for a name that no download has
 */
export function selectUpdates(update: Update, wanted: Wanted, lock: Lock | undefined): Moves {
  if (update.kind !== "named") return () => update.kind === "all";
  const imageNames = [...(lock?.images ?? []), ...(lock?.unlocked ?? [])].flatMap(({ image }) =>
    listImageNames(image),
  );
  const knownNames = [
    ...wanted.tools.map(({ name }) => name),
    ...wanted.charts.map(({ app }) => app),
    ...wanted.dashboards.map(({ from }) => from),
    ...imageNames,
  ];
  const chosenNames = update.names.map((name) => {
    const fullName = [name, ...listFullNames(name)].find((candidate) => knownNames.includes(candidate));
    if (fullName !== undefined) return fullName;
    throw new UserError(`--update ${name}: nothing of that name is locked; ${didYouMean(name, knownNames)}`);
  });
  return (...names) => names.some((name) => chosenNames.includes(name));
}

/** Returns the names by which `--update` accepts an image: the full name, and the name without its tag. */
export function listImageNames(image: string): string[] {
  return [image, getRepository(image)];
}

/**
 * Returns an image's full name as in a lock, for example `docker.io/library/busybox` for `busybox`; empty if the name
 * is invalid.
 */
function listFullNames(name: string): string[] {
  try {
    const repository = getRepository(name);
    const [untagged = "", ...digest] = name.split("@");
    const tagAndDigest = [/:[^:/]+$/.exec(untagged)?.[0] ?? "", ...digest].join("@");
    return [`${repository}${tagAndDigest}`];
  } catch {
    return [];
  }
}
