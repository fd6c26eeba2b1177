import { interruptedMessage } from "../lib/errors.ts";
import { formatCount, limitLine } from "../lib/text.ts";
import type { Cause, Place, Results } from "./results-schema.ts";

type Check = Results["checks"][number];

/** The result of a run on one line, and whether it is good. */
export interface Verdict {
  readonly tone: "good" | "bad" | "mixed";
  readonly text: string;
}

/** A reason why a run failed, for the reader of a report. */
export interface Reason {
  readonly title: string;
  /** The evidence, one line each. */
  readonly details: readonly string[];
  readonly fix: string | undefined;
  /** The place in the user's configuration that causes it: `monstack.yaml:3:5`. */
  readonly place: string | undefined;
}

/** Returns how the run ended: the failure, the teardown, or the number of checks that passed or failed. */
export function summarizeVerdict(results: Results): Verdict {
  const { mode, verified, failure, checks } = results;
  const leaks = results.teardown?.leaks.length ?? 0;
  const leftNote = leaks === 0 ? "" : `, and the teardown left ${formatCount(leaks, "thing")} behind`;
  const hasFailedAtEnd = results.atEnd?.verified === false;
  if (failure) return { tone: "bad", text: `${describeStop(mode, failure.message)}${leftNote}` };
  if (hasFailedAtEnd) {
    const prefix = verified
      ? `verified, ${formatCount(checks.filter(isPassed).length, "check")} passed, but it`
      : "the stack";
    return { tone: "bad", text: `${prefix} did not hold until the end${leftNote}` };
  }
  if (mode === "down")
    return leaks > 0
      ? { tone: "bad", text: `torn down, but ${formatCount(leaks, "thing")} left` }
      : { tone: "good", text: "torn down, nothing left" };
  if (mode === "checklist") return summarizeChecklist(results);
  const passed = checks.filter(isPassed).length;
  if (verified && results.watch && results.watch.failedRounds > 0) {
    const { failedRounds, rounds } = results.watch;
    return {
      tone: "bad",
      text: `verified in the last round, but not in ${failedRounds} of ${formatCount(rounds, "round")}`,
    };
  }
  if (verified)
    return {
      tone: leaks > 0 ? "mixed" : "good",
      text: `verified, ${formatCount(passed, "check")} passed${leftNote}`,
    };
  if (checks.length === 0 && mode === "up") return { tone: "good", text: "up, not verified yet" };
  const failed = checks.filter(isBad).length;
  const why = failed > 0 ? `${failed} of ${formatCount(checks.length, "check")} failed` : "no check passed";
  return { tone: "bad", text: `not verified, ${why}${leftNote}` };
}

/** Returns how many points of the production checklist are met. */
function summarizeChecklist({ verified, checklist = [] }: Results): Verdict {
  const unmet = checklist.filter(({ status }) => status === "unmet" || status === "unknown").length;
  const judged = checklist.filter(({ status }) => status !== "left-out").length;
  if (verified)
    return { tone: "good", text: `${formatCount(judged, "point")} of the production checklist met` };
  const text =
    judged === 0 ? "no point was judged" : `${unmet} of ${formatCount(judged, "point")} are not met`;
  return { tone: "bad", text: `production checklist: ${text}` };
}

/**
 * Returns why the run failed: the causes of the diagnosis, else the messages of the run and its checks. The most
 * precise one comes first.
 */
export function listReasons(results: Results): Reason[] {
  const { teardown, atEnd } = results;
  const causes = [...results.causes, ...(atEnd?.causes ?? [])];
  const reasons = causes.length > 0 ? causes.map(toCauseReason) : listUndiagnosed(results);
  const leaks = teardown?.leaks ?? [];
  if (leaks.length === 0) return reasons;
  return [
    ...reasons,
    {
      title: `The teardown left ${formatCount(leaks.length, "thing")} behind`,
      details: [limitLine(leaks.map(({ kind, what }) => `${kind} ${what}`).join(", "))],
      fix: "run `monstack down` again, or remove them by hand",
      place: undefined,
    },
  ];
}

/** Converts a cause of the diagnosis to a reason. */
export function toCauseReason({ what, how, fix, at, sureness }: Cause): Reason {
  const sure = sureness === "certain" ? "" : `${sureness}: `;
  return {
    title: limitLine(`${sure}${what}`),
    details: how.map((line) => limitLine(line)),
    fix,
    place: at && formatPlace(at),
  };
}

/** Formats a place in a file: `monstack.yaml:3:5`. */
export function formatPlace({ file, line, column }: Place): string {
  return `${file}:${line}:${column}`;
}

/**
 * Returns the messages of the run and its failed checks as reasons. Points of the checklist are left out, since the
 * report has a section for them.
 */
function listUndiagnosed({ failure, checks, checklist = [] }: Results): Reason[] {
  const reasons: Reason[] = (failure?.workloads ?? []).map(
    ({ workload, container, reason, message, fix }) => ({
      title: `${workload}${container === undefined ? "" : `, container ${container}`}: ${reason}`,
      details: [message],
      fix,
      place: undefined,
    }),
  );
  if (failure && reasons.length === 0)
    reasons.push({ title: failure.message, details: [], fix: failure.fix, place: undefined });
  const isPoint = ({ id }: Check) => checklist.some((point) => point.id === id);
  return [...reasons, ...checks.filter((check) => isBad(check) && !isPoint(check)).map(toCheckReason)];
}

function isPassed({ status }: Check): boolean {
  return status === "pass";
}

/** True if the check fails the run. */
export function isBad(check: Check): boolean {
  return check.severity === "error" && (check.status === "fail" || check.status === "error");
}

/** Returns a check's outcome on one line of bounded length. */
export function describeOutcome(check: Check): string {
  return limitLine(describeWholeOutcome(check));
}

/** Returns a check's outcome in full: what was seen, the reason for skipping, or the error. */
function describeWholeOutcome(check: Check): string {
  if (check.status === "pass") return check.seen;
  if (check.status === "skipped") return check.reason;
  const note = check.note === undefined ? "" : ` (${check.note})`;
  if (check.status === "error") return `could not be made: ${check.error}${note}`;
  return `expected ${check.expected}, seen ${check.seen}${note}`;
}

/** Converts a failed check to a reason. */
function toCheckReason(check: Check): Reason {
  const cause = "cause" in check && check.cause !== undefined ? `. ${check.cause}` : "";
  return {
    title: check.title,
    details: [`${describeOutcome(check)}${limitLine(cause)}`],
    fix: "fix" in check ? check.fix : undefined,
    place: undefined,
  };
}

/** Returns how a run ended that stopped with a failure. */
function describeStop(mode: Results["mode"], message: string): string {
  if (message === interruptedMessage) return "interrupted";
  if (mode === "down") return "the teardown failed";
  return mode === "verify" || mode === "checklist" ? "could not be verified" : "could not be brought up";
}

/** Formats the time between two dates: `23.4 s`, `2 min 5 s`. */
export function formatSpan(startedAt: string, endedAt: string): string {
  const seconds = (Date.parse(endedAt) - Date.parse(startedAt)) / 1000;
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
