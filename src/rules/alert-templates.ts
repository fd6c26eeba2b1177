import { isMapping } from "../lib/object.ts";
import type { Node } from "../promql/promql.ts";
import type { AnswerOf, RequestOf } from "../upstream/protocol.ts";

type Rule = Readonly<Record<string, unknown>>;

/** A template of an alert that Prometheus accepts, although it fails or does not do what its author intends. */
export interface TemplateFault {
  /** Stable, kebab case. */
  readonly id: "alert-label-follows-value" | "alert-template-fails" | "alert-template-needs-result";
  /** Key path in the rule, for example `["labels", "level"]`. */
  readonly path: readonly string[];
  readonly what: string;
}

/** Returns the labels and annotations of an alert that are templates to test; undefined for a rule without templates. */
export function selectTemplatesToTry(
  rule: Rule,
  features: readonly string[],
): RequestOf<"ruleTemplates"> | undefined {
  if (!rule["alert"]) return undefined;
  const templates = ["labels", "annotations"].flatMap((key) => {
    const texts = rule[key];
    return isMapping(texts)
      ? Object.entries(texts)
          .filter(
            (entry): entry is [string, string] => typeof entry[1] === "string" && entry[1].includes("{{"),
          )
          .map(([name, text]) => ({ name: `${key}.${name}`, text }))
      : [];
  });
  return templates.length === 0 ? undefined : { alert: String(rule["alert"]), templates, features };
}

/**
 * Returns the faults that the test of an alert's templates found.
 * @param tree the alert's expression; undefined if it could not be parsed
 */
export function findTemplateFaults(
  rule: Rule,
  tree: Node | undefined,
  { errors, onNothing, followsValue }: AnswerOf<"ruleTemplates">,
): TemplateFault[] {
  const canChange = tree === undefined || !hasFixedValues(tree);
  return [
    ...followsValue
      .filter((name) => name.startsWith("labels.") && canChange)
      .map((name): TemplateFault => ({ id: "alert-label-follows-value", ...describeLabelFault(name, rule) })),
    ...errors.map(({ field = "", message }): TemplateFault => {
      const problem = `${describeField(field)} fails whenever the alert fires: ${message}`;
      return { id: "alert-template-fails", path: splitField(field), what: problem };
    }),
    ...onNothing.map(({ field = "", message }): TemplateFault => {
      const problem = `${describeField(field)} fails whenever its query finds nothing: ${message}; put it into {{ with query "..." }}...{{ end }}`;
      return { id: "alert-template-needs-result", path: splitField(field), what: problem };
    }),
  ];
}

/** Returns the fault of a label that changes with the alert's value. */
function describeLabelFault(name: string, rule: Rule): Omit<TemplateFault, "id"> {
  const forDuration =
    rule["for"] === undefined || /^0/.test(String(rule["for"])) ? undefined : String(rule["for"]);
  const consequence =
    forDuration === undefined
      ? "each new value ends the alert and starts another one"
      : `each new value starts another alert, whose time (for: ${forDuration}) begins anew, so that none may ever fire`;
  return {
    path: splitField(name),
    what: `${describeField(name)} follows the value: ${consequence}; put the value into an annotation`,
  };
}

function describeField(field: string): string {
  const [key = "", name = ""] = splitField(field);
  return `the ${key === "labels" ? "label" : "annotation"} ${name}`;
}

/** Returns the section and the name in a field: `["labels", "a.b"]` for `labels.a.b`. */
function splitField(field: string): string[] {
  const [key = "", ...name] = field.split(".");
  return [key, name.join(".")];
}

const comparisons: readonly string[] = ["==", "!=", ">", ">=", "<", "<="];

/**
 * True if an expression's samples can only have a few values, for example those of `up == 0`. A label with such a
 * value does not change while the alert fires. If it is not certain, the result is false.
 */
function hasFixedValues({ kind, name, operator = "", bool = false, type, children }: Node): boolean {
  const [firstOperand, secondOperand] = children;
  if (kind === "number" || bool) return true;
  if (kind === "call") {
    if (name === "vector") return firstOperand !== undefined && hasFixedValues(firstOperand);
    return name === "absent" || name === "absent_over_time";
  }
  if (kind === "aggregation") return name === "group";
  if (type === "matrix" || firstOperand === undefined) return false;
  if (kind === "paren" || kind === "unary") return hasFixedValues(firstOperand);
  if (kind !== "binary" || secondOperand === undefined) return false;
  if (operator === "==" && (firstOperand.kind === "number" || secondOperand.kind === "number")) return true;
  if (comparisons.includes(operator))
    return hasFixedValues(firstOperand.type === "scalar" ? secondOperand : firstOperand);
  if (operator === "and" || operator === "unless") return hasFixedValues(firstOperand);
  return hasFixedValues(firstOperand) && hasFixedValues(secondOperand);
}
