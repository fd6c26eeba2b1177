import { randomBytes } from "node:crypto";
import { type ArrivalList, describeEndpoint, type Endpoint } from "../../../alerting/endpoints.ts";
import { probeLabel, syntheticAlert } from "../../../alerting/own-alerts.ts";
import { findWays, readRouting, type Way } from "../../../alerting/routes.ts";
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
 * Alertmanager collects a group for 1 s. When another notification of the same group failed before, it tries that one
 * again first, at the latest after 5 s.
 */
const graceMs = 10_000;
/** A replica lets each one before it notify first, and waits so long for its word (`--cluster.peer-timeout`). */
const peerTimeoutMs = 15_000;

/** The alerts of a run of this check: what was sent, to be waited for and taken back. */
interface Sending {
  readonly ways: readonly ProbedWay[];
  /** Routes that send at certain times only. */
  readonly timed: readonly string[];
  /** Routes, and receivers, to which no way was found. */
  readonly unproven: readonly string[];
  readonly unreached: readonly string[];
  readonly startedAt: number;
  /** The probes that were taken back. */
  readonly resolved: Set<string>;
}

interface ProbedWay extends Way {
  readonly probe: string;
}

/** An expected notification: the alert of a route at one integration of its receiver. */
interface ExpectedArrival {
  readonly way: ProbedWay;
  readonly endpoint: Endpoint;
}

/** Attempts of the same run share their alerts; each run gets a stack of its own. */
const sendings = new WeakMap<Stack, Sending>();

async function checkAlertDelivery(stack: Stack): Promise<Verdict> {
  const given = prepareDelivery(stack);
  if ("verdict" in given) return given.verdict;
  const { alertmanager, captured } = given;
  const { host, signal } = stack.context;
  const routing = readRouting(await createAlertmanagerClient(stack.context, alertmanager).config());
  const unknown = captured.endpoints.filter(({ receiver }) => !routing.receivers.includes(receiver));
  if (unknown.length > 0) return reportOtherConfiguration(unknown, routing.receivers);
  const before = await readArrivals(stack, captured);
  if ("verdict" in before) return before.verdict;
  const sending = sendings.get(stack) ?? planSending(routing, host.now());
  sendings.set(stack, sending);
  const expected = sending.ways.flatMap((way) =>
    captured.endpoints
      .filter(({ receiver }) => receiver === way.receiver)
      .map((endpoint) => ({ way, endpoint })),
  );
  if (expected.length === 0)
    return sending.timed.length > 0 ? skipTimedRoutes(sending.timed) : reportNoReceiver(captured.endpoints);
  await postAlerts(stack, alertmanager, sending);
  const end = host.now() + attemptMs;
  while (true) {
    const list = await readArrivals(stack, captured);
    if ("verdict" in list) return list.verdict;
    const missing = expected.filter(
      ({ way, endpoint }) =>
        findMissingEndpoints([endpoint], list.arrivals, ({ probes }) => probes.includes(way.probe)).length >
        0,
    );
    await resolveAlerts(stack, alertmanager, sending, missing);
    if (missing.length === 0) return reportDelivered(expected, sending, list);
    if (host.now() >= end) return reportUndelivered(stack, alertmanager, sending, missing, list);
    await host.sleep(pollMs, signal);
  }
}

/** An own label value for whatever alerts are compared by keeps real ones from inhibiting these. */
function planSending(routing: ReturnType<typeof readRouting>, startedAt: number): Sending {
  const base = { alertname: syntheticAlert };
  const { ways, timed, unproven, unreached } = findWays(routing, base);
  const isPinned = (way: Way, label: string) => label in way.labels && label !== "alertname";
  return {
    ways: ways.map((way) => {
      const probe = `m${randomBytes(8).toString("hex")}`;
      const free = routing.equalLabels.filter((label) => label !== "alertname" && !isPinned(way, label));
      const own = Object.fromEntries(free.map((label) => [label, probe]));
      return { ...way, probe, labels: { ...own, ...way.labels, [probeLabel]: probe } };
    }),
    timed,
    unproven,
    unreached,
    startedAt,
    resolved: new Set(),
  };
}

async function postAlerts(stack: Stack, alertmanager: HttpEndpoint, sending: Sending): Promise<void> {
  const open = sending.ways.filter(({ probe }) => !sending.resolved.has(probe));
  const alerts = open.map((way) => toAlert(way, sending.startedAt, sending.startedAt + 5 * 60_000));
  if (alerts.length > 0) await createAlertmanagerClient(stack.context, alertmanager).post(alerts);
}

/** Resolves each alert that has arrived at all integrations: a firing alert could inhibit the others. */
async function resolveAlerts(
  stack: Stack,
  alertmanager: HttpEndpoint,
  sending: Sending,
  missing: readonly ExpectedArrival[],
): Promise<void> {
  const done = sending.ways.filter(
    (way) => !sending.resolved.has(way.probe) && !missing.some((one) => one.way === way),
  );
  if (done.length === 0) return;
  const now = stack.context.host.now();
  const alerts = done.map((way) => toAlert(way, sending.startedAt, Math.max(now, sending.startedAt + 1)));
  await createAlertmanagerClient(stack.context, alertmanager).post(alerts);
  for (const { probe } of done) sending.resolved.add(probe);
}

