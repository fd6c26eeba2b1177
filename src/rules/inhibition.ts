import { type LabelMatcher, matches } from "../alerting/matchers.ts";
import { type Inhibition, readRouting } from "../alerting/routes.ts";
import { isMapping } from "../lib/values.ts";
import type { Judge } from "../upstream/types.ts";
import { canHave, labelsOf, type PossibleLabels } from "./alert-labels.ts";

type Path = readonly (string | number)[];

/** A part of an inhibition rule that is about labels which no alert has. */
export interface InhibitionFault {
  readonly path: Path;
  readonly problem: string;
}

/** Where the alerts of a stack get their labels from. */
export interface AlertSources {
  /** Alerting rules as they are written; others are left out. */
  readonly rules: readonly unknown[];
  /** Labels that Prometheus adds to every alert: external ones, and those of alert_relabel_configs. Undefined: any. */
  readonly added: readonly string[] | undefined;
}

/** What the rules and the labels that Prometheus adds can't give to any alert. Nothing where no rule is known. */
export async function judgeInhibitions(
  judge: Pick<Judge, "ask">,
  config: unknown,
  { rules, added }: AlertSources,
): Promise<InhibitionFault[]> {
  if (!isMapping(config) || !Array.isArray(config["inhibit_rules"]) || added === undefined) return [];
  const inhibitions = inhibitionsIn(config);
  const alerts = rules.flatMap((rule) =>
    isMapping(rule) && typeof rule["alert"] === "string" ? [rule] : [],
  );
  if (inhibitions.length === 0 || alerts.length === 0) return [];
  const answers = await judge.ask(
    "expression",
    alerts.map(({ expr }) => ({ text: String(expr) })),
  );
  const known = alerts.flatMap((rule, index): Alert[] => {
    const answer = answers[index];
    // What is refused is reported elsewhere.
    if (answer === undefined || answer.errors !== undefined) return [];
    return [
      { name: String(rule["alert"]), labels: textsOf(rule["labels"]), series: labelsOf(answer), added },
    ];
  });
  if (known.length < alerts.length) return [];
  return inhibitions.flatMap((one, index) => faultsIn(one, index, known));
}

interface Alert {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly series: PossibleLabels;
  readonly added: readonly string[];
}

/** None of a configuration that can't be read, which is reported elsewhere. */
function inhibitionsIn(config: unknown): readonly Inhibition[] {
  try {
    return readRouting(config).inhibitions;
  } catch {
    return [];
  }
}

function textsOf(labels: unknown): Map<string, string> {
  return new Map(
    Object.entries(isMapping(labels) ? labels : {}).map(([name, value]) => [name, String(value)]),
  );
}

/** The value that an alert has; undefined: any, or none. A label that it can't have is empty. */
function labelValue({ name, labels, series, added }: Alert, label: string): string | undefined {
  if (label === "alertname") return name;
  const own = labels.get(label);
  if (own !== undefined) return own.includes("{{") ? undefined : own;
  return added.includes(label) || canHave(series, label) ? undefined : "";
}

function mayFit(alert: Alert, matcher: LabelMatcher): boolean {
  const value = labelValue(alert, matcher.label);
  return value === undefined || matches(matcher, { [matcher.label]: value });
}

function faultsIn(rule: Inhibition, index: number, alerts: readonly Alert[]): InhibitionFault[] {
  const at = ["inhibit_rules", index];
  const sides = (["source", "target"] as const).flatMap((side): InhibitionFault[] => {
    const never = rule[side].find((matcher) => !alerts.some((alert) => mayFit(alert, matcher)));
    if (never === undefined) return [];
    const { label, op, value } = never;
    const isThere = alerts.some((alert) => labelValue(alert, label) !== "");
    const what = isThere ? `${label}${op}${JSON.stringify(value)}` : `the label ${label}`;
    const place = [...at, `${side}_matchers`];
    const problem = `the ${side} of this inhibition rule names ${what}, which no alerting rule gives to its alerts: it never holds anything back`;
    return [{ path: place, problem }];
  });
  if (sides.length > 0) return sides;
  const fitting = alerts.filter((alert) =>
    [rule.source, rule.target].some((matchers) => matchers.every((one) => mayFit(alert, one))),
  );
  return rule.equal.flatMap((label, place): InhibitionFault[] => {
    if (fitting.some((alert) => labelValue(alert, label) !== "")) return [];
    const effect = "two alerts without it count as equal, so it separates nothing";
    const problem = `equal of this inhibition rule names the label ${label}, which no alerting rule gives to its alerts: ${effect}`;
    return [{ path: [...at, "equal", place], problem }];
  });
}
