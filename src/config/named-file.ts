import type { Limits } from "../yaml/limits.ts";
import type { Mistake } from "../yaml/mistakes.ts";

/** A file of the user's that a setting names, and whose text the plan needs. */
export interface NamedFile {
  /** Absolute. */
  readonly path: string;
  /** What it is, for messages: `rule file`. */
  readonly what: string;
  /** Key path in monstack.yaml, e.g. `["rules", 0]`; where a flag named it, only the first part is used. */
  readonly at: readonly [string, ...(string | number)[]];
  /** Whoever uses it says when it isn't there. */
  readonly optional?: boolean;
  /** The files that its text names. */
  readonly names?: (text: string) => readonly NamedFile[];
  /** What its text names and may not. */
  readonly refused?: (text: string, limits: Limits, shownAs: string) => readonly Mistake[];
}
