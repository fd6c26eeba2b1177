import type { Parser } from "../../yaml/parsers.ts";

/** What a file may do with a setting in restricted mode (docs/trust.md). */
export type InRestricted =
  | { readonly kind: "allowed" }
  /** A path that must lie below the workspace, links followed. */
  | { readonly kind: "below-workspace" }
  /** Only an input, a flag or the environment may set it. `because` ends the sentence "a file may not, because ...". */
  | { readonly kind: "refused"; readonly because: string }
  /** No file can hold it, whatever is trusted. */
  | { readonly kind: "not-in-files" };

export const allowed: InRestricted = { kind: "allowed" };
export const belowWorkspace: InRestricted = { kind: "below-workspace" };
export const notInFiles: InRestricted = { kind: "not-in-files" };

export function refused(because: string): InRestricted {
  return { kind: "refused", because };
}

/** A setting that the file, the action's inputs and the CLI's flags share. */
export interface Setting<T> {
  /** What inputs and flags hold: always a text. */
  readonly fromText: Parser<T>;
  readonly fromFile: Parser<T>;
  /** Key path in the file; undefined when it can't stand there. */
  readonly inFile: readonly [string] | readonly [string, string] | undefined;
  readonly inRestricted: InRestricted;
  readonly metavar: string;
  readonly help: string;
  /** The default in words. */
  readonly byDefault: string;
}

/** A setting that is written the same way everywhere. */
export function same<T>(
  parse: Parser<T>,
  inFile: Setting<T>["inFile"],
  inRestricted: InRestricted,
  metavar: string,
  byDefault: string,
  help: string,
): Setting<T> {
  return { fromText: parse, fromFile: parse, inFile, inRestricted, metavar, byDefault, help };
}
