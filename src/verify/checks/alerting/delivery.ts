import {
  type Arrival,
  ArrivalList,
  buildArrivalsUrl,
  buildReceiverUrl,
  describeEndpoint,
  type Endpoint,
  formatEndpoint,
} from "../../../alerting/endpoints.ts";
import { formatList, shorten } from "../../../lib/text.ts";
import { createAlertmanagerClient, type HeldAlert } from "../../../stack/alertmanager.ts";
import { skip, skipNotDeployed, type Verdict } from "../../../stack/check.ts";
import { expectOk, HttpError, parseJson, sendRequest } from "../../../stack/http.ts";
import { maxLogBytes } from "../../../stack/kube.ts";
import type { HttpEndpoint, Stack } from "../../../stack/stack.ts";

/** The plan in which monstack receives the notifications. */
type Captured = Extract<Stack["plan"]["alerting"], { kind: "captured" }>;

/** Returns what a check of delivery needs, or the verdict if delivery can't be checked. */
export function prepareDelivery(
  stack: Stack,
): { readonly verdict: Verdict } | { readonly alertmanager: HttpEndpoint; readonly captured: Captured } {
  if (stack.alertmanager === undefined) return { verdict: skipNotDeployed("Alertmanager") };
  // The state file of an earlier version has no plan for alerting.
  const alerting = stack.plan.alerting ?? { kind: "as-is", reason: "the stack was deployed without it" };
  if (alerting.kind === "as-is") return { verdict: skip(alerting.reason) };
  return { alertmanager: stack.alertmanager, captured: alerting };
}

/** Reads what has arrived at monstack's own receiver. Returns a verdict if the receiver can't be reached. */
export async function readArrivals(
  { context }: Stack,
  { at }: Captured,
): Promise<{ readonly verdict: Verdict } | ArrivalList> {
  try {
    return parseJson(expectOk(await sendRequest(context, buildArrivalsUrl(at))), ArrivalList);
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    context.signal.throwIfAborted();
    return {
      verdict: {
        status: "fail",
        expected: `monstack's own receiver at ${buildReceiverUrl(at)}`,
        seen: at.token === undefined ? error.message : error.message.replaceAll(at.token, "***"),
        cause: "another program has the port, or monstack's forwarder has ended",
        fix: "see forward.log in the state folder; `monstack up --replace` starts it anew",
        // The forwarder retries by itself until the pods' bridge and the port are there.
        fault: { id: "receiver-away", graceMs: 8_000 },
      },
    };
  }
}

/** Returns the endpoints at which no matching notification has arrived. */
export function findMissingEndpoints(
  expected: readonly Endpoint[],
  arrivals: readonly Arrival[],
  matches: (arrival: Arrival) => boolean,
): Endpoint[] {
  return expected.filter(
    (endpoint) =>
      !arrivals.some(
        (arrival) => formatEndpoint(arrival.endpoint) === formatEndpoint(endpoint) && matches(arrival),
      ),
  );
}

/** Returns the endpoints for messages. */
export function listEndpoints(endpoints: readonly Endpoint[]): string {
  return formatList(endpoints.map(describeEndpoint));
}

/** Returns what Alertmanager and the receiver report about failing notifications; empty if nothing. */
export async function describeDeliveryFailure(
  stack: Stack,
  alertmanager: HttpEndpoint,
  { refused }: ArrivalList,
): Promise<string> {
  const metrics = await createAlertmanagerClient(stack.context, alertmanager).metrics();
  const failing = listFailedNotifications(metrics).map(
    ({ integration, reason, count }) => `${count} to ${integration}${reason ? ` (${reason})` : ""}`,
  );
  const reports = [
    ...(failing.length > 0 ? [`Alertmanager counts failed notifications: ${formatList(failing)}`] : []),
    ...refused.slice(-1).map(({ what, why }) => `monstack refused ${what}: ${why}`),
    ...(await readLastNotifyError(stack, alertmanager)).map((line) => `its log says: ${line}`),
  ];
  return reports.join("; ");
}

