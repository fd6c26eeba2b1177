import { syntheticAlert } from "../alerting/own-alerts.ts";
import { readRouting, waysTo } from "../alerting/routes.ts";
import { alertmanagerClient } from "../stack/alertmanager.ts";
import type { Stack } from "../stack/stack.ts";
import { countsIn, type Receiver } from "./receivers.ts";

/** Alertmanager's own default for a new group is 30 s, and a failed one is tried again. In milliseconds. */
const longestMs = 75_000;
const pollMs = 500;
const alertMs = 5 * 60_000;

/** Nobody is paged twice because an attempt failed halfway. */
const sentOn = new WeakSet<Stack>();

/**
 * Sends an alert to each receiver for real, and waits until Alertmanager has counted a notification by each of their
 * integrations, whatever became of it; then the alerts are resolved. Bounded in time.
 */
export async function sendTest(stack: Stack, receivers: readonly Receiver[]): Promise<void> {
  const { context, alertmanager } = stack;
  if (alertmanager === undefined || sentOn.has(stack)) return;
  const client = alertmanagerClient(context, alertmanager);
  const { ways } = waysTo(readRouting(await client.config()), { alertname: syntheticAlert });
  const own = ways.filter(({ receiver }) => receivers.some(({ name }) => name === receiver));
  const before = countsIn(await client.metrics());
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
    const now = countsIn(await client.metrics());
    const isSent = (integration: string) =>
      (now.find((one) => one.integration === integration)?.sent ?? 0) > sentBefore(integration);
    if (wanted.every(isSent)) break;
    await context.host.sleep(pollMs, context.signal);
  }
  await client.post(alerts(Math.max(context.host.now(), startedAt + 1)));
}
