import type { Config } from "../config/schema.ts";
import type { RenderedApp } from "../model/rendered.ts";
import type { GrafanaLogin } from "../plan/grafana/login.ts";

/** A request that a run sends to the API server, and its purpose. */
export type Right = ResourceRight | PathRight;

/** Commands for a stack that is up, with requests that a run doesn't make. */
export const laterCommands = ["backup", "restore", "checklist"] as const;
export type LaterCommand = (typeof laterCommands)[number];

interface Purpose {
  /** Purposes, e.g. `diagnosis` or `checks: targets-up`, sorted. Those with the same label are printed together. */
  readonly purposes: readonly string[];
  /** `diagnosis`: without this right a run works, but explains its failures less exactly. */
  readonly need: "run" | "diagnosis";
}

export interface ResourceRight extends Purpose {
  readonly kind: "resource";
  readonly verb: string;
  /** API group; empty for the core's, `*` for any. */
  readonly group: string;
  /** Plural, with the part that is meant: `pods`, `pods/log`. */
  readonly resource: string;
  /** Undefined: any object. */
  readonly name?: string | undefined;
  /** Undefined: the whole cluster. */
  readonly namespace?: string | undefined;
}

/** A path of the API server that is not a resource, e.g. `/metrics`. */
export interface PathRight extends Purpose {
  readonly kind: "path";
  readonly verb: string;
  readonly path: string;
}

/** What an RBAC role grants in one entry. */
export interface Rule extends Purpose {
  readonly verbs: readonly string[];
  readonly groups: readonly string[];
  readonly resources: readonly string[];
  /** Empty: any object. */
  readonly names: readonly string[];
  /** Of the API server, instead of resources. */
  readonly paths: readonly string[];
}

/** All rules for one namespace, or for the whole cluster. */
export interface RuleSet {
  /** Undefined: the whole cluster. */
  readonly namespace: string | undefined;
  readonly rules: readonly Rule[];
}

/** Everything that decides which requests a run sends to the API server. */
export interface RightsInput {
  readonly apps: readonly RenderedApp[];
  readonly config: Pick<Config, "checks" | "keep" | "namespace">;
  readonly login: GrafanaLogin | undefined;
  /** Ids of the checks that are made. */
  readonly checks: ReadonlySet<string>;
  /** Commands that the same user runs as well. `checks` has those of the checklist already. */
  readonly also: readonly LaterCommand[];
  /** Namespaces that the run itself creates and deletes. */
  readonly createdNamespaces: readonly string[];
}

/** Groups of the API. */
export const core = "";
export const discovery = "discovery.k8s.io";
export const storage = "storage.k8s.io";

/** `stack`: in each of its namespaces; `cluster`: everywhere; `system`: where CoreDNS and k3s' own pods are. */
type Place = "stack" | "cluster" | "system";

/** A kind of request that monstack sends: verbs, group, resource, place. */
export type Use = readonly [verbs: readonly string[], group: string, resource: string, place: Place];

/** Requests that prove that a check of absence could have seen something (verify/coverage.ts). */
export const coverageUses: readonly Use[] = [
  [["list"], core, "nodes", "cluster"],
  [["list"], core, "pods", "cluster"],
  [["list"], core, "services", "cluster"],
  [["list"], discovery, "endpointslices", "cluster"],
];

export function createRights(
  [verbs, group, resource, place]: Use,
  namespaces: readonly string[],
  purpose: string,
  need: ResourceRight["need"],
): ResourceRight[] {
  const where = { stack: namespaces, cluster: [undefined], system: ["kube-system"] }[place];
  return where.flatMap((namespace) =>
    verbs.map(
      (verb) => ({ kind: "resource", verb, group, resource, namespace, purposes: [purpose], need }) as const,
    ),
  );
}

/** Removes each right that another one covers, and merges their purposes. */
export function reduce(rights: readonly Right[]): Right[] {
  const distinct = [...Map.groupBy(rights, toRightKey).values()].flatMap((same) => {
    const [first] = same;
    return first === undefined ? [] : [withPurposesOf(first, same)];
  });
  const widest = distinct.filter(
    (right) => !distinct.some((other) => other !== right && coversRight(other, right)),
  );
  return widest.map((right) =>
    withPurposesOf(
      right,
      distinct.filter((other) => coversRight(right, other)),
    ),
  );
}

function toRightKey(right: Right): string {
  if (right.kind === "path") return `path ${right.verb} ${right.path}`;
  const { verb, group, resource, namespace = "*", name = "*" } = right;
  return [verb, group, resource, namespace, name].join(" ");
}

function withPurposesOf<T extends Right>(right: T, all: readonly Right[]): T {
  const need = all.some((one) => one.need === "run") ? "run" : "diagnosis";
  return { ...right, need, purposes: [...new Set(all.flatMap(({ purposes }) => purposes))].sort() };
}

/** True if the first right includes the second one, and its need is at least as strong. */
export function coversRight(one: Right, other: Right): boolean {
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

/** True if the first right includes the second one. A right without a namespace applies in each. */
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
