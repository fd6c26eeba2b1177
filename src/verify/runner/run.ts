import { findAliases } from "../../failures/catalogue.ts";
import { describeError, Interrupted, MonstackError } from "../../lib/errors.ts";
import type { Span } from "../../lib/trace.ts";
import type { Check, CheckResult, Findings, Verdict } from "../../stack/check.ts";
import { AccessRefused, HttpError } from "../../stack/http.ts";
import type { Stack } from "../../stack/stack.ts";
import { allChecks, type Selection, selectChecks } from "../catalogue.ts";
import { awaitReady, startDeadline, toSignal } from "./await-ready.ts";
import { createCoverageProbe, type MeasureCoverage, reportUnproven } from "./coverage.ts";
import { findNeededServers, type Readiness } from "./needs.ts";

const defaultPauseMs = 500;
/** The pods are ready: what does not respond after this long will not respond later either. */
const defaultErrorGraceMs = 15_000;
const defaultLingerMs = 4_000;

export interface RunOptions extends Selection {
  /** Default: all checks. */
  readonly checks?: readonly Check[];
  /** Ids of existing checks that are not run this time: `only` and `skip` may name them. */
  readonly others?: readonly string[];
  /** Time limit of each check in milliseconds. */
  readonly deadlineMs: number;
  /** Milliseconds between a check's attempts; default 500. */
  readonly pauseMs?: number;
  /** Milliseconds without any response until a check ends as an error; default 15 000. */
  readonly errorGraceMs?: number;
  /** Milliseconds that the other checks still get after one has failed for good; default 4 000. */
  readonly lingerMs?: number;
  /**
   * What of the stack is ready, while its deployment is still in progress. Each check begins as soon as what it needs is
   * ready. Until all is, checks can only pass: their failures, grace periods and time limits count from then on.
   */
  readonly readiness?: Readiness | undefined;
  /** Called for each check as soon as its result is certain. Its span is undefined if nothing is recorded. */
  readonly onResult?: (result: CheckResult, span: Span | undefined) => void;
}

/** Results in the order of the catalogue, and details that the checks have found. */
export interface Verification {
  readonly results: readonly CheckResult[];
  readonly findings: Findings;
}

/** The outcome of one attempt. `unprovenReason`: it would pass, but the data was incomplete, which another check reports. */
type Outcome =
  | (Verdict & { readonly unprovenReason?: string })
  | { readonly status: "error"; readonly error: unknown };

/** State that all checks of a run share. */
interface Run {
  readonly options: RunOptions;
  readonly measureCoverage: MeasureCoverage;
  /** Ids of the selected checks, including those that the user skips for a reason. */
  readonly ids: readonly string[];
  /** Fires when undecided checks are no longer waited for. */
  readonly enough: AbortController;
  /** Fires when all results are certain. */
  readonly over: AbortController;
  /** Fires when the deployment is complete. */
  readonly complete: AbortSignal;
  /** The first check that has failed for good. */
  failed: string | undefined;
}

interface Decision {
  readonly result: CheckResult;
  readonly findings: Findings;
}

/**
 * Runs the checks concurrently. Each one is retried until it passes, can't pass any more, or its time is up. When one of
 * severity `error` can't pass any more, the run has failed, and the others get a short time to complete their results.
 * @throws Interrupted when the stack's signal fires; UserError if `only` or `skip` names an unknown check
 */
export async function runChecks(stack: Stack, options: RunOptions): Promise<Verification> {
  const { checks = allChecks } = options;
  const ids = checks.map(({ id }) => id);
  const selected = selectChecks(ids, options, [...ids, ...(options.others ?? [])]);
  const run: Run = {
    options,
    measureCoverage: createCoverageProbe(stack),
    ids: selected.map(({ id }) => id),
    enough: new AbortController(),
    over: new AbortController(),
    complete: toSignal(options.readiness?.complete),
    failed: undefined,
  };
  const decisions = await Promise.all(
    selected.map(async ({ id, skipped }) => {
      const check = checks.find((one) => one.id === id) as Check;
      if (skipped !== undefined) {
        const decision = skipCheck(stack, check, skipped);
        options.onResult?.(decision.result, undefined);
        return decision;
      }
      await awaitNeeds(stack, id, run);
      const span = stack.context.span?.start({ kind: "check", name: id });
      const decision = await runCheck(stack, check, run);
      const { attempts, status } = decision.result;
      span?.end({ attempts, verdict: status });
      options.onResult?.(decision.result, span);
      return decision;
    }),
  ).finally(() => run.over.abort());
  await awaitReady(stack, options.readiness?.complete);
  return {
    results: decisions.map(({ result }) => result),
    findings: mergeFindings(decisions.map(({ findings }) => findings)),
  };
}

