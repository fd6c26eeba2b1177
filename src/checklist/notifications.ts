import { z } from "zod";
import { syntheticAlert } from "../alerting/own-alerts.ts";
import { findRouteExamples, readRouting } from "../alerting/routes.ts";
import { formatCount } from "../lib/text.ts";
import { createAlertmanagerClient } from "../stack/alertmanager.ts";
import type { Verdict } from "../stack/check.ts";
import type { Stack } from "../stack/stack.ts";
import { alertDelivery } from "../verify/checks/alerting/alert-delivery.ts";
import { listFailedNotifications, parseSamples } from "../verify/checks/alerting/delivery.ts";
import {
  createMetLine,
  createPointCheck,
  createUnmetLine,
  type EvidenceLine,
  type Judgement,
} from "./point.ts";

export interface NotificationEvidence {
  /** Undefined if the stack has no Alertmanager. */
  readonly receivers: readonly Receiver[] | undefined;
  /** The result of the delivery to monstack, if monstack replaced the receivers. */
  readonly captured: Verdict | undefined;
  /** How many notifications each integration has sent. */
  readonly counts: readonly NotificationCount[];
  /** True if a test was sent to each receiver just now. */
  readonly isTested: boolean;
}

export const notifications = createPointCheck("production-notifications", async (stack) =>
  judgeNotifications(await gatherNotifications(stack)),
);

/** Maximum number of attempts, of 2 s each, until a delivery is confirmed: Alertmanager collects a group first. */
const deliveryAttempts = 5;

/**
 * Reads the receivers and what Alertmanager has sent to them. Sends a test notification first if the settings request
 * it.
 */
async function gatherNotifications(stack: Stack): Promise<NotificationEvidence> {
  const noEvidence = { receivers: undefined, captured: undefined, counts: [], isTested: false };
  if (stack.alertmanager === undefined) return noEvidence;
  const client = createAlertmanagerClient(stack.context, stack.alertmanager);
  const receivers = readReceivers(await client.config());
  const alerting = stack.plan.alerting;
  if (alerting?.kind === "captured") {
    // Without receivers of the user's, only monstack receives the notifications, which proves nothing.
    if (alerting.hasUserReceivers !== true) return { ...noEvidence, receivers: [] };
    return { ...noEvidence, receivers, captured: await checkDelivery(stack) };
  }
  const isTested = stack.verify.sendTestNotification && receivers.some(deliversNotifications);
  if (isTested) await sendTestAlerts(stack, receivers.filter(deliversNotifications));
  return { ...noEvidence, receivers, counts: readNotificationCounts(await client.metrics()), isTested };
}

/**
 * Runs the check of the delivery at most `deliveryAttempts` times, until it passes, is skipped, or fails finally.
 * Returns the last verdict.
 */
async function checkDelivery(stack: Stack): Promise<Verdict> {
  let verdict = await alertDelivery.run(stack);
  for (let attempt = 2; attempt <= deliveryAttempts; attempt++) {
    if (verdict.status !== "fail" || verdict.final) break;
    verdict = await alertDelivery.run(stack);
  }
  return verdict;
}

/**
 * Returns the judgement: met if routing leads to a receiver, and its notifications arrive at monstack or are sent
 * without a failure.
 */
export function judgeNotifications({
  receivers,
  captured,
  counts,
  isTested,
}: NotificationEvidence): Judgement {
  if (receivers === undefined) return { lines: [createUnmetLine("no Alertmanager in this stack")] };
  const usableReceivers = receivers.filter(({ integrations }) => integrations.length > 0);
  if (usableReceivers.length === 0)
    return { lines: [createUnmetLine("Alertmanager has no receiver of yours that notifies anybody")] };
  const reachedReceivers = usableReceivers.filter(deliversNotifications);
  const formatReceivers = (receiversToName: readonly Receiver[]) =>
    receiversToName.map(({ name, integrations }) => `${name} (${integrations.join(", ")})`).join(", ");
  if (reachedReceivers.length === 0)
    return { lines: [createUnmetLine(`routing leads to none of ${formatReceivers(usableReceivers)}`)] };
  const lines = [createMetLine(`routing leads to ${formatReceivers(reachedReceivers)}`)];
  if (captured !== undefined) return { lines: [...lines, judgeCapturedDelivery(captured)] };
  const integrations = [...new Set(reachedReceivers.flatMap((receiver) => receiver.integrations))];
  return {
    lines: [
      ...lines,
      ...integrations.map((integration) => judgeNotificationCount(integration, counts, isTested)),
    ],
  };
}

/** Returns the line of the delivery to monstack, which replaced the receivers: met if the notification arrived. */
function judgeCapturedDelivery(delivery: Verdict): EvidenceLine {
  if (delivery.status === "pass")
    return createMetLine(
      `${delivery.seen} (monstack replaced the receivers: their own addresses were not tried)`,
    );
  return createUnmetLine(
    delivery.status === "fail" ? delivery.seen : `delivery was not tried: ${delivery.reason}`,
  );
}

