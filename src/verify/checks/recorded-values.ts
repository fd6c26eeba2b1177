import type { Check, Stack, Verdict } from "../../stack/types.ts";
import { count, listOf, pass, skipped } from "../../stack/verdicts.ts";
import { graceOf } from "../graces.ts";
import { notDueYet, rulesInForce } from "../rules-in-force.ts";

export const recordedValues: Check = {
  id: "recorded-values",
  title: "Recording rules give finite values",
  severity: "warning",
  absence: "rules",
  meaning:
    "What is built on a recorded metric, an alert or a panel, compares with NaN or infinity and stays silent or always fires.",
  fix: "guard the divisor in the rule's expression with `> 0`; NaN of a ratio is also what a service without any traffic gives",
  run,
};

/** Names in one query: a URL has its limits. */
const most = 25;

async function run(stack: Stack): Promise<Verdict> {
  const found = await rulesInForce(stack);
  if ("verdict" in found) return found.verdict;
  const { client, groups, later } = found;
  const rules = groups.flatMap(({ intervalMs, rules }) =>
    rules.filter(({ type }) => type === "recording").map(({ name }) => ({ name, intervalMs })),
  );
  if (rules.length === 0) return skipped("Prometheus has alerting rules only");
  const names = [...new Set(rules.map(({ name }) => name))];
  const parts = Array.from({ length: Math.ceil(names.length / most) }, (_, part) =>
    names.slice(part * most, (part + 1) * most),
  );
  const odd = (await Promise.all(parts.map((part) => client.query(notFinite(part))))).flat();
  const counts = await Promise.all(parts.map((part) => client.query(countOf(part))));
  const series = counts.flat().reduce((sum, { value }) => sum + value, 0);
  const fault = (id: string) => ({
    id,
    graceMs: graceOf(2, Math.max(...rules.map(({ intervalMs }) => intervalMs))),
  });
  const expected = `${count(names.length, "recorded metric")} with finite values`;
  if (odd.length > 0) {
    const lines = odd.map(({ labels, text }) => `${nameOf(labels)} is ${text}`);
    return { status: "fail", expected, seen: listOf(lines), fault: fault("recorded-not-finite") };
  }
  if (series > 0)
    return pass(
      `${count(series, "series")} of ${count(names.length, "recorded metric")}, all finite${notDueYet(later)}`,
    );
  const seen = "none of them has any series";
  const cause = "the metrics that they are made of don't exist here";
  return { status: "fail", expected, seen, cause, fault: fault("recorded-nothing") };
}

/** Comparisons keep the value and the name; only NaN differs from itself. Of equal label sets `or` keeps one: enough. */
function notFinite(names: readonly string[]): string {
  return names
    .map((name) => `{__name__=${JSON.stringify(name)}}`)
    .map((one) => `${one} == Inf or ${one} == -Inf or ${one} != ${one}`)
    .join(" or ");
}

function countOf(names: readonly string[]): string {
  return `count({__name__=~"${names.map((name) => name.replace(/[^\w:]/g, ".")).join("|")}"})`;
}

function nameOf({ __name__ = "", ...labels }: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${text}"`);
  return `${__name__}{${pairs.join(", ")}}`;
}
