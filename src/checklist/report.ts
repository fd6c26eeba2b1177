import type { Checklist } from "../report/types.ts";
import type { CheckResult, Findings } from "../stack/check.ts";

type Point = Checklist[number];

const statusOf = {
  pass: "met",
  fail: "unmet",
  warn: "unmet",
  error: "unknown",
  skipped: "left-out",
} as const;

/** The points' results as the report has them. */
export function toChecklist(results: readonly CheckResult[], findings: Findings): Checklist {
  return results.map((result): Point => {
    const { id, title, status } = result;
    const lines = findings.checklist?.find((one) => one.id === id)?.lines;
    return {
      id,
      title,
      status: statusOf[status],
      evidence: lines ?? [{ met: false, text: wordsOf(result) }],
      ...("fix" in result ? { fix: result.fix } : {}),
    };
  });
}

function wordsOf(result: CheckResult): string {
  if (result.status === "error") return `could not be asked: ${result.error}`;
  if (result.status === "skipped") return result.reason;
  return result.seen;
}
