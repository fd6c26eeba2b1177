import type { Checklist } from "../report/results-schema.ts";
import type { Check, CheckResult, Findings } from "../stack/check.ts";
import { backup } from "./backup.ts";
import { dashboards } from "./dashboards.ts";
import { limits } from "./limits.ts";
import { notifications } from "./notifications.ts";
import { persistence } from "./persistence.ts";
import { rbac } from "./rbac.ts";
import { retention } from "./retention.ts";
import { rules } from "./rules.ts";

/** The eight points of the production checklist, in its order. */
export const checklistChecks: readonly Check[] = [
  persistence,
  retention,
  notifications,
  rules,
  dashboards,
  rbac,
  limits,
  backup,
];

type Point = Checklist[number];

/** The status of a point for each status of its check. */
const statusOf = {
  pass: "met",
  fail: "unmet",
  warn: "unmet",
  error: "unknown",
  skipped: "left-out",
} as const;

/**
 * Returns the points of the production checklist for the report, each with its status, evidence and fix. A point
 * without evidence gets the check's message instead.
 */
export function toChecklist(results: readonly CheckResult[], findings: Findings): Checklist {
  return results.map((result): Point => {
    const { id, title, status } = result;
    const lines = findings.checklist?.find((finding) => finding.id === id)?.lines;
    return {
      id,
      title,
      status: statusOf[status],
      evidence: lines ?? [{ met: false, text: describeResult(result) }],
      ...("fix" in result ? { fix: result.fix } : {}),
    };
  });
}

/** Returns what a check saw, or why it has no result. */
function describeResult(result: CheckResult): string {
  if (result.status === "error") return `could not be queried: ${result.error}`;
  if (result.status === "skipped") return result.reason;
  return result.seen;
}
