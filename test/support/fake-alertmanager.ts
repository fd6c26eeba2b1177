import { ruleAlert } from "../../src/alerting/own-alerts.ts";
import type { HeldAlert, PostedAlert } from "../../src/stack/alertmanager.ts";
import type { Received, Reply } from "./local-server.ts";

/** A stand-in for Alertmanager with one receiver. What is posted is sent on at once, for as long as it is asked to. */
export interface FakeAlertmanager {
  status: unknown;
  /** Where it sends to; undefined: nowhere. */
  webhook: string | undefined;
  /** What it has beside what is posted. */
  held: HeldAlert[];
  metrics: string;
  /** Whether it sends nothing. */
  isMute: boolean;
  /** Whether it forgets what is posted. */
  isForgetful: boolean;
  /** Whether an alert with severity critical holds back those with severity warning. */
  inhibits: boolean;
}

export function heldAlert(
  labels: Record<string, string>,
  status: Partial<HeldAlert["status"]> = {},
): HeldAlert {
  return {
    labels,
    receivers: [{ name: "default-receiver" }],
    status: { state: "active", silencedBy: [], inhibitedBy: [], ...status },
  };
}

export function healthyAlertmanager(): FakeAlertmanager {
  return {
    status: statusWith(`route: {receiver: default-receiver}
receivers: [{name: default-receiver}]
inhibit_rules: [{source_matchers: [severity=critical], target_matchers: [severity=warning]}]`),
    webhook: undefined,
    held: [heldAlert({ alertname: ruleAlert })],
    metrics: 'alertmanager_notifications_failed_total{integration="webhook",reason="other"} 0',
    isMute: false,
    isForgetful: false,
    inhibits: true,
  };
}

export function statusWith(config: string) {
  return {
    cluster: { name: "01K", peers: [], status: "ready" },
    config: { original: config },
    uptime: "2026-11-23T14:00:00.000Z",
    versionInfo: { branch: "HEAD", version: "0.33.1" },
  };
}

export async function answerAsAlertmanager(state: FakeAlertmanager, request: Received): Promise<Reply> {
  const url = new URL(request.path, "http://alertmanager");
  if (url.pathname === "/api/v2/status") return { body: state.status };
  if (url.pathname === "/metrics") return { body: state.metrics, contentType: "text/plain; version=0.0.4" };
  if (url.pathname !== "/api/v2/alerts")
    return { status: 404, contentType: "text/plain", body: "404 page not found\n" };
  if (request.method === "POST") return await take(state, JSON.parse(request.body));
  const isCritical = ({ labels }: HeldAlert) => labels["severity"] === "critical";
  const isInhibited = ({ labels }: HeldAlert) =>
    state.inhibits && labels["severity"] === "warning" && state.held.some(isCritical);
  const held = state.held.map((one) =>
    isInhibited(one) ? heldAlert(one.labels, { state: "suppressed", inhibitedBy: ["f"] }) : one,
  );
  return { body: held.filter(({ labels }) => fits(url.searchParams.get("filter") ?? "", labels)) };
}

async function take(state: FakeAlertmanager, alerts: readonly PostedAlert[]): Promise<Reply> {
  const firing = alerts.filter(({ endsAt }) => Date.parse(endsAt) > Date.now());
  if (!state.isForgetful) state.held.push(...firing.map(({ labels }) => heldAlert({ ...labels })));
  if (state.webhook !== undefined && !state.isMute && firing.length > 0) await notify(state.webhook, firing);
  return { body: "" };
}

/** As Alertmanager's webhook does. */
export async function notify(
  webhook: string,
  alerts: readonly { labels: Readonly<Record<string, string>> }[],
) {
  const body = JSON.stringify({
    version: "4",
    receiver: "default-receiver",
    status: "firing",
    alerts: alerts.map(({ labels }) => ({ status: "firing", labels, annotations: {} })),
  });
  await fetch(webhook, { method: "POST", headers: { "content-type": "application/json" }, body });
}

function fits(filter: string, labels: Readonly<Record<string, string>>): boolean {
  const match = /^(\w+)(=~|=)"(.*)"$/.exec(filter);
  if (!match) return true;
  const [, name = "", op, value = ""] = match;
  const actual = labels[name] ?? "";
  return op === "=" ? actual === value : new RegExp(`^(?:${value})$`).test(actual);
}
