import { randomBytes } from "node:crypto";
import { type ArrivalList, describeEndpoint, type Endpoint } from "../../../alerting/endpoints.ts";
import { probeLabel, syntheticAlert } from "../../../alerting/own-alerts.ts";
import { findRouteExamples, type RouteExample, type Routing, readRouting } from "../../../alerting/routes.ts";
import { formatCount, formatList } from "../../../lib/text.ts";
import { createAlertmanagerClient, type HeldAlert, type PostedAlert } from "../../../stack/alertmanager.ts";
import { type Check, pass, skip, type Verdict } from "../../../stack/check.ts";
import type { HttpEndpoint, Stack } from "../../../stack/stack.ts";
import { countRequestedReplicas } from "../../access/components.ts";
import {
  describeDeliveryFailure,
  explainHeldAlert,
  findMissingEndpoints,
  listEndpoints,
  prepareDelivery,
  readArrivals,
} from "./delivery.ts";

export const alertDelivery: Check = {
  id: "alert-delivery",
  title: "An alert by each route reaches its receiver",
  severity: "error",
  meaning: "Alertmanager has alerts, and nobody hears of them.",
  fix: "look at the receiver and its templates in Alertmanager's configuration, and at Alertmanager's log for `notify`",
  run: checkAlertDelivery,
};

/** Time limit of one attempt in milliseconds. Usually one attempt is enough. */
const attemptMs = 2_000;
const pollMs = 100;
/**
 * Milliseconds: Alertmanager collects a group for 1 s. If an earlier notification of the group failed, Alertmanager
 * retries that one first, at the latest after 5 s.
 */
const graceMs = 10_000;
/** Milliseconds: a replica waits this long for each replica before it to notify first (`--cluster.peer-timeout`). */
const peerTimeoutMs = 15_000;

/** Milliseconds after which an unresolved alert ends by itself. */
const alertMs = 5 * 60_000;

/** The alerts that one run of this check has sent. They are resolved when they have arrived. */
interface Sending {
  readonly examples: readonly ProbedExample[];
  /** Routes that send at certain times only. */
  readonly timed: readonly string[];
  /** Routes that no alert was found for. */
  readonly unproven: readonly string[];
  /** Receivers that no alert was found for. */
  readonly unreached: readonly string[];
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** The probes whose alerts are resolved. */
  readonly resolved: Set<string>;
}

/** An example of a route, with the label value that identifies its alert. */
interface ProbedExample extends RouteExample {
  readonly probe: string;
}

/** An expected notification: the alert of a route at one integration of its receiver. */
interface ExpectedArrival {
  readonly example: ProbedExample;
  readonly endpoint: Endpoint;
}

/** Attempts of the same run share their alerts; each run gets a stack of its own. */
const sendings = new WeakMap<Stack, Sending>();

/**
 * Posts an alert for each route to Alertmanager, and fails unless each arrives at all integrations of its
 * receiver.
 */
async function checkAlertDelivery(stack: Stack): Promise<Verdict> {
  const delivery = prepareDelivery(stack);
  if ("verdict" in delivery) return delivery.verdict;
  const { alertmanager, captured } = delivery;
  const { host, signal } = stack.context;
  const routing = readRouting(await createAlertmanagerClient(stack.context, alertmanager).config());
  const unknownEndpoints = captured.endpoints.filter(({ receiver }) => !routing.receivers.includes(receiver));
  if (unknownEndpoints.length > 0) return reportOtherConfiguration(unknownEndpoints, routing.receivers);
  const firstArrivals = await readArrivals(stack, captured);
  if ("verdict" in firstArrivals) return firstArrivals.verdict;
  const sending = sendings.get(stack) ?? planSending(routing, host.now());
  sendings.set(stack, sending);
  const expectedArrivals = sending.examples.flatMap((example) =>
    captured.endpoints
      .filter(({ receiver }) => receiver === example.receiver)
      .map((endpoint) => ({ example, endpoint })),
  );
  if (expectedArrivals.length === 0)
    return sending.timed.length > 0 ? skipTimedRoutes(sending.timed) : reportNoReceiver(captured.endpoints);
  await postAlerts(stack, alertmanager, sending);
  const attemptEnd = host.now() + attemptMs;
  while (true) {
    const list = await readArrivals(stack, captured);
    if ("verdict" in list) return list.verdict;
    const missingArrivals = expectedArrivals.filter(
      ({ example, endpoint }) =>
        findMissingEndpoints([endpoint], list.arrivals, ({ probes }) => probes.includes(example.probe))
          .length > 0,
    );
    await resolveAlerts(stack, alertmanager, sending, missingArrivals);
    if (missingArrivals.length === 0) return reportDelivered(expectedArrivals, sending, list);
    if (host.now() >= attemptEnd)
      return reportUndelivered(stack, alertmanager, sending, missingArrivals, list);
    await host.sleep(pollMs, signal);
  }
}

