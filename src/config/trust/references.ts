import { resolve } from "node:path";
import { type PlacedReference, resolveReferences } from "../../alerting/references.ts";
import type { Limits } from "../../yaml/limits.ts";
import type { Problem } from "../../yaml/parsers.ts";

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
