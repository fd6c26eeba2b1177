import { limitLine } from "../../lib/text.ts";
import type { AtEnd, Cause, Place, Results } from "../results-schema.ts";
import { describeOutcome, isBad } from "../verdict.ts";
import { listPanelSuites } from "./panel-suites.ts";
import { makeNamesUnique, type TestCase, type TestSuite } from "./suite.ts";

type Check = Results["checks"][number];

/**
 * Returns the results as suites of test cases: one suite for the deployment, the checks, the alerts, each dashboard,
 * the checks at the end and the teardown. Suites without cases are left out.
 * @param results their places are relative to the repository
 */
export function listSuites(results: Results): TestSuite[] {
  const { startedAt, checks, causes, atEnd } = results;
  const toCase = (check: Check) => toCheckCase(check, causes);
  const suites = [
    { name: "deployment", startedAt, cases: listDeploymentCases(results) },
    toCheckSuite("checks", checks.filter((check) => !isAboutAlerts(check)).map(toCase), results),
    toCheckSuite("alerts", checks.filter(isAboutAlerts).map(toCase), results),
    ...listPanelSuites(results),
    ...(atEnd ? [toAtEndSuite(atEnd, startedAt)] : []),
    { name: "teardown", startedAt: findTeardownStart(results), cases: listTeardownCases(results) },
  ];
  return makeNamesUnique(suites)
    .filter(({ cases }) => cases.length > 0)
    .map((suite) => ({ ...suite, cases: makeNamesUnique(suite.cases) }));
}

/** True for the checks of alerts, their routes and their delivery. */
function isAboutAlerts({ id }: Check): boolean {
  return id.startsWith("alert") || id === "rule-delivery" || id === "no-alert-fired";
}

function toCheckSuite(name: string, cases: readonly TestCase[], { startedAt, checks }: Results): TestSuite {
  const starts = checks.map((check) => check.startedAt).sort();
  return { name, startedAt: starts[0] ?? startedAt, cases };
}

function toAtEndSuite({ checks, causes }: AtEnd, startedAt: string): TestSuite {
  const starts = checks.map((check) => check.startedAt).sort();
  return {
    name: "checks at the end",
    startedAt: starts[0] ?? startedAt,
    cases: checks.map((check) => toCheckCase(check, causes)),
  };
}

/** Returns a check as a test case. Its place is that of the cause that explains it. */
function toCheckCase(check: Check, causes: readonly Cause[]): TestCase {
  const cause = causes.find(({ explains }) => explains.includes(check.id));
  return {
    name: `${check.id}: ${check.title}`,
    seconds: countSeconds(check.startedAt, check.endedAt),
    place: check.status === "pass" || check.status === "skipped" ? undefined : cause?.at,
    outcome: toOutcome(check, cause),
  };
}

/** Returns a check's outcome: a check of severity warning never fails. */
function toOutcome(check: Check, cause: Cause | undefined): TestCase["outcome"] {
  if (check.status === "pass") return { kind: "passed" };
  if (check.status === "skipped") return { kind: "skipped", reason: check.reason };
  const message = describeOutcome(check);
  const details = [
    ...("cause" in check && check.cause !== undefined ? [limitLine(check.cause)] : []),
    ...(cause ? [`cause: ${limitLine(cause.what)}`, ...cause.how.map((line) => `  ${limitLine(line)}`)] : []),
    `to fix it: ${cause?.fix ?? check.fix}`,
  ];
  if (!isBad(check)) return { kind: "passed", output: [`warning: ${message}`, ...details].join("\n") };
  const type = cause?.id ?? ("fault" in check ? check.fault : undefined) ?? check.id;
  return { kind: check.status === "error" ? "error" : "failed", failure: { type, message, details } };
}

/**
 * Returns a passed case for each deployed app, and a failed one for each cause that explains no check. Without such a
 * cause, what ended the run early is the failed case.
 */
function listDeploymentCases({ mode, apps, failure, causes, checks }: Results): TestCase[] {
  if (mode === "down") return failure ? [toFailedCase("down", "failure", failure.message, failure.fix)] : [];
  const deployed = apps.map(({ name, readyAfterMs }): TestCase => {
    return {
      name: `app ${name}`,
      seconds: readyAfterMs / 1000,
      outcome: { kind: "passed" },
      place: undefined,
    };
  });
  if (failure === undefined) return deployed;
  const ids = new Set(checks.map(({ id }) => id));
  const own = causes.filter(({ explains }) => !explains.some((id) => ids.has(id)));
  if (own.length > 0) return [...deployed, ...own.map(toCauseCase)];
  const { message, fix, workloads } = failure;
  if (workloads.length === 0) return [...deployed, toFailedCase(mode, "failure", message, fix)];
  return [
    ...deployed,
    ...workloads.map(({ workload, container, rule, reason, message: said, fix: workloadFix }) =>
      toFailedCase(
        container === undefined ? workload : `${workload}, container ${container}`,
        rule ?? reason,
        `${reason}: ${said}`,
        workloadFix,
      ),
    ),
  ];
}

function toCauseCase({ id, what, how, fix, at }: Cause): TestCase {
  return { ...toFailedCase(id, id, what, fix, how), place: at };
}

function toFailedCase(
  name: string,
  type: string,
  message: string,
  fix: string | undefined,
  how: readonly string[] = [],
): TestCase {
  const details = [
    ...how.map((line) => limitLine(line)),
    ...(fix === undefined ? [] : [`to fix it: ${fix}`]),
  ];
  const failure = { type, message: limitLine(message), details };
  return { name, seconds: 0, place: undefined, outcome: { kind: "failed", failure } };
}

/** Returns the case that nothing is left, or one for each thing that is. Nothing before a teardown. */
function listTeardownCases(results: Results): TestCase[] {
  const { teardown, phases } = results;
  if (teardown === undefined) return [];
  const phase = phases.findLast(({ name }) => name === "teardown");
  const seconds = phase ? countSeconds(phase.startedAt, phase.endedAt) : 0;
  const kept = teardown.kept.map((item) => `kept on purpose: ${item}`).join("\n");
  if (teardown.leaks.length > 0)
    return teardown.leaks.map(({ kind, what }, index) => ({
      ...toFailedCase(
        `nothing-left: ${kind} ${what}`,
        "nothing-left",
        `left behind: ${kind} ${what}`,
        "run `monstack down` again, or remove it by hand",
      ),
      seconds: index === 0 ? seconds : 0,
    }));
  return [
    {
      name: "nothing-left: After the teardown nothing is left",
      seconds,
      place: undefined,
      outcome: { kind: "passed", output: kept || undefined },
    },
  ];
}

function findTeardownStart({ phases, endedAt }: Results): string {
  return phases.findLast(({ name }) => name === "teardown")?.startedAt ?? endedAt;
}

export function countSeconds(startedAt: string, endedAt: string): number {
  return (Date.parse(endedAt) - Date.parse(startedAt)) / 1000;
}

/** Returns the results with each place of a cause changed. */
export function mapPlaces(results: Results, change: (place: Place) => Place): Results {
  const mapCauses = (causes: readonly Cause[]) =>
    causes.map((cause) => (cause.at ? { ...cause, at: change(cause.at) } : cause));
  const { atEnd } = results;
  return {
    ...results,
    causes: mapCauses(results.causes),
    ...(atEnd && { atEnd: { ...atEnd, causes: mapCauses(atEnd.causes) } }),
  };
}