/**
 * Returns the alerts to send, one for each route that has an example. The labels that inhibition rules compare get a unique
 * value, so that no real alert inhibits these.
 */
function planSending(routing: Routing, startedAt: number): Sending {
  const base = { alertname: syntheticAlert };
  const { examples, timed, unproven, unreached } = findRouteExamples(routing, base);
  const isPinned = (example: RouteExample, label: string) => label in example.labels && label !== "alertname";
  return {
    examples: examples.map((example) => {
      const probe = `m${randomBytes(8).toString("hex")}`;
      const comparedLabels = routing.equalLabels.filter(
        (label) => label !== "alertname" && !isPinned(example, label),
      );
      const uniqueValues = Object.fromEntries(comparedLabels.map((label) => [label, probe]));
      return { ...example, probe, labels: { ...uniqueValues, ...example.labels, [probeLabel]: probe } };
    }),
    timed,
    unproven,
    unreached,
    startedAt,
    resolved: new Set(),
  };
}

/** Posts the alerts that are not resolved yet, with an end in five minutes. */
async function postAlerts(stack: Stack, alertmanager: HttpEndpoint, sending: Sending): Promise<void> {
  const unresolved = sending.examples.filter(({ probe }) => !sending.resolved.has(probe));
  const alerts = unresolved.map((example) =>
    toAlert(example, sending.startedAt, sending.startedAt + alertMs),
  );
  if (alerts.length > 0) await createAlertmanagerClient(stack.context, alertmanager).post(alerts);
}

/** Resolves each alert that has arrived at all integrations: a firing alert could inhibit the others. */
async function resolveAlerts(
  stack: Stack,
  alertmanager: HttpEndpoint,
  sending: Sending,
  missing: readonly ExpectedArrival[],
): Promise<void> {
  const arrivedExamples = sending.examples.filter(
    (example) =>
      !sending.resolved.has(example.probe) && !missing.some((arrival) => arrival.example === example),
  );
  if (arrivedExamples.length === 0) return;
  const now = stack.context.host.now();
  const alerts = arrivedExamples.map((example) =>
    toAlert(example, sending.startedAt, Math.max(now, sending.startedAt + 1)),
  );
  await createAlertmanagerClient(stack.context, alertmanager).post(alerts);
  for (const { probe } of arrivedExamples) sending.resolved.add(probe);
}

/** Returns the alert with the labels of an example. The times are in milliseconds since the epoch. */
function toAlert({ labels, receiver }: RouteExample, startsAt: number, endsAt: number): PostedAlert {
  return {
    labels,
    annotations: {
      summary: `monstack tries the receiver ${receiver}`,
      description: "It is resolved as soon as it has arrived and needs no attention",
    },
    startsAt: new Date(startsAt).toISOString(),
    endsAt: new Date(endsAt).toISOString(),
  };
}

/** Returns the pass with the receivers, the time that the last alert took, and the routes that were not tried. */
function reportDelivered(expected: readonly ExpectedArrival[], sending: Sending, list: ArrivalList): Verdict {
  const times = sending.examples.flatMap(({ probe }) =>
    list.arrivals.filter(({ probes }) => probes.includes(probe)).map(({ at }) => at),
  );
  const seconds = Math.max(0, (Math.max(...times) - sending.startedAt) / 1000).toFixed(1);
  const { timed, unproven, unreached } = sending;
  const examples = new Set(expected.map(({ example }) => example));
  const receivers = new Set(expected.map(({ example }) => example.receiver));
  const alerts =
    examples.size > receivers.size ? `an alert by each of ${examples.size} routes` : "an alert each";
  const sentences = [
    `${alerts} arrived at ${formatList(listWantedEndpoints(expected).map(describeEndpoint), 20)} within ${seconds} s`,
    ...(timed.length > 0 ? [`not tried, since they send at certain times only: ${formatList(timed)}`] : []),
    ...(unreached.length > 0 ? [`no alert at any time leads to ${formatList(unreached)}`] : []),
    ...(unproven.length > 0 ? [`not tried: ${formatList(unproven)}`] : []),
  ];
  return pass(sentences.join("; "));
}

/** Returns the endpoints of expected notifications, each once. */
function listWantedEndpoints(wanted: readonly ExpectedArrival[]): Endpoint[] {
  return [...new Set(wanted.map(({ endpoint }) => endpoint))];
}

/** Describes the endpoints without a notification, with the route if several lead to the same receiver. */
function describeMissing(missing: readonly ExpectedArrival[], { examples }: Sending): string {
  const lines = missing.map(({ example, endpoint }) => {
    const examplesOfReceiver = examples.filter(({ receiver }) => receiver === example.receiver);
    return `${describeEndpoint(endpoint)}${examplesOfReceiver.length > 1 ? ` by ${example.route}` : ""}`;
  });
  return formatList(lines);
}

