import { workloadFailures } from "../failures/catalogue.ts";
import { type Layer, layers, type Sureness } from "../failures/failure.ts";
import type { CheckResult } from "../stack/check.ts";
import { allRules } from "./catalogue.ts";
import type { Evidence } from "./evidence.ts";
import { type Cause, type DiagnosisRule, findCauses } from "./rule.ts";

/** Maximum number of causes. More would not be read. */
const maxCauses = 10;

/**
 * Returns why a run failed, the likeliest cause first. A failure that no rule explains is returned as it was reported,
 * so the result is empty only if nothing failed.
 */
export function diagnose(evidence: Evidence, rules: readonly DiagnosisRule[] = allRules): readonly Cause[] {
  const rankedCauses = rules.flatMap((rule) =>
    findCauses(rule, evidence).map((cause): RankedCause => ({ cause, layer: rule.layer })),
  );
  return sortCauses(evidence, rankCauses(rankedCauses, evidence.checks)).slice(0, maxCauses);
}

/**
 * Sorts the causes and adds the unexplained failures: sure causes, guesses that explain a failed check, unexplained
 * failures, other guesses. With an error that ended the run, the guesses come last.
 */
function sortCauses(evidence: Evidence, causes: readonly Cause[]): readonly Cause[] {
  const sureCauses = causes.filter(isSure);
  const guesses = causes.filter((cause) => !isSure(cause));
  if (evidence.failure !== undefined) {
    const firstCauses = sureCauses.length > 0 ? sureCauses : [createFailureCause(evidence.failure)];
    return [...firstCauses, ...guesses];
  }
  const failedChecks = evidence.checks.filter(isFailedCheck);
  const unexplainedChecks = failedChecks.filter(
    ({ id }) => !sureCauses.some(({ explains }) => explains.includes(id)),
  );
  const explainsUnexplained = ({ explains }: Cause) =>
    unexplainedChecks.some(({ id }) => explains.includes(id));
  const otherGuesses = guesses.filter((cause) => !explainsUnexplained(cause));
  return [
    ...sureCauses,
    ...guesses.filter(explainsUnexplained),
    ...unexplainedChecks.map(createCheckCause),
    ...otherGuesses,
  ];
}

/** True unless the cause is only possible. */
function isSure({ sureness }: Cause): boolean {
  return sureness !== "possible";
}

/** A check that failed, warned or ended in an error. */
type UnpassedCheck = Extract<CheckResult, { status: "fail" | "warn" | "error" }>;

/** True if a check of severity error failed or ended in an error. */
function isFailedCheck(check: CheckResult): check is UnpassedCheck {
  return check.severity === "error" && (check.status === "fail" || check.status === "error");
}

/** Returns the error that ended the run as a cause. */
function createFailureCause({ message, fix }: NonNullable<Evidence["failure"]>): Cause {
  const [what = "", ...details] = message.split("\n");
  return {
    id: "run-failed",
    what,
    how: details.length > 0 ? details : ["the run ended with this, and no more specific cause was found"],
    fix: fix ?? "Read the files in diagnostics/: its index lists them.",
    sureness: "certain",
    explains: [],
    blame: undefined,
  };
}

/** Returns a failed check as a cause, for a check that no rule explains. */
function createCheckCause(check: UnpassedCheck): Cause {
  const report = check.status === "error" ? check.error : `expected ${check.expected}, saw ${check.seen}`;
  const cause = check.status === "error" ? undefined : check.cause;
  return {
    id: "check-failed",
    what: `Check ${check.id} (${check.title}): ${cause ?? report}`,
    how: cause === undefined ? [`check ${check.id}`] : [`check ${check.id}: ${report}`],
    fix: check.fix,
    sureness: "possible",
    explains: [check.id],
    blame: undefined,
  };
}

/** The surest first. */
const surenessOrder: readonly Sureness[] = ["certain", "likely", "possible"];

/** A cause with the layer of its rule. */
interface RankedCause {
  readonly cause: Cause;
  readonly layer: Layer;
}

/**
 * Sorts causes by sureness, then by layer. Causes of warnings alone come last. Consequences of another cause are left
 * out.
 */
