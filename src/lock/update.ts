import { UserError } from "../lib/errors.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { Lock } from "../lockfile/lock.ts";
import { getRepository } from "./differences.ts";
import type { Wanted } from "./wanted.ts";

/** What `monstack lock` may move though the lock has it and it still fits. */
export type Update =
  | { readonly kind: "nothing" }
  | { readonly kind: "all" }
  /** Tools, apps, dashboards' IDs or URLs, images with or without their tag. */
  | { readonly kind: "named"; readonly names: readonly string[] };

/** Whether something that goes by any of these names is to be moved. */
export type Moves = (...names: readonly string[]) => boolean;

/** @throws UserError for a name that nothing has */
export function selectUpdates(update: Update, wanted: Wanted, lock: Lock | undefined): Moves {
  if (update.kind !== "named") return () => update.kind === "all";
  const images = [...(lock?.images ?? []), ...(lock?.unlocked ?? [])].flatMap(({ image }) =>
    listImageNames(image),
  );
  const known = [
    ...wanted.tools.map(({ name }) => name),
    ...wanted.charts.map(({ app }) => app),
    ...wanted.dashboards.map(({ from }) => from),
    ...images,
  ];
  const chosen = update.names.map((name) => {
    const found = [name, ...listFullNames(name)].find((one) => known.includes(one));
    if (found !== undefined) return found;
    throw new UserError(`--update ${name}: nothing of that name is locked; ${didYouMean(name, known)}`);
  });
  return (...names) => names.some((name) => chosen.includes(name));
}

/** An image's names for `--update`: whole, and without its tag. */
export function listImageNames(image: string): string[] {
  return [image, getRepository(image)];
}

/** `busybox` is `docker.io/library/busybox` to a lock. */
function listFullNames(name: string): string[] {
  try {
    const repository = getRepository(name);
    const [untagged = "", ...digest] = name.split("@");
    const rest = [/:[^:/]+$/.exec(untagged)?.[0] ?? "", ...digest].join("@");
    return [`${repository}${rest}`];
  } catch {
    return [];
  }
}
