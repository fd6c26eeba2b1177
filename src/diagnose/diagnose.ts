import { workloadFailures } from "../failures/catalogue.ts";
import { type Layer, layers, type Sureness } from "../failures/failure.ts";
import type { CheckResult } from "../stack/check.ts";
import { allRules } from "./catalogue.ts";
import type { Evidence } from "./evidence.ts";
import { type Cause, type DiagnosisRule, findCauses } from "./rule.ts";

/** Bounds the causes: nobody reads more. */
const most = 10;

/**
 * Returns why a run is red, the likeliest cause first. What no rule explains is reported as it is, so that nothing is lost: the
 * result is empty only when nothing failed.
 */
export function diagnose(evidence: Evidence, rules: readonly DiagnosisRule[] = allRules): readonly Cause[] {
  const found = rules.flatMap((rule) =>
    findCauses(rule, evidence).map((cause): Ranked => ({ cause, layer: rule.layer })),
  );
  return sortCauses(evidence, rank(found, evidence.checks)).slice(0, most);
}

/** Puts an unexplained failure, as it was reported, before guesses that do not explain it. */
function sortCauses(evidence: Evidence, causes: readonly Cause[]): readonly Cause[] {
  const good = causes.filter(isGood);
  const guesses = causes.filter((cause) => !isGood(cause));
  if (evidence.failure !== undefined) {
    const first = good.length > 0 ? good : [createFailureCause(evidence.failure)];
    return [...first, ...guesses];
  }
  const bad = evidence.checks.filter(isBad);
  const open = bad.filter(({ id }) => !good.some(({ explains }) => explains.includes(id)));
  const isUseful = ({ explains }: Cause) => open.some(({ id }) => explains.includes(id));
  const rest = guesses.filter((cause) => !isUseful(cause));
  return [...good, ...guesses.filter(isUseful), ...open.map(createCheckCause), ...rest];
}

function isGood({ sureness }: Cause): boolean {
  return sureness !== "possible";
}

type BadCheck = Extract<CheckResult, { status: "fail" | "warn" | "error" }>;

function isBad(check: CheckResult): check is BadCheck {
  return check.severity === "error" && (check.status === "fail" || check.status === "error");
}

function createFailureCause({ message, fix }: NonNullable<Evidence["failure"]>): Cause {
  const [what = "", ...more] = message.split("\n");
  return {
    id: "run-failed",
    what,
    how: more.length > 0 ? more : ["the run ended with this, and no more specific cause was found"],
    fix: fix ?? "Read the files in diagnostics/: its index lists them.",
    sureness: "certain",
    explains: [],
    blame: undefined,
  };
}

function createCheckCause(check: BadCheck): Cause {
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

const sure: readonly Sureness[] = ["certain", "likely", "possible"];

interface Ranked {
  readonly cause: Cause;
  readonly layer: Layer;
}

/**
 * Sorts causes by sureness, then by layer. Causes of warnings alone come last, and consequences of another cause are
 * left out.
 */
export function rank(found: readonly Ranked[], checks: readonly CheckResult[] = []): readonly Cause[] {
  const isMinor = ({ cause }: Ranked) =>
    Number(
      cause.explains.length > 0 &&
        cause.explains.every((id) => checks.find((check) => check.id === id)?.severity === "warning"),
    );
  const ordered = [...found].sort(
    (a, b) =>
      isMinor(a) - isMinor(b) ||
      sure.indexOf(a.cause.sureness) - sure.indexOf(b.cause.sureness) ||
      layers.indexOf(a.layer) - layers.indexOf(b.layer),
  );
  const distinct = withoutRepeats(ordered);
  const kept: Ranked[] = [];
  for (const one of distinct) {
    if (distinct.some((other) => other !== one && explainsCause(other.cause, one.cause))) continue;
    if (kept.some((other) => isConsequence(one, other))) continue;
    kept.push(one);
  }
  return kept.map(({ cause }) => cause);
}

/** Merges causes with the same sentence: the result explains the checks of both. */
function withoutRepeats(ordered: readonly Ranked[]): Ranked[] {
  return [...Map.groupBy(ordered, ({ cause }) => cause.what).values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const explains = [...new Set(same.flatMap(({ cause }) => cause.explains))];
    return [{ ...first, cause: { ...first.cause, explains } }];
  });
}

/** Returns how vague a cause is about the reason: the higher, the vaguer. */
function getVagueness({ id }: Cause): number {
  const ofRules: Readonly<Record<string, number>> = { "liveness-failing": 1, "not-ready-in-time": 3 };
  return ofRules[id] ?? workloadFailures.find((failure) => failure.id === id)?.vagueness ?? 0;
}

/** True if the other cause names the same pod or workload, and is certain. */
function explainsCause(other: Cause, vagueOne: Cause): boolean {
  if (other.sureness !== "certain" || getVagueness(other) >= getVagueness(vagueOne)) return false;
  const text = [other.what, ...other.how].join("\n");
  return findSubjects(vagueOne).some((subject) => text.includes(subject));
}

/** Returns the workload and the pod that a cause is about: `Deployment monitoring/grafana`, `grafana-7d9c5b8f6d-x2x7p`. */
function findSubjects({ what, how }: Cause): readonly string[] {
  const workload = /^(\w+ [\w-]+\/[\w.-]+)/.exec(what)?.[1];
  const pods = how.flatMap((line) => /\bpod (?:[\w-]+\/)?([\w.-]+)/.exec(line)?.[1] ?? []);
  return [...(workload === undefined ? [] : [workload]), ...pods].map((one) => one.replace(/:$/, ""));
}

/**
 * True if a certain cause of a lower layer explains all that this cause explains: whatever depends on a broken part
 * fails as well.
 */
function isConsequence(one: Ranked, deeper: Ranked): boolean {
  if (deeper.cause.sureness !== "certain" || one.cause.explains.length === 0) return false;
  const isDeeper = layers.indexOf(deeper.layer) < layers.indexOf(one.layer);
  return (
    isDeeper &&
    breaks.includes(deeper.layer) &&
    one.cause.explains.every((id) => deeper.cause.explains.includes(id))
  );
}

/** Layers whose faults take everything above down with them. */
const breaks: readonly Layer[] = ["host", "cluster", "storage", "image", "workload", "network"];
