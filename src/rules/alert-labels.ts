import type { Expression, Node } from "../upstream/types.ts";

/** Labels that the series of an expression can have: these, or any but these. */
export interface PossibleLabels {
  readonly kind: "only" | "any-but";
  readonly names: readonly string[];
}

const none: PossibleLabels = { kind: "only", names: [] };
const any: PossibleLabels = { kind: "any-but", names: [] };

export function canHave({ kind, names }: PossibleLabels, label: string): boolean {
  return (kind === "only") === names.includes(label);
}

/** In doubt more of them. */
export function labelsOf(expression: Expression, node: Node = expression.tree): PossibleLabels {
  const below = (child: Node | undefined) => (child ? labelsOf(expression, child) : none);
  const vectors = node.children.filter(({ type }) => type === "vector" || type === "matrix");
  const all = vectors.map(below).reduce(union, none);
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
      return aggregated(expression, node, all);
    case "call":
      return returned(expression, node, all);
    case "binary":
      return joined(node, below, all);
    default:
      return all;
  }
}

/** These choose series and leave them as they are. */
const choosing: readonly string[] = ["topk", "bottomk", "limitk", "limit_ratio"];

function aggregated(expression: Expression, node: Node, inner: PossibleLabels): PossibleLabels {
  const { name = "", without = false, labels = [] } = expression.aggregations[node.index ?? -1] ?? {};
  if (choosing.includes(name)) return inner;
  const left = without ? minus(inner, labels) : among(inner, labels);
  return name === "count_values" ? plus(left, textsIn(node)) : left;
}

function returned(expression: Expression, node: Node, inner: PossibleLabels): PossibleLabels {
  const { name = "" } = node;
  if (node.type === "scalar" || name === "vector") return none;
  if (name === "info") return any;
  if (name === "label_replace" || name === "label_join") return plus(inner, textsIn(node).slice(0, 1));
  if (name !== "absent" && name !== "absent_over_time") return inner;
  return { kind: "only", names: fixedIn(expression, node) };
}

/** What `absent(x{a="b"})` has is what the selector says for sure. */
function fixedIn(expression: Expression, node: Node): string[] {
  const own = node.kind === "selector" ? (expression.selectors[node.index ?? -1]?.matchers ?? []) : [];
  return [
    ...own.filter(({ op }) => op === "=").map(({ label }) => label),
    ...node.children.flatMap((child) => fixedIn(expression, child)),
  ];
}

function textsIn({ children }: Node): string[] {
  return children.flatMap(({ kind, text }) => (kind === "string" && text !== undefined ? [text] : []));
}

function joined(
  { operator = "", matching, children: [left, right] }: Node,
  below: (child: Node | undefined) => PossibleLabels,
  all: PossibleLabels,
): PossibleLabels {
  if (matching === undefined || operator === "or") return all;
  if (operator === "and" || operator === "unless" || operator === "atan2") return below(left);
  const { card, on, labels, include } = matching;
  if (card === "many-to-one") return plus(below(left), include);
  if (card === "one-to-many") return plus(below(right), include);
  return on ? among(below(left), labels) : minus(below(left), labels);
}

function union(a: PossibleLabels, b: PossibleLabels): PossibleLabels {
  if (a.kind === "any-but") return { kind: "any-but", names: a.names.filter((label) => !canHave(b, label)) };
  if (b.kind === "any-but") return union(b, a);
  return { kind: "only", names: [...a.names, ...b.names] };
}

function among(given: PossibleLabels, labels: readonly string[]): PossibleLabels {
  return { kind: "only", names: labels.filter((label) => canHave(given, label)) };
}

function minus({ kind, names }: PossibleLabels, labels: readonly string[]): PossibleLabels {
  const others = names.filter((label) => !labels.includes(label));
  return { kind, names: kind === "only" ? others : [...names, ...labels] };
}

function plus({ kind, names }: PossibleLabels, labels: readonly string[]): PossibleLabels {
  const others = names.filter((label) => !labels.includes(label));
  return { kind, names: kind === "only" ? [...names, ...labels] : others };
}
