import type { KubeObject } from "../../../kube/manifest.ts";
import { formatCount, formatList } from "../../../lib/text.ts";
import { listRenderedObjects } from "../../../model/rendered.ts";
import { listRenderedGroups, type RenderedGroup } from "../../../model/rendered-rules.ts";
import { explainNotSelected, filterServers } from "../../../monitors/selection.ts";
import { type Fault, skip, skipNotDeployed, type Verdict } from "../../../stack/check.ts";
import { findLastWarning } from "../../../stack/kube.ts";
import { createPrometheusClient, type PrometheusClient, type RuleGroup } from "../../../stack/prometheus.ts";
import type { Stack } from "../../../stack/stack.ts";
import { computeScrapeGraceMs, createNotInForceFault } from "../../runner/grace-periods.ts";

/** The rule groups that Prometheus evaluates, or the verdict if there are none to judge. */
type RulesInForce =
  | {
      readonly client: PrometheusClient;
      /** Groups that were evaluated since the deployment began. */
      readonly groups: readonly RuleGroup[];
      /** Groups with a long interval that are not due yet since the deployment began. */
      readonly later: readonly RuleGroup[];
    }
  | { readonly verdict: Verdict };

/**
 * The longest interval, in milliseconds, of a group that is waited for. kube-prometheus-stack has a group with an interval
 * of three minutes.
 */
const awaitedMs = 60_000;
/** The time that Prometheus needs after its start until it evaluates rules, in milliseconds. */
const slackMs = 15_000;

/**
 * Returns a text on groups that are not due yet: `; not due yet: kube-apiserver-availability.rules (every 180 s)`.
 * Empty without such groups.
 */
export function describeNotDueYet(groups: readonly RuleGroup[]): string {
  if (groups.length === 0) return "";
  return `; not due yet: ${formatList(groups.map(({ name, intervalMs }) => `${name} (every ${intervalMs / 1000} s)`))}`;
}

/**
 * Returns the rule groups in force. Returns a failure if a rendered group is missing, or if a group was not evaluated
 * since the deployment began although it is due.
 * @param reportsIgnored true if rules that no Prometheus selects are a failure. Only one check sets it, so that they
 * are reported once.
 */
export async function readRulesInForce(stack: Stack, reportsIgnored = false): Promise<RulesInForce> {
  if (stack.prometheus === undefined) return { verdict: skipNotDeployed("Prometheus") };
  const client = createPrometheusClient(stack.context, stack.prometheus);
  const rendered = listRenderedGroups(stack.rendered);
  const groups = (await client.rules()).filter(({ rules }) => rules.length > 0);
  const absentGroups = findMissingGroups(rendered, groups)
    .filter(({ group }) => !isForRuler(stack, group))
    .map((absentGroup) => ({ ...absentGroup, ignored: explainIgnoredGroup(stack, absentGroup.group) }));
  const missingGroups = absentGroups.filter(({ ignored }) => reportsIgnored || ignored === undefined);
  const expected = `${formatCount(rendered.length, "rule group")} of the charts in force`;
  if (missingGroups.length > 0) {
    const seen = formatList(missingGroups.map(({ text }) => text));
    return {
      verdict: { status: "fail", expected, seen, ...(await explainMissing(stack, client, missingGroups)) },
    };
  }
  if (groups.length === 0) {
    const reason =
      absentGroups.length > 0 ? "Prometheus takes in none of the rules (see rules-healthy)" : undefined;
    return { verdict: skip(reason ?? "the charts render no rule, and Prometheus has none") };
  }
  const deployedMs = Date.parse(stack.deployedAt);
  const waitingGroups = groups.filter(({ rules }) =>
    rules.some(({ lastEvaluation }) => !(Date.parse(lastEvaluation) >= deployedMs)),
  );
  const ageMs = stack.context.host.now() - deployedMs;
  const laterGroups = waitingGroups.filter(
    ({ intervalMs }) => intervalMs > awaitedMs && ageMs < intervalMs + slackMs,
  );
  const lateGroups = waitingGroups.filter((group) => !laterGroups.includes(group));
  const evaluatedGroups = groups.filter((group) => !waitingGroups.includes(group));
  if (lateGroups.length === 0 && evaluatedGroups.length > 0)
    return { client, groups: evaluatedGroups, later: laterGroups };
  const slowestMs = Math.max(...waitingGroups.map(({ intervalMs }) => intervalMs));
  const verdict: Verdict = {
    status: "fail",
    expected: `${formatCount(groups.length, "rule group")} evaluated since the deployment began`,
    seen: formatList(
      waitingGroups.map(({ name, intervalMs }) => `${name} was not, every ${intervalMs / 1000} s`),
    ),
    cause: "its interval has not passed yet, or Prometheus is too slow to evaluate it",
    fault: { id: "rules-not-evaluated", graceMs: computeScrapeGraceMs(2, slowestMs) },
  };
  return { verdict };
}

