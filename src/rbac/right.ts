import type { Config } from "../config/schema.ts";
import type { RenderedApp } from "../model/rendered.ts";
import type { GrafanaLogin } from "../plan/grafana/login.ts";

/** A request that a run sends to the API server, and the purpose of the request. */
export type Right = ResourceRight | PathRight;

/** Commands for a running stack that send requests which a run doesn't. */
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
  /** API group; empty for the core group, `*` for any group. */
  readonly group: string;
  /** Plural of the kind, with the subresource if there is one: `pods`, `pods/log`. */
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
  /** Paths of the API server, in a rule without resources. */
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
  /** Ids of the checks that run. */
  readonly checks: ReadonlySet<string>;
  /** Other commands that the same user runs. `checks` already contains the checks of the checklist. */
  readonly also: readonly LaterCommand[];
  /** Namespaces that the run itself creates and deletes. */
  readonly createdNamespaces: readonly string[];
}

/** Groups of the API. */
export const core = "";
export const discovery = "discovery.k8s.io";
export const storage = "storage.k8s.io";

/**
 * Where a request is sent. `stack`: in each namespace of the stack. `cluster`: for the whole cluster. `system`: in
 * kube-system, the namespace of CoreDNS and k3s' own pods.
 */
type Place = "stack" | "cluster" | "system";

/** A kind of request that monstack sends: verbs, group, resource, place. */
export type Use = readonly [verbs: readonly string[], group: string, resource: string, place: Place];

/**
 * Requests with which a check proves that it could have seen a fault, before it passes because it saw none
 * (verify/coverage.ts).
 */
export const coverageUses: readonly Use[] = [
  [["list"], core, "nodes", "cluster"],
  [["list"], core, "pods", "cluster"],
  [["list"], core, "services", "cluster"],
  [["list"], discovery, "endpointslices", "cluster"],
];

/** Returns a right for each verb and each namespace of a use. */
export function createRights(
  [verbs, group, resource, place]: Use,
  namespaces: readonly string[],
  purpose: string,
  need: ResourceRight["need"],
): ResourceRight[] {
  const rightNamespaces = { stack: namespaces, cluster: [undefined], system: ["kube-system"] }[place];
  return rightNamespaces.flatMap((namespace) =>
    verbs.map(
      (verb) => ({ kind: "resource", verb, group, resource, namespace, purposes: [purpose], need }) as const,
    ),
  );
}

/** Returns the rights without those that another right covers. The remaining right gets the purposes of the others. */
export function removeCoveredRights(rights: readonly Right[]): Right[] {
  const distinctRights = [...Map.groupBy(rights, toRightKey).values()].flatMap((sameRights) => {
    const [firstRight] = sameRights;
    return firstRight === undefined ? [] : [withPurposesOf(firstRight, sameRights)];
  });
  const widestRights = distinctRights.filter(
    (right) => !distinctRights.some((otherRight) => otherRight !== right && coversRight(otherRight, right)),
  );
  return widestRights.map((right) =>
    withPurposesOf(
      right,
      distinctRights.filter((otherRight) => coversRight(right, otherRight)),
    ),
  );
}

/** Returns a text that is the same for equal rights, whatever their purposes. */
function toRightKey(right: Right): string {
  if (right.kind === "path") return `path ${right.verb} ${right.path}`;
  const { verb, group, resource, namespace = "*", name = "*" } = right;
  return [verb, group, resource, namespace, name].join(" ");
}

/** Returns a right with the purposes of all these rights, and with their strongest need. */
function withPurposesOf<T extends Right>(right: T, rights: readonly Right[]): T {
  const need = rights.some((sameRight) => sameRight.need === "run") ? "run" : "diagnosis";
  return { ...right, need, purposes: [...new Set(rights.flatMap(({ purposes }) => purposes))].sort() };
}

/** True if the first right includes the second one and its need is at least as strong. */
export function coversRight(widerRight: Right, narrowerRight: Right): boolean {
  if (widerRight.need === "diagnosis" && narrowerRight.need === "run") return false;
  if (widerRight.kind === "path" || narrowerRight.kind === "path")
    return (
      widerRight.kind === "path" && narrowerRight.kind === "path" && coversPath(widerRight, narrowerRight)
    );
  return coversResource(widerRight, narrowerRight);
}

/** True if the first path, which may end in `*`, includes the second one. */
export function coversPath(widerRight: Pick<PathRight, "path" | "verb">, narrowerRight: PathRight): boolean {
  const prefix = widerRight.path.endsWith("*") ? widerRight.path.slice(0, -1) : undefined;
  const isIncluded =
    prefix === undefined ? widerRight.path === narrowerRight.path : narrowerRight.path.startsWith(prefix);
  return isIncluded && matchesPattern(widerRight.verb, narrowerRight.verb);
}

/** True if the first right includes the second one. A right without a namespace applies in each. */
export function coversResource(
  widerRight: Pick<ResourceRight, "group" | "name" | "namespace" | "resource" | "verb">,
  narrowerRight: ResourceRight,
): boolean {
  return (
    matchesPattern(widerRight.verb, narrowerRight.verb) &&
    matchesPattern(widerRight.group, narrowerRight.group) &&
    matchesPattern(widerRight.resource, narrowerRight.resource) &&
    (widerRight.namespace === undefined || widerRight.namespace === narrowerRight.namespace) &&
    (widerRight.name === undefined || widerRight.name === narrowerRight.name)
  );
}

/** True if a pattern is `*` or the value itself. */
function matchesPattern(pattern: string, value: string): boolean {
  return pattern === "*" || pattern === value;
}
