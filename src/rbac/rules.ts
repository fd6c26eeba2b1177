import { reduce } from "./rights.ts";
import type { PathRight, ResourceRight, Right, Rule, RuleSet } from "./types.ts";

/**
 * Rights as the rules of RBAC roles: the cluster's first, then each namespace's; sorted, and what has the same verbs, names
 * and purposes in one rule. A namespace that is still to be made can have no role, so its rules are the cluster's.
 */
export function ruleSetsOf(rights: readonly Right[], createdNamespaces: readonly string[]): RuleSet[] {
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
      rules: rulesOf(own),
    }));
}

function rulesOf(rights: readonly Right[]): Rule[] {
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

/** Parts in which rules may differ and still become one, one after the other. A name never joins a rule for any object. */
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
      // Several objects of a kind are told apart by their names well enough; what they are for is put together.
      ...(part === "names" || part === "verbs" ? { purposes: [] } : {}),
      ...(part === "resources" && rule.names.length > 0 ? { apart: rule.resources } : {}),
    });
  return [...Map.groupBy(rules, rest).values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const union = (key: typeof part | "purposes") =>
      [...new Set(same.flatMap((rule) => rule[key]))].sort(orderOf(key));
    return [{ ...first, [part]: union(part), purposes: union("purposes") }];
  });
}

const verbOrder = ["get", "list", "watch", "create", "update", "patch", "delete"];

/** Verbs as they are usually written; everything else by the alphabet, numbers by their size. */
function orderOf(part: string): (one: string, other: string) => number {
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
