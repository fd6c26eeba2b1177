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

/** Milliseconds: groups with a longer interval are not waited for. kube-prometheus-stack has one of three minutes. */
const awaitedMs = 60_000;
/** Milliseconds that a Prometheus needs after its start until it evaluates rules. */
const slackMs = 15_000;

/** Describes groups that are not due yet: `; not due yet: kube-apiserver-availability.rules (every 180 s)`. Empty without any. */
export function describeNotDueYet(later: readonly RuleGroup[]): string {
  if (later.length === 0) return "";
  return `; not due yet: ${formatList(later.map(({ name, intervalMs }) => `${name} (every ${intervalMs / 1000} s)`))}`;
}

/**
 * Returns the rule groups in force. Returns a failure if a rendered group is missing, or if a group was not evaluated
 * since the deployment began although it is due.
 * @param reportsIgnored whether rules that no Prometheus selects are a failure; one check reports them, others ignore them
 */
export async function readRulesInForce(stack: Stack, reportsIgnored = false): Promise<RulesInForce> {
  if (stack.prometheus === undefined) return { verdict: skipNotDeployed("Prometheus") };
  const client = createPrometheusClient(stack.context, stack.prometheus);
  const rendered = listRenderedGroups(stack.rendered);
  const groups = (await client.rules()).filter(({ rules }) => rules.length > 0);
  const absent = findMissingGroups(rendered, groups)
    .filter(({ group }) => !isForRuler(stack, group))
    .map((one) => ({ ...one, ignored: explainIgnoredGroup(stack, one.group) }));
  const missing = absent.filter(({ ignored }) => reportsIgnored || ignored === undefined);
  const expected = `${formatCount(rendered.length, "rule group")} of the charts in force`;
  if (missing.length > 0) {
    const seen = formatList(missing.map(({ text }) => text));
    return { verdict: { status: "fail", expected, seen, ...(await explainMissing(stack, client, missing)) } };
  }
  if (groups.length === 0) {
    const reason =
      absent.length > 0 ? "Prometheus takes in none of the rules (see rules-healthy)" : undefined;
    return { verdict: skip(reason ?? "the charts render no rule, and Prometheus has none") };
  }
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
    expected: `${formatCount(groups.length, "rule group")} evaluated since the deployment began`,
    seen: formatList(waiting.map(({ name, intervalMs }) => `${name} was not, every ${intervalMs / 1000} s`)),
    cause: "its interval has not passed yet, or Prometheus is too slow to evaluate it",
    fault: { id: "rules-not-evaluated", graceMs: computeScrapeGraceMs(2, slowest) },
  };
  return { verdict };
}

/** A rendered group that is not in Prometheus, and the text that reports it. */
interface MissingGroup {
  readonly text: string;
  readonly group: RenderedGroup;
}

/** Returns the rendered groups that Prometheus does not have. Groups of the same name in several files must all be there. */
function findMissingGroups(rendered: readonly RenderedGroup[], live: readonly RuleGroup[]): MissingGroup[] {
  const unmatched = live.map(({ name, rules }) => ({ name, rules: rules.map((rule) => rule.name).join() }));
  return rendered.flatMap((group) => {
    const { name, where, rules } = group;
    const wanted = rules.map(({ alert, record }) => alert ?? record).join();
    const index = unmatched.findIndex((liveGroup) => liveGroup.name === name && liveGroup.rules === wanted);
    if (index >= 0) {
      unmatched.splice(index, 1);
      return [];
    }
    const namesake = unmatched.find((liveGroup) => liveGroup.name === name);
    const difference = namesake ? `has other rules (${namesake.rules}, not ${wanted})` : "is not there";
    return [{ text: `group ${name} of ${where} ${difference}`, group }];
  });
}

/** Returns why the operator gives a group to no Prometheus, with a fix; undefined if it gives it to one, or if the group is from a file. */
export function explainIgnoredGroup(
  { rendered }: Pick<Stack, "rendered">,
  { object }: RenderedGroup,
): { cause: string; fix: string } | undefined {
  if (object === undefined) return undefined;
  const why = explainNotSelected(toSelectable(object), filterServers(listRenderedObjects(rendered)));
  const { namespace, name } = object.metadata;
  return why && { ...why, cause: `PrometheusRule ${namespace}/${name}: ${why.cause}` };
}

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
  missing: readonly (MissingGroup & { readonly ignored: ReturnType<typeof explainIgnoredGroup> })[],
): Promise<{ cause: string; fix?: string; fault: Fault }> {
  const ignored = missing.find((one) => one.ignored)?.ignored;
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
