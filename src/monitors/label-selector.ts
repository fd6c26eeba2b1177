import { z } from "zod";

const expressionSchema = z.object({
  key: z.string(),
  operator: z.enum(["In", "NotIn", "Exists", "DoesNotExist"]),
  values: z.array(z.string()).nullish(),
});

/** A Kubernetes label selector. */
export const labelSelectorSchema = z.object({
  matchLabels: z.record(z.string(), z.string()).nullish(),
  matchExpressions: z.array(expressionSchema).nullish(),
});

export type LabelSelector = z.infer<typeof labelSelectorSchema>;
type Expression = z.infer<typeof expressionSchema>;
type Labels = Readonly<Record<string, string>>;

/** Every demand of a selector as an expression; a label with its value is `In` with one. */
export function demandsOf({ matchLabels, matchExpressions }: LabelSelector): Expression[] {
  const labels = Object.entries(matchLabels ?? {}).map(
    ([key, value]): Expression => ({ key, operator: "In", values: [value] }),
  );
  return [...labels, ...(matchExpressions ?? [])];
}

/** As the API server does it: an empty selector selects everything. */
export function selectsLabels(selector: LabelSelector, labels: Labels): boolean {
  return unmetDemands(selector, labels).length === 0;
}

/** The demands that these labels don't meet. */
export function unmetDemands(selector: LabelSelector, labels: Labels): Expression[] {
  return demandsOf(selector).filter(({ key, operator, values }) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    if (operator === "Exists") return value === undefined;
    if (operator === "DoesNotExist") return value !== undefined;
    const isListed = value !== undefined && (values ?? []).includes(value);
    return operator === "In" ? !isListed : isListed;
  });
}

/** As `kubectl -l` takes it: `app=my-app,tier in (a,b),!old`. */
export function formatSelector(selector: LabelSelector): string {
  const demands = demandsOf(selector).map(({ key, operator, values }) => {
    const all = values ?? [];
    if (operator === "Exists") return key;
    if (operator === "DoesNotExist") return `!${key}`;
    if (all.length === 1) return `${key}${operator === "In" ? "=" : "!="}${all[0]}`;
    return `${key} ${operator === "In" ? "in" : "notin"} (${all.join(",")})`;
  });
  return demands.join(",") || "(everything)";
}
