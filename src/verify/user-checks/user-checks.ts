import type { OwnCheck } from "../../config/checks/own-checks.ts";
import type { Check } from "../../stack/check.ts";
import { createHttpRun } from "./http.ts";
import { createPromqlRun, needsCoverage } from "./promql.ts";
import { createResourceRun } from "./resource.ts";

/** What the user's own checks need to know besides themselves. */
export interface Surroundings {
  /** Where `${NAME}` in headers and bodies comes from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where a resource is looked for whose namespace isn't named: the stack's. */
  readonly namespace: string;
}

/** The user's own checks as checks like the others, and what no log and no report may show of them. */
export function ownChecks(
  wanted: readonly OwnCheck[],
  around: Surroundings,
): { readonly checks: readonly Check[]; readonly secrets: readonly string[] } {
  const made = wanted.map((one) => ({ own: one, ...runOf(one, around) }));
  return {
    checks: made.map(({ own, run }) => ({
      id: `own/${own.name}`,
      title: own.title ?? own.name,
      severity: own.severity,
      meaning: "Something that you check yourself in monstack.yaml is not as it should be.",
      fix: own.hint ?? fixes[own.what.kind],
      withinMs: own.withinMs,
      absence: own.what.kind === "promql" && needsCoverage(own.what) ? "targets" : undefined,
      run,
    })),
    secrets: made.flatMap(({ secrets }) => secrets),
  };
}

const fixes = {
  promql: "ask Prometheus the same in its own page and see what it answers",
  http: "send the same request by hand and see what answers it",
  resource: "look at the object with kubectl describe",
} as const;

function runOf({ what, withinMs }: OwnCheck, { env, namespace }: Surroundings) {
  switch (what.kind) {
    case "promql":
      return { run: createPromqlRun(what), secrets: [] };
    case "http":
      return createHttpRun(what, env, withinMs);
    case "resource":
      return { run: createResourceRun(what, namespace, withinMs), secrets: [] };
  }
}
