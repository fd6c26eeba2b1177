import { z } from "zod";
import type { Arrival } from "../../../alerting/endpoints.ts";
import { ruleAlert, ruleGroup, ruleProbeSeconds } from "../../../alerting/own-alerts.ts";
import { findRoutes, readRouting } from "../../../alerting/routes.ts";
import { formatList } from "../../../lib/text.ts";
import { listRenderedGroups } from "../../../model/rendered-rules.ts";
import { createAlertmanagerClient, type HeldAlert } from "../../../stack/alertmanager.ts";
import { type Check, pass, skip, skipNotDeployed, type Verdict } from "../../../stack/check.ts";
import { expectOk, parseJson, sendRequest } from "../../../stack/http.ts";
import type { HttpEndpoint, Stack } from "../../../stack/stack.ts";
import { explainIgnoredGroup } from "../rules/rules-in-force.ts";
import {
  describeDeliveryFailure,
  explainHeldAlert,
  findMissingEndpoints,
  listEndpoints,
  prepareDelivery,
  readArrivals,
} from "./delivery.ts";

export const ruleDelivery: Check = {
  id: "rule-delivery",
  title: "A rule that fires in Prometheus reaches its receiver",
  severity: "error",
  meaning: "An alerting rule fires, and on its way from Prometheus to the receiver the alert gets lost.",
  fix: "look at Prometheus' pages Rules and Alerts, then at the alert in Alertmanager",
  run: checkRuleDelivery,
};

/** The maximum age of a probe when it arrives, in milliseconds. It changes with each step, and Alertmanager may retry. */
const freshMs = (ruleProbeSeconds + 50) * 1000;
/** Milliseconds: Prometheus finds Alertmanager within 5 s, scrapes itself and evaluates the rule; Alertmanager then waits 1 s for the group. */
const graceMs = 15_000;

/** Fails unless monstack's own alert, which fires in Prometheus, has arrived lately at all its receivers. */
async function checkRuleDelivery(stack: Stack): Promise<Verdict> {
  if (stack.prometheus === undefined) return skipNotDeployed("Prometheus");
  const delivery = prepareDelivery(stack);
  if ("verdict" in delivery) return delivery.verdict;
  const { alertmanager, captured } = delivery;
  if (captured.missingRuleReason !== undefined) return skip(captured.missingRuleReason);
  const client = createAlertmanagerClient(stack.context, alertmanager);
  const [config, heldAlerts] = await Promise.all([
    client.config(),
    client.alerts(`alertname="${ruleAlert}"`),
  ]);
  const list = await readArrivals(stack, captured);
  if ("verdict" in list) return list.verdict;
  if (heldAlerts.length === 0) return await explainMissingAlert(stack, stack.prometheus);
  const { names: receiverNames, timed: timedReceivers } = listReceivers(config, heldAlerts);
  const expected = captured.endpoints.filter(({ receiver }) => receiverNames.includes(receiver));
  if (expected.length === 0) {
    const timedReason = `to ${formatList(timedReceivers)} at certain times only, so it was not tried`;
    const silentReason = `to ${formatList(receiverNames)}, which notifies nobody`;
    return skip(`routing leads ${ruleAlert} ${receiverNames.length === 0 ? timedReason : silentReason}`);
  }
  const now = stack.context.host.now();
  const missingEndpoints = findMissingEndpoints(
    expected,
    list.arrivals,
    (arrival) => listEvaluationTimes(arrival, now).length > 0,
  );
  if (missingEndpoints.length > 0) {
    const cause =
      explainHeldAlert(heldAlerts, 1) || (await describeDeliveryFailure(stack, alertmanager, list));
    return {
      status: "fail",
      expected: `${ruleAlert} arrives at ${listEndpoints(expected)}`,
      seen: `Alertmanager has it, and it has not come to ${listEndpoints(missingEndpoints)}`,
      cause: cause || "Alertmanager has not sent it yet",
      fault: { id: "rule-not-delivered", graceMs },
    };
  }
  const newestProbe =
    list.arrivals
      .flatMap((arrival) => listEvaluationTimes(arrival, now))
      .sort((a, b) => a - b)
      .at(-1) ?? now;
  const ageSeconds = Math.ceil(Math.max(1, (now - newestProbe) / 1000));
  return pass(`${ruleAlert}, fired within the last ${ageSeconds} s, arrived at ${listEndpoints(expected)}`);
}

