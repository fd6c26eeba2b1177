import { formatPurposes } from "./describe.ts";
import type { Rule, RuleSet } from "./types.ts";

/** Whoever runs monstack. */
export type Subject =
  | { readonly kind: "ServiceAccount"; readonly namespace: string; readonly name: string }
  | { readonly kind: "User"; readonly name: string };

export interface RoleOptions {
  /** Of all roles and bindings. */
  readonly name: string;
  readonly subject: Subject;
  /** Namespaces that have to be there before the run, because a role lives in them. */
  readonly namespaces: readonly string[];
}

const group = "rbac.authorization.k8s.io";

/** The objects that let somebody run monstack, as YAML for `kubectl apply`. */
export function printRoles(sets: readonly RuleSet[], options: RoleOptions): string {
  const { subject, namespaces } = options;
  const documents = [
    ...namespaces.map((name) => head("v1", "Namespace", name, undefined)),
    ...(subject.kind === "ServiceAccount"
      ? [head("v1", "ServiceAccount", subject.name, subject.namespace)]
      : []),
    ...sets.flatMap((set) => [printRole(set, options), printBinding(set, options)]),
  ];
  return documents.map((document) => `---\n${document}`).join("");
}

function printRole({ namespace, rules }: RuleSet, { name }: RoleOptions): string {
  const kind = namespace === undefined ? "ClusterRole" : "Role";
  return `${head(`${group}/v1`, kind, name, namespace)}rules:\n${rules.map(printRule).join("")}`;
}

function printBinding({ namespace }: RuleSet, { name, subject }: RoleOptions): string {
  const kind = namespace === undefined ? "ClusterRole" : "Role";
  const who =
    subject.kind === "User"
      ? { kind: "User", name: subject.name, apiGroup: group }
      : { kind: "ServiceAccount", name: subject.name, namespace: subject.namespace };
  return [
    head(`${group}/v1`, `${kind}Binding`, name, namespace),
    `roleRef: ${flow({ apiGroup: group, kind, name })}\n`,
    `subjects:\n  - ${flow(who)}\n`,
  ].join("");
}

function head(apiVersion: string, kind: string, name: string, namespace: string | undefined): string {
  const metadata = flow({ name, ...(namespace === undefined ? {} : { namespace }) });
  return `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: ${metadata}\n`;
}

function printRule({ verbs, groups, resources, names, paths, purposes, need }: Rule): string {
  const only = need === "diagnosis" ? " (without it the cause of a failure is told less well)" : "";
  const parts = Object.entries({
    apiGroups: groups,
    resources,
    resourceNames: names,
    nonResourceURLs: paths,
    verbs,
  }).flatMap(([key, values]) => (values.length === 0 ? [] : [`${key}: [${values.map(word).join(", ")}]`]));
  return `  # ${formatPurposes(purposes)}${only}\n  - ${parts.join("\n    ")}\n`;
}

function flow(values: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(values).map(([key, value]) => `${key}: ${word(value)}`);
  return `{${pairs.join(", ")}}`;
}

/** As it is where YAML takes it for a text for certain, else quoted. */
function word(value: string): string {
  const isPlain =
    /^[a-z/][a-z0-9./-]*$/i.test(value) && !/^(true|false|yes|no|on|off|null|y|n)$/i.test(value);
  return isPlain ? value : JSON.stringify(value);
}
