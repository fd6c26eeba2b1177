import type { PathRight, ResourceRight, Right, Rule, RuleSet } from "./right.ts";
import { removeCoveredRights } from "./right.ts";

/**
 * Groups rights into rules of RBAC roles: the cluster's first, then each namespace's, sorted. Rights with the same
 * verbs, names and purposes share a rule. A namespace that the run creates can't contain a role before, so its rules
 * become the cluster's.
 */
export function groupIntoRuleSets(rights: readonly Right[], createdNamespaces: readonly string[]): RuleSet[] {
  const widenedRights = rights.map((right) =>
    right.kind === "resource" && createdNamespaces.includes(right.namespace ?? "")
      ? { ...right, namespace: undefined }
      : right,
  );
  const rightsByNamespace = Map.groupBy(removeCoveredRights(widenedRights), (right) =>
    right.kind === "path" ? "" : (right.namespace ?? ""),
  );
  return [...rightsByNamespace]
    .sort(([first], [second]) => compareTexts(first, second))
    .map(([namespace, namespaceRights]) => ({
      namespace: namespace === "" ? undefined : namespace,
      rules: groupIntoRules(namespaceRights),
    }));
}

/** Returns the rules for these rights, merged and sorted. */
function groupIntoRules(rights: readonly Right[]): Rule[] {
  const resources = rights.filter((right): right is ResourceRight => right.kind === "resource");
  const paths = rights.filter((right): right is PathRight => right.kind === "path");
  const rules = [...mergeRules(resources.map(toRule)), ...mergeRules(paths.map(toPathRule))];
  return rules.sort((first, second) => compareTexts(toSortKey(first), toSortKey(second)));
}

/** Returns the rule that grants one right to a resource. */
function toRule({ verb, group, resource, name, purposes, need }: ResourceRight): Rule {
  const names = name === undefined ? [] : [name];
  return { verbs: [verb], groups: [group], resources: [resource], names, paths: [], purposes, need };
}

/** Returns the rule that grants one right to a path. */
function toPathRule({ verb, path, purposes, need }: PathRight): Rule {
  return { verbs: [verb], groups: [], resources: [], names: [], paths: [path], purposes, need };
}

/**
 * Merges rules that differ in only one part, for each part in turn. A rule for named objects is never merged with one
 * for any object.
 */
function mergeRules(rules: readonly Rule[]): Rule[] {
  return (["verbs", "names", "resources", "paths"] as const).reduce<readonly Rule[]>(
    mergeBy,
    rules,
  ) as Rule[];
}

/** Merges the rules that differ only in one part. */
function mergeBy(rules: readonly Rule[], part: "verbs" | "names" | "resources" | "paths"): Rule[] {
  const toGroupKey = (rule: Rule) =>
    JSON.stringify({
      ...rule,
      [part]: rule[part].length > 0,
      // The names distinguish several objects of a kind well enough, so their purposes are merged.
      ...(part === "names" || part === "verbs" ? { purposes: [] } : {}),
      ...(part === "resources" && rule.names.length > 0 ? { apart: rule.resources } : {}),
    });
  return [...Map.groupBy(rules, toGroupKey).values()].flatMap((similarRules) => {
    const [firstRule] = similarRules;
    if (firstRule === undefined) return [];
    const uniteValues = (key: typeof part | "purposes") =>
      [...new Set(similarRules.flatMap((rule) => rule[key]))].sort(createComparator(key));
    return [{ ...firstRule, [part]: uniteValues(part), purposes: uniteValues("purposes") }];
  });
}

const verbOrder = ["get", "list", "watch", "create", "update", "patch", "delete"];

/**
 * Returns a comparator for the values of a rule's part: verbs in their usual order, all others alphabetically with
 * numbers by size.
 */
function createComparator(part: string): (first: string, second: string) => number {
  if (part !== "verbs") return (first, second) => collator.compare(first, second);
  const getOrder = (verb: string) => verbOrder.indexOf(verb);
  return (first, second) => getOrder(first) - getOrder(second) || collator.compare(first, second);
}

const collator = new Intl.Collator("en", { numeric: true });

/** Returns a text by which rules are sorted. */
function toSortKey({ groups, resources, names, paths, verbs, need }: Rule): string {
  return JSON.stringify([need === "run" ? 0 : 1, groups, resources, paths, names, verbs]);
}

/** Compares two texts by their code units, independent of the locale. */
function compareTexts(first: string, second: string): number {
  return first < second ? -1 : first > second ? 1 : 0;
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

/** Returns purposes grouped by label, e.g. `checks: cadvisor-containers, targets-up; diagnosis`. */
function formatPurposes(purposes: readonly string[]): string {
  const byLabel = Map.groupBy(purposes, (purpose) => purpose.split(": ")[0] ?? "");
  return [...byLabel]
    .map(([label, labelled]) => {
      const items = labelled.flatMap((purpose) => purpose.split(": ")[1] ?? []);
      return items.length === 0 ? label : `${label}: ${items.join(", ")}`;
    })
    .join("; ");
}

/** Returns a rule's objects, e.g. `deployments (API group apps) named grafana, server`. */
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

/** The names in the printed roles. */
interface RoleOptions {
  /** The name of all roles and bindings. */
  readonly name: string;
  readonly subject: Subject;
  /** Namespaces that must exist before the run, because they contain a role. */
  readonly namespaces: readonly string[];
}

const group = "rbac.authorization.k8s.io";

/** Returns the objects that give the subject all rights to run monstack, as YAML for `kubectl apply`. */
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

/** Returns a Role or ClusterRole as YAML. */
function printRole({ namespace, rules }: RuleSet, { name }: RoleOptions): string {
  const kind = namespace === undefined ? "ClusterRole" : "Role";
  return `${formatHead(`${group}/v1`, kind, name, namespace)}rules:\n${rules.map(printRule).join("")}`;
}

/** Returns the binding of the role to the subject as YAML. */
function printBinding({ namespace }: RuleSet, { name, subject }: RoleOptions): string {
  const kind = namespace === undefined ? "ClusterRole" : "Role";
  const subjectFields =
    subject.kind === "User"
      ? { kind: "User", name: subject.name, apiGroup: group }
      : { kind: "ServiceAccount", name: subject.name, namespace: subject.namespace };
  return [
    formatHead(`${group}/v1`, `${kind}Binding`, name, namespace),
    `roleRef: ${formatFlowMap({ apiGroup: group, kind, name })}\n`,
    `subjects:\n  - ${formatFlowMap(subjectFields)}\n`,
  ].join("");
}

/** Returns the lines of an object up to its metadata. */
function formatHead(apiVersion: string, kind: string, name: string, namespace: string | undefined): string {
  const metadata = formatFlowMap({ name, ...(namespace === undefined ? {} : { namespace }) });
  return `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: ${metadata}\n`;
}

/** Returns a rule as YAML, after a comment with its purposes. */
function printRule({ verbs, groups, resources, names, paths, purposes, need }: Rule): string {
  const limitation =
    need === "diagnosis" ? " (without it the cause of a failure is reported less exactly)" : "";
  const parts = Object.entries({
    apiGroups: groups,
    resources,
    resourceNames: names,
    nonResourceURLs: paths,
    verbs,
  }).flatMap(([key, values]) =>
    values.length === 0 ? [] : [`${key}: [${values.map(quoteIfNeeded).join(", ")}]`],
  );
  return `  # ${formatPurposes(purposes)}${limitation}\n  - ${parts.join("\n    ")}\n`;
}

/** Returns a mapping on one line: `{name: grafana, namespace: monitoring}`. */
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
