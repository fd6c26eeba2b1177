import type { Schema } from "../../yaml/primitives.ts";

/** What a file may do with a setting in restricted mode (docs/trust.md). */
export type InRestricted =
  | { readonly kind: "allowed" }
  /** A path that must lie below the workspace, links followed. */
  | { readonly kind: "below-workspace" }
  /** Only an input, a flag or the environment may set it. `because` completes the sentence "a file can't set it, because ...". */
  | { readonly kind: "refused"; readonly because: string }
  /** No file can contain it, with any trust. */
  | { readonly kind: "not-in-files" };

export const allowed: InRestricted = { kind: "allowed" };
export const belowWorkspace: InRestricted = { kind: "below-workspace" };
export const notInFiles: InRestricted = { kind: "not-in-files" };

export function refuseBecause(because: string): InRestricted {
  return { kind: "refused", because };
}

/** A setting that the file, the action's inputs and the CLI's flags share. */
export interface Setting<T = unknown> {
  readonly schema: Schema<T>;
  /** Converts the text of an input or a flag to the value that a file would contain. Left out: the text is the value. */
  readonly readText?: (text: string) => unknown;
  /** Key path in the file; left out: no file can contain it. */
  readonly inFile?: readonly [string] | readonly [string, string];
  readonly inRestricted: InRestricted;
  readonly metavar: string;
  readonly help: string;
  /** The default in words; left out: there is none. */
  readonly byDefault?: string;
}

export type SettingTable = Readonly<Record<string, Setting>>;
