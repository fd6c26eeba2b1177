import { z } from "zod";
import { syntheticAlert } from "../alerting/own-alerts.ts";
import { findWays, readRouting } from "../alerting/routes.ts";
import { formatCount } from "../lib/text.ts";
import { createAlertmanagerClient } from "../stack/alertmanager.ts";
import type { Verdict } from "../stack/check.ts";
import type { Stack } from "../stack/stack.ts";
import { alertDelivery } from "../verify/checks/alerting/alert-delivery.ts";
import { listFailedNotifications, parseSamples } from "../verify/checks/alerting/delivery.ts";
import { type Judgement, type Line, met, pointCheck, unmet } from "./point.ts";

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
  const client = createAlertmanagerClient(stack.context, stack.alertmanager);
  const receivers = readReceivers(await client.config());
  const alerting = stack.plan.alerting;
  if (alerting?.kind === "captured") {
    // Only monstack receives the notifications.
    if (alerting.isUsers !== true) return { ...nothing, receivers: [] };
    return { ...nothing, receivers, captured: await deliver(stack) };
  }
  const tested = stack.verify.sendTestNotification && receivers.some(deliversNotifications);
  if (tested) await sendTest(stack, receivers.filter(deliversNotifications));
  return { ...nothing, receivers, counted: readNotificationCounts(await client.metrics()), tested };
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
  const reached = telling.filter(deliversNotifications);
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

export interface Receiver {
  readonly name: string;
  /** As Alertmanager's metrics call them: slack, email, webhook. */
  readonly integrations: readonly string[];
  /** Routing leads there at some time. */
  readonly isReached: boolean;
}

/** Since Alertmanager's start. */
export interface Counted {
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

/** Whether routing leads to the receiver, and it has an integration that sends something. */
export function deliversNotifications({ integrations, isReached }: Receiver): boolean {
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

/** Alertmanager's own default for a new group is 30 s, and a failed one is tried again. In milliseconds. */
const longestMs = 75_000;
const pollMs = 500;
const alertMs = 5 * 60_000;

/** Stacks whose test was sent: a second attempt must not page anybody twice. */
const sentOn = new WeakSet<Stack>();

/**
 * Sends an alert to each receiver for real, and waits until Alertmanager has counted a notification by each of their
 * integrations, whatever became of it; then the alerts are resolved. Bounded in time.
 */
export async function sendTest(stack: Stack, receivers: readonly Receiver[]): Promise<void> {
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
        description:
          "The production checklist was asked to send it (--send-test-notification). It needs no attention",
      },
      startsAt: new Date(startedAt).toISOString(),
      endsAt: new Date(endsAt).toISOString(),
    }));
  await client.post(alerts(startedAt + alertMs));
  const wanted = [...new Set(receivers.flatMap(({ integrations }) => integrations))];
  const sentBefore = (integration: string) =>
    before.find((one) => one.integration === integration)?.sent ?? 0;
  while (context.host.now() - startedAt < longestMs) {
    const now = readNotificationCounts(await client.metrics());
    const isSent = (integration: string) =>
      (now.find((one) => one.integration === integration)?.sent ?? 0) > sentBefore(integration);
    if (wanted.every(isSent)) break;
    await context.host.sleep(pollMs, context.signal);
  }
  await client.post(alerts(Math.max(context.host.now(), startedAt + 1)));
}
