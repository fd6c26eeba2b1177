import { resolve } from "node:path";
import { type PlacedReference, resolveReferences } from "../../alerting/references.ts";
import type { Workspace } from "../../host/workspace.ts";
import type { Limits } from "../../yaml/limits.ts";
import type { Problem } from "../../yaml/parsers.ts";
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
 * What a configuration with `${NAME}` and `${file:PATH}` in its texts names and may not. The parsed data is asked, not the
 * file's text: YAML can write a reference so that no pattern finds it.
 * @param folder that relative paths start at
 */
export function refusedReferences(data: unknown, folder: string, limits: Limits): Problem[] {
  const refusal = ({ kind, name }: PlacedReference) =>
    kind === "env" ? limits.refusesVariable(name) : limits.refusesPath(resolve(folder, name));
  const problems: Problem[] = [];
  resolveReferences(data, (one) => {
    const why = refusal(one);
    const what = one.kind === "env" || why === undefined ? why : `\${file:${one.name}}: ${why}`;
    if (what !== undefined) problems.push({ at: one.path, text: what, offset: one.character });
    return undefined;
  });
  return problems;
}
