import { type LabelMatcher, matchesLabel } from "../alerting/matchers.ts";
import { type Inhibition, readRouting } from "../alerting/routes.ts";
import { isMapping } from "../lib/object.ts";
import type { RenderedApp } from "../model/rendered.ts";
import type { Expression, Judge, Node } from "../upstream/protocol.ts";

type Path = readonly (string | number)[];

/** A part of an inhibition rule that no alert can match. */
interface InhibitionFault {
  readonly path: Path;
  readonly problem: string;
}

/** The sources of the labels of a stack's alerts. */
export interface AlertSources {
  /** The parsed rules of all rule files. */
  readonly rules: readonly unknown[];
  /** Labels that Prometheus adds to every alert: external labels, and labels of alert_relabel_configs. Undefined: any label. */
  readonly added: readonly string[] | undefined;
}

/**
 * Returns the faults of inhibition rules that use labels or values which no alert can have, given the alerting rules and
 * the labels that Prometheus adds. Returns none if the alerts are not all known.
 */
export async function judgeInhibitions(
  judge: Pick<Judge, "ask">,
  config: unknown,
  { rules, added }: AlertSources,
): Promise<InhibitionFault[]> {
  if (!isMapping(config) || !Array.isArray(config["inhibit_rules"]) || added === undefined) return [];
  const inhibitions = readInhibitions(config);
  const alerts = rules.flatMap((rule) =>
    isMapping(rule) && typeof rule["alert"] === "string" ? [rule] : [],
  );
  if (inhibitions.length === 0 || alerts.length === 0) return [];
  const answers = await judge.ask(
    "expression",
    alerts.map(({ expr }) => ({ text: String(expr) })),
  );
  const knownAlerts = alerts.flatMap((rule, index): Alert[] => {
    const answer = answers[index];
    // Another check reports an expression that Prometheus refuses.
    if (answer === undefined || answer.errors !== undefined) return [];
    return [
      {
        name: String(rule["alert"]),
        labels: readTexts(rule["labels"]),
        series: findPossibleLabels(answer),
        added,
      },
    ];
  });
  if (knownAlerts.length < alerts.length) return [];
  return inhibitions.flatMap((inhibition, index) => findFaults(inhibition, index, knownAlerts));
}

/** An alerting rule, with everything that decides about its alerts' labels. */
interface Alert {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly series: PossibleLabels;
  readonly added: readonly string[];
}

/** Returns the inhibition rules of a configuration; none if it can't be read, which another check reports. */
function readInhibitions(config: unknown): readonly Inhibition[] {
  try {
    return readRouting(config).inhibitions;
  } catch {
    return [];
  }
}

function readTexts(labels: unknown): Map<string, string> {
  return new Map(
    Object.entries(isMapping(labels) ? labels : {}).map(([name, value]) => [name, String(value)]),
  );
}

/** Returns the value of an alert's label; undefined if the value is unknown, empty if the alert can't have the label. */
function findLabelValue({ name, labels, series, added }: Alert, label: string): string | undefined {
  if (label === "alertname") return name;
  const labelValue = labels.get(label);
  if (labelValue !== undefined) return labelValue.includes("{{") ? undefined : labelValue;
  return added.includes(label) || canHaveLabel(series, label) ? undefined : "";
}

function canMatch(alert: Alert, matcher: LabelMatcher): boolean {
  const value = findLabelValue(alert, matcher.label);
  return value === undefined || matchesLabel(matcher, { [matcher.label]: value });
}

