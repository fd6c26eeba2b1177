import type { Failure } from "./failure.ts";

/** What a failed check reports. */
export interface Observation {
  readonly seen: string;
  readonly cause?: string | undefined;
}

/** Where in the user's files a fault may come from, besides the entry's own keys. */
export interface FaultPlace {
  readonly keys?: readonly string[];
  readonly values: readonly string[];
  /** Key paths of what the fault is about, where none of the keys was written. */
  readonly otherwise?: readonly string[];
}

/** A failure that a check identifies by the id of its fault, so that no other evidence is needed. */
export interface CheckFault extends Failure {
  /** What follows the explanation; default: what the check saw. */
  readonly detail?: (check: Observation) => string;
  readonly locate?: (check: Observation) => FaultPlace;
}

/** Returns what the groups of a pattern match in the text of a check. */
export function findGroups(pattern: RegExp, check: Observation): string[] {
  const [, ...groups] = pattern.exec(`${check.seen}\n${check.cause ?? ""}`) ?? [];
  return groups.filter((one) => one !== undefined);
}

export const causeOf = (check: Observation) => check.cause ?? check.seen;
