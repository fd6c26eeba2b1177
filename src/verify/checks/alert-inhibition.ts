import { randomBytes } from "node:crypto";
import { type InhibitionPair, pairFor } from "../../alerting/inhibition.ts";
import { matches } from "../../alerting/matchers.ts";
import { ownAlerts, probeLabel, syntheticAlert } from "../../alerting/names.ts";
import { type Inhibition, readRouting } from "../../alerting/routes.ts";
import { alertmanagerClient, type HeldAlert, type PostedAlert } from "../alertmanager.ts";
import { deliverable } from "../delivery.ts";
import { prometheusClient } from "../prometheus.ts";
import type { Check, Stack, Verdict } from "../types.ts";
import { count, listOf, pass, skipped } from "../verdicts.ts";

export const alertInhibition: Check = {
  id: "alert-inhibition",
  title: "Each inhibition rule holds back what it is meant to",
  severity: "warning",
  meaning: "When something breaks, everything that depends on it pages as well.",
  mend: "compare the rule's matchers and its `equal` with the labels that your alerts carry",
  run,
};

/** One attempt waits so long, in milliseconds. */
const attemptMs = 2_000;
const pollMs = 100;
const graceMs = 10_000;
const aliveMs = 60_000;

interface Trial {
  readonly rule: Inhibition;
  readonly pair: InhibitionPair;
  readonly sourceProbe: string;
  readonly targetProbe: string;
}

interface Trials {
  readonly trials: readonly Trial[];
  /** Of all rules. */
  readonly rules: number;
  readonly startedAt: number;
}

/** Attempts of the same run share their alerts; each run gets a stack of its own. */
const known = new WeakMap<Stack, Trials>();

async function run(stack: Stack): Promise<Verdict> {
  const given = deliverable(stack);
  if ("verdict" in given) return given.verdict;
  const { host, signal } = stack.context;
  const client = alertmanagerClient(stack.context, given.alertmanager);
  const { inhibitions } = readRouting(await client.config());
  if (inhibitions.length === 0) return skipped("Alertmanager's configuration has no inhibit_rules");
  const labels = await alertLabels(stack, client);
  const strange = labels === undefined ? [] : inhibitions.flatMap((rule) => strangeIn(rule, labels));
  if (strange.length > 0) return aboutNoAlert(strange);
  const all = known.get(stack) ?? plan(inhibitions, host.now());
  known.set(stack, all);
  if (all.trials.length === 0)
    return skipped(`no two alerts were thought of that ${count(inhibitions.length, "rule")} could be about`);
  const probes = all.trials.flatMap(({ sourceProbe, targetProbe }) => [sourceProbe, targetProbe]);
  await client.post(alertsOf(all, host.now() + aliveMs));
  const end = host.now() + attemptMs;
  while (true) {
    const held = await client.alerts(`${probeLabel}=~"${probes.join("|")}"`);
    const loose = all.trials.filter((trial) => !isInhibited(trial, held));
    if (loose.length === 0 || host.now() >= end) {
      await client.post(alertsOf(all, Math.max(host.now(), all.startedAt + 1)));
      return loose.length === 0 ? proven(all) : notHeld(loose, held);
    }
    await host.sleep(pollMs, signal);
  }
}

/**
 * Labels that alerts of this stack can have: those of its series and rules, those that Prometheus adds, and those of the alerts
 * that Alertmanager has from others. Undefined where nobody knows of an alerting rule.
 */
async function alertLabels(
  { prometheus, context }: Stack,
  client: ReturnType<typeof alertmanagerClient>,
): Promise<ReadonlySet<string> | undefined> {
  if (prometheus === undefined) return undefined;
  const server = prometheusClient(context, prometheus);
  const [groups, series, { global }, held] = await Promise.all([
    server.rules(),
    server.labelNames(),
    server.config(),
    client.alerts(`${probeLabel}=""`),
  ]);
  const alerting = groups.flatMap(({ rules }) =>
    rules.filter(({ type, name }) => type === "alerting" && !ownAlerts.includes(name)),
  );
  if (alerting.length === 0) return undefined;
  const named = [...alerting, ...held].flatMap(({ labels }) => Object.keys(labels ?? {}));
  return new Set(["alertname", ...series, ...named, ...Object.keys(global?.external_labels ?? {})]);
}

