import { UserError } from "../lib/errors.ts";
import { didYouMean } from "../lib/suggest.ts";
import { type LaterCommand, laterCommands } from "../rbac/types.ts";

/** Of `rbac`, as they were given. */
export interface RbacFlags {
  readonly serviceAccount: string | undefined;
  readonly user: string | undefined;
  readonly createNamespaces: boolean;
  /** Commands whose rights are printed with the run's. */
  readonly also: readonly LaterCommand[];
}

/** The flags of `rbac` that aren't settings. */
export const rbacFlags = [
  {
    name: "service-account",
    metavar: "NS/NAME",
    help: "rbac: who runs monstack; default NS/monstack, NS being the stack's namespace",
  },
  { name: "user", metavar: "NAME", help: "rbac: who runs monstack, as the cluster knows them" },
  {
    name: "create-namespaces",
    metavar: "",
    help: "rbac: let the run make and remove its namespaces; all its rights are then cluster-wide",
  },
  {
    name: "also",
    metavar: "COMMANDS",
    help: "rbac: what these need too, e.g. backup,restore,checklist",
  },
] as const;

/** What was read from the command line, by the flags' names. */
export type FlagValues = Record<string, string | boolean | undefined>;

/** @throws UserError for one of them with another command, and for a command that needs no rights of its own */
export function rbacOf(values: FlagValues, command: string | undefined): RbacFlags {
  const stray = rbacFlags.find(({ name }) => values[name] !== undefined);
  if (stray !== undefined && command !== "rbac" && command !== "help")
    throw new UserError(`--${stray.name} belongs to \`rbac\``);
  return {
    serviceAccount: text(values["service-account"]),
    user: text(values["user"]),
    createNamespaces: values["create-namespaces"] === true,
    also: alsoOf(text(values["also"]) ?? ""),
  };
}

function alsoOf(given: string): LaterCommand[] {
  const words = given.split(",").flatMap((word) => (word.trim() === "" ? [] : [word.trim()]));
  return words.map((word) => {
    const command = laterCommands.find((one) => one === word);
    if (command !== undefined) return command;
    throw new UserError(
      `--also: \`${word}\` is no command that needs more than a run; ${didYouMean(word, laterCommands)}`,
    );
  });
}

function text(value: string | boolean | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}
