import { interruptedMessage } from "../host/errors.ts";
import type { Results } from "./types.ts";

type Check = Results["checks"][number];

/** How a run ended, in one line, and whether that is good news. */
export interface Verdict {
  readonly tone: "good" | "bad" | "mixed";
  readonly text: string;
}

/** Why a run is red. */
export interface Cause {
  readonly title: string;
  readonly detail: string;
  readonly mend: string | undefined;
}

export function verdictOf(results: Results): Verdict {
  const { mode, verified, failure, checks } = results;
  const leaks = results.teardown?.leaks.length ?? 0;
  const left = leaks === 0 ? "" : `, and the teardown left ${count(leaks, "thing")} behind`;
  if (failure) return { tone: "bad", text: `${stopped(mode, failure.message)}${left}` };
  if (mode === "down")
    return leaks > 0
      ? { tone: "bad", text: `torn down, but ${count(leaks, "thing")} left` }
      : { tone: "good", text: "torn down, nothing left" };
  const passed = checks.filter(({ status }) => status === "pass").length;
  if (verified)
    return { tone: leaks > 0 ? "mixed" : "good", text: `verified, ${count(passed, "check")} passed${left}` };
  if (checks.length === 0 && mode === "up") return { tone: "good", text: "up, not verified yet" };
  const failed = checks.filter(isBad).length;
  const why = failed > 0 ? `${failed} of ${count(checks.length, "check")} failed` : "no check passed";
  return { tone: "bad", text: `not verified, ${why}${left}` };
}

/** What is to blame, the most telling first. */
export function causesOf(results: Results): Cause[] {
  const { failure, checks, teardown } = results;
  const causes: Cause[] = (failure?.workloads ?? []).map(
    ({ workload, container, reason, message, mend }) => ({
      title: `${workload}${container === undefined ? "" : `, container ${container}`}: ${reason}`,
      detail: message,
      mend,
    }),
  );
  if (failure && causes.length === 0) causes.push({ title: failure.message, detail: "", mend: failure.mend });
  causes.push(...checks.filter(isBad).map(causeOfCheck));
  const leaks = teardown?.leaks ?? [];
  if (leaks.length > 0) {
    causes.push({
      title: `The teardown left ${count(leaks.length, "thing")} behind`,
      detail: leaks.map(({ kind, what }) => `${kind} ${what}`).join(", "),
      mend: "run `monstack down` again, or remove them by hand",
    });
  }
  return causes;
}

/** A check that fails the run. */
export function isBad(check: Check): boolean {
  return check.severity === "error" && (check.status === "fail" || check.status === "error");
}

/** What a check has to say, in one line. */
export function outcomeOf(check: Check): string {
  if (check.status === "pass") return check.seen;
  if (check.status === "skipped") return check.reason;
  if (check.status === "error") return `could not be made: ${check.error}`;
  return `expected ${check.expected}, seen ${check.seen}`;
}

function causeOfCheck(check: Check): Cause {
  const cause = "cause" in check && check.cause !== undefined ? `. ${check.cause}` : "";
  return {
    title: check.title,
    detail: `${outcomeOf(check)}${cause}`,
    mend: "mend" in check ? check.mend : undefined,
  };
}

function stopped(mode: Results["mode"], message: string): string {
  if (message === interruptedMessage) return "interrupted";
  if (mode === "down") return "the teardown failed";
  return mode === "verify" ? "could not be verified" : "could not be brought up";
}

export function count(amount: number, what: string): string {
  return `${amount} ${what}${amount === 1 ? "" : "s"}`;
}

/** `23.4 s`, `2 min 5 s`. */
export function formatSpan(startedAt: string, endedAt: string): string {
  const seconds = (Date.parse(endedAt) - Date.parse(startedAt)) / 1000;
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
