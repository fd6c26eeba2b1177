import { graceOf, notInForce } from "./graces.ts";
import { type PrometheusClient, prometheusClient } from "./prometheus.ts";
import type { RuleGroup } from "./prometheus-rules.ts";
import { type RenderedGroup, renderedGroups } from "./rendered-rules.ts";
import type { Stack, Verdict } from "./types.ts";
import { count, listOf, notDeployed, skipped } from "./verdicts.ts";

/** What Prometheus evaluates, or why there is nothing to judge. */
export type RulesInForce =
  | { readonly client: PrometheusClient; readonly groups: readonly RuleGroup[] }
  | { readonly verdict: Verdict };

/** The rule groups in force, at least all that the charts render, each evaluated since the deployment began. */
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
  if (waiting.length === 0) return { client, groups };
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
