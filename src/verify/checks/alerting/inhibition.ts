import { randomBytes } from "node:crypto";
import { matchesLabel } from "../../../alerting/matchers.ts";
import { ownAlerts, probeLabel, syntheticAlert } from "../../../alerting/own-alerts.ts";
import {
  findInhibitionPair,
  type Inhibition,
  type InhibitionPair,
  readRouting,
} from "../../../alerting/routes.ts";
import { formatCount, formatList } from "../../../lib/text.ts";
import { createAlertmanagerClient, type HeldAlert, type PostedAlert } from "../../../stack/alertmanager.ts";
import { type Check, pass, skip, type Verdict } from "../../../stack/check.ts";
import { createPrometheusClient } from "../../../stack/prometheus.ts";
import type { Stack } from "../../../stack/stack.ts";
import { computeScrapesToComeMs } from "../../runner/grace-periods.ts";
import { prepareDelivery } from "./delivery.ts";

export const alertInhibition: Check = {
  id: "alert-inhibition",
  title: "Each inhibition rule holds back what it is meant to",
  severity: "warning",
  meaning: "When something breaks, everything that depends on it pages as well.",
  fix: "compare the rule's matchers and its `equal` with the labels that your alerts carry",
  run: checkAlertInhibition,
};

/** Time limit of one attempt in milliseconds. */
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
const trialsByStack = new WeakMap<Stack, Trials>();

async function checkAlertInhibition(stack: Stack): Promise<Verdict> {
  const given = prepareDelivery(stack);
  if ("verdict" in given) return given.verdict;
  const { host, signal } = stack.context;
  const client = createAlertmanagerClient(stack.context, given.alertmanager);
  const { inhibitions } = readRouting(await client.config());
  if (inhibitions.length === 0) return skip("Alertmanager's configuration has no inhibit_rules");
  const all = trialsByStack.get(stack) ?? planTrials(inhibitions, host.now());
  trialsByStack.set(stack, all);
  if (all.trials.length === 0)
    return skip(
      `no two alerts were thought of that ${formatCount(inhibitions.length, "rule")} could be about`,
    );
  const probes = all.trials.flatMap(({ sourceProbe, targetProbe }) => [sourceProbe, targetProbe]);
  await client.post(buildAlerts(all, host.now() + aliveMs));
  const end = host.now() + attemptMs;
  while (true) {
    const held = await client.alerts(`${probeLabel}=~"${probes.join("|")}"`);
    const loose = all.trials.filter((trial) => !isInhibited(trial, held));
    if (loose.length === 0 || host.now() >= end) {
      await client.post(buildAlerts(all, Math.max(host.now(), all.startedAt + 1)));
      return loose.length === 0
        ? await judgeLabels(stack, all, inhibitions)
        : reportNotInhibited(loose, held);
    }
    await host.sleep(pollMs, signal);
  }
}

function planTrials(inhibitions: readonly Inhibition[], startedAt: number): Trials {
  const newProbe = () => `m${randomBytes(8).toString("hex")}`;
  const trials = inhibitions.flatMap((rule): Trial[] => {
    const [sourceProbe, targetProbe] = [newProbe(), newProbe()];
    const pair = findInhibitionPair(rule, { alertname: syntheticAlert }, sourceProbe);
    return pair === undefined ? [] : [{ rule, pair, sourceProbe, targetProbe }];
  });
  return { trials, rules: inhibitions.length, startedAt };
}

