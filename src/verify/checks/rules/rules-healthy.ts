import type { KubeObject } from "../../../kube/manifest.ts";
import { formatCount, formatList } from "../../../lib/text.ts";
import { listRenderedObjects } from "../../../model/rendered.ts";
import { listRenderedGroups } from "../../../model/rendered-rules.ts";
import type { Check, Verdict } from "../../../stack/check.ts";
import { HttpError } from "../../../stack/http.ts";
import type { Alert, PrometheusClient, RuleGroup } from "../../../stack/prometheus.ts";
import type { Stack } from "../../../stack/stack.ts";
import {
  computeScrapeGraceMs,
  computeScrapesToComeMs,
  createNotInForceFault,
} from "../../runner/grace-periods.ts";
import { describeNotDueYet, readRulesInForce } from "./rules-in-force.ts";

export const rulesHealthy: Check = {
  id: "rules-healthy",
  title: "Every rule is loaded as it is written, and its expression and templates work",
  severity: "error",
  absence: "rules",
  meaning:
    "An alert that should fire stays silent, its text is an error message, or a recorded metric is missing.",
  fix: "open /rules in Prometheus: it shows each rule's error; `promtool check rules` and `promtool test rules` find most beforehand",
  run: checkRulesHealthy,
};

/** Fails if a rule is not loaded as it is rendered, fails to evaluate, or has a template that fails. */
async function checkRulesHealthy(stack: Stack): Promise<Verdict> {
  const inForce = await readRulesInForce(stack, true);
  if ("verdict" in inForce) return inForce.verdict;
  const { client, groups, later } = inForce;
  const outdatedRules = await findOutdatedRules(stack, client, [...groups, ...later]);
  if (outdatedRules.length > 0) {
    return {
      status: "fail",
      expected: "every rule with the expression that the charts render",
      seen: formatList(outdatedRules),
      cause: "Prometheus goes on with its rules from before",
      fault: await createNotInForceFault(stack, client, "rules-not-in-force"),
    };
  }
  const allRules = groups.flatMap((group) => group.rules.map((rule) => ({ group, rule })));
  const unhealthyRules = allRules.filter(({ rule }) => rule.health !== "ok");
  const rulesText = `${formatCount(allRules.length, "rule")} in ${formatCount(groups.length, "group")}`;
  if (unhealthyRules.length === 0) {
    const templateFailure = await reportFailedTemplates(stack, client, groups, rulesText);
    return (
      templateFailure ?? { status: "pass", seen: `${rulesText}, all healthy${describeNotDueYet(later)}` }
    );
  }
  const lines = unhealthyRules.map(
    ({ group, rule }) =>
      `${rule.name} of group ${group.name}: ${rule.lastError || `health is ${rule.health}`}`,
  );
  const slowestMs = Math.max(...unhealthyRules.map(({ group }) => group.intervalMs));
  return {
    status: "fail",
    expected: `${rulesText}, all healthy`,
    seen: formatList(lines),
    cause: explainRuleError(unhealthyRules[0]?.rule.lastError ?? ""),
    // A failing rule may work once all series are there.
    fault: { id: "rule-failing", graceMs: computeScrapeGraceMs(2, slowestMs) },
  };
}

/** The beginning of the text that Prometheus puts in place of a template that fails. It sends the alert nevertheless. */
const templateError = "<error expanding template:";

/** Returns the template error in a label or annotation; undefined if there is none. */
function findTemplateError(text: string): string | undefined {
  const start = text.indexOf(templateError);
  const end = text.lastIndexOf(">");
  if (start === -1 || end < start) return undefined;
  return text
    .slice(start + templateError.length, end)
    .trim()
    .replace(/\s+/g, " ");
}

/**
 * Returns the failure for alerts whose templates fail; undefined if none does. Only pending and firing alerts are
 * judged: Prometheus expands no other templates.
 */
async function reportFailedTemplates(
  stack: Stack,
  client: PrometheusClient,
  groups: readonly RuleGroup[],
  rulesText: string,
): Promise<Verdict | undefined> {
  const errors = (await client.alerts()).flatMap(listTemplateErrors);
  const [firstError] = errors;
  if (firstError === undefined) return undefined;
  const lines = new Set(
    errors.map(({ alert, field, error }) => `${alert}: the template of ${field} fails: ${error}`),
  );
  const slowestMs = Math.max(...groups.map(({ intervalMs }) => intervalMs));
  return {
    status: "fail",
    expected: `${rulesText}, the templates of all alerts filled in`,
    seen: formatList([...lines]),
    cause: `${firstError.alert} is sent with an error message in place of its ${firstError.field}: ${explainTemplateError(firstError.error)}`,
    fix: 'correct the template: guard what may be empty with `{{ with query "..." }}{{ . | first | value }}{{ end }}`',
    // A template can query series that come with the first scrapes.
    fault: {
      id: "rule-template-failing",
      graceMs: computeScrapeGraceMs(2, slowestMs) + (await computeScrapesToComeMs(stack, client, 2)),
    },
  };
}

