import { z } from "zod";

const labelsSchema = z.record(z.string(), z.string());

const ruleSchema = z.object({
  type: z.enum(["alerting", "recording"]),
  name: z.string(),
  query: z.string(),
  labels: labelsSchema.optional(),
  health: z.string(),
  lastError: z.string().optional(),
  /** The year 1 when never evaluated. */
  lastEvaluation: z.string(),
});

/** The answer of /api/v1/rules. */
export const rulesSchema = z.object({
  groups: z.array(
    z.object({ name: z.string(), file: z.string(), interval: z.number(), rules: z.array(ruleSchema) }),
  ),
});

/** A rule as Prometheus has loaded it. `health` is ok, err, or unknown (not evaluated yet). */
export interface Rule {
  readonly type: "alerting" | "recording";
  /** The alert's name, or the metric that is recorded. */
  readonly name: string;
  readonly query: string;
  /** What the rule adds to those of its expression; templates as they are written. */
  readonly labels: Readonly<Record<string, string>>;
  readonly health: string;
  /** Empty when the last evaluation went well. */
  readonly lastError: string;
  /** RFC 3339. */
  readonly lastEvaluation: string;
}

export interface RuleGroup {
  readonly name: string;
  readonly file: string;
  /** Milliseconds between two evaluations. */
  readonly intervalMs: number;
  readonly rules: readonly Rule[];
}

export function toRuleGroup(raw: z.infer<typeof rulesSchema>["groups"][number]): RuleGroup {
  return {
    name: raw.name,
    file: raw.file,
    intervalMs: raw.interval * 1000,
    rules: raw.rules.map((rule) => ({ ...rule, labels: rule.labels ?? {}, lastError: rule.lastError ?? "" })),
  };
}

/** The answer of /api/v1/alerts. */
export const alertsSchema = z.object({
  alerts: z.array(
    z.object({
      labels: labelsSchema,
      annotations: labelsSchema,
      state: z.string(),
      value: z.string(),
    }),
  ),
});

/** An alert that is pending or firing; `value` as Prometheus writes it: `1e+00`, `+Inf`. */
export type Alert = z.infer<typeof alertsSchema>["alerts"][number];
