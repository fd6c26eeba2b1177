import { ownAlerts } from "../../../alerting/own-alerts.ts";
import { formatCount, formatList } from "../../../lib/text.ts";
import { type Check, pass, skip, type Verdict } from "../../../stack/check.ts";
import type { Alert, PrometheusClient } from "../../../stack/prometheus.ts";
import type { Stack } from "../../../stack/stack.ts";
import { computeScrapesToComeMs } from "../../runner/grace-periods.ts";
import { type StackWith, withPrometheus } from "../required-services.ts";
import { describeNotDueYet, readRulesInForce } from "./rules-in-force.ts";

export const alertsQuiet: Check = {
  id: "alerts-quiet",
  title: "No alert is firing that should not",
  severity: "error",
  absence: "rules",
  meaning:
    "By its own rules something in the stack is wrong, or a rule is written so that it fires on a healthy one.",
  fix: "query the alert's expression in Prometheus; an alert that may fire goes into verify.expect-alerts",
  run: withPrometheus(checkAlertsQuiet),
};

/** Fails if an alert fires that is not expected, or has no finite value. Does so even if other rules are not in force yet. */
async function checkAlertsQuiet(client: PrometheusClient, stack: StackWith<"prometheus">): Promise<Verdict> {
  const allowedNames = [...stack.verify.expectAlerts, ...ownAlerts];
  const alerts = await client.alerts();
  const unexpectedAlerts = alerts.filter(({ labels }) => !allowedNames.includes(labels["alertname"] ?? ""));
  const firingAlerts = unexpectedAlerts.filter(({ state }) => state === "firing");
  const problems = [
    ...firingAlerts,
    ...unexpectedAlerts.filter((alert) => alert.state !== "firing" && !hasFiniteValue(alert)),
  ];
  if (problems.length > 0) {
    const graceMs = await computeGraceMs(problems, stack, client);
    const id = firingAlerts.length > 0 ? "alert-firing" : "alert-not-finite";
    return {
      status: "fail",
      expected: "no alert fires, and none has an infinite value or NaN",
      seen: formatList(problems.map(describeAlert)),
      ...(problems.every(hasFiniteValue) ? {} : { cause: notFiniteCause }),
      fault: { id, graceMs },
    };
  }
  const inForce = await readRulesInForce(stack);
  if ("verdict" in inForce) return inForce.verdict;
  const rules = inForce.groups.flatMap((group) => group.rules.filter(({ type }) => type === "alerting"));
  if (rules.length === 0) return skip("Prometheus has recording rules only");
  return pass(`${describeQuietRules(rules.length, alerts, allowedNames)}${describeNotDueYet(inForce.later)}`);
}

const notFiniteCause =
  "an infinite value or NaN comes from a division by zero or by nothing, e.g. by the limit of a pod that has none: guard the divisor with `> 0`";

/** True if an alert's value is a finite number. */
function hasFiniteValue({ value }: Alert): boolean {
  return Number.isFinite(Number(value));
}

/**
 * Returns, in milliseconds, how long the alerts must persist: until the next evaluation, and until the first scrapes
 * are done, because `absent()` rightly fires before them.
 */
async function computeGraceMs(
  alerts: readonly Alert[],
  stack: Stack,
  client: PrometheusClient,
): Promise<number> {
  const names = alerts.map(({ labels }) => labels["alertname"]);
  const groups = (await client.rules()).filter(({ rules }) => rules.some(({ name }) => names.includes(name)));
  const evaluationMs = Math.max(2_000, ...groups.map(({ intervalMs }) => intervalMs));
  return evaluationMs + Math.max(10_000, await computeScrapesToComeMs(stack, client, 2));
}

/** Returns an alert on one line: `HighPodCpu{pod="a"} is firing, value 1.5: the pod's CPU is high`. */
function describeAlert({ labels, annotations, state, value }: Alert): string {
  const { alertname = "", ...rest } = labels;
  const pairs = Object.entries(rest).map(([key, text]) => `${key}="${text}"`);
  const summary = annotations["description"] ?? annotations["summary"] ?? annotations["message"];
  const number = Number(value);
  const shownValue = Number.isFinite(number) ? Number(number.toPrecision(6)) : value;
  const alertText = `${alertname}${pairs.length > 0 ? `{${pairs.join(", ")}}` : ""}`;
  return `${alertText} is ${state}, value ${shownValue}${summary ? `: ${summary.trim().replace(/\s+/g, " ")}` : ""}`;
}

/** Returns the text of a pass: the number of alerting rules, and the names of the pending and expected alerts. */
function describeQuietRules(
  ruleCount: number,
  alerts: readonly Alert[],
  allowedNames: readonly string[],
): string {
  const listAlertNames = (selected: readonly Alert[]) => [
    ...new Set(
      selected.map(({ labels }) => labels["alertname"] ?? "").filter((name) => !ownAlerts.includes(name)),
    ),
  ];
  const expected = listAlertNames(
    alerts.filter(({ labels }) => allowedNames.includes(labels["alertname"] ?? "")),
  );
  const pending = listAlertNames(alerts.filter(({ state }) => state === "pending")).filter(
    (name) => !expected.includes(name),
  );
  return [
    `none of ${formatCount(ruleCount, "alerting rule")} fires`,
    ...(pending.length > 0 ? [`pending: ${formatList(pending)}`] : []),
    ...(expected.length > 0 ? [`expected ones: ${formatList(expected)}`] : []),
  ].join("; ");
}