/** A template that failed. */
interface TemplateError {
  /** Name of the alert. */
  readonly alert: string;
  /** For example `annotation summary`. */
  readonly field: string;
  readonly error: string;
}

/** Returns the labels and annotations of an alert whose template failed, with the errors. */
function listTemplateErrors({ labels, annotations }: Alert): TemplateError[] {
  const alert = labels["alertname"] ?? "";
  const fields = [
    ...Object.entries(annotations).map(([name, text]) => [`annotation ${name}`, text] as const),
    ...Object.entries(labels).map(([name, text]) => [`label ${name}`, text] as const),
  ];
  return fields.flatMap(([field, text]) => {
    const error = findTemplateError(text);
    return error === undefined ? [] : [{ alert, field, error: shortenTemplateError(error) }];
  });
}

/**
 * Removes the prefix with Prometheus' own name of the template: `error executing template __alert_X: template:
 * __alert_X:1:120: `.
 */
function shortenTemplateError(error: string): string {
  return error.replace(/^error (?:executing|parsing) template \S+: (?:template: \S+: ?)?/, "");
}

/** Returns why a template failed. */
function explainTemplateError(error: string): string {
  if (/first\(\) called on vector with no elements|index out of range/.test(error))
    return "its query finds nothing, and `first` fails on that";
  if (/error calling query/.test(error)) return "its query fails";
  if (/nil pointer|<nil>|can't evaluate field|no entry for key/.test(error))
    return "it uses a field that is not there";
  return "the message is Prometheus' own";
}

/** Returns why Prometheus could not evaluate a rule. */
function explainRuleError(lastError: string): string {
  if (/many-to-many|multiple matches|same labelset|duplicate/i.test(lastError))
    return "series that should be one are several: something is scraped twice, or `on`/`by` leaves out a label";
  if (/timed out|timeout|too many samples|canceled/i.test(lastError))
    return "the query is too much for Prometheus' limits of time or samples";
  return "Prometheus can't evaluate the expression";
}

/** The maximum number of rules whose formatted queries are compared. Rules that differ only in spaces need no comparison. */
const maxFormattedRules = 50;

/** A rendered rule with its expression in Prometheus. */
interface RulePair {
  readonly group: string;
  readonly rule: string;
  readonly written: string;
  readonly live: string;
}

/**
 * Returns a line for each rule whose expression in Prometheus differs from the rendered one: Prometheus still has the
 * previous rules. Two spellings are equal if Prometheus formats them alike. Empty if an operator changes the
 * expressions.
 */
async function findOutdatedRules(
  stack: Stack,
  client: PrometheusClient,
  groups: readonly RuleGroup[],
): Promise<string[]> {
  if (listRenderedObjects(stack.rendered).some(rewritesExpressions)) return [];
  const differingPairs = pairRules(stack, groups).filter(
    ({ written, live }) => normalizeQuery(written) !== normalizeQuery(live),
  );
  const descriptions = await Promise.all(
    differingPairs.slice(0, maxFormattedRules).map(async ({ group, rule, written, live }) => {
      return (await isSameQuery(client, written, live))
        ? []
        : [`${rule} of group ${group} is ${live}, not ${written.replace(/\s+/g, " ").trim()}`];
    }),
  );
  return descriptions.flat();
}

/** True for a Prometheus object whose operator adds a namespace label to every expression. */
function rewritesExpressions({ kind, spec }: KubeObject): boolean {
  return (
    kind === "Prometheus" &&
    Boolean((spec as Record<string, unknown> | undefined)?.["enforcedNamespaceLabel"])
  );
}

/**
 * Returns the rules of each rendered group, with their expressions in Prometheus. Leaves out a group unless exactly
 * one group in Prometheus has its name and the same rules in the same order.
 */
function pairRules(stack: Stack, liveGroups: readonly RuleGroup[]): RulePair[] {
  return listRenderedGroups(stack.rendered).flatMap(({ name, rules }) => {
    const names = rules.map(({ alert, record }) => alert ?? record ?? "");
    const matchingGroups = liveGroups.filter(
      (candidate) =>
        candidate.name === name && candidate.rules.map((rule) => rule.name).join() === names.join(),
    );
    const [liveGroup] = matchingGroups;
    if (liveGroup === undefined || matchingGroups.length > 1) return [];
    return rules.map(({ expr }, index) => ({
      group: name,
      rule: names[index] ?? "",
      written: String(expr),
      live: liveGroup.rules[index]?.query ?? "",
    }));
  });
}

/** Returns a query without spaces and line breaks. */
function normalizeQuery(query: string): string {
  return query.replace(/\s+/g, "");
}

/** True if Prometheus formats both queries alike, or is too old to format queries. */
async function isSameQuery(client: PrometheusClient, written: string, live: string): Promise<boolean> {
  try {
    return (await client.formatQuery(written)) === (await client.formatQuery(live));
  } catch (error) {
    if (error instanceof HttpError && error.status === 404) return true;
    throw error;
  }
}
