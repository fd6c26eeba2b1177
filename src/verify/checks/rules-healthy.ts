import type { PrometheusClient } from "../../stack/prometheus.ts";
import type { Alert, RuleGroup } from "../../stack/prometheus-rules.ts";
import type { Check, Stack, Verdict } from "../../stack/types.ts";
import { count, listOf } from "../../stack/verdicts.ts";
import { graceOf, notInForce, scrapesToComeMs } from "../graces.ts";
import { otherExpressions } from "../rule-expressions.ts";
import { notDueYet, rulesInForce } from "../rules-in-force.ts";

export const rulesHealthy: Check = {
  id: "rules-healthy",
  title: "Every rule is loaded as it is written, and its expression and templates work",
  severity: "error",
  absence: "rules",
  meaning:
    "An alert that should fire stays silent, its text is an error message, or a recorded metric is missing.",
  fix: "open /rules in Prometheus: it shows each rule's error; `promtool check rules` and `promtool test rules` find most beforehand",
  run,
};

async function run(stack: Stack): Promise<Verdict> {
  const found = await rulesInForce(stack, true);
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
  if (bad.length === 0) {
    const failed = await failedTemplates(stack, client, groups, rules);
    return failed ?? { status: "pass", seen: `${rules}, all healthy${notDueYet(later)}` };
  }
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

/** How Prometheus fills in a label or an annotation whose template fails. The alert is sent all the same. */
const templateError = "<error expanding template:";

function templateErrorIn(text: string): string | undefined {
  const start = text.indexOf(templateError);
  const end = text.lastIndexOf(">");
  if (start === -1 || end < start) return undefined;
  return text
    .slice(start + templateError.length, end)
    .trim()
    .replace(/\s+/g, " ");
}

/** Only an alert that is pending or firing has its templates filled in. */
async function failedTemplates(
  stack: Stack,
  client: PrometheusClient,
  groups: readonly RuleGroup[],
  rules: string,
): Promise<Verdict | undefined> {
  const found = (await client.alerts()).flatMap(errorsIn);
  const [first] = found;
  if (first === undefined) return undefined;
  const lines = new Set(
    found.map(({ alert, field, error }) => `${alert}: the template of ${field} fails: ${error}`),
  );
  const slowest = Math.max(...groups.map(({ intervalMs }) => intervalMs));
  return {
    status: "fail",
    expected: `${rules}, the templates of all alerts filled in`,
    seen: listOf([...lines]),
    cause: `${first.alert} is sent with an error message in place of its ${first.field}: ${templateCause(first.error)}`,
    fix: 'correct the template: guard what may be empty with `{{ with query "..." }}{{ . | first | value }}{{ end }}`',
    // A template can query series that come with the first scrapes.
    fault: {
      id: "rule-template-failing",
      graceMs: graceOf(2, slowest) + (await scrapesToComeMs(stack, client, 2)),
    },
  };
}

function errorsIn({ labels, annotations }: Alert) {
  const alert = labels["alertname"] ?? "";
  const fields = [
    ...Object.entries(annotations).map(([name, text]) => [`annotation ${name}`, text] as const),
    ...Object.entries(labels).map(([name, text]) => [`label ${name}`, text] as const),
  ];
  return fields.flatMap(([field, text]) => {
    const error = templateErrorIn(text);
    return error === undefined ? [] : [{ alert, field, error: shortened(error) }];
  });
}

/** Without the names that Prometheus gives the template: `error executing template __alert_X: template: __alert_X:1:120: `. */
function shortened(error: string): string {
  return error.replace(/^error (?:executing|parsing) template \S+: (?:template: \S+: ?)?/, "");
}

function templateCause(error: string): string {
  if (/first\(\) called on vector with no elements|index out of range/.test(error))
    return "its query finds nothing, and `first` fails on that";
  if (/error calling query/.test(error)) return "its query fails";
  if (/nil pointer|<nil>|can't evaluate field|no entry for key/.test(error))
    return "it uses a field that is not there";
  return "the message is Prometheus' own";
}

function causeOf(lastError: string): string {
  if (/many-to-many|multiple matches|same labelset|duplicate/i.test(lastError))
    return "series that should be one are several: something is scraped twice, or `on`/`by` leaves out a label";
  if (/timed out|timeout|too many samples|canceled/i.test(lastError))
    return "the query is too much for Prometheus' limits of time or samples";
  return "Prometheus can't evaluate the expression";
}
