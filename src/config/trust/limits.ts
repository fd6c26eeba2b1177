import { resolve } from "node:path";
import { resolveReferences } from "../../alerting/references.ts";
import type { Workspace } from "../../host/workspace.ts";
import type { Context, Limits } from "../../yaml/primitives.ts";
import type { Trust } from "./decide.ts";

/** The runner's own: its tokens and the addresses that they open. No configuration needs them. */
const never = /^ACTIONS_/i;
/** Besides, what GitHub gives a job; the repository's token is among it. */
const neverRestricted = /^(ACTIONS|GITHUB|INPUT|RUNNER|STATE)_/i;

/**
 * @param workspace undefined: nothing is known of it, and no path is looked at
 * @param above the settings that stronger places than files set
 */
export function limitsOf(
  trust: Trust,
  workspace: Workspace | undefined,
  above: ReadonlySet<string> = new Set(),
): Limits {
  const isRestricted = trust.level === "restricted";
  const refusesVariable = (name: string): string | undefined => {
    if (never.test(name)) return `${name} is the runner's own: no configuration can name it`;
    if (!isRestricted) return undefined;
    if (neverRestricted.test(name)) return `${name} can't be named with trust: restricted (${trust.why})`;
    return trust.variables.includes(name)
      ? undefined
      : `${name} can't be named with trust: restricted (${trust.why}); the input env (--env ${name}) allows it`;
  };
  return {
    isRestricted,
    refusesVariable,
    refusesPath: (path) => {
      const why = isRestricted ? workspace?.refusal(path) : undefined;
      return why && `${why}, and trust is restricted (${trust.why})`;
    },
    isOverridden: (setting) => above.has(setting),
    instead: (name) =>
      `a file can't set it with trust: restricted (${trust.why}); set it by the input ${name} (--${name}), or set trust: full if you know who wrote this file`,
    variables: (env) =>
      Object.fromEntries(Object.entries(env).filter(([name]) => refusesVariable(name) === undefined)),
  };
}

/**
 * Returns an issue for each `${NAME}` and `${file:PATH}` that a configuration may not name. It reads the parsed data and not
 * the file's text: YAML can write a reference so that no pattern finds it.
 */
export function refusedReferences(
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

/** An issue as zod takes it. */
type RefusedReference = {
  readonly code: "custom";
  readonly path: (string | number)[];
  readonly message: string;
  /** In the text at that path, from 0. */
  readonly params: { readonly character: number };
};