/** Waits until what a check needs is ready. @throws Interrupted when the stack's signal fires */
async function awaitNeeds(stack: Stack, id: string, { options: { readiness } }: Run): Promise<void> {
  const servers = findNeededServers(id);
  await awaitReady(stack, servers === undefined ? readiness?.complete : readiness?.waitFor(servers));
}

/**
 * Merges the findings of all checks. Points of the checklist are concatenated; every other kind comes from a single
 * check.
 */
function mergeFindings(findingsOfChecks: readonly Findings[]): Findings {
  const checklist = findingsOfChecks.flatMap((findings) => findings.checklist ?? []);
  return { ...Object.assign({}, ...findingsOfChecks), ...(checklist.length > 0 ? { checklist } : {}) };
}

/** Returns the decision for a check that the user skips. */
function skipCheck(stack: Stack, check: Check, reason: string): Decision {
  const now = formatNow(stack);
  const times = { startedAt: now, endedAt: now, attempts: 0 };
  return { result: toResult(check, { status: "skipped", reason }, times), findings: {} };
}

/**
 * Repeats a check until its result is final: it passed, it failed for good, or its time limit or the end of the run was
 * reached.
 * @throws Interrupted when the stack's signal fires
 */
async function runCheck(stack: Stack, check: Check, run: Run): Promise<Decision> {
  const { options, enough } = run;
  const { pauseMs = defaultPauseMs, errorGraceMs = defaultErrorGraceMs } = options;
  const deadlineMs = check.withinMs ?? options.deadlineMs;
  const { host, signal } = stack.context;
  const startedAt = formatNow(stack);
  const limit = startDeadline(stack, deadlineMs, run.complete);
  const deadline = AbortSignal.any([limit.signal, enough.signal]);
  const context = { ...stack.context, signal: AbortSignal.any([signal, deadline]) };
  const boundedStack: Stack = { ...stack, context };
  const isFinalFailure = createFinalityTest(check.withinMs ?? errorGraceMs);
  let last: Outcome | undefined;
  let attempts = 0;
  let observations = 0;
  let isFinal = false;
  while (true) {
    attempts += 1;
    const began = host.now();
    const counts = run.complete.aborted;
    const outcome = await runAttempt(boundedStack, check, run);
    if (signal.aborted) throw new Interrupted();
    // An attempt that was cut off by the deadline leaves the outcome of the complete attempt before it.
    if (outcome !== undefined) {
      last = outcome;
      if (counts) observations += 1;
      if (counts) isFinal = isFinalFailure(outcome, { began, ended: host.now() });
    }
    if (last?.status === "pass" || last?.status === "skipped" || isFinal) break;
    // The deployment became complete during this attempt: the next one is the first that counts.
    if (!counts && run.complete.aborted && !deadline.aborted) continue;
    if (deadline.aborted || host.now() + pauseMs >= limit.endMs()) break;
    const isEarly = !run.complete.aborted;
    const woken = isEarly ? AbortSignal.any([context.signal, run.complete]) : context.signal;
    await host.sleep(pauseMs, woken).catch(() => undefined);
    if (signal.aborted) throw new Interrupted();
    if (enough.signal.aborted) break;
  }
  const outcome = last ?? {
    status: "error" as const,
    error: new Error(`no response within ${deadlineMs / 1000} s`),
  };
  if (isFinal && !("unprovenReason" in outcome) && check.severity === "error") endRunSoon(stack, check, run);
  const findings = ("findings" in outcome ? outcome.findings : undefined) ?? {};
  const result = toResult(check, outcome, { startedAt, endedAt: formatNow(stack), attempts });
  if (isFinal || result.status === "pass" || result.status === "skipped") return { result, findings };
  if (enough.signal.aborted && run.failed !== undefined)
    return { result: toUndecided(result, run.failed), findings };
  if (observations !== 1) return { result, findings };
  return { result: { ...result, note: `one observation within ${deadlineMs / 1000} s` }, findings };
}

/** Marks the run as failed. The other checks get a short time to complete their results; then `enough` fires. */
function endRunSoon({ context }: Stack, { id }: Check, run: Run): void {
  if (run.failed !== undefined) return;
  run.failed = id;
  const end = () => run.enough.abort();
  context.host.sleep(run.options.lingerMs ?? defaultLingerMs, run.over.signal).then(end, end);
}

/** Returns the result of a check that was no longer waited for: skipped, with its last outcome as information. */
function toUndecided(
  result: Exclude<CheckResult, { status: "pass" | "skipped" }>,
  failedCheckId: string,
): CheckResult {
  const { id, title, severity, startedAt, endedAt, attempts } = result;
  const lastOutcome =
    result.status === "error" ? result.error : `expected ${result.expected}, saw ${result.seen}`;
  const reason = `not waited for any longer, since ${failedCheckId} had failed for good; until then: ${lastOutcome}`;
  return { id, title, severity, startedAt, endedAt, attempts, status: "skipped", reason };
}