function toAlert({ labels, receiver }: Way, startsAt: number, endsAt: number): PostedAlert {
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

function reportDelivered(expected: readonly ExpectedArrival[], sending: Sending, list: ArrivalList): Verdict {
  const times = sending.ways.flatMap(({ probe }) =>
    list.arrivals.filter(({ probes }) => probes.includes(probe)).map(({ at }) => at),
  );
  const seconds = Math.max(0, (Math.max(...times) - sending.startedAt) / 1000).toFixed(1);
  const { timed, unproven, unreached } = sending;
  const ways = new Set(expected.map(({ way }) => way));
  const receivers = new Set(expected.map(({ way }) => way.receiver));
  const what = ways.size > receivers.size ? `an alert by each of ${ways.size} routes` : "an alert each";
  const rest = [
    `${what} arrived at ${formatList(listWantedEndpoints(expected).map(describeEndpoint), 20)} within ${seconds} s`,
    ...(timed.length > 0 ? [`not tried, since they send at certain times only: ${formatList(timed)}`] : []),
    ...(unreached.length > 0 ? [`no alert at any time leads to ${formatList(unreached)}`] : []),
    ...(unproven.length > 0 ? [`not tried: ${formatList(unproven)}`] : []),
  ];
  return pass(rest.join("; "));
}

function listWantedEndpoints(wanted: readonly ExpectedArrival[]): Endpoint[] {
  return [...new Set(wanted.map(({ endpoint }) => endpoint))];
}

/** With the route where several lead to the same receiver. */
function describeMissing(missing: readonly ExpectedArrival[], { ways }: Sending): string {
  const lines = missing.map(({ way, endpoint }) => {
    const others = ways.filter(({ receiver }) => receiver === way.receiver);
    return `${describeEndpoint(endpoint)}${others.length > 1 ? ` by ${way.route}` : ""}`;
  });
  return formatList(lines);
}

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

/** What is muted now, or at some hour of another day, is not wrong. */
function skipTimedRoutes(timed: readonly string[]): Verdict {
  return skip(`not tried: each route to a receiver sends at certain times only (${formatList(timed)})`);
}

function reportNoReceiver(endpoints: readonly Endpoint[]): Verdict {
  return {
    status: "fail",
    expected: "routing leads to a receiver that notifies somebody",
    seen: `no alert that was thought of reaches ${listEndpoints(endpoints) || "one"}`,
    fix: "look at route in Alertmanager's configuration",
    fault: { id: "alert-leads-nowhere", graceMs: 2_000 },
  };
}

async function reportUndelivered(
  stack: Stack,
  alertmanager: HttpEndpoint,
  sending: Sending,
  missing: readonly ExpectedArrival[],
  list: ArrivalList,
): Promise<Verdict> {
  const client = createAlertmanagerClient(stack.context, alertmanager);
  const probes = [...new Set(missing.map(({ way }) => way.probe))];
  const held = await client.alerts(`${probeLabel}=~"${probes.join("|")}"`);
  await giveUpMisled(stack, alertmanager, sending, held);
  const cause =
    explainHeldAlert(held, probes.length) || (await describeDeliveryFailure(stack, alertmanager, list));
  const seconds = ((stack.context.host.now() - sending.startedAt) / 1000).toFixed(0);
  const others = Math.max(0, countRequestedReplicas(stack.rendered) - 1);
  return {
    status: "fail",
    expected: "an alert arrives at each receiver",
    seen: `none within ${seconds} s at ${describeMissing(missing, sending)}`,
    cause: cause || "Alertmanager has the alert and sends nothing to this receiver",
    fault: { id: "alert-not-delivered", graceMs: graceMs + others * peerTimeoutMs },
  };
}

/**
 * Resolves probes that Alertmanager routes elsewhere: their labels were guessed wrongly (an expression that only Go
 * understands). Their receivers count as not reached, and the next attempt leaves them out.
 */
async function giveUpMisled(
  stack: Stack,
  alertmanager: HttpEndpoint,
  sending: Sending,
  held: readonly HeldAlert[],
): Promise<void> {
  const misled = sending.ways.filter(({ probe, receiver }) =>
    held.some(
      ({ labels, receivers }) =>
        labels[probeLabel] === probe && !receivers.some(({ name }) => name === receiver),
    ),
  );
  if (misled.length === 0) return;
  const now = Math.max(stack.context.host.now(), sending.startedAt + 1);
  await createAlertmanagerClient(stack.context, alertmanager).post(
    misled.map((way) => toAlert(way, sending.startedAt, now)),
  );
  sendings.set(stack, {
    ...sending,
    ways: sending.ways.filter((way) => !misled.includes(way)),
    ...withoutThese(sending, misled),
  });
}

function withoutThese({ ways, unproven, unreached }: Sending, misled: readonly ProbedWay[]) {
  const left = ways.filter((way) => !misled.includes(way));
  const isReached = (name: string) => left.some(({ receiver }) => receiver === name);
  const lost = [...new Set(misled.map(({ receiver }) => receiver))].filter((name) => !isReached(name));
  const others = misled.filter(({ receiver }) => isReached(receiver));
  return {
    unproven: [...unproven, ...others.map(({ route, receiver }) => `${route} to ${receiver}`)],
    unreached: [...unreached, ...lost],
  };
}