/**
 * Returns the times at which the rule was evaluated, in milliseconds since the epoch, from the probes of a
 * notification. Old times are left out.
 */
function listEvaluationTimes({ probes }: Arrival, now: number): number[] {
  return probes
    .filter((probe) => /^\d+$/.test(probe))
    .map((probe) => Number(probe) * 1000)
    .filter((at) => Math.abs(now - at) <= freshMs);
}

/**
 * Returns the receivers that Alertmanager reports for the alert: in `timed` those whose routes send only at certain
 * times, in `names` the others.
 */
function listReceivers(
  config: unknown,
  heldAlerts: readonly HeldAlert[],
): { names: string[]; timed: string[] } {
  const { root } = readRouting(config);
  const timedRoutes = heldAlerts.flatMap(({ labels }) =>
    findRoutes(root, labels).filter(({ isTimed }) => isTimed),
  );
  const receiverNames = [
    ...new Set(heldAlerts.flatMap(({ receivers }) => receivers.map(({ name }) => name))),
  ];
  const isTimed = (name: string) => timedRoutes.some(({ receiver }) => receiver === name);
  return { names: receiverNames.filter((name) => !isTimed(name)), timed: receiverNames.filter(isTimed) };
}

const rulesSchema = z.object({
  data: z.object({
    groups: z.array(
      z.object({
        name: z.string(),
        rules: z.array(
          z.object({
            name: z.string(),
            health: z.string(),
            lastError: z.string().optional(),
            state: z.string().optional(),
          }),
        ),
      }),
    ),
  }),
});

/** Returns the verdict that names the step, from rule file to Alertmanager, at which the alert was lost. */
async function explainMissingAlert(stack: Stack, prometheus: HttpEndpoint): Promise<Verdict> {
  const { context, rendered } = stack;
  const url = `${prometheus.url.replace(/(?<!\/)\/+$/, "")}/api/v1/rules?type=alert`;
  const { data } = parseJson(expectOk(await sendRequest(context, url)), rulesSchema);
  const rule = data.groups
    .find(({ name }) => name === ruleGroup.name)
    ?.rules.find(({ name }) => name === ruleAlert);
  const createFailure = (seen: string, cause: string, id: string): Verdict => ({
    status: "fail",
    expected: `${ruleAlert} fires in Prometheus and is in Alertmanager`,
    seen,
    cause,
    fault: { id, graceMs },
  });
  if (rule === undefined) {
    const renderedGroup = listRenderedGroups(rendered).find(({ name }) => name === ruleGroup.name);
    const ignored = renderedGroup && explainIgnoredGroup(stack, renderedGroup);
    if (ignored !== undefined) return skip(`${ignored.cause} (see rules-healthy)`);
    const cause =
      "Prometheus runs with other rule files than the deployed ones: rule_files leaves it out, or a reload failed";
    return createFailure("Prometheus has no such rule", cause, "rule-not-loaded");
  }
  if (rule.health === "err")
    return createFailure(`the rule's health is err`, rule.lastError ?? "", "rule-not-evaluated");
  if (rule.state !== "firing") {
    const cause = "Prometheus knows no Alertmanager yet, or does not evaluate its rules";
    return createFailure(`the rule is ${rule.state ?? "not evaluated"}`, cause, "rule-not-firing");
  }
  const cause =
    "Prometheus' alerts don't get to this Alertmanager, or alert_relabel_configs drops or renames them";
  return createFailure("it fires in Prometheus, and Alertmanager does not have it", cause, "rule-alert-lost");
}
