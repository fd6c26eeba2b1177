import { randomBytes } from "node:crypto";
import type { ArrivalList } from "../../alerting/arrivals.ts";
import type { Endpoint } from "../../alerting/endpoints.ts";
import { probeLabel, syntheticAlert } from "../../alerting/names.ts";
import { readRouting, type Way, waysTo } from "../../alerting/routes.ts";
import { alertmanagerClient, type HeldAlert, type PostedAlert } from "../alertmanager.ts";
import { deliverable, listEndpoints, missingAt, readArrivals, troubleWith } from "../delivery.ts";
import type { Check, HttpEndpoint, Stack, Verdict } from "../types.ts";
import { count, listOf, pass } from "../verdicts.ts";

export const alertDelivery: Check = {
  id: "alert-delivery",
  title: "An alert reaches every receiver that routing leads to",
  severity: "error",
  meaning: "Alertmanager has alerts, and nobody hears of them.",
  mend: "look at the receiver and its templates in Alertmanager's configuration, and at Alertmanager's log for `notify`",
  run,
};

/** One attempt waits so long, in milliseconds: usually it is all that is needed. */
const attemptMs = 2_000;
const pollMs = 100;
/**
 * Alertmanager collects a group for 1 s. When another notification of the same group failed before, it tries that one
 * again first, at the latest after 5 s.
 */
const graceMs = 10_000;

/** The alerts of a run of this check: what was sent, to be waited for and taken back. */
interface Sending {
  readonly ways: readonly (Way & { readonly probe: string })[];
  readonly unreached: readonly string[];
  readonly startedAt: number;
  readonly resolved: Set<string>;
}

/** Attempts of the same run share their alerts; each run gets a stack of its own. */
const sendings = new WeakMap<Stack, Sending>();

async function run(stack: Stack): Promise<Verdict> {
  const given = deliverable(stack);
  if ("verdict" in given) return given.verdict;
  const { alertmanager, captured } = given;
  const { host, signal } = stack.context;
  const routing = readRouting(await alertmanagerClient(stack.context, alertmanager).config());
  const unknown = captured.endpoints.filter(({ receiver }) => !routing.receivers.includes(receiver));
  if (unknown.length > 0) return anotherConfiguration(unknown, routing.receivers);
  const before = await readArrivals(stack, captured);
  if ("verdict" in before) return before.verdict;
  const sending = sendings.get(stack) ?? plan(routing, host.now());
  sendings.set(stack, sending);
  const expected = captured.endpoints.filter(({ receiver }) =>
    sending.ways.some((way) => way.receiver === receiver),
  );
  if (expected.length === 0) return leadsNowhere(captured.endpoints);
  await post(stack, alertmanager, sending);
  const end = host.now() + attemptMs;
  while (true) {
    const list = await readArrivals(stack, captured);
    if ("verdict" in list) return list.verdict;
    const missing = missingAt(expected, list.arrivals, (arrival, endpoint) =>
      arrival.probes.includes(probeOf(sending, endpoint)),
    );
    await resolve(stack, alertmanager, sending, missing);
    if (missing.length === 0) return delivered(expected, sending, list);
    if (host.now() >= end) return notDelivered(stack, alertmanager, sending, missing, list);
    await host.sleep(pollMs, signal);
  }
}

/** An own label value for whatever alerts are compared by keeps real ones from inhibiting these. */
function plan(routing: ReturnType<typeof readRouting>, startedAt: number): Sending {
  const base = { alertname: syntheticAlert };
  const { ways, unreached } = waysTo(routing, base);
  const isPinned = (way: Way, label: string) => label in way.labels && label !== "alertname";
  return {
    ways: ways.map((way) => {
      const probe = `m${randomBytes(8).toString("hex")}`;
      const free = routing.equalLabels.filter((label) => label !== "alertname" && !isPinned(way, label));
      const own = Object.fromEntries(free.map((label) => [label, probe]));
      return { ...way, probe, labels: { ...own, ...way.labels, [probeLabel]: probe } };
    }),
    unreached,
    startedAt,
    resolved: new Set(),
  };
}

function probeOf({ ways }: Sending, { receiver }: Endpoint): string {
  return ways.find((way) => way.receiver === receiver)?.probe ?? "";
}

async function post(stack: Stack, alertmanager: HttpEndpoint, sending: Sending): Promise<void> {
  const open = sending.ways.filter(({ receiver }) => !sending.resolved.has(receiver));
  const alerts = open.map((way) => toAlert(way, sending.startedAt, sending.startedAt + 5 * 60_000));
  if (alerts.length > 0) await alertmanagerClient(stack.context, alertmanager).post(alerts);
}

