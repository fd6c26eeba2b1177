import {
  RbacAuthorizationV1Api,
  type RbacV1Subject,
  type V1ClusterRole,
  type V1ClusterRoleBinding,
  type V1PolicyRule,
  type V1Role,
  type V1RoleBinding,
} from "@kubernetes/client-node";
import { listObjects } from "../stack/kube.ts";
import type { Stack } from "../stack/stack.ts";
import {
  createMetLine,
  createPointCheck,
  createUnmetLine,
  type EvidenceLine,
  type Judgement,
  listStackPods,
} from "./point.ts";

export interface Account {
  readonly namespace: string;
  readonly name: string;
}

interface RbacEvidence {
  /** Service accounts of the stack's pods, without duplicates. */
  readonly accounts: readonly Account[];
  readonly bindings: readonly (V1ClusterRoleBinding | V1RoleBinding)[];
  readonly roles: readonly (V1ClusterRole | V1Role)[];
}

export const rbac = createPointCheck("production-rbac", async (stack) => judgeRbac(await gatherRbac(stack)));

/** Reads the service accounts of the stack's pods, and all roles and bindings of the cluster. */
async function gatherRbac(stack: Stack): Promise<RbacEvidence> {
  const api = stack.kube.makeApiClient(RbacAuthorizationV1Api);
  const [pods, clusterBindings, bindings, clusterRoles, roles] = await Promise.all([
    listStackPods(stack),
    listObjects(stack, "clusterrolebindings", (options) => api.listClusterRoleBinding({}, options)),
    listObjects(stack, "rolebindings", (options) => api.listRoleBindingForAllNamespaces({}, options)),
    listObjects(stack, "clusterroles", (options) => api.listClusterRole({}, options)),
    listObjects(stack, "roles", (options) => api.listRoleForAllNamespaces({}, options)),
  ]);
  const accounts = new Map<string, Account>();
  for (const { metadata, spec } of pods) {
    const account = { namespace: metadata?.namespace ?? "", name: spec?.serviceAccountName ?? "default" };
    accounts.set(`${account.namespace}/${account.name}`, account);
  }
  return {
    accounts: [...accounts.values()],
    bindings: [...clusterBindings, ...bindings],
    roles: [...clusterRoles, ...roles],
  };
}

/** Returns a line for each excessive rule of a service account, and one for each account without such a rule. */
export function judgeRbac({ accounts, bindings, roles }: RbacEvidence): Judgement {
  const lines = accounts.flatMap((account): EvidenceLine[] => {
    const accountBindings = bindings.filter(({ subjects = [] }) =>
      subjects.some((subject) => includesAccount(subject, account)),
    );
    const problems = accountBindings.flatMap((binding) => {
      const role = findRole(binding, roles);
      return (role?.rules ?? []).flatMap((rule) => {
        const why = findExcessivePermission(rule);
        return why === undefined ? [] : [`${describeRole(binding)} ${why}: ${describeRule(rule)}`];
      });
    });
    const accountName = `${account.namespace}/${account.name}`;
    if (problems.length > 0)
      return [...new Set(problems)].map((text) => createUnmetLine(`${accountName}: ${text}`));
    const roleNames = [...new Set(accountBindings.map(describeRole))];
    return [
      createMetLine(
        `${accountName}: nothing too much in ${roleNames.length === 0 ? "no role at all" : formatShortList(roleNames)}`,
      ),
    ];
  });
  const hasKubeStateMetricsProblem = lines.some(
    ({ met, text }) => !met && text.includes("kube-state-metrics"),
  );
  return {
    lines,
    fix: hasKubeStateMetricsProblem
      ? "set kube-state-metrics.collectors in the Prometheus app's values to the chart's list without secrets; take the other rules that are named out of their roles"
      : undefined,
  };
}

/** True if a subject is the account, or a group that contains every service account. */
function includesAccount({ kind, name, namespace }: RbacV1Subject, account: Account): boolean {
  if (kind === "ServiceAccount") return name === account.name && namespace === account.namespace;
  if (kind === "User") return name === `system:serviceaccount:${account.namespace}:${account.name}`;
  return [
    "system:serviceaccounts",
    `system:serviceaccounts:${account.namespace}`,
    "system:authenticated",
  ].includes(name);
}

/** Returns the role of a binding; undefined if it does not exist. */
function findRole(
  { roleRef, metadata }: V1ClusterRoleBinding | V1RoleBinding,
  roles: RbacEvidence["roles"],
): V1ClusterRole | V1Role | undefined {
  const namespace = roleRef.kind === "Role" ? metadata?.namespace : undefined;
  return roles.find((role) => role.metadata?.name === roleRef.name && role.metadata.namespace === namespace);
}

/**
 * Returns why a rule permits more than a monitoring stack needs; undefined if it does not. The text continues a
 * sentence: `may get secrets`.
 */
export function findExcessivePermission(rule: V1PolicyRule): string | undefined {
  const { verbs, apiGroups = [], resources = [], nonResourceURLs = [] } = rule;
  const wildcardFields = [
    ...(verbs.includes("*") ? ["verbs"] : []),
    ...(resources.some((resource) => resource === "*" || resource === "*/*") ? ["resources"] : []),
    ...(apiGroups.includes("*") ? ["apiGroups"] : []),
    ...(nonResourceURLs.includes("*") ? ["nonResourceURLs"] : []),
  ];
  if (wildcardFields.length > 0) return `has a wildcard for its ${wildcardFields.join(" and ")}`;
  // These verbs let an account get more rights than it has.
  const riskyVerbs = verbs.filter((verb) => ["escalate", "bind", "impersonate"].includes(verb));
  if (riskyVerbs.length > 0) return `may ${riskyVerbs.join(" and ")}`;
  const readVerbs = verbs.filter((verb) => ["get", "list", "watch"].includes(verb));
  if (apiGroups.includes("") && resources.includes("secrets") && readVerbs.length > 0)
    return `may ${readVerbs.join(" and ")} secrets`;
  return undefined;
}

/** Returns the kind and name of a binding's role. */
function describeRole({ roleRef, metadata }: V1ClusterRoleBinding | V1RoleBinding): string {
  return roleRef.kind === "Role"
    ? `Role ${metadata?.namespace}/${roleRef.name}`
    : `${roleRef.kind} ${roleRef.name}`;
}

/** The longest list of resources that a message shows. */
const maxShownResources = 6;

/**
 * Returns the verbs, objects and API groups of a rule. A list of more than six resources is reduced to the risky ones.
 */
function describeRule({ verbs, apiGroups = [], resources = [], nonResourceURLs = [] }: V1PolicyRule): string {
  const shownResources =
    resources.length > maxShownResources
      ? resources.filter((name) => name === "*" || name === "secrets")
      : resources;
  const hiddenCount = resources.length - shownResources.length;
  const objects = [
    ...shownResources,
    ...(hiddenCount > 0 ? [`${hiddenCount} more`] : []),
    ...nonResourceURLs,
  ].join(",");
  const groups = apiGroups.filter((name) => name !== "");
  return `${verbs.join(",")} on ${objects}${groups.length > 0 ? ` of ${groups.join(",")}` : ""}`;
}

/** Returns up to four names, and the number of the others. */
function formatShortList(names: readonly string[]): string {
  return names.length > 4 ? `${names.slice(0, 4).join(", ")} and ${names.length - 4} more` : names.join(", ");
}
