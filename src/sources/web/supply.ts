import type { Lock } from "../../lockfile/lock.ts";
import type { ToolName } from "../../lockfile/tools.ts";

/** What a run's bytes must be, and whether they may come over the network. */
export interface Supply {
  /** Exactly what is taken, or nothing is. Undefined: what the configuration asks for, as it is published now. */
  readonly lock: Lock | undefined;
  /** How messages call the lock: `monstack.lock`, `the lock of bundle.tar`. */
  readonly lockedBy: string;
  /** What forbids requests, as a message calls it (`--bundle FILE`): everything is in the cache. Undefined: they are allowed. */
  readonly offline: string | undefined;
  /** The bundle that everything comes from. */
  readonly bundle?: BundledPrograms | undefined;
}

/** What a bundle says about programs. It counts for runs with that bundle, and for no others. */
export interface BundledPrograms {
  /** Of the bundle, hex. */
  readonly digest: string;
  /** Hex sha256 of each program: the lock has that of helm's archive only, which is not in a bundle. */
  readonly programs: Readonly<Partial<Record<ToolName, string>>>;
}

/** Without a lock and with the network. */
export const openSupply: Supply = { lock: undefined, lockedBy: "", offline: undefined };