/** Returns the faults of one inhibition rule. */
function findFaults(rule: Inhibition, index: number, alerts: readonly Alert[]): InhibitionFault[] {
  const rulePath = ["inhibit_rules", index];
  const sides = (["source", "target"] as const).flatMap((side): InhibitionFault[] => {
    const unmatchable = rule[side].find((matcher) => !alerts.some((alert) => canMatch(alert, matcher)));
    if (unmatchable === undefined) return [];
    const { label, op, value } = unmatchable;
    const labelExists = alerts.some((alert) => findLabelValue(alert, label) !== "");
    const namedPart = labelExists ? `${label}${op}${JSON.stringify(value)}` : `the label ${label}`;
    const path = [...rulePath, `${side}_matchers`];
    const problem = `the ${side} of this inhibition rule names ${namedPart}, which no alerting rule gives to its alerts: it never holds anything back`;
    return [{ path, problem }];
  });
  if (sides.length > 0) return sides;
  const matchingAlerts = alerts.filter((alert) =>
    [rule.source, rule.target].some((matchers) => matchers.every((matcher) => canMatch(alert, matcher))),
  );
  return rule.equal.flatMap((label, equalIndex): InhibitionFault[] => {
    if (matchingAlerts.some((alert) => findLabelValue(alert, label) !== "")) return [];
    const effect = "two alerts without it count as equal, so it separates nothing";
    const problem = `equal of this inhibition rule names the label ${label}, which no alerting rule gives to its alerts: ${effect}`;
    return [{ path: [...rulePath, "equal", equalIndex], problem }];
  });
}

/** Labels that the series of an expression can have: these, or any but these. */
interface PossibleLabels {
  readonly kind: "only" | "any-but";
  readonly names: readonly string[];
}

const noLabels: PossibleLabels = { kind: "only", names: [] };
const anyLabels: PossibleLabels = { kind: "any-but", names: [] };

export function canHaveLabel({ kind, names }: PossibleLabels, label: string): boolean {
  return (kind === "only") === names.includes(label);
}

/** Returns the labels that an expression's result can have. In doubt a label counts as possible. */
export function findPossibleLabels(expression: Expression, node: Node = expression.tree): PossibleLabels {
  const findChildLabels = (child: Node | undefined) =>
    child ? findPossibleLabels(expression, child) : noLabels;
  const vectors = node.children.filter(({ type }) => type === "vector" || type === "matrix");
  const mergedLabels = vectors.map(findChildLabels).reduce(mergeLabels, noLabels);
  switch (node.kind) {
    case "number":
    case "string":
      return noLabels;
    case "selector": {
      const matchers = expression.selectors[node.index ?? -1]?.matchers ?? [];
      const absentMatchers = matchers.filter(({ op, value }) => op === "=" && value === "");
      return { kind: "any-but", names: absentMatchers.map(({ label }) => label) };
    }
    case "aggregation":
      return inferAggregationLabels(expression, node, mergedLabels);
    case "call":
      return inferCallLabels(expression, node, mergedLabels);
    case "binary":
      return inferBinaryLabels(node, findChildLabels, mergedLabels);
    default:
      return mergedLabels;
  }
}

/** Aggregations that choose some of the series and keep their labels. */
const choosingAggregations: readonly string[] = ["topk", "bottomk", "limitk", "limit_ratio"];

/**
 * Returns the labels that the result of an aggregation can have.
 * @param operandLabels labels of the operand
 */
function inferAggregationLabels(
  expression: Expression,
  node: Node,
  operandLabels: PossibleLabels,
): PossibleLabels {
  const { name = "", without = false, labels = [] } = expression.aggregations[node.index ?? -1] ?? {};
  if (choosingAggregations.includes(name)) return operandLabels;
  const remaining = without ? removeLabels(operandLabels, labels) : restrictLabels(operandLabels, labels);
  return name === "count_values" ? addLabels(remaining, listTexts(node)) : remaining;
}

/**
 * Returns the labels that the result of a function call can have.
 * @param argumentLabels labels of the arguments
 */
function inferCallLabels(expression: Expression, node: Node, argumentLabels: PossibleLabels): PossibleLabels {
  const { name = "" } = node;
  if (node.type === "scalar" || name === "vector") return noLabels;
  if (name === "info") return anyLabels;
  if (name === "label_replace" || name === "label_join")
    return addLabels(argumentLabels, listTexts(node).slice(0, 1));
  if (name !== "absent" && name !== "absent_over_time") return argumentLabels;
  return { kind: "only", names: findFixedLabels(expression, node) };
}

/** Returns the labels that the result of `absent(x{a="b"})` has: those that the selector sets with `=`. */
function findFixedLabels(expression: Expression, node: Node): string[] {
  const matchers = node.kind === "selector" ? (expression.selectors[node.index ?? -1]?.matchers ?? []) : [];
  return [
    ...matchers.filter(({ op }) => op === "=").map(({ label }) => label),
    ...node.children.flatMap((child) => findFixedLabels(expression, child)),
  ];
}