/** A rendered group that is not in Prometheus, and the text that reports it. */
interface MissingGroup {
  readonly text: string;
  readonly group: RenderedGroup;
}

/**
 * Returns the rendered groups that Prometheus does not have. Groups of the same name in several files must all exist,
 * so each group in Prometheus is matched only once.
 */
function findMissingGroups(
  rendered: readonly RenderedGroup[],
  liveGroups: readonly RuleGroup[],
): MissingGroup[] {
  const unmatched = liveGroups.map(({ name, rules }) => ({
    name,
    rules: rules.map((rule) => rule.name).join(),
  }));
  return rendered.flatMap((group) => {
    const { name, where, rules } = group;
    const ruleNames = rules.map(({ alert, record }) => alert ?? record).join();
    const index = unmatched.findIndex(
      (liveGroup) => liveGroup.name === name && liveGroup.rules === ruleNames,
    );
    if (index >= 0) {
      unmatched.splice(index, 1);
      return [];
    }
    const namesake = unmatched.find((liveGroup) => liveGroup.name === name);
    const difference = namesake ? `has other rules (${namesake.rules}, not ${ruleNames})` : "is not there";
    return [{ text: `group ${name} of ${where} ${difference}`, group }];
  });
}

/** Why no Prometheus selects a group, and how to fix it. */
interface IgnoredReason {
  readonly cause: string;
  readonly fix: string;
}

/**
 * Returns why the operator gives a group to no Prometheus, with a fix. Undefined if a Prometheus selects the group, or
 * if the group is from a file.
 */
export function explainIgnoredGroup(
  { rendered }: Pick<Stack, "rendered">,
  { object }: RenderedGroup,
): IgnoredReason | undefined {
  if (object === undefined) return undefined;
  const why = explainNotSelected(toSelectable(object), filterServers(listRenderedObjects(rendered)));
  const { namespace, name } = object.metadata;
  return why && { ...why, cause: `PrometheusRule ${namespace}/${name}: ${why.cause}` };
}

/** Returns a PrometheusRule in the form that selectors are compared with. */
function toSelectable({ metadata: { namespace = "", labels = {} } }: KubeObject) {
  return { kind: "PrometheusRule", namespace, labels } as const;
}

/** True if a Thanos Ruler evaluates the group, so that no Prometheus has to. */
function isForRuler({ rendered }: Stack, { object }: RenderedGroup): boolean {
  const rulers = filterServers(listRenderedObjects(rendered), "ThanosRuler");
  return (
    object !== undefined &&
    rulers.length > 0 &&
    explainNotSelected(toSelectable(object), rulers) === undefined
  );
}

/** Milliseconds: the operator refuses an invalid object within seconds. */
const refusalMs = 5_000;

/** Returns why groups are missing: not selected, refused by the operator, or not in force yet. */
async function explainMissing(
  stack: Stack,
  client: PrometheusClient,
  missing: readonly (MissingGroup & { readonly ignored: IgnoredReason | undefined })[],
): Promise<{ cause: string; fix?: string; fault: Fault }> {
  const ignored = missing.find((group) => group.ignored)?.ignored;
  if (ignored !== undefined) return { ...ignored, fault: { id: "rules-not-selected", graceMs: 0 } };
  const { object } = missing[0]?.group ?? {};
  const { namespace = "", name = "" } = object?.metadata ?? {};
  const warning = object && (await findLastWarning(stack, namespace, name));
  if (warning !== undefined)
    return {
      cause: `the operator refuses PrometheusRule ${namespace}/${name}: ${warning}`,
      fix: `correct the PrometheusRule ${name}`,
      fault: { id: "rules-refused", graceMs: refusalMs },
    };
  return {
    cause:
      "Prometheus goes on with its rules from before, or rule_files (of an operator's: ruleSelector) doesn't take these in",
    fault: await createNotInForceFault(stack, client, "rules-not-in-force"),
  };
}
