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
/** Milliseconds after which a trial's alerts resolve by themselves. */
const aliveMs = 60_000;

/** Two alerts that an inhibition rule applies to: the source must inhibit the target. */
interface Trial {
  readonly rule: Inhibition;
  readonly pair: InhibitionPair;
  /** Random values of the label `probeLabel`, by which the two alerts are found in Alertmanager. */
  readonly sourceProbe: string;
  readonly targetProbe: string;
}

/** The trials of one run of this check. */
interface TrialRun {
  readonly trials: readonly Trial[];
  /** The number of inhibition rules, including those without a trial. */
  readonly rules: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/**
 * The trials of each run, since each run has its own stack. A run attempts a check several times, and its attempts use
 * the same alerts: new ones each time would make Alertmanager hold many.
 */
const trialsByStack = new WeakMap<Stack, TrialRun>();

/**
 * Posts two alerts for each inhibition rule to Alertmanager, and fails unless one inhibits the other. Ends the alerts
 * afterwards. Also fails if a rule names a label that no alert of the stack can have.
 */
async function checkAlertInhibition(stack: Stack): Promise<Verdict> {
  const delivery = prepareDelivery(stack);
  if ("verdict" in delivery) return delivery.verdict;
  const { host, signal } = stack.context;
  const client = createAlertmanagerClient(stack.context, delivery.alertmanager);
  const { inhibitions } = readRouting(await client.config());
  if (inhibitions.length === 0) return skip("Alertmanager's configuration has no inhibit_rules");
  const run = trialsByStack.get(stack) ?? planTrials(inhibitions, host.now());
  trialsByStack.set(stack, run);
  if (run.trials.length === 0)
    return skip(
      `no two alerts were thought of that ${formatCount(inhibitions.length, "rule")} could be about`,
    );
  const probes = run.trials.flatMap(({ sourceProbe, targetProbe }) => [sourceProbe, targetProbe]);
  await client.post(buildAlerts(run, host.now() + aliveMs));
  const attemptEnd = host.now() + attemptMs;
  while (true) {
    const heldAlerts = await client.alerts(`${probeLabel}=~"${probes.join("|")}"`);
    const notInhibited = run.trials.filter((trial) => !isInhibited(trial, heldAlerts));
    if (notInhibited.length === 0 || host.now() >= attemptEnd) {
      await client.post(buildEndedAlerts(run, host.now()));
      return notInhibited.length === 0
        ? await judgeRuleLabels(stack, run, inhibitions)
        : reportNotInhibited(notInhibited, heldAlerts);
    }
    await host.sleep(pollMs, signal);
  }
}

/** Returns a trial for each inhibition rule for which two alerts were found. */
function planTrials(inhibitions: readonly Inhibition[], startedAt: number): TrialRun {
  const newProbe = () => `m${randomBytes(8).toString("hex")}`;
  const trials = inhibitions.flatMap((rule): Trial[] => {
    const [sourceProbe, targetProbe] = [newProbe(), newProbe()];
    const pair = findInhibitionPair(rule, { alertname: syntheticAlert }, sourceProbe);
    return pair === undefined ? [] : [{ rule, pair, sourceProbe, targetProbe }];
  });
  return { trials, rules: inhibitions.length, startedAt };
}

/** Returns the alerts of all trials. `endsAt` is in milliseconds since the epoch. */
function buildAlerts({ trials, startedAt }: TrialRun, endsAt: number): PostedAlert[] {
  const createAlert = (labels: InhibitionPair["source"], probe: string, summary: string): PostedAlert => ({
    labels: { ...labels, [probeLabel]: probe },
    annotations: { summary, description: "It is resolved within seconds and needs no attention" },
    startsAt: new Date(startedAt).toISOString(),
    endsAt: new Date(endsAt).toISOString(),
  });
  return trials.flatMap(({ pair, sourceProbe, targetProbe }) => [
    createAlert(pair.source, sourceProbe, "monstack tries an inhibition rule: this one holds another back"),
    createAlert(pair.target, targetProbe, "monstack tries an inhibition rule: this one is to be held back"),
  ]);
}

/**
 * Returns the alerts of all trials, ended now. They end at least a millisecond after their start: Alertmanager refuses an
 * alert that ends before it, as after a correction of the host's clock.
 */
function buildEndedAlerts(run: TrialRun, now: number): PostedAlert[] {
  return buildAlerts(run, Math.max(now, run.startedAt + 1));
}

/** True if Alertmanager holds the trial's target alert back. */
function isInhibited({ targetProbe }: Trial, heldAlerts: readonly HeldAlert[]): boolean {
  return heldAlerts.some(
    ({ labels, status }) => labels[probeLabel] === targetProbe && status.inhibitedBy.length > 0,
  );
}

/** Judges rules that work in the trials: fails if they name a label that no alert of the stack can have. */
async function judgeRuleLabels(
  stack: Stack,
  { trials, rules }: TrialRun,
  inhibitions: readonly Inhibition[],
): Promise<Verdict> {
  const [unknownLabel] = await findUnknownLabels(stack, inhibitions);
  if (unknownLabel !== undefined && stack.prometheus !== undefined) {
    const client = createPrometheusClient(stack.context, stack.prometheus);
    return {
      status: "fail",
      expected: "inhibition rules with labels that the alerts of this stack have",
      seen: `no alert has the label ${unknownLabel.label}`,
      cause: `an inhibition rule works only on alerts made up for the trial: ${unknownLabel.consequence}`,
      fault: {
        id: "inhibition-label-unknown",
        graceMs: graceMs + (await computeScrapesToComeMs(stack, client, 2)),
      },
    };
  }
  const untriedRules = rules - trials.length;
  const untriedNote =
    untriedRules > 0 ? `; for ${formatCount(untriedRules, "other rule")} no two alerts were thought of` : "";
  return pass(`${formatCount(trials.length, "inhibition rule")} held an alert back${untriedNote}`);
}

/** Returns the failure for trials whose target alert was not held back. */
function reportNotInhibited(notInhibited: readonly Trial[], heldAlerts: readonly HeldAlert[]): Verdict {
  const isHeld = (probe: string) => heldAlerts.some(({ labels }) => labels[probeLabel] === probe);
  const isAlertMissing = notInhibited.some(
    (trial) => !isHeld(trial.sourceProbe) || !isHeld(trial.targetProbe),
  );
  return {
    status: "fail",
    expected: "each inhibition rule holds back an alert that it is about",
    seen: `not held back: ${formatList(notInhibited.map(({ pair }) => `${formatLabels(pair.target)} by ${formatLabels(pair.source)}`))}`,
    cause: isAlertMissing
      ? "Alertmanager does not have the alerts that it accepted"
      : "Alertmanager understands the rule in another way than it is written, or runs with another configuration",
    fault: { id: "inhibition-not-working", graceMs },
  };
}

/** Returns labels as PromQL writes them: `{severity="critical"}`. */
function formatLabels(labels: InhibitionPair["source"]): string {
  return `{${Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(", ")}}`;
}

/** A label that an inhibition rule names and that no alert of this Prometheus can have. */
interface UnknownLabel {
  readonly label: string;
  /** Where the rule names the label, and the effect. */
  readonly consequence: string;
}

/**
 * Returns the labels in inhibition rules that no alert can have. An alert has the labels of its rule, of the series in
 * its expression, and the external labels. Only the user's own rules are judged: a chart's may be for alerts that this
 * stack leaves out.
 */
async function findUnknownLabels(
  stack: Stack,
  inhibitions: readonly Inhibition[],
): Promise<readonly UnknownLabel[]> {
  if (stack.prometheus === undefined || !areUserWritten(stack)) return [];
  const client = createPrometheusClient(stack.context, stack.prometheus);
  const [groups, config, seriesLabels] = await Promise.all([
    client.rules(),
    client.config(),
    client.labelNames(),
  ]);
  const alertingRules = groups
    .flatMap(({ rules }) => rules)
    .filter(({ type, name }) => type === "alerting" && !ownAlerts.includes(name));
  // Without alerting rules the alerts come from another source.
  if (alertingRules.length === 0) return [];
  const { global, scrape_configs: _, ...otherSections } = config;
  const knownLabels = new Set([
    "alertname",
    ...seriesLabels,
    ...alertingRules.flatMap(({ labels }) => Object.keys(labels)),
    ...Object.keys(global?.external_labels ?? {}),
    // Labels that alert_relabel_configs set.
    ...[...JSON.stringify(otherSections).matchAll(/"target_label":"([^"]+)"/g)].map(
      ([, label = ""]) => label,
    ),
  ]);
  return inhibitions.flatMap((rule) => findUnknownLabelsOfRule(rule, knownLabels));
}

/** True if the settings or the values of an app contain inhibition rules. */
function areUserWritten({ plan, rendered }: Stack): boolean {
  if (plan.config.alerting?.config !== undefined) return true;
  return rendered.some(({ app }) => JSON.stringify(app.values).includes('"inhibit_rules"'));
}

/** Returns the labels in the matchers and in `equal` of a rule that are not known. */
function findUnknownLabelsOfRule(
  { source, target, equal }: Inhibition,
  knownLabels: ReadonlySet<string>,
): UnknownLabel[] {
  // A matcher that matches alerts without the label does not require the label.
  const requiredLabels = [...source, ...target].filter((matcher) => !matchesLabel(matcher, {}));
  const inMatchers = requiredLabels.map(({ label }) => ({
    label,
    consequence: `its matchers require ${label}, so that it never holds an alert back`,
  }));
  const inEqual = equal.map((label) => ({
    label,
    consequence: `equal names ${label}, and two alerts without it count as equal: it holds back more than is meant`,
  }));
  return [...inMatchers, ...inEqual].filter(({ label }) => !knownLabels.has(label));
}