/** Returns the failure for an Alertmanager whose configuration lacks deployed receivers. */
function reportOtherConfiguration(unknown: readonly Endpoint[], receivers: readonly string[]): Verdict {
  return {
    status: "fail",
    expected: `Alertmanager has the deployed receivers, ${listEndpoints(unknown)} among them`,
    seen: `its configuration in force has ${formatCount(receivers.length, "receiver")}: ${formatList(receivers)}`,
    cause: "Alertmanager runs with another configuration than the one that was deployed",
    fix: "look at Alertmanager's log for `Loading configuration file failed`",
    fault: { id: "alertmanager-other-config", graceMs: 10_000 },
  };
}

/** Returns the skip for routes that send at certain times only: nothing is wrong if they are muted now. */
function skipTimedRoutes(timed: readonly string[]): Verdict {
  return skip(`not tried: each route to a receiver sends at certain times only (${formatList(timed)})`);
}

/** Returns the failure if no route leads to a receiver that notifies somebody. */
function reportNoReceiver(endpoints: readonly Endpoint[]): Verdict {
  return {
    status: "fail",
    expected: "routing leads to a receiver that notifies somebody",
    seen: `no alert that was thought of reaches ${listEndpoints(endpoints) || "one"}`,
    fix: "look at route in Alertmanager's configuration",
    fault: { id: "alert-leads-nowhere", graceMs: 2_000 },
  };
}

/**
 * Returns the failure for alerts that have not arrived, with the cause from Alertmanager's state, metrics or
 * log.
 */
async function reportUndelivered(
  stack: Stack,
  alertmanager: HttpEndpoint,
  sending: Sending,
  missing: readonly ExpectedArrival[],
  list: ArrivalList,
): Promise<Verdict> {
  const client = createAlertmanagerClient(stack.context, alertmanager);
  const probes = [...new Set(missing.map(({ example }) => example.probe))];
  const heldAlerts = await client.alerts(`${probeLabel}=~"${probes.join("|")}"`);
  await dropMisroutedAlerts(stack, alertmanager, sending, heldAlerts);
  const cause =
    explainHeldAlert(heldAlerts, probes.length) || (await describeDeliveryFailure(stack, alertmanager, list));
  const seconds = ((stack.context.host.now() - sending.startedAt) / 1000).toFixed(0);
  const otherReplicas = Math.max(0, countRequestedReplicas(stack.rendered) - 1);
  return {
    status: "fail",
    expected: "an alert arrives at each receiver",
    seen: `none within ${seconds} s at ${describeMissing(missing, sending)}`,
    cause: cause || "Alertmanager has the alert and sends nothing to this receiver",
    fault: { id: "alert-not-delivered", graceMs: graceMs + otherReplicas * peerTimeoutMs },
  };
}

/**
 * Resolves probes that Alertmanager routes elsewhere: their labels were guessed wrongly (an expression that only Go
 * understands). Their receivers count as not reached, and the next attempt leaves them out.
 */
async function dropMisroutedAlerts(
  stack: Stack,
  alertmanager: HttpEndpoint,
  sending: Sending,
  heldAlerts: readonly HeldAlert[],
): Promise<void> {
  const misrouted = sending.examples.filter(({ probe, receiver }) =>
    heldAlerts.some(
      ({ labels, receivers }) =>
        labels[probeLabel] === probe && !receivers.some(({ name }) => name === receiver),
    ),
  );
  if (misrouted.length === 0) return;
  const now = Math.max(stack.context.host.now(), sending.startedAt + 1);
  await createAlertmanagerClient(stack.context, alertmanager).post(
    misrouted.map((example) => toAlert(example, sending.startedAt, now)),
  );
  sendings.set(stack, {
    ...sending,
    examples: sending.examples.filter((example) => !misrouted.includes(example)),
    ...listUntriedRoutes(sending, misrouted),
  });
}

/** Returns the unproven routes and the unreached receivers of a sending without its misrouted alerts. */
function listUntriedRoutes(
  { examples, unproven, unreached }: Sending,
  misrouted: readonly ProbedExample[],
): Pick<Sending, "unproven" | "unreached"> {
  const remaining = examples.filter((example) => !misrouted.includes(example));
  const isReached = (name: string) => remaining.some(({ receiver }) => receiver === name);
  const unreachedReceivers = [...new Set(misrouted.map(({ receiver }) => receiver))].filter(
    (name) => !isReached(name),
  );
  const reachedExamples = misrouted.filter(({ receiver }) => isReached(receiver));
  return {
    unproven: [...unproven, ...reachedExamples.map(({ route, receiver }) => `${route} to ${receiver}`)],
    unreached: [...unreached, ...unreachedReceivers],
  };
}
