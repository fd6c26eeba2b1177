import type { PathRight, ResourceRight, Right, Rule, RuleSet } from "./right.ts";
import { reduce } from "./right.ts";

/**
 * Groups rights into rules of RBAC roles: the cluster's first, then each namespace's, sorted. Rights with the same verbs,
 * names and purposes share a rule. A namespace that the run creates can't have a role yet, so its rules are the cluster's.
 */
export function groupIntoRuleSets(rights: readonly Right[], createdNamespaces: readonly string[]): RuleSet[] {
  const widened = rights.map((right) =>
    right.kind === "resource" && createdNamespaces.includes(right.namespace ?? "")
      ? { ...right, namespace: undefined }
      : right,
  );
  const placed = Map.groupBy(reduce(widened), (right) =>
    right.kind === "path" ? "" : (right.namespace ?? ""),
  );
  return [...placed]
    .sort(([one], [other]) => compare(one, other))
    .map(([namespace, own]) => ({
      namespace: namespace === "" ? undefined : namespace,
      rules: groupIntoRules(own),
    }));
}

function groupIntoRules(rights: readonly Right[]): Rule[] {
  const resources = rights.filter((right): right is ResourceRight => right.kind === "resource");
  const paths = rights.filter((right): right is PathRight => right.kind === "path");
  const rules = [...merge(resources.map(toRule)), ...merge(paths.map(toPathRule))];
  return rules.sort((one, other) => compare(sortKey(one), sortKey(other)));
}

function toRule({ verb, group, resource, name, purposes, need }: ResourceRight): Rule {
  const names = name === undefined ? [] : [name];
  return { verbs: [verb], groups: [group], resources: [resource], names, paths: [], purposes, need };
}

function toPathRule({ verb, path, purposes, need }: PathRight): Rule {
  return { verbs: [verb], groups: [], resources: [], names: [], paths: [path], purposes, need };
}

/** Merges rules that differ in one part only, part by part. A rule with names never joins one for any object. */
function merge(rules: readonly Rule[]): Rule[] {
  return (["verbs", "names", "resources", "paths"] as const).reduce<readonly Rule[]>(
    mergeBy,
    rules,
  ) as Rule[];
}

function mergeBy(rules: readonly Rule[], part: "verbs" | "names" | "resources" | "paths"): Rule[] {
  const rest = (rule: Rule) =>
    JSON.stringify({
      ...rule,
      [part]: rule[part].length > 0,
      // The names distinguish several objects of a kind well enough, so their purposes are merged.
      ...(part === "names" || part === "verbs" ? { purposes: [] } : {}),
      ...(part === "resources" && rule.names.length > 0 ? { apart: rule.resources } : {}),
    });
  return [...Map.groupBy(rules, rest).values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const union = (key: typeof part | "purposes") =>
      [...new Set(same.flatMap((rule) => rule[key]))].sort(createComparator(key));
    return [{ ...first, [part]: union(part), purposes: union("purposes") }];
  });
}

const verbOrder = ["get", "list", "watch", "create", "update", "patch", "delete"];

/** Returns a comparator: verbs in their usual order, everything else by the alphabet, numbers by size. */
function createComparator(part: string): (one: string, other: string) => number {
  if (part !== "verbs") return (one, other) => collator.compare(one, other);
  const place = (verb: string) => verbOrder.indexOf(verb);
  return (one, other) => place(one) - place(other) || collator.compare(one, other);
}

const collator = new Intl.Collator("en", { numeric: true });

