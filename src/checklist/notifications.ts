import { formatCount } from "../lib/text.ts";
import { alertmanagerClient } from "../stack/alertmanager.ts";
import type { Verdict } from "../stack/check.ts";
import type { Stack } from "../stack/stack.ts";
import { alertDelivery } from "../verify/checks/alerting/alert-delivery.ts";
import { type Judgement, type Line, met, pointCheck, unmet } from "./judgement.ts";
import { type Counted, countsIn, isTelling, type Receiver, readReceivers } from "./receivers.ts";
import { sendTest } from "./test-notification.ts";

export interface NotificationEvidence {
  /** Undefined: there is no Alertmanager. */
  readonly receivers: readonly Receiver[] | undefined;
  /** What the delivery to monstack came to, where it took the receivers' place. */
  readonly captured: Verdict | undefined;
  readonly counted: readonly Counted[];
  /** A test was sent to each receiver just now. */
  readonly tested: boolean;
}

export const notifications = pointCheck("production-notifications", async (stack) =>
  judgeNotifications(await gather(stack)),
);

/** Alertmanager collects a group first: a delivery may need some attempts, of 2 s each. */
const deliveryAttempts = 5;

async function gather(stack: Stack): Promise<NotificationEvidence> {
  const nothing = { receivers: undefined, captured: undefined, counted: [], tested: false };
  if (stack.alertmanager === undefined) return nothing;
  const client = alertmanagerClient(stack.context, stack.alertmanager);
  const receivers = readReceivers(await client.config());
  const alerting = stack.plan.alerting;
  if (alerting?.kind === "captured") {
    // Nobody but monstack is told.
    if (alerting.isUsers !== true) return { ...nothing, receivers: [] };
    return { ...nothing, receivers, captured: await deliver(stack) };
  }
  const tested = stack.verify.sendTestNotification && receivers.some(isTelling);
  if (tested) await sendTest(stack, receivers.filter(isTelling));
  return { ...nothing, receivers, counted: countsIn(await client.metrics()), tested };
}

async function deliver(stack: Stack): Promise<Verdict> {
  let verdict = await alertDelivery.run(stack);
  for (let tried = 1; tried < deliveryAttempts && verdict.status === "fail" && !verdict.final; tried++)
    verdict = await alertDelivery.run(stack);
  return verdict;
}

export function judgeNotifications({
  receivers,
  captured,
  counted,
  tested,
}: NotificationEvidence): Judgement {
  if (receivers === undefined) return { lines: [unmet("there is no Alertmanager in this stack")] };
  const telling = receivers.filter(({ integrations }) => integrations.length > 0);
  if (telling.length === 0)
    return { lines: [unmet("Alertmanager has no receiver of yours that tells anybody")] };
  const reached = telling.filter(isTelling);
  const names = (list: readonly Receiver[]) =>
    list.map(({ name, integrations }) => `${name} (${integrations.join(", ")})`).join(", ");
  if (reached.length === 0) return { lines: [unmet(`routing leads to none of ${names(telling)}`)] };
  const lines = [met(`routing leads to ${names(reached)}`)];
  if (captured !== undefined) return { lines: [...lines, provenByCapture(captured)] };
  const wanted = [...new Set(reached.flatMap(({ integrations }) => integrations))];
  return { lines: [...lines, ...wanted.map((one) => provenByCount(one, counted, tested))] };
}

function provenByCapture(delivery: Verdict): Line {
  if (delivery.status === "pass")
    return met(`${delivery.seen} (monstack took the receivers' place: their own addresses were not tried)`);
  return unmet(delivery.status === "fail" ? delivery.seen : `delivery was not tried: ${delivery.reason}`);
}

function provenByCount(integration: string, counted: readonly Counted[], tested: boolean): Line {
  const found = counted.find((one) => one.integration === integration);
  const when = tested ? ", one just now as a test" : "";
  if (found === undefined)
    return unmet(
      `Alertmanager has never sent anything by ${integration}${tested ? ", the test neither" : ": nothing proves that it arrives"}`,
    );
  const { sent, failed } = found;
  if (failed > 0) return unmet(`${failed} of ${formatCount(sent, "notification")} by ${integration} failed`);
  return met(`${formatCount(sent, "notification")} went out by ${integration}${when}, none failed`);
}
