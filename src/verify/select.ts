import { didYouMean } from "../config/suggest.ts";
import { UserError } from "../host/errors.ts";

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
    if (known.some((id) => fits(pattern, id))) continue;
    const mend = pattern.includes("*") ? `the checks are: ${known.join(", ")}` : didYouMean(pattern, known);
    throw new UserError(`there is no check named ${pattern}`, { mend });
  }
  return ids
    .filter((id) => only.length === 0 || only.some((pattern) => fits(pattern, id)))
    .map((id) => ({ id, skipped: Object.entries(skip).find(([pattern]) => fits(pattern, id))?.[1] }));
}

/** `*` stands for any characters. */
function fits(pattern: string, id: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(id);
}
