import { ruleSetsOf } from "./rules.ts";
import type { Right, Rule } from "./types.ts";

/** Rights for a reader, one line for those that belong together: verbs, what, where, and what for. */
export function describeRights(rights: readonly Right[]): string[] {
  return ruleSetsOf(rights, []).flatMap(({ namespace, rules }) =>
    rules.map((rule) => {
      const where = namespace === undefined ? "in the whole cluster" : `in namespace ${namespace}`;
      return `${rule.verbs.join(", ")} ${whatOf(rule)} ${where} (${formatPurposes(rule.purposes)})`;
    }),
  );
}

/** `checks: cadvisor-containers, targets-up; diagnosis`. */
export function formatPurposes(purposes: readonly string[]): string {
  const byLabel = Map.groupBy(purposes, (purpose) => purpose.split(": ")[0] ?? "");
  return [...byLabel]
    .map(([label, all]) => {
      const items = all.flatMap((purpose) => purpose.split(": ")[1] ?? []);
      return items.length === 0 ? label : `${label}: ${items.join(", ")}`;
    })
    .join("; ");
}

/** `deployments (API group apps) grafana, server`. */
function whatOf({ groups: [group = ""], resources, names, paths }: Rule): string {
  if (paths.length > 0) return `the paths ${paths.join(", ")}`;
  const api = group === "" ? "core API group" : `API group ${group}`;
  return [
    `${resources.join(", ")} (${api})`,
    ...(names.length === 0 ? [] : [`named ${names.join(", ")}`]),
  ].join(" ");
}
