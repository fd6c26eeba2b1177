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
import { type Judgement, type Line, listStackPods, pointCheck, toMetLine, toUnmetLine } from "./point.ts";

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

export const rbac = pointCheck("production-rbac", async (stack) => judgeRbac(await gather(stack)));

async function gather(stack: Stack): Promise<RbacEvidence> {
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

export function judgeRbac({ accounts, bindings, roles }: RbacEvidence): Judgement {
  const found = accounts.flatMap((account): Line[] => {
    const own = bindings.filter(({ subjects = [] }) => subjects.some((one) => isFor(one, account)));
    const bad = own.flatMap((binding) => {
      const role = findRole(binding, roles);
      return (role?.rules ?? []).flatMap((rule) => {
        const why = findExcessivePermission(rule);
        return why === undefined ? [] : [`${describeRole(binding)} ${why}: ${describeRule(rule)}`];
      });
    });
    const who = `${account.namespace}/${account.name}`;
    if (bad.length > 0) return [...new Set(bad)].map((text) => toUnmetLine(`${who}: ${text}`));
    const names = [...new Set(own.map(describeRole))];
    return [
      toMetLine(
        `${who}: nothing too much in ${names.length === 0 ? "no role at all" : formatShortList(names)}`,
      ),
    ];
  });
  const readsSecrets = found.some(({ met, text }) => !met && text.includes("kube-state-metrics"));
  return {
    lines: found,
    fix: readsSecrets
      ? "set kube-state-metrics.collectors in the Prometheus app's values to the chart's list without secrets; take the other rules that are named out of their roles"
      : undefined,
  };
}

/** Whether a subject is the account, or a group that contains every service account. */
function isFor({ kind, name, namespace }: RbacV1Subject, account: Account): boolean {
  if (kind === "ServiceAccount") return name === account.name && namespace === account.namespace;
  if (kind === "User") return name === `system:serviceaccount:${account.namespace}:${account.name}`;
  return [
    "system:serviceaccounts",
    `system:serviceaccounts:${account.namespace}`,
    "system:authenticated",
  ].includes(name);
}

function findRole(
  { roleRef, metadata }: V1ClusterRoleBinding | V1RoleBinding,
  roles: RbacEvidence["roles"],
): V1ClusterRole | V1Role | undefined {
  const namespace = roleRef.kind === "Role" ? metadata?.namespace : undefined;
  return roles.find((role) => role.metadata?.name === roleRef.name && role.metadata.namespace === namespace);
}

/** Returns why a rule permits more than a monitoring stack needs; undefined if it does not. */
export function findExcessivePermission(rule: V1PolicyRule): string | undefined {
  const { verbs, apiGroups = [], resources = [], nonResourceURLs = [] } = rule;
  const wild = [
    ...(verbs.includes("*") ? ["verbs"] : []),
    ...(resources.some((one) => one === "*" || one === "*/*") ? ["resources"] : []),
    ...(apiGroups.includes("*") ? ["apiGroups"] : []),
    ...(nonResourceURLs.includes("*") ? ["nonResourceURLs"] : []),
  ];
  if (wild.length > 0) return `has a wildcard for its ${wild.join(" and ")}`;
  const risky = verbs.filter((verb) => ["escalate", "bind", "impersonate"].includes(verb));
  if (risky.length > 0) return `may ${risky.join(" and ")}`;
  const reads = verbs.filter((verb) => ["get", "list", "watch"].includes(verb));
  if (apiGroups.includes("") && resources.includes("secrets") && reads.length > 0)
    return `may ${reads.join(" and ")} secrets`;
  return undefined;
}

function describeRole({ roleRef, metadata }: V1ClusterRoleBinding | V1RoleBinding): string {
  return roleRef.kind === "Role"
    ? `Role ${metadata?.namespace}/${roleRef.name}`
    : `${roleRef.kind} ${roleRef.name}`;
}

/** Describes a rule. A long list of resources is reduced to the risky ones. */
function describeRule({ verbs, apiGroups = [], resources = [], nonResourceURLs = [] }: V1PolicyRule): string {
  const shown =
    resources.length > 6 ? resources.filter((one) => one === "*" || one === "secrets") : resources;
  const more = resources.length - shown.length;
  const on = [...shown, ...(more > 0 ? [`${more} more`] : []), ...nonResourceURLs].join(",");
  const groups = apiGroups.filter((one) => one !== "");
  return `${verbs.join(",")} on ${on}${groups.length > 0 ? ` of ${groups.join(",")}` : ""}`;
}

function formatShortList(names: readonly string[]): string {
  return names.length > 4 ? `${names.slice(0, 4).join(", ")} and ${names.length - 4} more` : names.join(", ");
}
