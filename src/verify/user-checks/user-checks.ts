import type { OwnCheck } from "../../config/checks/own-checks.ts";
import type { Check } from "../../stack/check.ts";
import { createHttpRun } from "./http.ts";
import { createPromqlRun, requiresCoverage } from "./promql.ts";
import { createResourceRun } from "./resource.ts";

/** What the user's own checks need besides the stack. */
interface UserCheckContext {
  /** The variables for `${NAME}` in headers and bodies. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The namespace of resources that name none: the stack's. */
  readonly namespace: string;
}

/** Creates the checks of the user's configuration. Also returns their secrets, which no log or report may show. */
export function createUserChecks(
  definitions: readonly OwnCheck[],
  context: UserCheckContext,
): { readonly checks: readonly Check[]; readonly secrets: readonly string[] } {
  const checks = definitions.map((definition) => ({
    own: definition,
    ...createAttempt(definition, context),
  }));
  return {
    checks: checks.map(({ own, run }) => ({
      id: `own/${own.name}`,
      title: own.title ?? own.name,
      severity: own.severity,
      meaning: "Something that you check yourself in monstack.yaml is not as it should be.",
      fix: own.hint ?? fixes[own.what.kind],
      withinMs: own.withinMs,
      absence: own.what.kind === "promql" && requiresCoverage(own.what) ? "targets" : undefined,
      run,
    })),
    secrets: checks.flatMap(({ secrets }) => secrets),
  };
}

const fixes = {
  promql: "run the same query in Prometheus' own page and compare the result",
  http: "send the same request by hand and compare the response",
  resource: "look at the object with kubectl describe",
} as const;

/** Returns the function that makes one attempt of a check, and the secrets in the check. */
function createAttempt({ what, withinMs }: OwnCheck, { env, namespace }: UserCheckContext) {
  switch (what.kind) {
    case "promql":
      return { run: createPromqlRun(what), secrets: [] };
    case "http":
      return createHttpRun(what, env, withinMs);
    case "resource":
      return { run: createResourceRun(what, namespace, withinMs), secrets: [] };
  }
}
