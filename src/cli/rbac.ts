import { type RolesFor, rolesOf } from "../app/rbac.ts";
import type { Session } from "../app/session/session.ts";
import { UserError } from "../lib/errors.ts";
import type { Subject } from "../rbac/print.ts";
import type { RbacFlags } from "./rbac-flags.ts";

/** The roles that a run with this configuration needs on an existing cluster, as YAML. The cluster is not asked. */
export async function rbac(session: Session, flags: RbacFlags): Promise<string> {
  for (const warning of session.loaded.warnings) session.context.log.warn(warning);
  return await rolesOf(session, rolesFor(flags, session.loaded.config.namespace));
}

function rolesFor(flags: RbacFlags, namespace: string): RolesFor {
  const { createNamespaces, also } = flags;
  return { subject: subjectOf(flags, namespace), createNamespaces, also };
}

/** A namespace that the run makes and takes away can't hold the account that makes it. */
function subjectOf({ serviceAccount, user, createNamespaces }: RbacFlags, namespace: string): Subject {
  if (user !== undefined && serviceAccount !== undefined)
    throw new UserError(
      "--user and --service-account exclude each other: the roles are bound to one of them",
    );
  if (user !== undefined) return { kind: "User", name: user };
  if (serviceAccount === undefined)
    return {
      kind: "ServiceAccount",
      namespace: createNamespaces ? "default" : namespace,
      name: "monstack",
    };
  const [, own = "", name = ""] = /^([a-z0-9-]+)\/([a-z0-9.-]+)$/.exec(serviceAccount) ?? [];
  if (name === "")
    throw new UserError(`--service-account: \`${serviceAccount}\` is not NAMESPACE/NAME, e.g. ci/monstack`);
  return { kind: "ServiceAccount", namespace: own, name };
}
