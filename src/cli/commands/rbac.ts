import { createRoles, type RolesFor } from "../../app/rbac.ts";
import { exitCode, UserError } from "../../lib/errors.ts";
import { didYouMean } from "../../lib/suggest.ts";
import { type LaterCommand, laterCommands } from "../../rbac/right.ts";
import type { Subject } from "../../rbac/roles.ts";
import { defineCommand, planSettings } from "../command.ts";

interface RbacFlags {
  /** `NAMESPACE/NAME`. */
  readonly serviceAccount?: string;
  readonly user?: string;
  readonly createNamespaces?: boolean;
  /** Commands, separated by commas. */
  readonly also?: string;
}

export const rbacCommand = defineCommand({
  name: "rbac",
  summary: "print the roles that a run on an existing cluster needs, for its administrator to apply",
  flags: [
    {
      term: "--service-account <NS/NAME>",
      help: "Who runs monstack; default NS/monstack, NS being the stack's namespace",
    },
    { term: "--user <NAME>", help: "Who runs monstack, by the name that the cluster knows" },
    {
      term: "--create-namespaces",
      help: "Let the run create and delete its namespaces; all its rights are then cluster-wide",
    },
    {
      term: "--also <COMMANDS>",
      help: `Add the rights of these commands, separated by commas: ${laterCommands.join(", ")}`,
      completion: laterCommands,
    },
  ],
  settings: planSettings,
  examples: [
    ["monstack rbac --service-account ci/monstack | kubectl apply -f -", "as the administrator"],
    ["monstack rbac --also backup,restore", "with the rights of these commands"],
  ],
  read: ({ also = "", ...flags }: RbacFlags) => ({ ...flags, also: parseCommands(also) }),
  run: ({ withSession, print }, { also, createNamespaces = false, ...flags }) =>
    withSession(async (session) => {
      const { context, loaded } = session;
      for (const warning of loaded.warnings) context.log.warn(warning);
      const subject = chooseSubject({ ...flags, createNamespaces }, loaded.config.namespace);
      const roles: RolesFor = { subject, createNamespaces, also };
      print(await createRoles(session, roles));
      return exitCode.verified;
    }),
});

/**
 * Returns the commands in a list separated by commas.
 * @throws UserError for a command that needs no more rights than a run
 */
function parseCommands(list: string): LaterCommand[] {
  const words = list.split(",").flatMap((word) => (word.trim() === "" ? [] : [word.trim()]));
  return words.map((word) => {
    const command = laterCommands.find((name) => name === word);
    if (command !== undefined) return command;
    throw new UserError(
      `--also: \`${word}\` is not a command that needs more rights than a run; ${didYouMean(word, laterCommands)}`,
    );
  });
}

/**
 * Returns the subject of the roles: the user, the service account, or by default the stack's account `monstack`. A
 * namespace that the run creates and deletes can't contain the run's own account.
 */
function chooseSubject(
  { serviceAccount, user, createNamespaces }: Omit<RbacFlags, "also">,
  stackNamespace: string,
): Subject {
  if (user !== undefined && serviceAccount !== undefined)
    throw new UserError(
      "--user and --service-account exclude each other: the roles are bound to one of them",
    );
  if (user !== undefined) return { kind: "User", name: user };
  if (serviceAccount === undefined)
    return {
      kind: "ServiceAccount",
      namespace: createNamespaces ? "default" : stackNamespace,
      name: "monstack",
    };
  const [, namespace = "", name = ""] = /^([a-z0-9-]+)\/([a-z0-9.-]+)$/.exec(serviceAccount) ?? [];
  if (name === "")
    throw new UserError(
      `--service-account: \`${serviceAccount}\` is not NAMESPACE/NAME, for example ci/monstack`,
    );
  return { kind: "ServiceAccount", namespace, name };
}
