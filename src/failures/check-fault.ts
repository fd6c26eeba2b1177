import type { Failure } from "./failure.ts";

/** What a failed check saw, and its cause if the check knows it. */
export interface Observation {
  readonly seen: string;
  readonly cause?: string | undefined;
}

/** Where in the user's files a fault may come from, in addition to the entry's own keys. */
export interface FaultPlace {
  readonly keys?: readonly string[];
  readonly values: readonly string[];
  /** Key paths of the object that the fault is about, for files without any of the keys. */
  readonly otherwise?: readonly string[];
}

/** A failure that a check identifies by its id, so that the diagnosis needs no other evidence. */
export interface CheckFault extends Failure {
  /** Returns the text that follows the explanation. Default: what the check saw. */
  readonly detail?: (check: Observation) => string;
  /** Returns where the fault may come from, as far as the check's report shows it. */
  readonly locate?: (check: Observation) => FaultPlace;
}

/** Returns the texts that a pattern's groups match in a check's report; empty if the pattern does not match. */
export function findGroups(pattern: RegExp, check: Observation): string[] {
  const [, ...groups] = pattern.exec(`${check.seen}\n${check.cause ?? ""}`) ?? [];
  return groups.filter((group) => group !== undefined);
}

/** Returns the cause that a check reports, or what the check saw if it knows no cause. */
export const getCause = (check: Observation) => check.cause ?? check.seen;
