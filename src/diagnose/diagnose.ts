import type { CheckResult } from "../verify/types.ts";
import { allRules } from "./catalogue.ts";
import { type Ranked, rank } from "./rank.ts";
import type { Cause, DiagnosisRule, Evidence } from "./types.ts";

/** No reader goes through more. */
const most = 10;

/**
 * Why a run is red, the likeliest first. What no rule explains comes last, in its own words, so that nothing is lost:
 * the result is empty only when nothing failed.
 */
export function diagnose(evidence: Evidence, rules: readonly DiagnosisRule[] = allRules): readonly Cause[] {
  const found = rules.flatMap((rule) =>
    rule.find(evidence).map((one): Ranked => ({ cause: { id: rule.id, ...one }, layer: rule.layer })),
  );
  const causes = rank(found);
  return [...causes, ...unexplained(evidence, causes)].slice(0, most);
}

function unexplained({ failure, checks }: Evidence, causes: readonly Cause[]): readonly Cause[] {
  if (failure !== undefined) return causes.some(isGood) ? [] : [ofFailure(failure)];
  const explained = new Set(causes.filter(isGood).flatMap(({ explains }) => explains));
  return checks
    .filter(isBad)
    .filter(({ id }) => !explained.has(id))
    .map(ofCheck);
}

function isGood({ sureness }: Cause): boolean {
  return sureness !== "possible";
}

type BadCheck = Extract<CheckResult, { status: "fail" | "warn" | "error" }>;

function isBad(check: CheckResult): check is BadCheck {
  return check.severity === "error" && (check.status === "fail" || check.status === "error");
}

function ofFailure({ message, mend }: NonNullable<Evidence["failure"]>): Cause {
  const [what = "", ...more] = message.split("\n");
  return {
    id: "run-failed",
    what,
    how: more.length > 0 ? more : ["the run ended with this, and nothing that was found says more"],
    mend: mend ?? "Read what is in diagnostics/: its index says what is where.",
    sureness: "possible",
    explains: [],
    blame: undefined,
  };
}

function ofCheck(check: BadCheck): Cause {
  const seen = check.status === "error" ? check.error : `expected ${check.expected}, saw ${check.seen}`;
  const cause = check.status === "error" ? undefined : check.cause;
  return {
    id: "check-failed",
    what: `Check ${check.id} (${check.title}): ${cause ?? seen}`,
    how: cause === undefined ? [`check ${check.id}`] : [`check ${check.id}: ${seen}`],
    mend: check.mend,
    sureness: "possible",
    explains: [check.id],
    blame: undefined,
  };
}
