import type { Config } from "../config/schema.ts";
import type { RenderedApp } from "../model/rendered.ts";
import type { GrafanaLogin } from "../plan/grafana/login.ts";

/** Something that a run asks of the API server, and what for. */
export type Right = ResourceRight | PathRight;

/** Commands for a stack that is up, with requests that a run doesn't make. */
export const laterCommands = ["backup", "restore", "checklist"] as const;
export type LaterCommand = (typeof laterCommands)[number];

interface Purpose {
  /** What it is for, each `diagnosis` or `checks: targets-up`, which is put together with others of its label; sorted. */
  readonly purposes: readonly string[];
  /** `diagnosis`: without it only the cause of a failure is told less well. */
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

/** A path of the API server that is no resource, e.g. `/metrics`. */
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

/** Everything that decides what a run asks of the API server. */
export interface RightsInput {
  readonly apps: readonly RenderedApp[];
  readonly config: Pick<Config, "checks" | "keep" | "namespace">;
  readonly login: GrafanaLogin | undefined;
  /** Ids of the checks that are made. */
  readonly checks: ReadonlySet<string>;
  /** Commands that the same user runs as well. `checks` has those of the checklist already. */
  readonly also: readonly LaterCommand[];
  /** Namespaces that the run itself makes and takes away. */
  readonly createdNamespaces: readonly string[];
}
