import { z } from "zod";
import { readRouting, waysTo } from "../alerting/routes.ts";
import { failedNotifications, samplesOf } from "../verify/checks/alerting/delivery.ts";

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

/** From the configuration in force. */
export function readReceivers(config: unknown): Receiver[] {
  const { ways } = waysTo(readRouting(config), { alertname: "any" });
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

/** Somebody hears of an alert by it. */
export function isTelling({ integrations, isReached }: Receiver): boolean {
  return isReached && integrations.length > 0;
}

/** Of each integration that ever sent anything. */
export function countsIn(exposition: string): Counted[] {
  const failed = failedNotifications(exposition);
  const sent = new Map<string, number>();
  for (const { labels, value } of samplesOf(exposition, "alertmanager_notifications_total")) {
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