/**
 * Creates a function that returns whether a failure is final: the same fault was observed at least twice, and the last
 * observation began after the grace period. That period begins at the end of the first observation, since a slow server
 * makes each observation long. Exception: after a request that timed out, the period begins with that request, since
 * the server was silent from then on.
 */
function createFinalityTest(errorGraceMs: number) {
  let faultId: string | undefined;
  let observedSince = 0;
  return (
    outcome: Outcome,
    { began: startedAtMs, ended: endedAtMs }: { began: number; ended: number },
  ): boolean => {
    if (outcome.status !== "fail" && outcome.status !== "error") return false;
    if (outcome.status === "fail" && outcome.final) return true;
    const fault =
      outcome.status === "fail" ? outcome.fault : { id: "no answer at all", graceMs: errorGraceMs };
    if (fault !== undefined && fault.id === faultId) return startedAtMs - observedSince >= fault.graceMs;
    const isHttpError = outcome.status === "error" && outcome.error instanceof HttpError;
    faultId = fault?.id;
    observedSince = endedAtMs - (isHttpError ? outcome.error.silentMs : 0);
    return false;
  };
}

/**
 * Makes one attempt and returns its outcome. Returns undefined if the signal ended the attempt, even if the check
 * ignores the signal.
 */
async function runAttempt(stack: Stack, check: Check, run: Run): Promise<Outcome | undefined> {
  const { signal } = stack.context;
  if (signal.aborted) return undefined;
  const aborted = Promise.withResolvers<undefined>();
  const onAbort = () => aborted.resolve(undefined);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([runCheckWithCoverage(stack, check, run), aborted.promise]);
  } catch (error) {
    if (signal.aborted) return undefined;
    return error instanceof AccessRefused ? failForAccess(error) : { status: "error", error };
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/**
 * Returns the verdict for a refused login. It is final at once, since the configuration does not change during a
 * verification.
 */
function failForAccess({ message, fix }: AccessRefused): Verdict {
  const fault = { id: "access-refused", graceMs: 0 };
  const expected = "it answers monstack's requests";
  return { status: "fail", expected, seen: message, fix, final: true, fault };
}

/** Runs the check and returns its outcome. A check of absence passes only if the data was complete before it ran. */
async function runCheckWithCoverage(
  stack: Stack,
  check: Check,
  { measureCoverage, ids }: Run,
): Promise<Outcome> {
  if (check.absence === undefined || stack.prometheus === undefined) return await check.run(stack);
  const measured = await measureCoverage(check.absence).catch((error: unknown) => ({ error }));
  const verdict = await check.run(stack, "error" in measured ? undefined : measured);
  if (verdict.status !== "pass") return verdict;
  if ("error" in measured) throw measured.error;
  if (measured.status === "complete") return { ...verdict, seen: verdict.seen + measured.rest };
  const isReported = measured.reportedBy !== check.id && ids.includes(measured.reportedBy);
  return {
    ...reportUnproven(measured),
    ...(isReported ? { unprovenReason: `could not look: ${measured.why} (see ${measured.reportedBy})` } : {}),
    ...(verdict.findings ? { findings: verdict.findings } : {}),
  };
}

type Times = Pick<CheckResult, "startedAt" | "endedAt" | "attempts">;

/** Converts the last outcome of a check to its result. A failure of a check of severity `warning` becomes `warn`. */
function toResult(
  { id, title, severity, fix: usualFix }: Check,
  outcome: Outcome,
  times: Times,
): CheckResult {
  const common = { id, title, severity, ...times };
  switch (outcome.status) {
    case "pass":
      return { ...common, status: "pass", seen: outcome.seen };
    case "skipped":
      return { ...common, status: "skipped", reason: outcome.reason };
    case "error": {
      const fix = (outcome.error instanceof MonstackError ? outcome.error.fix : undefined) ?? usualFix;
      return { ...common, status: "error", error: describeError(outcome.error), fix };
    }
    case "fail": {
      if (outcome.unprovenReason !== undefined)
        return { ...common, status: "skipped", reason: outcome.unprovenReason };
      const { expected, seen, cause, fix = usualFix, fault } = outcome;
      const status = severity === "error" ? "fail" : "warn";
      const faultAliases = fault && findAliases(fault.id);
      return { ...common, status, expected, seen, cause, fault: fault?.id, faultAliases, fix };
    }
  }
}

function formatNow({ context }: Stack): string {
  return new Date(context.host.now()).toISOString();
}