/**
 * Returns the samples of a metric with labels, from Prometheus' text format. `labels` is the text between the
 * braces.
 */
export function parseSamples(
  exposition: string,
  metric: string,
): { readonly labels: string; readonly value: string }[] {
  return exposition.split("\n").flatMap((line) => {
    if (!line.startsWith(`${metric}{`)) return [];
    const end = line.indexOf("} ", metric.length);
    const value = /^\S+/.exec(line.slice(end + 2))?.[0];
    return end < 0 || value === undefined ? [] : [{ labels: line.slice(metric.length + 1, end), value }];
  });
}

/**
 * Returns how many notifications failed, by integration and reason, from
 * `alertmanager_notifications_failed_total`. Old versions give no reason.
 */
export function listFailedNotifications(
  exposition: string,
): { readonly integration: string; readonly reason: string; readonly count: number }[] {
  const failures = new Map<string, { integration: string; reason: string; count: number }>();
  for (const { labels, value } of parseSamples(exposition, "alertmanager_notifications_failed_total")) {
    const integration = /(?:^|,)integration="([^"]*)"/.exec(labels)?.[1] ?? "";
    const reason = /(?:^|,)reason="([^"]*)"/.exec(labels)?.[1] ?? "";
    const key = `${integration}/${reason}`;
    const before = failures.get(key)?.count ?? 0;
    if (Number(value) > 0) failures.set(key, { integration, reason, count: before + Number(value) });
  }
  return [...failures.values()];
}

/**
 * Returns the newest line about a failed notification in Alertmanager's log; empty if there is none or the log can't
 * be read.
 */
async function readLastNotifyError({ core, rendered }: Stack, { service }: HttpEndpoint): Promise<string[]> {
  const owner = rendered
    .flatMap(({ objects }) => objects)
    .find(({ kind, metadata }) => kind === "Service" && metadata.name === service.name);
  const selector = (owner?.["spec"] as { selector?: Record<string, string> } | undefined)?.selector;
  if (selector === undefined) return [];
  const labelSelector = Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  const { namespace } = service;
  try {
    const { items } = await core.listNamespacedPod({ namespace, labelSelector });
    const [pod] = items;
    const container = pod?.spec?.containers.find(({ name }) => name === "alertmanager")?.name;
    if (pod?.metadata?.name === undefined) return [];
    const log = await core.readNamespacedPodLog({
      namespace,
      name: pod.metadata.name,
      tailLines: 200,
      limitBytes: maxLogBytes,
      ...(container === undefined ? {} : { container }),
    });
    const lines = log.split("\n").filter((line) => /level=(error|warn)/i.test(line) && /notif/i.test(line));
    return lines.slice(-1).map((line) => shorten(line, 1_000));
  } catch {
    return [];
  }
}

/**
 * Returns why Alertmanager does not send one of its alerts: it lost the alert, a silence, an inhibition, or a time
 * interval; empty if none applies. `sentCount` is the number of alerts that were sent to it.
 */
export function explainHeldAlert(heldAlerts: readonly HeldAlert[], sentCount: number): string {
  if (heldAlerts.length < sentCount) return "Alertmanager does not have the alert that it accepted";
  const suppressedAlert = heldAlerts.find(({ status }) => status.state === "suppressed");
  if (suppressedAlert === undefined) return "";
  const { silencedBy, inhibitedBy, mutedBy = [] } = suppressedAlert.status;
  if (silencedBy.length > 0) return `a silence holds the alert back (${formatList(silencedBy)})`;
  if (inhibitedBy.length > 0) return "another alert that fires inhibits it (inhibit_rules)";
  return `a time interval mutes it${mutedBy.length > 0 ? ` (${formatList(mutedBy)})` : ""}`;
}
