import { z } from "zod";
import { syntheticAlert } from "../alerting/own-alerts.ts";
import { findWays, readRouting } from "../alerting/routes.ts";
import { formatCount } from "../lib/text.ts";
import { createAlertmanagerClient } from "../stack/alertmanager.ts";
import type { Verdict } from "../stack/check.ts";
import type { Stack } from "../stack/stack.ts";
import { alertDelivery } from "../verify/checks/alerting/alert-delivery.ts";
import { listFailedNotifications, parseSamples } from "../verify/checks/alerting/delivery.ts";
import { type Judgement, type Line, pointCheck, toMetLine, toUnmetLine } from "./point.ts";

export interface NotificationEvidence {
  /** Undefined: there is no Alertmanager. */
  readonly receivers: readonly Receiver[] | undefined;
  /** The result of the delivery to monstack, where monstack replaced the receivers. */
  readonly captured: Verdict | undefined;
  readonly counted: readonly Counted[];
  /** True if a test was sent to each receiver just now. */
  readonly isTested: boolean;
}

export const notifications = pointCheck("production-notifications", async (stack) =>
  judgeNotifications(await gather(stack)),
);

/** Alertmanager collects a group first: a delivery may need some attempts, of 2 s each. */
const deliveryAttempts = 5;

async function gather(stack: Stack): Promise<NotificationEvidence> {
  const nothing = { receivers: undefined, captured: undefined, counted: [], isTested: false };
  if (stack.alertmanager === undefined) return nothing;
  const client = createAlertmanagerClient(stack.context, stack.alertmanager);
  const receivers = readReceivers(await client.config());
  const alerting = stack.plan.alerting;
  if (alerting?.kind === "captured") {
    // Only monstack receives the notifications.
    if (alerting.isUsers !== true) return { ...nothing, receivers: [] };
    return { ...nothing, receivers, captured: await checkDelivery(stack) };
  }
  const isTested = stack.verify.sendTestNotification && receivers.some(deliversNotifications);
  if (isTested) await sendTest(stack, receivers.filter(deliversNotifications));
  return { ...nothing, receivers, counted: readNotificationCounts(await client.metrics()), isTested };
}

async function checkDelivery(stack: Stack): Promise<Verdict> {
  let verdict = await alertDelivery.run(stack);
  for (
    let attempts = 1;
    attempts < deliveryAttempts && verdict.status === "fail" && !verdict.final;
    attempts++
  )
    verdict = await alertDelivery.run(stack);
  return verdict;
}

export function judgeNotifications({
  receivers,
  captured,
  counted,
  isTested,
}: NotificationEvidence): Judgement {
  if (receivers === undefined) return { lines: [toUnmetLine("there is no Alertmanager in this stack")] };
  const usable = receivers.filter(({ integrations }) => integrations.length > 0);
  if (usable.length === 0)
    return { lines: [toUnmetLine("Alertmanager has no receiver of yours that notifies anybody")] };
  const reached = usable.filter(deliversNotifications);
  const names = (list: readonly Receiver[]) =>
    list.map(({ name, integrations }) => `${name} (${integrations.join(", ")})`).join(", ");
  if (reached.length === 0) return { lines: [toUnmetLine(`routing leads to none of ${names(usable)}`)] };
  const lines = [toMetLine(`routing leads to ${names(reached)}`)];
  if (captured !== undefined) return { lines: [...lines, proveByCapture(captured)] };
  const wanted = [...new Set(reached.flatMap(({ integrations }) => integrations))];
  return { lines: [...lines, ...wanted.map((one) => proveByCount(one, counted, isTested))] };
}

function proveByCapture(delivery: Verdict): Line {
  if (delivery.status === "pass")
    return toMetLine(
      `${delivery.seen} (monstack replaced the receivers: their own addresses were not tried)`,
    );
  return toUnmetLine(
    delivery.status === "fail" ? delivery.seen : `delivery was not tried: ${delivery.reason}`,
  );
}

function proveByCount(integration: string, counted: readonly Counted[], isTested: boolean): Line {
  const found = counted.find((one) => one.integration === integration);
  const when = isTested ? ", one just now as a test" : "";
  if (found === undefined)
    return toUnmetLine(
      `Alertmanager has never sent anything by ${integration}${isTested ? ", the test neither" : ": nothing proves that it arrives"}`,
    );
  const { sent, failed } = found;
  if (failed > 0)
    return toUnmetLine(`${failed} of ${formatCount(sent, "notification")} by ${integration} failed`);
  return toMetLine(`${formatCount(sent, "notification")} went out by ${integration}${when}, none failed`);
}

