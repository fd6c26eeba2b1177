import { graceOf, notInForce } from "../graces.ts";
import { otherExpressions } from "../rule-expressions.ts";
import { notDueYet, rulesInForce } from "../rules-in-force.ts";
import type { Check, Stack, Verdict } from "../types.ts";
import { count, listOf } from "../verdicts.ts";

export const rulesHealthy: Check = {
  id: "rules-healthy",
  title: "Every rule is loaded as it is written and evaluated without an error",
  severity: "error",
  absence: "rules",
  meaning: "An alert that should fire stays silent, or a recorded metric is missing.",
  mend: "open /rules in Prometheus: it shows each rule's error; `promtool check rules` and `promtool test rules` find most beforehand",
  run,
};

async function run(stack: Stack): Promise<Verdict> {
  const found = await rulesInForce(stack);
  if ("verdict" in found) return found.verdict;
  const { client, groups, later } = found;
  const others = await otherExpressions(stack, client, [...groups, ...later]);
  if (others.length > 0) {
    return {
      status: "fail",
      expected: "every rule with the expression that the charts render",
      seen: listOf(others),
      cause: "Prometheus goes on with its rules from before",
      fault: await notInForce(stack, client, "rules-not-in-force"),
    };
  }
  const all = groups.flatMap((group) => group.rules.map((rule) => ({ group, rule })));
  const bad = all.filter(({ rule }) => rule.health !== "ok");
  const rules = `${count(all.length, "rule")} in ${count(groups.length, "group")}`;
  if (bad.length === 0) return { status: "pass", seen: `${rules}, all healthy${notDueYet(later)}` };
  const lines = bad.map(
    ({ group, rule }) =>
      `${rule.name} of group ${group.name}: ${rule.lastError || `health is ${rule.health}`}`,
  );
  const slowest = Math.max(...bad.map(({ group }) => group.intervalMs));
  return {
    status: "fail",
    expected: `${rules}, all healthy`,
    seen: listOf(lines),
    cause: causeOf(bad[0]?.rule.lastError ?? ""),
    // What went wrong once may go well when all series are there.
    fault: { id: "rule-failing", graceMs: graceOf(2, slowest) },
  };
}

function causeOf(lastError: string): string {
  if (/many-to-many|multiple matches|same labelset|duplicate/i.test(lastError))
    return "series that should be one are several: something is scraped twice, or `on`/`by` leaves out a label";
  if (/timed out|timeout|too many samples|canceled/i.test(lastError))
    return "the query is too much for Prometheus' limits of time or samples";
  return "Prometheus can't evaluate the expression";
}