function buildAlerts({ trials, startedAt }: Trials, endsAt: number): PostedAlert[] {
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

/** Alertmanager does what the rules say; what is left is whether any alert of the stack can have their labels. */
async function judgeLabels(
  stack: Stack,
  { trials, rules }: Trials,
  inhibitions: readonly Inhibition[],
): Promise<Verdict> {
  const [unknown] = await findUnknownLabels(stack, inhibitions);
  if (unknown !== undefined && stack.prometheus !== undefined) {
    const client = createPrometheusClient(stack.context, stack.prometheus);
    return {
      status: "fail",
      expected: "inhibition rules with labels that the alerts of this stack have",
      seen: `no alert has the label ${unknown.label}`,
      cause: `an inhibition rule works only on alerts made up for the trial: ${unknown.consequence}`,
      fault: {
        id: "inhibition-label-unknown",
        graceMs: graceMs + (await computeScrapesToComeMs(stack, client, 2)),
      },
    };
  }
  const rest = rules - trials.length;
  const untried = rest > 0 ? `; for ${formatCount(rest, "other rule")} no two alerts were thought of` : "";
  return pass(`${formatCount(trials.length, "inhibition rule")} held an alert back${untried}`);
}

function reportNotInhibited(loose: readonly Trial[], held: readonly HeldAlert[]): Verdict {
  const isThere = (probe: string) => held.some(({ labels }) => labels[probeLabel] === probe);
  const isForgotten = loose.some((one) => !isThere(one.sourceProbe) || !isThere(one.targetProbe));
  return {
    status: "fail",
    expected: "each inhibition rule holds back an alert that it is about",
    seen: `not held back: ${formatList(loose.map(({ pair }) => `${formatLabels(pair.target)} by ${formatLabels(pair.source)}`))}`,
    cause: isForgotten
      ? "Alertmanager does not have the alerts that it accepted"
      : "Alertmanager understands the rule in another way than it is written, or runs with another configuration",
    fault: { id: "inhibition-not-working", graceMs },
  };
}

function formatLabels(labels: InhibitionPair["source"]): string {
  return `{${Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(", ")}}`;
}

/** A label that an inhibition rule names and that no alert of this Prometheus can have. */
export interface UnknownLabel {
  readonly label: string;
  /** Where the rule names it, and what comes of it. */
  readonly consequence: string;
}

/**
 * An alert has the labels of its rule, of the series in its expression, and external labels. What none of these has is in
 * no alert. Only rules that the user wrote are judged: a chart's own can be for alerts that this stack leaves out.
 */
export async function findUnknownLabels(
  stack: Stack,
  inhibitions: readonly Inhibition[],
): Promise<readonly UnknownLabel[]> {
  if (stack.prometheus === undefined || !areUserWritten(stack)) return [];
  const client = createPrometheusClient(stack.context, stack.prometheus);
  const [groups, config, ofSeries] = await Promise.all([
    client.rules(),
    client.config(),
    client.labelNames(),
  ]);
  const alerting = groups
    .flatMap(({ rules }) => rules)
    .filter(({ type, name }) => type === "alerting" && !ownAlerts.includes(name));
  // Then its alerts come from elsewhere.
  if (alerting.length === 0) return [];
  const { global, scrape_configs: _, ...rest } = config;
  const known = new Set([
    "alertname",
    ...ofSeries,
    ...alerting.flatMap(({ labels }) => Object.keys(labels)),
    ...Object.keys(global?.external_labels ?? {}),
    // What alert_relabel_configs write.
    ...[...JSON.stringify(rest).matchAll(/"target_label":"([^"]+)"/g)].map(([, label = ""]) => label),
  ]);
  return inhibitions.flatMap((rule) => findUnknownLabelsOfRule(rule, known));
}

function areUserWritten({ plan, rendered }: Stack): boolean {
  if (plan.config.alerting?.config !== undefined) return true;
  return rendered.some(({ app }) => JSON.stringify(app.values).includes('"inhibit_rules"'));
}

function findUnknownLabelsOfRule(
  { source, target, equal }: Inhibition,
  known: ReadonlySet<string>,
): UnknownLabel[] {
  // A matcher that matches alerts without the label does not require the label.
  const demanded = [...source, ...target].filter((one) => !matchesLabel(one, {}));
  const never = demanded.map(({ label }) => ({
    label,
    consequence: `its matchers require ${label}, so that it never holds an alert back`,
  }));
  const wide = equal.map((label) => ({
    label,
    consequence: `equal names ${label}, and two alerts without it count as equal: it holds back more than is meant`,
  }));
  return [...never, ...wide].filter(({ label }) => !known.has(label));
}
