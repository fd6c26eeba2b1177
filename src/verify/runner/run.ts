import { aliasesOf } from "../../failures/catalogue.ts";
import { Interrupted, MonstackError, messageOf } from "../../lib/errors.ts";
import type { Check, CheckResult, Findings, Stack, Verdict } from "../../stack/check.ts";
import { AccessRefused, HttpError } from "../../stack/http.ts";
import { allChecks, type Selection, selectChecks } from "../catalogue.ts";
import { createSight, type LookForSight, unproven } from "./coverage.ts";

const defaultPauseMs = 500;
/** A stack whose pods are all ready and that still can't be asked after this long won't be any better later. */
const defaultErrorGraceMs = 15_000;
const defaultLingerMs = 4_000;

export interface RunOptions extends Selection {
  /** Default: the whole catalogue. */
  readonly checks?: readonly Check[];
  /** Ids of checks that exist but are not made this time: they may be named in `only` and `skip`. */
  readonly others?: readonly string[];
  /** Milliseconds that each check has until it must pass. */
  readonly deadlineMs: number;
  /** Milliseconds between a check's attempts; default 500. */
  readonly pauseMs?: number;
  /** Milliseconds that a check may go without any answer; default 15 000. */
  readonly errorGraceMs?: number;
  /** Milliseconds that the others still have when one check has failed for good; default 4 000. */
  readonly lingerMs?: number;
  /** Called as soon as a check is decided, in the order in which they are. */
  readonly onResult?: (result: CheckResult) => void;
}

/** What the checks came to, in the order of the catalogue, and what they saw in detail. */
export interface Verification {
  readonly results: readonly CheckResult[];
  readonly findings: Findings;
}

/** What one attempt came to. `blind`: it passed, but could not have seen what it is about, for this reason. */
type Outcome =
  | (Verdict & { readonly blind?: string })
  | { readonly status: "error"; readonly error: unknown };

/** What all checks of a run share. */
interface Round {
  readonly options: RunOptions;
  readonly lookForSight: LookForSight;
  /** Ids of the checks that are part of the run, those included that the user skips for a reason. */
  readonly ids: readonly string[];
  /** Fires when the others need not be waited for any more. */
  readonly enough: AbortController;
  /** Fires when all are decided. */
  readonly over: AbortController;
  /** The first check that failed for good. */
  failed: string | undefined;
}

/**
 * Runs the checks side by side; each is tried again until it passes, can't pass any more, or its time is up. When one of
 * severity `error` can't pass any more, the verdict is certain, and the others get a short time to add what they know.
 * @throws Interrupted when the stack's signal fires; UserError when `only` or `skip` names an unknown check.
 */
export async function runChecks(stack: Stack, options: RunOptions): Promise<Verification> {
  const { checks = allChecks } = options;
  const ids = checks.map(({ id }) => id);
  const chosen = selectChecks(ids, options, [...ids, ...(options.others ?? [])]);
  const round: Round = {
    options,
    lookForSight: createSight(stack),
    ids: chosen.map(({ id }) => id),
    enough: new AbortController(),
    over: new AbortController(),
    failed: undefined,
  };
  const decided = await Promise.all(
    chosen.map(async ({ id, skipped }) => {
      const check = checks.find((one) => one.id === id) as Check;
      const one =
        skipped === undefined ? await runCheck(stack, check, round) : leftOut(stack, check, skipped);
      options.onResult?.(one.result);
      return one;
    }),
  ).finally(() => round.over.abort());
  return {
    results: decided.map(({ result }) => result),
    findings: mergeFindings(decided.map(({ findings }) => findings)),
  };
}

/** Each point of the checklist has its own evidence; of the rest one check has all. */
function mergeFindings(all: readonly Findings[]): Findings {
  const checklist = all.flatMap((one) => one.checklist ?? []);
  return { ...Object.assign({}, ...all), ...(checklist.length > 0 ? { checklist } : {}) };
}

interface Decided {
  readonly result: CheckResult;
  readonly findings: Findings;
}