export interface Receiver {
  readonly name: string;
  /** As Alertmanager's metrics call them: slack, email, webhook. */
  readonly integrations: readonly string[];
  /** True if routing leads there at some time. */
  readonly isReached: boolean;
}

/** Since Alertmanager's start. */
interface Counted {
  readonly integration: string;
  readonly sent: number;
  readonly failed: number;
}

const configSchema = z.looseObject({ receivers: z.array(z.looseObject({ name: z.string() })) });

/** Returns the receivers of the configuration in force. */
export function readReceivers(config: unknown): Receiver[] {
  const { ways } = findWays(readRouting(config), { alertname: "any" });
  return configSchema.parse(config).receivers.map((receiver) => ({
    name: receiver.name,
    integrations: Object.entries(receiver).flatMap(([key, list]) =>
      key.endsWith("_configs") && Array.isArray(list) && list.length > 0
        ? [key.replace(/_configs$/, "")]
        : [],
    ),
    isReached: ways.some((way) => way.receiver === receiver.name),
  }));
}

/** True if routing leads to the receiver and it has an integration. */
function deliversNotifications({ integrations, isReached }: Receiver): boolean {
  return isReached && integrations.length > 0;
}

/** Returns the counts of each integration that has sent anything since Alertmanager's start. */
export function readNotificationCounts(exposition: string): Counted[] {
  const failed = listFailedNotifications(exposition);
  const sent = new Map<string, number>();
  for (const { labels, value } of parseSamples(exposition, "alertmanager_notifications_total")) {
    const integration = /(?:^|,)integration="([^"]*)"/.exec(labels)?.[1] ?? "";
    sent.set(integration, (sent.get(integration) ?? 0) + Number(value));
  }
  return [...sent]
    .filter(([, count]) => count > 0)
    .map(([integration, count]) => ({
      integration,
      sent: count,
      failed: failed
        .filter((one) => one.integration === integration)
        .reduce((sum, one) => sum + one.count, 0),
    }));
}

/** Milliseconds. Alertmanager waits 30 s for a new group by default, and retries a failed notification. */
const maxWaitMs = 75_000;
const pollMs = 500;
const alertMs = 5 * 60_000;

/** Stacks whose test was sent: a second attempt must not page anybody twice. */
const sentOn = new WeakSet<Stack>();

/**
 * Sends an alert to each receiver for real, and waits until Alertmanager has counted a notification by each of their
 * integrations, whatever became of it; then the alerts are resolved. Bounded in time.
 */
async function sendTest(stack: Stack, receivers: readonly Receiver[]): Promise<void> {
  const { context, alertmanager } = stack;
  if (alertmanager === undefined || sentOn.has(stack)) return;
  const client = createAlertmanagerClient(context, alertmanager);
  const { ways } = findWays(readRouting(await client.config()), { alertname: syntheticAlert });
  const own = ways.filter(({ receiver }) => receivers.some(({ name }) => name === receiver));
  const before = readNotificationCounts(await client.metrics());
  const startedAt = context.host.now();
  sentOn.add(stack);
  const alerts = (endsAt: number) =>
    own.map(({ labels, receiver }) => ({
      labels: { ...labels, monstack_test: String(startedAt) },
      annotations: {
        summary: `monstack tries the receiver ${receiver}`,
        description: "The production checklist sends it (--send-test-notification). No action is needed",
      },
      startsAt: new Date(startedAt).toISOString(),
      endsAt: new Date(endsAt).toISOString(),
    }));
  await client.post(alerts(startedAt + alertMs));
  const wanted = [...new Set(receivers.flatMap(({ integrations }) => integrations))];
  const sentBefore = (integration: string) =>
    before.find((one) => one.integration === integration)?.sent ?? 0;
  while (context.host.now() - startedAt < maxWaitMs) {
    const now = readNotificationCounts(await client.metrics());
    const isSent = (integration: string) =>
      (now.find((one) => one.integration === integration)?.sent ?? 0) > sentBefore(integration);
    if (wanted.every(isSent)) break;
    await context.host.sleep(pollMs, context.signal);
  }
  await client.post(alerts(Math.max(context.host.now(), startedAt + 1)));
}
