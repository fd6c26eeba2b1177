import { UserError } from "../lib/errors.ts";
import { matchesGlob } from "../lib/glob.ts";
import { didYouMean } from "../lib/suggest.ts";

/** Which of the checks are made, and why the others are not. */
export interface Selection {
  /** Ids or patterns (`grafana-*`); empty or left out: all. */
  readonly only?: readonly string[];
  /** From an id or pattern to the reason. */
  readonly skip?: Readonly<Record<string, string>>;
}

/**
 * The ids that are in, with the reason of those that are to be reported as skipped. `known` are all that may be named,
 * also those that are not made this time.
 * @throws UserError when an id or pattern fits no check.
 */
export function selectChecks(
  ids: readonly string[],
  { only = [], skip = {} }: Selection,
  known: readonly string[] = ids,
): { readonly id: string; readonly skipped: string | undefined }[] {
  for (const pattern of [...only, ...Object.keys(skip)]) {
    if (known.some((id) => matchesGlob(pattern, id))) continue;
    const fix = pattern.includes("*") ? `the checks are: ${known.join(", ")}` : didYouMean(pattern, known);
    throw new UserError(`there is no check named ${pattern}`, { fix });
  }
  return ids
    .filter((id) => only.length === 0 || only.some((pattern) => matchesGlob(pattern, id)))
    .map((id) => ({ id, skipped: Object.entries(skip).find(([pattern]) => matchesGlob(pattern, id))?.[1] }));
}
