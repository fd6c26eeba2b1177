import type { OwnCheck } from "../../config/checks/own-checks.ts";
import type { Check } from "../../stack/check.ts";
import { createHttpRun } from "./http.ts";
import { createPromqlRun, requiresCoverage } from "./promql.ts";
import { createResourceRun } from "./resource.ts";

/** The surroundings of the user's own checks. */
export interface Surroundings {
  /** The variables for `${NAME}` in headers and bodies. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The namespace of resources that name none: the stack's. */
  readonly namespace: string;
}

/** Converts the user's own checks to checks. Returns also the secrets in them, which no log or report may show. */
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
      absence: own.what.kind === "promql" && requiresCoverage(own.what) ? "targets" : undefined,
      run,
    })),
    secrets: made.flatMap(({ secrets }) => secrets),
  };
}

const fixes = {
  promql: "run the same query in Prometheus' own page and compare the result",
  http: "send the same request by hand and compare the response",
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
