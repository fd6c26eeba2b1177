import { type Check, type Coverage, skipNotDeployed, type Verdict } from "../../stack/check.ts";
import { createGrafanaClient, type GrafanaClient, LoginRefused } from "../../stack/grafana.ts";
import { createPrometheusClient, type PrometheusClient } from "../../stack/prometheus.ts";
import type { Stack } from "../../stack/stack.ts";

type Service = "prometheus" | "alertmanager" | "grafana";

/** A stack that has these services. */
export type StackWith<S extends Service> = Stack & { readonly [Name in S]: NonNullable<Stack[Name]> };

/** The `run` of a check that has a client of the service. */
type RunWith<S extends Service, Client> = (
  client: Client,
  stack: StackWith<S>,
  coverage?: Coverage,
) => Promise<Verdict>;

/** True if the stack has the service. */
function hasService<S extends Service>(stack: Stack, service: S): stack is StackWith<S> {
  return stack[service] !== undefined;
}

/** Returns the `run` of a check that queries Prometheus. The check is skipped in a stack without Prometheus. */
export function withPrometheus(run: RunWith<"prometheus", PrometheusClient>): Check["run"] {
  return async (stack, coverage) => {
    if (!hasService(stack, "prometheus")) return skipNotDeployed("Prometheus");
    return await run(createPrometheusClient(stack.context, stack.prometheus), stack, coverage);
  };
}

/** Returns the `run` of a check that queries Grafana. The check is skipped without Grafana; a refused login is final. */
export function withGrafana(run: RunWith<"grafana", GrafanaClient>): Check["run"] {
  return async (stack, coverage) => {
    if (!hasService(stack, "grafana")) return skipNotDeployed("Grafana");
    try {
      return await run(createGrafanaClient(stack.context, stack.grafana), stack, coverage);
    } catch (error) {
      if (error instanceof LoginRefused) return failForLogin(error, stack.grafana.user);
      throw error;
    }
  };
}

/**
 * Returns the verdict for a refused login. It is final: the password does not change, and Grafana locks an
 * account after a few failed logins.
 */
function failForLogin({ message }: LoginRefused, user: string): Verdict {
  return {
    status: "fail",
    expected: `Grafana lets ${user} in with the configured password`,
    seen: message,
    cause:
      "a volume from an earlier deployment holds another password: Grafana sets it only for a new database",
    fix: "delete Grafana's PVC, give the old password as grafana.password, or reset it with `grafana cli admin reset-admin-password`",
    final: true,
    fault: { id: "grafana-login-refused", graceMs: 0 },
  };
}