function listTexts({ children }: Node): string[] {
  return children.flatMap(({ kind, text }) => (kind === "string" && text !== undefined ? [text] : []));
}

/**
 * Returns the labels that the result of a binary operation can have.
 * @param findChildLabels returns the labels of an operand
 * @param mergedLabels labels of both operands
 */
function inferBinaryLabels(
  { operator = "", matching, children: [left, right] }: Node,
  findChildLabels: (child: Node | undefined) => PossibleLabels,
  mergedLabels: PossibleLabels,
): PossibleLabels {
  if (matching === undefined || operator === "or") return mergedLabels;
  if (operator === "and" || operator === "unless" || operator === "atan2") return findChildLabels(left);
  const { card, on, labels, include } = matching;
  if (card === "many-to-one") return addLabels(findChildLabels(left), include);
  if (card === "one-to-many") return addLabels(findChildLabels(right), include);
  return on ? restrictLabels(findChildLabels(left), labels) : removeLabels(findChildLabels(left), labels);
}

/** Returns the labels that are possible in at least one of two sets. */
function mergeLabels(a: PossibleLabels, b: PossibleLabels): PossibleLabels {
  if (a.kind === "any-but")
    return { kind: "any-but", names: a.names.filter((label) => !canHaveLabel(b, label)) };
  if (b.kind === "any-but") return mergeLabels(b, a);
  return { kind: "only", names: [...a.names, ...b.names] };
}

/** Returns the labels of a list that are possible. */
function restrictLabels(possible: PossibleLabels, labels: readonly string[]): PossibleLabels {
  return { kind: "only", names: labels.filter((label) => canHaveLabel(possible, label)) };
}

function removeLabels({ kind, names }: PossibleLabels, labels: readonly string[]): PossibleLabels {
  const otherNames = names.filter((label) => !labels.includes(label));
  return { kind, names: kind === "only" ? otherNames : [...names, ...labels] };
}

function addLabels({ kind, names }: PossibleLabels, labels: readonly string[]): PossibleLabels {
  const otherNames = names.filter((label) => !labels.includes(label));
  return { kind, names: kind === "only" ? [...names, ...labels] : otherNames };
}

/**
 * Returns where the alerts of a stack with an operator come from: its PrometheusRules. Undefined if the stack has no
 * Prometheus object.
 */
export function findAlertSources(rendered: readonly RenderedApp[]): AlertSources | undefined {
  const objects = rendered.flatMap(({ objects }) => objects);
  const servers = objects
    .filter(({ kind }) => kind === "Prometheus")
    .map(({ spec }) => (isMapping(spec) ? spec : {}));
  if (servers.length === 0) return undefined;
  const canAddAnyLabel = servers.some((spec) => spec["additionalAlertRelabelConfigs"] !== undefined);
  const externalLabelNames = servers.flatMap(({ externalLabels }) => Object.keys(externalLabels ?? {}));
  const rules = objects.filter(({ kind }) => kind === "PrometheusRule").flatMap(listRules);
  // The operator adds these two labels, which name the Prometheus that sends the alert.
  return {
    rules,
    added: canAddAnyLabel ? undefined : [...externalLabelNames, "prometheus", "prometheus_replica"],
  };
}

/** Returns the rules of a rule file or a PrometheusRule, each with the labels of its group. */
export function listRules(content: unknown): unknown[] {
  if (!isMapping(content)) return [];
  const { groups } = isMapping(content["spec"]) ? content["spec"] : content;
  return (Array.isArray(groups) ? groups : []).flatMap((group: unknown) => {
    if (!isMapping(group) || !Array.isArray(group["rules"])) return [];
    const groupLabels = isMapping(group["labels"]) ? group["labels"] : {};
    return group["rules"].filter(isMapping).map((rule) => ({
      ...rule,
      labels: { ...groupLabels, ...(isMapping(rule["labels"]) ? rule["labels"] : {}) },
    }));
  });
}
