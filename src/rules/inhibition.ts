import { type LabelMatcher, matchesLabel } from "../alerting/matchers.ts";
import { type Inhibition, readRouting } from "../alerting/routes.ts";
import { isMapping } from "../lib/object.ts";
import type { RenderedApp } from "../model/rendered.ts";
import type { Expression, Judge, Node } from "../upstream/protocol.ts";

type Path = readonly (string | number)[];

/** A part of an inhibition rule that is about labels which no alert has. */
interface InhibitionFault {
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
  const known = alerts.flatMap((rule, index): Alert[] => {
    const answer = answers[index];
    // What is refused is reported elsewhere.
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
  if (known.length < alerts.length) return [];
  return inhibitions.flatMap((inhibition, index) => findFaults(inhibition, index, known));
}

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
  return added.includes(label) || canHave(series, label) ? undefined : "";
}

function canFit(alert: Alert, matcher: LabelMatcher): boolean {
  const value = findLabelValue(alert, matcher.label);
  return value === undefined || matchesLabel(matcher, { [matcher.label]: value });
}

/** Returns the faults of one inhibition rule. */
function findFaults(rule: Inhibition, index: number, alerts: readonly Alert[]): InhibitionFault[] {
  const rulePath = ["inhibit_rules", index];
  const sides = (["source", "target"] as const).flatMap((side): InhibitionFault[] => {
    const never = rule[side].find((matcher) => !alerts.some((alert) => canFit(alert, matcher)));
    if (never === undefined) return [];
    const { label, op, value } = never;
    const isThere = alerts.some((alert) => findLabelValue(alert, label) !== "");
    const named = isThere ? `${label}${op}${JSON.stringify(value)}` : `the label ${label}`;
    const place = [...rulePath, `${side}_matchers`];
    const problem = `the ${side} of this inhibition rule names ${named}, which no alerting rule gives to its alerts: it never holds anything back`;
    return [{ path: place, problem }];
  });
  if (sides.length > 0) return sides;
  const fitting = alerts.filter((alert) =>
    [rule.source, rule.target].some((matchers) => matchers.every((matcher) => canFit(alert, matcher))),
  );
  return rule.equal.flatMap((label, place): InhibitionFault[] => {
    if (fitting.some((alert) => findLabelValue(alert, label) !== "")) return [];
    const effect = "two alerts without it count as equal, so it separates nothing";
    const problem = `equal of this inhibition rule names the label ${label}, which no alerting rule gives to its alerts: ${effect}`;
    return [{ path: [...rulePath, "equal", place], problem }];
  });
}

/** Labels that the series of an expression can have: these, or any but these. */
interface PossibleLabels {
  readonly kind: "only" | "any-but";
  readonly names: readonly string[];
}

const none: PossibleLabels = { kind: "only", names: [] };
const anyLabels: PossibleLabels = { kind: "any-but", names: [] };

export function canHave({ kind, names }: PossibleLabels, label: string): boolean {
  return (kind === "only") === names.includes(label);
}

/** Returns the labels that an expression's result can have. In doubt a label counts as possible. */
export function findPossibleLabels(expression: Expression, node: Node = expression.tree): PossibleLabels {
  const labelsOf = (child: Node | undefined) => (child ? findPossibleLabels(expression, child) : none);
  const vectors = node.children.filter(({ type }) => type === "vector" || type === "matrix");
  const merged = vectors.map(labelsOf).reduce(mergeLabels, none);
  switch (node.kind) {
    case "number":
    case "string":
      return none;
    case "selector": {
      const matchers = expression.selectors[node.index ?? -1]?.matchers ?? [];
      const missing = matchers.filter(({ op, value }) => op === "=" && value === "");
      return { kind: "any-but", names: missing.map(({ label }) => label) };
    }
    case "aggregation":
      return inferAggregationLabels(expression, node, merged);
    case "call":
      return inferCallLabels(expression, node, merged);
    case "binary":
      return inferBinaryLabels(node, labelsOf, merged);
    default:
      return merged;
  }
}

/** These choose series and leave them as they are. */
const choosing: readonly string[] = ["topk", "bottomk", "limitk", "limit_ratio"];

/**
 * Returns the labels that the result of an aggregation can have.
 * @param inner labels of the operand
 */
function inferAggregationLabels(expression: Expression, node: Node, inner: PossibleLabels): PossibleLabels {
  const { name = "", without = false, labels = [] } = expression.aggregations[node.index ?? -1] ?? {};
  if (choosing.includes(name)) return inner;
  const remaining = without ? removeLabels(inner, labels) : restrictLabels(inner, labels);
  return name === "count_values" ? addLabels(remaining, listTexts(node)) : remaining;
}

/**
 * Returns the labels that the result of a function call can have.
 * @param inner labels of the arguments
 */
function inferCallLabels(expression: Expression, node: Node, inner: PossibleLabels): PossibleLabels {
  const { name = "" } = node;
  if (node.type === "scalar" || name === "vector") return none;
  if (name === "info") return anyLabels;
  if (name === "label_replace" || name === "label_join") return addLabels(inner, listTexts(node).slice(0, 1));
  if (name !== "absent" && name !== "absent_over_time") return inner;
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
 * @param labelsOf returns the labels of an operand
 * @param merged labels of both operands
 */
function inferBinaryLabels(
  { operator = "", matching, children: [left, right] }: Node,
  labelsOf: (child: Node | undefined) => PossibleLabels,
  merged: PossibleLabels,
): PossibleLabels {
  if (matching === undefined || operator === "or") return merged;
  if (operator === "and" || operator === "unless" || operator === "atan2") return labelsOf(left);
  const { card, on, labels, include } = matching;
  if (card === "many-to-one") return addLabels(labelsOf(left), include);
  if (card === "one-to-many") return addLabels(labelsOf(right), include);
  return on ? restrictLabels(labelsOf(left), labels) : removeLabels(labelsOf(left), labels);
}

function mergeLabels(a: PossibleLabels, b: PossibleLabels): PossibleLabels {
  if (a.kind === "any-but") return { kind: "any-but", names: a.names.filter((label) => !canHave(b, label)) };
  if (b.kind === "any-but") return mergeLabels(b, a);
  return { kind: "only", names: [...a.names, ...b.names] };
}

function restrictLabels(possible: PossibleLabels, labels: readonly string[]): PossibleLabels {
  return { kind: "only", names: labels.filter((label) => canHave(possible, label)) };
}

function removeLabels({ kind, names }: PossibleLabels, labels: readonly string[]): PossibleLabels {
  const others = names.filter((label) => !labels.includes(label));
  return { kind, names: kind === "only" ? others : [...names, ...labels] };
}

function addLabels({ kind, names }: PossibleLabels, labels: readonly string[]): PossibleLabels {
  const others = names.filter((label) => !labels.includes(label));
  return { kind, names: kind === "only" ? [...names, ...labels] : others };
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
  const isOpen = servers.some((spec) => spec["additionalAlertRelabelConfigs"] !== undefined);
  const external = servers.flatMap(({ externalLabels }) => Object.keys(externalLabels ?? {}));
  const rules = objects.filter(({ kind }) => kind === "PrometheusRule").flatMap(listRules);
  // The operator adds where the alert comes from.
  return { rules, added: isOpen ? undefined : [...external, "prometheus", "prometheus_replica"] };
}

/** Returns the rules of a rule file or a PrometheusRule, each with the labels of its group. */
export function listRules(content: unknown): unknown[] {
  if (!isMapping(content)) return [];
  const { groups } = isMapping(content["spec"]) ? content["spec"] : content;
  return (Array.isArray(groups) ? groups : []).flatMap((group: unknown) => {
    if (!isMapping(group) || !Array.isArray(group["rules"])) return [];
    const shared = isMapping(group["labels"]) ? group["labels"] : {};
    return group["rules"].filter(isMapping).map((rule) => ({
      ...rule,
      labels: { ...shared, ...(isMapping(rule["labels"]) ? rule["labels"] : {}) },
    }));
  });
}