/** As soon as all of a receiver's have come: a firing one could inhibit the others. */
async function resolve(
  stack: Stack,
  alertmanager: HttpEndpoint,
  sending: Sending,
  missing: readonly Endpoint[],
): Promise<void> {
  const done = sending.ways.filter(
    (way) =>
      !sending.resolved.has(way.receiver) && !missing.some(({ receiver }) => receiver === way.receiver),
  );
  if (done.length === 0) return;
  const now = stack.context.host.now();
  const alerts = done.map((way) => toAlert(way, sending.startedAt, Math.max(now, sending.startedAt + 1)));
  await alertmanagerClient(stack.context, alertmanager).post(alerts);
  for (const { receiver } of done) sending.resolved.add(receiver);
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

function delivered(expected: readonly Endpoint[], sending: Sending, list: ArrivalList): Verdict {
  const times = sending.ways.flatMap(({ probe }) =>
    list.arrivals.filter(({ probes }) => probes.includes(probe)).map(({ at }) => at),
  );
  const seconds = Math.max(0, (Math.max(...times) - sending.startedAt) / 1000).toFixed(1);
  const { unreached } = sending;
  const rest = unreached.length > 0 ? `; no alert at any time leads to ${listOf(unreached)}` : "";
  return pass(`an alert each arrived at ${listEndpoints(expected)} within ${seconds} s${rest}`);
}

function anotherConfiguration(unknown: readonly Endpoint[], receivers: readonly string[]): Verdict {
  return {
    status: "fail",
    expected: `Alertmanager has the deployed receivers, ${listEndpoints(unknown)} among them`,
    seen: `its configuration in force has ${count(receivers.length, "receiver")}: ${listOf(receivers)}`,
    cause: "Alertmanager runs with another configuration than the one that was deployed",
    mend: "look at Alertmanager's log for `Loading configuration file failed`",
    fault: { id: "alertmanager-other-config", graceMs: 10_000 },
  };
}

function leadsNowhere(endpoints: readonly Endpoint[]): Verdict {
  return {
    status: "fail",
    expected: "routing leads to a receiver that tells somebody",
    seen: `no alert that was thought of reaches ${listEndpoints(endpoints) || "one"}`,
    mend: "look at route in Alertmanager's configuration",
    final: true,
  };
}

async function notDelivered(
  stack: Stack,
  alertmanager: HttpEndpoint,
  sending: Sending,
  missing: readonly Endpoint[],
  list: ArrivalList,
): Promise<Verdict> {
  const client = alertmanagerClient(stack.context, alertmanager);
  const probes = [...new Set(missing.map((endpoint) => probeOf(sending, endpoint)))];
  const held = await client.alerts(`${probeLabel}=~"${probes.join("|")}"`);
  await giveUpMisled(stack, alertmanager, sending, held);
  const cause = whyHeld(held, probes.length) || (await troubleWith(stack, alertmanager, list));
  const seconds = ((stack.context.host.now() - sending.startedAt) / 1000).toFixed(0);
  return {
    status: "fail",
    expected: "an alert arrives at each receiver",
    seen: `none within ${seconds} s at ${listEndpoints(missing)}`,
    cause: cause || "Alertmanager has the alert and sends nothing to this receiver",
    fault: { id: "alert-not-delivered", graceMs },
  };
}

/**
 * Where Alertmanager itself routes an alert elsewhere (an expression that only Go understands), the labels were guessed
 * wrongly: it is taken back, and its receiver counts as one to which no way was found. The next attempt goes on without.
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
  await alertmanagerClient(stack.context, alertmanager).post(
    misled.map((way) => toAlert(way, sending.startedAt, now)),
  );
  sendings.set(stack, {
    ...sending,
    ways: sending.ways.filter((way) => !misled.includes(way)),
    unreached: [...sending.unreached, ...misled.map(({ receiver }) => receiver)],
  });
}

/** What Alertmanager does with an alert instead of sending it. */
export function whyHeld(held: readonly HeldAlert[], sent: number): string {
  if (held.length < sent) return "Alertmanager does not have the alert that it accepted";
  const suppressed = held.find(({ status }) => status.state === "suppressed");
  if (suppressed === undefined) return "";
  const { silencedBy, inhibitedBy, mutedBy = [] } = suppressed.status;
  if (silencedBy.length > 0) return `a silence holds the alert back (${listOf(silencedBy)})`;
  if (inhibitedBy.length > 0) return "another alert that fires inhibits it (inhibit_rules)";
  return `a time interval mutes it${mutedBy.length > 0 ? ` (${listOf(mutedBy)})` : ""}`;
}
