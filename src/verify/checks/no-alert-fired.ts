import { ownAlerts } from "../../alerting/own-alerts.ts";
import { prometheusClient } from "../../stack/prometheus.ts";
import type { Check, Stack, Verdict } from "../../stack/types.ts";
import { listOf, notDeployed, pass, skipped } from "../../stack/verdicts.ts";
import { sinceBaseline } from "../baseline.ts";

export const noAlertFired: Check = {
  id: "no-alert-fired",
  title: "No alert fired since the stack was verified",
  severity: "error",
  absence: "rules",
  meaning: "Something was wrong for a while, though it may be well again now.",
  fix: "look at the alert's expression over that time in Prometheus; an alert that may fire goes into verify.expect-alerts",
  run,
};

async function run(stack: Stack): Promise<Verdict> {
  const { baseline, prometheus } = stack;
  if (prometheus === undefined) return notDeployed("Prometheus");
  if (baseline === undefined)
    return skipped("the stack was not verified before, so there is no time to look at");
  const range = sinceBaseline(stack, baseline);
  const client = prometheusClient(stack.context, prometheus);
  // Without `up` the server answers, but has nothing: no alert then proves nothing.
  const [alive, fired] = await Promise.all([
    client.query("count(up)"),
    client.query(`max by (alertname) (max_over_time(ALERTS{alertstate="firing"}[${range}]))`),
  ]);
  if (alive.length === 0)
    return { status: "fail", expected: "no alert fired", seen: "Prometheus holds no series at all" };
  const allowed = [...stack.verify.expectAlerts, ...ownAlerts];
  const names = fired.map(({ labels }) => labels["alertname"] ?? "");
  const unexpected = names.filter((name) => !allowed.includes(name)).sort();
  const expected = names.filter((name) => allowed.includes(name)).sort();
  const also = expected.length === 0 ? "" : `; expected ones: ${listOf(expected)}`;
  if (unexpected.length === 0) return pass(`none in the last ${range}${also}`);
  return {
    status: "fail",
    expected: `no alert fired in the last ${range}`,
    seen: listOf(unexpected),
    final: true,
  };
}
