import { UserError } from "../lib/errors.ts";
import type { Update } from "../lock/moves.ts";
import type { FlagValues } from "./rbac-flags.ts";

/** Of `lock`, as they were given. */
export interface LockFlags {
  /** Write nothing. */
  readonly check: boolean;
  readonly update: Update;
}

/** The flags of `lock` that aren't settings. */
export const lockFlags = [
  {
    name: "check",
    metavar: "",
    help: "lock: write nothing; 2 when the lock file is not what the configuration asks for",
  },
  {
    name: "update",
    metavar: "",
    help: "lock: move what is named after it (a tool, an app, a dashboard, an image), or everything",
  },
] as const;

/**
 * @param operands what stands behind the command
 * @throws UserError for one of them with another command, or for names that nothing is to be done with
 */
export function lockOf(
  values: FlagValues,
  command: string | undefined,
  operands: readonly string[],
): LockFlags {
  const stray = lockFlags.find(({ name }) => values[name] !== undefined);
  if (stray !== undefined && command !== "lock" && command !== "help")
    throw new UserError(`--${stray.name} belongs to \`lock\``);
  const [check, update] = [values["check"] === true, values["update"] === true];
  if (check && update)
    throw new UserError("--check and --update exclude each other: the one writes nothing, the other does");
  if (operands.length > 0 && !update)
    throw new UserError(
      `lock ${operands[0]}: names belong to --update: \`monstack lock --update ${operands[0]}\``,
    );
  return { check, update: updateOf(update, operands) };
}

function updateOf(update: boolean, names: readonly string[]): Update {
  if (!update) return { kind: "nothing" };
  return names.length === 0 ? { kind: "all" } : { kind: "named", names };
}
