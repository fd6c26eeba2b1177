import type { CheckResult } from "../stack/check.ts";
import type { Evidence } from "./evidence.ts";

/** A check that found something wrong. */
export type FailedCheck = Extract<CheckResult, { status: "fail" | "warn" }>;

export function failedChecks(evidence: Evidence): readonly FailedCheck[] {
  return evidence.checks.filter(
    (check): check is FailedCheck => check.status === "fail" || check.status === "warn",
  );
}

/** The failed checks with one of these faults. */
export function withFault(evidence: Evidence, ...ids: readonly string[]): readonly FailedCheck[] {
  return failedChecks(evidence).filter(({ fault }) => fault !== undefined && ids.includes(fault));
}

/** Ids of the checks that did not pass, those that could not be made too. */
export function notPassed(evidence: Evidence, matches = /(?:)/): readonly string[] {
  return evidence.checks
    .filter(({ id, status }) => ["fail", "warn", "error"].includes(status) && matches.test(id))
    .map(({ id }) => id);
}

/** What a failed check says, in its words. */
export function quoteCheck({ id, expected, seen }: FailedCheck): string {
  return `check ${id}: expected ${expected}, saw ${seen}`;
}

/** All checks that ask Prometheus, or need what it has: without it none of them can pass. */
export const needPrometheus =
  /^(?!grafana-(healthy|datasource|plugins|(settings|alerting)-effective)$|alertmanager-config-effective$|environment-effective$|values-known$)/;
export const needAlertmanager = /^(alertmanager-|alert-|rule-delivery|workloads-)/;
export const needGrafana = /^(grafana-|dashboard|workloads-)/;