function leftOut(stack: Stack, check: Check, reason: string): Decided {
  const now = isoNow(stack);
  const times = { startedAt: now, endedAt: now, attempts: 0 };
  return { result: { ...base(check), ...times, status: "skipped", reason }, findings: {} };
}

async function runCheck(stack: Stack, check: Check, round: Round): Promise<Decided> {
  const { pauseMs = defaultPauseMs, lingerMs = defaultLingerMs } = round.options;
  const deadlineMs = check.withinMs ?? round.options.deadlineMs;
  const { host, signal } = stack.context;
  const startedAt = isoNow(stack);
  const end = host.now() + deadlineMs;
  const deadline = AbortSignal.any([AbortSignal.timeout(deadlineMs), round.enough.signal]);
  const bounded: Stack = {
    ...stack,
    context: { ...stack.context, signal: AbortSignal.any([signal, deadline]) },
  };
  const patience = createPatience(check.withinMs ?? round.options.errorGraceMs ?? defaultErrorGraceMs);
  let last: Outcome | undefined;
  let attempts = 0;
  let observations = 0;
  let isFinal = false;
  while (true) {
    attempts += 1;
    const began = host.now();
    const outcome = await attempt(bounded, check, round);
    if (signal.aborted) throw new Interrupted();
    // An attempt that the deadline cut off says less than the whole one before it.
    if (outcome !== undefined) {
      last = outcome;
      observations += 1;
    }
    if (last?.status === "pass" || last?.status === "skipped") break;
    isFinal = outcome !== undefined && patience.isOver(outcome, { began, ended: host.now() });
    if (isFinal) break;
    // A pause that would end after the deadline is no use to anyone.
    if (deadline.aborted || host.now() + pauseMs >= end) break;
    await host.sleep(pauseMs, AbortSignal.any([signal, deadline])).catch(() => undefined);
    if (signal.aborted) throw new Interrupted();
    if (round.enough.signal.aborted) break;
  }
  const times = { startedAt, endedAt: isoNow(stack), attempts };
  const isBlind = last !== undefined && "blind" in last;
  if (isFinal && !isBlind && check.severity === "error" && round.failed === undefined) {
    round.failed = check.id;
    const leave = () => round.enough.abort();
    host.sleep(lingerMs, round.over.signal).then(leave, leave);
  }
  const error = new Error(`no answer within ${deadlineMs / 1000} s`);
  const outcome = last ?? { status: "error" as const, error };
  const findings = ("findings" in outcome ? outcome.findings : undefined) ?? {};
  const result = toResult(check, outcome, times);
  const cutShort = !isFinal && round.enough.signal.aborted && round.failed !== undefined;
  if (cutShort) return { result: notWaitedFor(result, round.failed ?? ""), findings };
  const isOneLook = !isFinal && observations === 1 && result.status !== "pass" && result.status !== "skipped";
  if (!isOneLook) return { result, findings };
  return { result: { ...result, note: `one observation within ${deadlineMs / 1000} s` }, findings };
}

/** Neither good nor bad: what it said so far stays readable, but blames nothing. */
function notWaitedFor(result: CheckResult, failed: string): CheckResult {
  if (result.status === "pass" || result.status === "skipped") return result;
  const { id, title, severity, startedAt, endedAt, attempts } = result;
  const said = result.status === "error" ? result.error : `expected ${result.expected}, saw ${result.seen}`;
  const reason = `not waited for any longer, since ${failed} had failed for good; until then: ${said}`;
  return { id, title, severity, startedAt, endedAt, attempts, status: "skipped", reason };
}

/**
 * Decides when a failure is final: the same fault was observed at least twice, and the last observation began after the
 * grace period, which counts from the end of the first observation. A slow server makes each observation long: what an
 * observation saw at its begin is old at its end. A request that timed out is the exception: it observed the server's
 * silence from its own begin.
 */
