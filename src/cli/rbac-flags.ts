import { UserError } from "../host/errors.ts";

/** Of `rbac`, as they were given. */
export interface RbacFlags {
  readonly serviceAccount: string | undefined;
  readonly user: string | undefined;
  readonly createNamespaces: boolean;
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
] as const;

/** What was read from the command line, by the flags' names. */
export type FlagValues = Record<string, string | boolean | undefined>;

/** @throws UserError for one of them with another command */
export function rbacOf(values: FlagValues, command: string | undefined): RbacFlags {
  const stray = rbacFlags.find(({ name }) => values[name] !== undefined);
  if (stray !== undefined && command !== "rbac" && command !== "help")
    throw new UserError(`--${stray.name} belongs to \`rbac\``);
  return {
    serviceAccount: text(values["service-account"]),
    user: text(values["user"]),
    createNamespaces: values["create-namespaces"] === true,
  };
}

function text(value: string | boolean | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}