/** Returns the line of an integration: met if Alertmanager has sent notifications by it, and none failed. */
function judgeNotificationCount(
  integration: string,
  counts: readonly NotificationCount[],
  isTested: boolean,
): EvidenceLine {
  const count = counts.find((candidate) => candidate.integration === integration);
  const testNote = isTested ? ", one just now as a test" : "";
  if (count === undefined)
    return createUnmetLine(
      `Alertmanager has never sent anything by ${integration}${isTested ? ", the test neither" : ": nothing proves that it arrives"}`,
    );
  const { sent, failed } = count;
  if (failed > 0)
    return createUnmetLine(`${failed} of ${formatCount(sent, "notification")} by ${integration} failed`);
  return createMetLine(
    `${formatCount(sent, "notification")} went out by ${integration}${testNote}, none failed`,
  );
}

export interface Receiver {
  readonly name: string;
  /** The integrations' names in Alertmanager's metrics: slack, email, webhook. */
  readonly integrations: readonly string[];
  /** True if routing leads to the receiver at some time. */
  readonly isReached: boolean;
}

/** The notifications of one integration since Alertmanager's start. */
interface NotificationCount {
  readonly integration: string;
  readonly sent: number;
  readonly failed: number;
}

const configSchema = z.looseObject({ receivers: z.array(z.looseObject({ name: z.string() })) });

/** Returns the receivers in Alertmanager's current configuration. */
export function readReceivers(config: unknown): Receiver[] {
  const { examples } = findRouteExamples(readRouting(config), { alertname: "any" });
  return configSchema.parse(config).receivers.map((receiver) => ({
    name: receiver.name,
    integrations: Object.entries(receiver).flatMap(([key, list]) =>
      key.endsWith("_configs") && Array.isArray(list) && list.length > 0
        ? [key.replace(/_configs$/, "")]
        : [],
    ),
    isReached: examples.some((example) => example.receiver === receiver.name),
  }));
}

/** True if routing leads to the receiver and it has an integration. */
function deliversNotifications({ integrations, isReached }: Receiver): boolean {
  return isReached && integrations.length > 0;
}

/** Returns the counts of each integration that has sent anything since Alertmanager's start. */
export function readNotificationCounts(exposition: string): NotificationCount[] {
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
        .filter((failure) => failure.integration === integration)
        .reduce((sum, failure) => sum + failure.count, 0),
    }));
}

/** Milliseconds. Alertmanager waits 30 s for a new group by default, and retries a failed notification. */
const maxWaitMs = 75_000;
const pollMs = 500;
/** Milliseconds after which an unresolved test alert ends by itself. */
const alertMs = 5 * 60_000;

/** Stacks to which a test was sent. A second attempt must not notify anybody again. */
const testedStacks = new WeakSet<Stack>();

/**
 * Sends an alert to each receiver and waits until Alertmanager has counted a notification by each of their
 * integrations, successful or failed; then resolves the alerts. Waits at most 75 s.
 */
async function sendTestAlerts(stack: Stack, receivers: readonly Receiver[]): Promise<void> {
  const { context, alertmanager } = stack;
  if (alertmanager === undefined || testedStacks.has(stack)) return;
  const client = createAlertmanagerClient(context, alertmanager);
  const { examples } = findRouteExamples(readRouting(await client.config()), { alertname: syntheticAlert });
  const receiverExamples = examples.filter(({ receiver }) => receivers.some(({ name }) => name === receiver));
  const countsBefore = readNotificationCounts(await client.metrics());
  const startedAt = context.host.now();
  testedStacks.add(stack);
  const createAlerts = (endsAt: number) =>
    receiverExamples.map(({ labels, receiver }) => ({
      labels: { ...labels, monstack_test: String(startedAt) },
      annotations: {
        summary: `monstack tries the receiver ${receiver}`,
        description: "The production checklist sends it (--send-test-notification). No action is needed",
      },
      startsAt: new Date(startedAt).toISOString(),
      endsAt: new Date(endsAt).toISOString(),
    }));
  await client.post(createAlerts(startedAt + alertMs));
  const integrations = [...new Set(receivers.flatMap((receiver) => receiver.integrations))];
  const getCountBefore = (integration: string) =>
    countsBefore.find((count) => count.integration === integration)?.sent ?? 0;
  while (context.host.now() - startedAt < maxWaitMs) {
    const currentCounts = readNotificationCounts(await client.metrics());
    const isSent = (integration: string) =>
      (currentCounts.find((count) => count.integration === integration)?.sent ?? 0) >
      getCountBefore(integration);
    if (integrations.every(isSent)) break;
    await context.host.sleep(pollMs, context.signal);
  }
  await client.post(createAlerts(Math.max(context.host.now(), startedAt + 1)));
}