function createPatience(errorGraceMs: number) {
  let fault: string | undefined;
  let observedSince = 0;
  return {
    isOver: (outcome: Outcome, { began, ended }: { began: number; ended: number }): boolean => {
      if (outcome.status !== "fail" && outcome.status !== "error") return false;
      if (outcome.status === "fail" && outcome.final) return true;
      const known =
        outcome.status === "fail" ? outcome.fault : { id: "no answer at all", graceMs: errorGraceMs };
      if (known === undefined || known.id !== fault) {
        fault = known?.id;
        observedSince = ended - silentMsOf(outcome);
        return false;
      }
      return began - observedSince >= known.graceMs;
    },
  };
}

function silentMsOf(outcome: Outcome): number {
  return outcome.status === "error" && outcome.error instanceof HttpError ? outcome.error.silentMs : 0;
}

/** Undefined when the signal ended it, whether the check heeds the signal or not. */
async function attempt(stack: Stack, check: Check, round: Round): Promise<Outcome | undefined> {
  const { signal } = stack.context;
  let onAbort = () => {};
  const cutOff = new Promise<undefined>((resolve) => {
    onAbort = () => resolve(undefined);
  });
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    if (signal.aborted) return undefined;
    return await Promise.race([observe(stack, check, round), cutOff]);
  } catch (error) {
    if (signal.aborted) return undefined;
    return error instanceof AccessRefused ? refusedAccess(error) : { status: "error", error };
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** Final at once: no configuration changes while it is checked. */
function refusedAccess({ message, fix }: AccessRefused): Verdict {
  const fault = { id: "access-refused", graceMs: 0 };
  return {
    status: "fail",
    expected: "it answers monstack's requests",
    seen: message,
    fix,
    final: true,
    fault,
  };
}

/** A check of absence passes only if the proof that it could have seen something was there before it looked. */
async function observe(stack: Stack, check: Check, { lookForSight, ids }: Round): Promise<Outcome> {
  if (check.absence === undefined || stack.prometheus === undefined) return await check.run(stack);
  const looked = await lookForSight(check.absence).catch((error: unknown) => ({ error }));
  const sight = "error" in looked ? undefined : looked;
  const verdict = await check.run(stack, sight);
  if (verdict.status !== "pass") return verdict;
  if ("error" in looked) throw looked.error;
  if (looked.status === "clear") return { ...verdict, seen: verdict.seen + looked.rest };
  const isReported = looked.reportedBy !== check.id && ids.includes(looked.reportedBy);
  return { ...unproven(looked, isReported), ...(verdict.findings ? { findings: verdict.findings } : {}) };
}

type Times = Pick<CheckResult, "startedAt" | "endedAt" | "attempts">;

function toResult(check: Check, outcome: Outcome, times: Times): CheckResult {
  const common = { ...base(check), ...times };
  switch (outcome.status) {
    case "pass":
      return { ...common, status: "pass", seen: outcome.seen };
    case "skipped":
      return { ...common, status: "skipped", reason: outcome.reason };
    case "error": {
      const own = outcome.error instanceof MonstackError ? outcome.error.fix : undefined;
      return { ...common, status: "error", error: messageOf(outcome.error), fix: own ?? check.fix };
    }
    case "fail": {
      if (outcome.blind !== undefined) return { ...common, status: "skipped", reason: outcome.blind };
      const { expected, seen, cause, fix = check.fix } = outcome;
      const status = check.severity === "error" ? "fail" : "warn";
      const fault = outcome.fault?.id;
      const faultAliases = fault === undefined ? undefined : aliasesOf(fault);
      return { ...common, status, expected, seen, cause, fault, faultAliases, fix };
    }
  }
}

function base({ id, title, severity }: Check) {
  return { id, title, severity };
}

function isoNow(stack: Stack): string {
  return new Date(stack.context.host.now()).toISOString();
}

/**
 * True when something that counts was proven and nothing that counts failed: a run in which all was skipped, or only a
 * warning's check passed, proves nothing.
 */
export function isVerified(results: readonly CheckResult[]): boolean {
  const passed = results.some(({ status, severity }) => status === "pass" && severity === "error");
  const broken = results.some(
    ({ status, severity }) => severity === "error" && (status === "fail" || status === "error"),
  );
  return passed && !broken;
}