/** Labels that a rule is about, as the configuration has them, and that no alert has. */
function strangeIn({ source, target, equal }: Inhibition, labels: ReadonlySet<string>): string[] {
  const needed = [...source, ...target].filter((matcher) => !matches(matcher, {}));
  return [
    ...needed.filter(({ label }) => !labels.has(label)).map(({ label }) => `${label} (in a matcher)`),
    ...equal.filter((label) => !labels.has(label)).map((label) => `${label} (in equal)`),
  ];
}

function aboutNoAlert(strange: readonly string[]): Verdict {
  return {
    status: "fail",
    expected: "inhibition rules about labels that alerts have",
    seen: `no rule, series or alert has the label ${listOf([...new Set(strange)])}`,
    cause:
      "an inhibition rule names a label that no alert of this stack has: a matcher with it never fits, and in `equal` it separates nothing",
    fault: { id: "inhibition-label-unknown", graceMs },
  };
}

function plan(inhibitions: readonly Inhibition[], startedAt: number): Trials {
  const newProbe = () => `m${randomBytes(8).toString("hex")}`;
  const trials = inhibitions.flatMap((rule): Trial[] => {
    const [sourceProbe, targetProbe] = [newProbe(), newProbe()];
    const pair = pairFor(rule, { alertname: syntheticAlert }, sourceProbe);
    return pair === undefined ? [] : [{ rule, pair, sourceProbe, targetProbe }];
  });
  return { trials, rules: inhibitions.length, startedAt };
}

function alertsOf({ trials, startedAt }: Trials, endsAt: number): PostedAlert[] {
  const alert = (labels: InhibitionPair["source"], probe: string, summary: string): PostedAlert => ({
    labels: { ...labels, [probeLabel]: probe },
    annotations: { summary, description: "It is resolved within seconds and needs no attention" },
    startsAt: new Date(startedAt).toISOString(),
    endsAt: new Date(endsAt).toISOString(),
  });
  return trials.flatMap(({ pair, sourceProbe, targetProbe }) => [
    alert(pair.source, sourceProbe, "monstack tries an inhibition rule: this one holds another back"),
    alert(pair.target, targetProbe, "monstack tries an inhibition rule: this one is to be held back"),
  ]);
}

function isInhibited({ targetProbe }: Trial, held: readonly HeldAlert[]): boolean {
  return held.some(
    ({ labels, status }) => labels[probeLabel] === targetProbe && status.inhibitedBy.length > 0,
  );
}

function proven({ trials, rules }: Trials): Verdict {
  const rest = rules - trials.length;
  const untried = rest > 0 ? `; for ${count(rest, "other rule")} no two alerts were thought of` : "";
  return pass(`${count(trials.length, "inhibition rule")} held an alert back${untried}`);
}

function notHeld(loose: readonly Trial[], held: readonly HeldAlert[]): Verdict {
  const isThere = (probe: string) => held.some(({ labels }) => labels[probeLabel] === probe);
  const isForgotten = loose.some((one) => !isThere(one.sourceProbe) || !isThere(one.targetProbe));
  return {
    status: "fail",
    expected: "each inhibition rule holds back an alert that it is about",
    seen: `not held back: ${listOf(loose.map(({ pair }) => `${shown(pair.target)} by ${shown(pair.source)}`))}`,
    cause: isForgotten
      ? "Alertmanager does not have the alerts that it accepted"
      : "Alertmanager understands the rule in another way than it is written, or runs with another configuration",
    fault: { id: "inhibition-not-working", graceMs },
  };
}

function shown(labels: InhibitionPair["source"]): string {
  return `{${Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(", ")}}`;
}