export function rankCauses(
  rankedCauses: readonly RankedCause[],
  checks: readonly CheckResult[] = [],
): readonly Cause[] {
  // 1 for the cause of warnings alone, which comes last; 0 for any other.
  const getWarningRank = ({ cause }: RankedCause) =>
    Number(
      cause.explains.length > 0 &&
        cause.explains.every((id) => checks.find((check) => check.id === id)?.severity === "warning"),
    );
  const sortedCauses = [...rankedCauses].sort(
    (a, b) =>
      getWarningRank(a) - getWarningRank(b) ||
      surenessOrder.indexOf(a.cause.sureness) - surenessOrder.indexOf(b.cause.sureness) ||
      layers.indexOf(a.layer) - layers.indexOf(b.layer),
  );
  const distinctCauses = mergeRepeats(sortedCauses);
  const keptCauses: RankedCause[] = [];
  for (const candidate of distinctCauses) {
    if (
      distinctCauses.some(
        (otherCause) => otherCause !== candidate && explainsCause(otherCause.cause, candidate.cause),
      )
    )
      continue;
    if (keptCauses.some((otherCause) => isConsequence(candidate, otherCause))) continue;
    keptCauses.push(candidate);
  }
  return keptCauses.map(({ cause }) => cause);
}

/** Merges causes with the same sentence. The result explains the checks of all of them. */
function mergeRepeats(sortedCauses: readonly RankedCause[]): RankedCause[] {
  return [...Map.groupBy(sortedCauses, ({ cause }) => cause.what).values()].flatMap((equalCauses) => {
    const [firstCause] = equalCauses;
    if (firstCause === undefined) return [];
    const explains = [...new Set(equalCauses.flatMap(({ cause }) => cause.explains))];
    return [{ ...firstCause, cause: { ...firstCause.cause, explains } }];
  });
}

/** Returns how vague a cause is about the reason: the higher, the vaguer; 0 for a cause that names it. */
function getVagueness({ id }: Cause): number {
  const vaguenessByRule: Readonly<Record<string, number>> = { "liveness-failing": 1, "not-ready-in-time": 3 };
  return vaguenessByRule[id] ?? workloadFailures.find((failure) => failure.id === id)?.vagueness ?? 0;
}

/** True if a certain and more precise cause names the pod or workload of a vague one. */
function explainsCause(preciseCause: Cause, vagueCause: Cause): boolean {
  if (preciseCause.sureness !== "certain" || getVagueness(preciseCause) >= getVagueness(vagueCause))
    return false;
  const text = [preciseCause.what, ...preciseCause.how].join("\n");
  return findSubjects(vagueCause).some((subject) => text.includes(subject));
}

/**
 * Returns the workload and the pods that a cause is about, e.g. `Deployment monitoring/grafana` and
 * `grafana-7d9c5b8f6d-x2x7p`.
 */
function findSubjects({ what, how }: Cause): readonly string[] {
  const workload = /^(\w+ [\w-]+\/[\w.-]+)/.exec(what)?.[1];
  const pods = how.flatMap((line) => /\bpod (?:[\w-]+\/)?([\w.-]+)/.exec(line)?.[1] ?? []);
  return [...(workload === undefined ? [] : [workload]), ...pods].map((subject) => subject.replace(/:$/, ""));
}

/**
 * True if a certain cause of a lower layer explains all checks that this cause explains: everything that depends on a
 * broken component fails as well.
 */
function isConsequence(candidate: RankedCause, lowerCause: RankedCause): boolean {
  if (lowerCause.cause.sureness !== "certain" || candidate.cause.explains.length === 0) return false;
  const isLower = layers.indexOf(lowerCause.layer) < layers.indexOf(candidate.layer);
  return (
    isLower &&
    breakingLayers.includes(lowerCause.layer) &&
    candidate.cause.explains.every((id) => lowerCause.cause.explains.includes(id))
  );
}

/** Layers whose faults break all layers above them. */
const breakingLayers: readonly Layer[] = ["host", "cluster", "storage", "image", "workload", "network"];
