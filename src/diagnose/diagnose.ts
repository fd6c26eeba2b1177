import type { CheckResult } from "../stack/check.ts";
import { allRules } from "./catalogue.ts";
import type { Evidence } from "./evidence.ts";
import { type Ranked, rank } from "./rank.ts";
import { type Cause, type DiagnosisRule, findCauses } from "./rule.ts";

/** No reader goes through more. */
const most = 10;

/**
 * Why a run is red, the likeliest first. What no rule explains is told in its own words, so that nothing is lost: the
 * result is empty only when nothing failed.
 */
export function diagnose(evidence: Evidence, rules: readonly DiagnosisRule[] = allRules): readonly Cause[] {
  const found = rules.flatMap((rule) =>
    findCauses(rule, evidence).map((cause): Ranked => ({ cause, layer: rule.layer })),
  );
  return inOrder(evidence, rank(found, evidence.checks)).slice(0, most);
}

/** What failed, in its own words, comes before a guess that does not explain it. */
function inOrder(evidence: Evidence, causes: readonly Cause[]): readonly Cause[] {
  const good = causes.filter(isGood);
  const guesses = causes.filter((cause) => !isGood(cause));
  if (evidence.failure !== undefined) {
    const first = good.length > 0 ? good : [ofFailure(evidence.failure)];
    return [...first, ...guesses];
  }
  const bad = evidence.checks.filter(isBad);
  const open = bad.filter(({ id }) => !good.some(({ explains }) => explains.includes(id)));
  const isUseful = ({ explains }: Cause) => open.some(({ id }) => explains.includes(id));
  const rest = guesses.filter((cause) => !isUseful(cause));
  return [...good, ...guesses.filter(isUseful), ...open.map(ofCheck), ...rest];
}

function isGood({ sureness }: Cause): boolean {
  return sureness !== "possible";
}

type BadCheck = Extract<CheckResult, { status: "fail" | "warn" | "error" }>;

function isBad(check: CheckResult): check is BadCheck {
  return check.severity === "error" && (check.status === "fail" || check.status === "error");
}

function ofFailure({ message, fix }: NonNullable<Evidence["failure"]>): Cause {
  const [what = "", ...more] = message.split("\n");
  return {
    id: "run-failed",
    what,
    how: more.length > 0 ? more : ["the run ended with this, and nothing that was found says more"],
    fix: fix ?? "Read what is in diagnostics/: its index says what is where.",
    sureness: "certain",
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
    fix: check.fix,
    sureness: "possible",
    explains: [check.id],
    blame: undefined,
  };
}
