import { grantRights } from "./grants.ts";
import { checkRights } from "./own-checks.ts";
import { releaseRights } from "./releases.ts";
import type { PathRight, ResourceRight, Right, RightsInput } from "./types.ts";
import { ownRights } from "./uses.ts";

/**
 * Everything that a run may ask of the API server, each once: what another right covers is left out, its purpose told
 * there. What every user may do who is logged in (the version, discovery, reviews of their own rights) is not in it. Pure.
 */
export function rightsOf(input: RightsInput): readonly Right[] {
  const own = input.config.checks.filter(({ name }) => input.checks.has(`own/${name}`));
  return reduce([
    ...releaseRights(input.apps),
    ...grantRights(input.apps),
    ...ownRights(input),
    ...checkRights(own, input.config.namespace),
  ]);
}

/** Without what another one covers. */
export function reduce(rights: readonly Right[]): Right[] {
  const distinct = [...Map.groupBy(rights, keyOf).values()].flatMap((same) => {
    const [first] = same;
    return first === undefined ? [] : [withPurposesOf(first, same)];
  });
  const widest = distinct.filter(
    (right) => !distinct.some((other) => other !== right && covers(other, right)),
  );
  return widest.map((right) =>
    withPurposesOf(
      right,
      distinct.filter((other) => covers(right, other)),
    ),
  );
}

function keyOf(right: Right): string {
  if (right.kind === "path") return `path ${right.verb} ${right.path}`;
  const { verb, group, resource, namespace = "*", name = "*" } = right;
  return [verb, group, resource, namespace, name].join(" ");
}

function withPurposesOf<T extends Right>(right: T, all: readonly Right[]): T {
  const need = all.some((one) => one.need === "run") ? "run" : "diagnosis";
  return { ...right, need, purposes: [...new Set(all.flatMap(({ purposes }) => purposes))].sort() };
}

/** Whether whoever has the one has the other too, and needs the one no less. */
export function covers(one: Right, other: Right): boolean {
  if (one.need === "diagnosis" && other.need === "run") return false;
  if (one.kind === "path" || other.kind === "path")
    return one.kind === "path" && other.kind === "path" && coversPath(one, other);
  return coversResource(one, other);
}

export function coversPath(one: Pick<PathRight, "path" | "verb">, other: PathRight): boolean {
  const prefix = one.path.endsWith("*") ? one.path.slice(0, -1) : undefined;
  const fits = prefix === undefined ? one.path === other.path : other.path.startsWith(prefix);
  return fits && isOrAny(one.verb, other.verb);
}

/** Without a namespace the one is taken to hold where the other is asked for. */
export function coversResource(
  one: Pick<ResourceRight, "group" | "name" | "namespace" | "resource" | "verb">,
  other: ResourceRight,
): boolean {
  return (
    isOrAny(one.verb, other.verb) &&
    isOrAny(one.group, other.group) &&
    isOrAny(one.resource, other.resource) &&
    (one.namespace === undefined || one.namespace === other.namespace) &&
    (one.name === undefined || one.name === other.name)
  );
}

function isOrAny(pattern: string, value: string): boolean {
  return pattern === "*" || pattern === value;
}