function sortKey({ groups, resources, names, paths, verbs, need }: Rule): string {
  return JSON.stringify([need === "run" ? 0 : 1, groups, resources, paths, names, verbs]);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Describes rights for a reader, one line for each rule: verbs, resources, namespace and purposes. */
export function describeRights(rights: readonly Right[]): string[] {
  return groupIntoRuleSets(rights, []).flatMap(({ namespace, rules }) =>
    rules.map((rule) => {
      const where = namespace === undefined ? "in the whole cluster" : `in namespace ${namespace}`;
      return `${rule.verbs.join(", ")} ${describeTarget(rule)} ${where} (${formatPurposes(rule.purposes)})`;
    }),
  );
}

/** `checks: cadvisor-containers, targets-up; diagnosis`. */
function formatPurposes(purposes: readonly string[]): string {
  const byLabel = Map.groupBy(purposes, (purpose) => purpose.split(": ")[0] ?? "");
  return [...byLabel]
    .map(([label, all]) => {
      const items = all.flatMap((purpose) => purpose.split(": ")[1] ?? []);
      return items.length === 0 ? label : `${label}: ${items.join(", ")}`;
    })
    .join("; ");
}

/** `deployments (API group apps) grafana, server`. */
function describeTarget({ groups: [group = ""], resources, names, paths }: Rule): string {
  if (paths.length > 0) return `the paths ${paths.join(", ")}`;
  const api = group === "" ? "core API group" : `API group ${group}`;
  return [
    `${resources.join(", ")} (${api})`,
    ...(names.length === 0 ? [] : [`named ${names.join(", ")}`]),
  ].join(" ");
}

/** The account that runs monstack. */
export type Subject =
  | { readonly kind: "ServiceAccount"; readonly namespace: string; readonly name: string }
  | { readonly kind: "User"; readonly name: string };

interface RoleOptions {
  /** Of all roles and bindings. */
  readonly name: string;
  readonly subject: Subject;
  /** Namespaces that have to be there before the run, because a role lives in them. */
  readonly namespaces: readonly string[];
}

const group = "rbac.authorization.k8s.io";

/** Prints the objects that let the subject run monstack, as YAML for `kubectl apply`. */
export function printRoles(sets: readonly RuleSet[], options: RoleOptions): string {
  const { subject, namespaces } = options;
  const documents = [
    ...namespaces.map((name) => formatHead("v1", "Namespace", name, undefined)),
    ...(subject.kind === "ServiceAccount"
      ? [formatHead("v1", "ServiceAccount", subject.name, subject.namespace)]
      : []),
    ...sets.flatMap((set) => [printRole(set, options), printBinding(set, options)]),
  ];
  return documents.map((document) => `---\n${document}`).join("");
}

function printRole({ namespace, rules }: RuleSet, { name }: RoleOptions): string {
  const kind = namespace === undefined ? "ClusterRole" : "Role";
  return `${formatHead(`${group}/v1`, kind, name, namespace)}rules:\n${rules.map(printRule).join("")}`;
}

function printBinding({ namespace }: RuleSet, { name, subject }: RoleOptions): string {
  const kind = namespace === undefined ? "ClusterRole" : "Role";
  const who =
    subject.kind === "User"
      ? { kind: "User", name: subject.name, apiGroup: group }
      : { kind: "ServiceAccount", name: subject.name, namespace: subject.namespace };
  return [
    formatHead(`${group}/v1`, `${kind}Binding`, name, namespace),
    `roleRef: ${formatFlowMap({ apiGroup: group, kind, name })}\n`,
    `subjects:\n  - ${formatFlowMap(who)}\n`,
  ].join("");
}

function formatHead(apiVersion: string, kind: string, name: string, namespace: string | undefined): string {
  const metadata = formatFlowMap({ name, ...(namespace === undefined ? {} : { namespace }) });
  return `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: ${metadata}\n`;
}

function printRule({ verbs, groups, resources, names, paths, purposes, need }: Rule): string {
  const only = need === "diagnosis" ? " (without it the cause of a failure is reported less exactly)" : "";
  const parts = Object.entries({
    apiGroups: groups,
    resources,
    resourceNames: names,
    nonResourceURLs: paths,
    verbs,
  }).flatMap(([key, values]) =>
    values.length === 0 ? [] : [`${key}: [${values.map(quoteIfNeeded).join(", ")}]`],
  );
  return `  # ${formatPurposes(purposes)}${only}\n  - ${parts.join("\n    ")}\n`;
}

function formatFlowMap(values: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(values).map(([key, value]) => `${key}: ${quoteIfNeeded(value)}`);
  return `{${pairs.join(", ")}}`;
}

/** Quotes a value unless YAML certainly reads it as a string. */
function quoteIfNeeded(value: string): string {
  const isPlain =
    /^[a-z/][a-z0-9./-]*$/i.test(value) && !/^(true|false|yes|no|on|off|null|y|n)$/i.test(value);
  return isPlain ? value : JSON.stringify(value);
}
