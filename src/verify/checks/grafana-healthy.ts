import { grafanaClient, LoginRefused } from "../../stack/grafana.ts";
import type { Check, Stack, Verdict } from "../../stack/types.ts";
import { notDeployed, pass } from "../../stack/verdicts.ts";

export const grafanaHealthy: Check = {
  id: "grafana-healthy",
  title: "Grafana is healthy and lets us in",
  severity: "error",
  meaning: "Grafana can't reach its database, or its password is not the one that was configured.",
  fix: "read the log of the grafana pod; for a wrong password run `grafana cli admin reset-admin-password` in it",
  run,
};

async function run({ context, grafana }: Stack): Promise<Verdict> {
  if (grafana === undefined) return notDeployed("Grafana");
  const client = grafanaClient(context, grafana);
  const { status, database, version } = await client.health();
  if (status !== 200 || database !== "ok") {
    return {
      status: "fail",
      expected: `${grafana.url}/api/health answers HTTP 200, database ok`,
      seen: `HTTP ${status}, database ${database}`,
      cause:
        "Grafana's database can't be opened: its volume is full or read-only, or an external one is down",
      // What makes its pod Ready is this very answer: it was good once, so a second is no start-up any more.
      fault: { id: "grafana-database", graceMs: 8_000 },
    };
  }
  try {
    const org = await client.org();
    return pass(
      `Grafana ${version ?? "of unknown version"}, database ok, user ${grafana.user} is in "${org.name}"`,
    );
  } catch (error) {
    if (error instanceof LoginRefused) return loginRefused(error, grafana.user);
    throw error;
  }
}

/** Final at once: the password does not change, and Grafana locks an account after a few wrong ones. */
export function loginRefused(error: LoginRefused, user: string): Verdict {
  return {
    status: "fail",
    expected: `Grafana lets ${user} in with the configured password`,
    seen: error.message,
    cause:
      "a volume from an earlier deployment holds another password: Grafana sets it only for a new database",
    fix: "delete Grafana's PVC, give the old password as grafana.password, or reset it with `grafana cli admin reset-admin-password`",
    final: true,
    fault: { id: "grafana-login-refused", graceMs: 0 },
  };
}
