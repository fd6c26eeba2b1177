import type { Schema } from "../../yaml/primitives.ts";

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

export function refuseBecause(because: string): InRestricted {
  return { kind: "refused", because };
}

/** A setting that the file, the action's inputs and the CLI's flags share. */
export interface Setting<T = unknown> {
  readonly schema: Schema<T>;
  /** Turns the text of an input or a flag into what a file would hold; left out: it is the same. */
  readonly readText?: (text: string) => unknown;
  /** Key path in the file; left out: no file can hold it. */
  readonly inFile?: readonly [string] | readonly [string, string];
  readonly inRestricted: InRestricted;
  readonly metavar: string;
  readonly help: string;
  /** The default in words; left out: there is none. */
  readonly byDefault?: string;
}

export type SettingTable = Readonly<Record<string, Setting>>;
