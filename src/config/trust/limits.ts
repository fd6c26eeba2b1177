import { resolve } from "node:path";
import { resolveReferences } from "../../alerting/references.ts";
import type { Workspace } from "../../host/workspace.ts";
import type { Context, Limits } from "../../yaml/primitives.ts";
import { allowed, belowWorkspace, type InRestricted, refuseBecause } from "../settings/setting.ts";
import type { Trust } from "./decide.ts";

/** Variables of the runner itself: its tokens and their addresses. No configuration may name them. */
const runnerVariables = /^ACTIONS_/i;
/**
 * Variables that GitHub sets in a job, the repository's token among them. With restricted trust, no file may name
 * them.
 */
const jobVariables = /^(ACTIONS|GITHUB|INPUT|RUNNER|STATE)_/i;

/**
 * Returns the limits on what files may name.
 * @param workspace undefined if it is not known; then no path is refused
 * @param overriddenSettings the settings that stronger places than files set
 */
export function createLimits(
  trust: Trust,
  workspace: Workspace | undefined,
  overriddenSettings: ReadonlySet<string> = new Set(),
): Limits {
  const isRestricted = trust.level === "restricted";
  const refusesVariable = (name: string): string | undefined => {
    if (runnerVariables.test(name)) return `${name} is the runner's own: no configuration can name it`;
    if (!isRestricted) return undefined;
    if (jobVariables.test(name)) return `${name} can't be named with trust: restricted (${trust.why})`;
    return trust.variables.includes(name)
      ? undefined
      : `${name} can't be named with trust: restricted (${trust.why}); the input env (--env ${name}) allows it`;
  };
  return {
    isRestricted,
    refusesVariable,
    refusesPath: (path) => {
      const why = isRestricted ? workspace?.findRefusal(path) : undefined;
      return why && `${why}, and trust is restricted (${trust.why})`;
    },
    isOverridden: (setting) => overriddenSettings.has(setting),
    instead: (name, input) =>
      `a file can't set it with trust: restricted (${trust.why}); set it by ${input} (--${name}), or set trust: full if you know who wrote this file`,
    variables: (env) =>
      Object.fromEntries(Object.entries(env).filter(([name]) => refusesVariable(name) === undefined)),
  };
}

/**
 * Returns an issue for each `${NAME}` and `${file:PATH}` that a configuration may not name. Inspects the parsed data,
 * not the text, because YAML can hide a reference from any pattern.
 */
export function findRefusedReferences(
  data: unknown,
  { folder, limits }: Pick<Context, "folder" | "limits">,
): RefusedReference[] {
  if (limits === undefined) return [];
  const issues: RefusedReference[] = [];
  resolveReferences(data, ({ kind, name, path, character }) => {
    const refusal = kind === "env" ? limits.refusesVariable(name) : limits.refusesPath(resolve(folder, name));
    if (refusal === undefined) return undefined;
    const message = kind === "env" ? refusal : `\${file:${name}}: ${refusal}`;
    issues.push({ code: "custom", path: [...path], message, params: { character } });
    return undefined;
  });
  return issues;
}

/** An issue in the format of zod. */
type RefusedReference = {
  readonly code: "custom";
  readonly path: (string | number)[];
  readonly message: string;
  /** The reference's offset in the text at that path, from 0. */
  readonly params: { readonly character: number };
};

/**
 * With restricted trust, what a file may do with keys that only files can contain: the sections of monstack.yaml, and
 * the keys of an app. The parsers enforce it; docs/trust.md is generated from it.
 */
export const sections: Readonly<
  Record<string, { readonly inRestricted: InRestricted; readonly note: string }>
> = {
  repos: { inRestricted: allowed, note: "a login only with variables that `env` lists" },
  registries: {
    inRestricted: allowed,
    note: "`ca` below the workspace, no `insecure`; a login only with variables that `env` lists",
  },
  checks: { inRestricted: allowed, note: "headers and body name only variables that `env` lists" },
  resources: { inRestricted: allowed, note: "" },
  federate: { inRestricted: allowed, note: "a login only with variables that `env` lists" },
  "remote-write": { inRestricted: allowed, note: "a login only with variables that `env` lists" },
  trust: { inRestricted: refuseBecause("no file says how far it is trusted"), note: "" },
  env: { inRestricted: refuseBecause("no file says which variables it may name"), note: "" },
  "state-dir": { inRestricted: refuseBecause("teardown obeys the journal in that folder"), note: "" },
  "apps.*.chart": {
    inRestricted: belowWorkspace,
    note: "a folder or an archive, with all links in it; repositories and `oci://` are allowed",
  },
  "apps.*.version": { inRestricted: allowed, note: "" },
  "apps.*.values": { inRestricted: belowWorkspace, note: "" },
  "apps.*.depends_on": { inRestricted: allowed, note: "" },
  "apps.*.enabled": { inRestricted: allowed, note: "" },
  "apps.*.namespace": { inRestricted: allowed, note: "" },
  "apps.*.release": { inRestricted: allowed, note: "" },
  "apps.*.timeout": { inRestricted: allowed, note: "" },
  "apps.*.manifests": { inRestricted: belowWorkspace, note: "" },
  "apps.*.kustomize": {
    inRestricted: refuseBecause("kubectl reads files that the kustomization chooses"),
    note: "build it beforehand, and name the result under `manifests`",
  },
  "apps.*.set": { inRestricted: allowed, note: "" },
  "apps.*.labels": { inRestricted: allowed, note: "" },
  "apps.*.annotations": { inRestricted: allowed, note: "" },
};
