import { graceOf, notInForce } from "./graces.ts";
import { type PrometheusClient, prometheusClient } from "./prometheus.ts";
import type { RuleGroup } from "./prometheus-rules.ts";
import { type RenderedGroup, renderedGroups } from "./rendered-rules.ts";
import type { Stack, Verdict } from "./types.ts";
import { count, listOf, notDeployed, skipped } from "./verdicts.ts";

/** What Prometheus evaluates, or why there is nothing to judge. */
export type RulesInForce =
  | {
      readonly client: PrometheusClient;
      /** Evaluated since the deployment began. */
      readonly groups: readonly RuleGroup[];
      /** Loaded, and rarely evaluated: their first time since the deployment is yet to come. */
      readonly later: readonly RuleGroup[];
    }
  | { readonly verdict: Verdict };

/** Groups that are evaluated more rarely are not waited for: kube-prometheus-stack has one of three minutes. */
const awaitedMs = 60_000;
/** Until a Prometheus that has just started evaluates anything. */
const slackMs = 15_000;

/** `; not due yet: kube-apiserver-availability.rules (every 180 s)`, or nothing. */
export function notDueYet(later: readonly RuleGroup[]): string {
  if (later.length === 0) return "";
  return `; not due yet: ${listOf(later.map(({ name, intervalMs }) => `${name} (every ${intervalMs / 1000} s)`))}`;
}

/**
 * The rule groups in force, at least all that the charts render, each evaluated since the deployment began or, where its
 * interval is long, not due yet.
 */
export async function rulesInForce(stack: Stack): Promise<RulesInForce> {
  if (stack.prometheus === undefined) return { verdict: notDeployed("Prometheus") };
  const client = prometheusClient(stack.context, stack.prometheus);
  const rendered = renderedGroups(stack.rendered);
  const groups = (await client.rules()).filter(({ rules }) => rules.length > 0);
  const missing = missingGroups(rendered, groups);
  const expected = `${count(rendered.length, "rule group")} of the charts in force`;
  if (missing.length > 0) {
    const verdict: Verdict = {
      status: "fail",
      expected,
      seen: listOf(missing),
      cause:
        "Prometheus goes on with its rules from before, or rule_files (of an operator's: ruleSelector) doesn't take these in",
      fault: await notInForce(stack, client, "rules-not-in-force"),
    };
    return { verdict };
  }
  if (groups.length === 0) return { verdict: skipped("the charts render no rule, and Prometheus has none") };
  const since = Date.parse(stack.deployedAt);
  const waiting = groups.filter(({ rules }) =>
    rules.some(({ lastEvaluation }) => !(Date.parse(lastEvaluation) >= since)),
  );
  const age = stack.context.host.now() - since;
  const later = waiting.filter(({ intervalMs }) => intervalMs > awaitedMs && age < intervalMs + slackMs);
  const late = waiting.filter((group) => !later.includes(group));
  const evaluated = groups.filter((group) => !waiting.includes(group));
  if (late.length === 0 && evaluated.length > 0) return { client, groups: evaluated, later };
  const slowest = Math.max(...waiting.map(({ intervalMs }) => intervalMs));
  const verdict: Verdict = {
    status: "fail",
    expected: `${count(groups.length, "rule group")} evaluated since the deployment began`,
    seen: listOf(waiting.map(({ name, intervalMs }) => `${name} was not, every ${intervalMs / 1000} s`)),
    cause: "its interval has not passed yet, or Prometheus is too slow to evaluate it",
    fault: { id: "rules-not-evaluated", graceMs: graceOf(2, slowest) },
  };
  return { verdict };
}

/** The same name can stand in several files: then each must be there. */
function missingGroups(rendered: readonly RenderedGroup[], live: readonly RuleGroup[]): string[] {
  const left = live.map(({ name, rules }) => ({ name, rules: rules.map((rule) => rule.name).join() }));
  return rendered.flatMap(({ name, where, rules }) => {
    const wanted = rules.map(({ alert, record }) => alert ?? record).join();
    const found = left.findIndex((one) => one.name === name && one.rules === wanted);
    if (found >= 0) {
      left.splice(found, 1);
      return [];
    }
    const has = left.find((one) => one.name === name);
    const what = has ? `has other rules (${has.rules}, not ${wanted})` : "is not there";
    return [`group ${name} of ${where} ${what}`];
  });
}
