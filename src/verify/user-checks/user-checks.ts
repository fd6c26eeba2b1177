import type { OwnCheck } from "../../config/checks/own-checks.ts";
import { createLimiter } from "../../lib/concurrency.ts";
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

/** How many of the user's checks query Prometheus or the API server at once: hundreds would overrun a small server. */
const maxConcurrentChecks = 10;

/** Creates the checks of the user's configuration. Also returns their secrets, which no log or report may show. */
export function createUserChecks(
  definitions: readonly OwnCheck[],
  context: UserCheckContext,
): { readonly checks: readonly Check[]; readonly secrets: readonly string[] } {
  const limit = createLimiter(maxConcurrentChecks);
  const attempts = definitions.map((definition) => ({
    definition,
    ...createAttempt(definition, context),
  }));
  return {
    checks: attempts.map(({ definition, run }) => {
      const { name, title, severity, hint, what, withinMs } = definition;
      return {
        id: `own/${name}`,
        title: title ?? name,
        severity,
        meaning: "Something that you check yourself in monstack.yaml is not as it should be.",
        fix: hint ?? fixes[what.kind],
        withinMs,
        absence: what.kind === "promql" && requiresCoverage(what) ? "targets" : undefined,
        // An address of the user's own can respond slowly, and must not delay the others.
        run: what.kind === "http" ? run : (stack, coverage) => limit(() => run(stack, coverage)),
      };
    }),
    secrets: attempts.flatMap(({ secrets }) => secrets),
  };
}

/** The fix for each kind of check, if the user gives no hint. */
const fixes = {
  promql: "run the same query in Prometheus' own page and compare the result",
  http: "send the same request by hand and compare the response",
  resource: "look at the object with kubectl describe",
} as const;

/** The function that makes one attempt of a check, and the secrets in the check. */
interface Attempt {
  readonly run: Check["run"];
  readonly secrets: readonly string[];
}

/** Returns the attempt of a check of any kind. */
function createAttempt({ what, withinMs }: OwnCheck, { env, namespace }: UserCheckContext): Attempt {
  switch (what.kind) {
    case "promql":
      return { run: createPromqlRun(what), secrets: [] };
    case "http":
      return createHttpRun(what, env, withinMs);
    case "resource":
      return { run: createResourceRun(what, namespace, withinMs), secrets: [] };
  }
}
