import { Interrupted, MonstackError, messageOf, UserError } from "../host/errors.ts";
import { allChecks } from "./catalogue.ts";
import type { Check, CheckResult, Stack, Verdict } from "./types.ts";

const defaultPauseMs = 500;

export interface RunOptions {
  /** Default: the whole catalogue. */
  readonly checks?: readonly Check[];
  /** Milliseconds that each check has until it must pass. */
  readonly deadlineMs: number;
  /** Milliseconds between a check's attempts; default 500. */
  readonly pauseMs?: number;
  /** Only the checks with these ids; empty or left out: all. */
  readonly only?: readonly string[];
  /** These are reported as skipped. */
  readonly skip?: readonly string[];
  /** Called as soon as a check is decided, in the order in which they are. */
  readonly onResult?: (result: CheckResult) => void;
}

/** What one attempt came to. */
type Outcome = Verdict | { readonly status: "error"; readonly error: unknown };

/**
 * Runs the checks side by side; each is tried again until it passes, can't pass any more, or its time is up.
 * Results are in the order of the catalogue.
 * @throws Interrupted when the stack's signal fires; UserError when `only` or `skip` names an unknown check.
 */
export async function runChecks(stack: Stack, options: RunOptions): Promise<CheckResult[]> {
  const { checks = allChecks, only = [], skip = [] } = options;
  rejectUnknown(checks, [...only, ...skip]);
  const chosen = checks.filter(({ id }) => only.length === 0 || only.includes(id));
  return await Promise.all(
    chosen.map(async (check) => {
      const result = skip.includes(check.id) ? leftOut(stack, check) : await runCheck(stack, check, options);
      options.onResult?.(result);
      return result;
    }),
  );
}

function rejectUnknown(checks: readonly Check[], ids: readonly string[]): void {
  const known = checks.map(({ id }) => id);
  const unknown = ids.filter((id) => !known.includes(id));
  if (unknown.length === 0) return;
  throw new UserError(`there is no check named ${unknown.join(", ")}`, {
    mend: `the checks are: ${known.join(", ")}`,
  });
}

function leftOut(stack: Stack, check: Check): CheckResult {
  const now = isoNow(stack);
  return {
    ...base(check),
    startedAt: now,
    endedAt: now,
    attempts: 0,
    status: "skipped",
    reason: "left out on request",
  };
}

async function runCheck(stack: Stack, check: Check, options: RunOptions): Promise<CheckResult> {
  const { deadlineMs, pauseMs = defaultPauseMs } = options;
  const { host, signal } = stack.context;
  const startedAt = isoNow(stack);
  const end = host.now() + deadlineMs;
  const deadline = AbortSignal.timeout(deadlineMs);
  const both = AbortSignal.any([signal, deadline]);
  const bounded: Stack = { ...stack, context: { ...stack.context, signal: both } };
  let last: Outcome | undefined;
  let attempts = 0;
  while (true) {
    attempts += 1;
    const outcome = await attempt(bounded, check);
    if (signal.aborted) throw new Interrupted();
    // An attempt that the deadline cut off says less than the whole one before it.
    if (outcome !== undefined) last = outcome;
    if (last !== undefined && isDecided(last)) break;
    // A pause that would end after the deadline is no use to anyone.
    if (deadline.aborted || host.now() + pauseMs >= end) break;
    await host.sleep(pauseMs, signal);
  }
  const error = new Error(`no answer within ${deadlineMs / 1000} s`);
  const outcome = last ?? { status: "error" as const, error };
  return toResult(check, outcome, { startedAt, endedAt: isoNow(stack), attempts });
}

/** Undefined when the signal ended it, whether the check heeds the signal or not. */
async function attempt(stack: Stack, check: Check): Promise<Outcome | undefined> {
  const { signal } = stack.context;
  let onAbort = () => {};
  const cutOff = new Promise<undefined>((resolve) => {
    onAbort = () => resolve(undefined);
  });
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    if (signal.aborted) return undefined;
    return await Promise.race([check.run(stack), cutOff]);
  } catch (error) {
    return signal.aborted ? undefined : { status: "error", error };
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function isDecided(outcome: Outcome): boolean {
  if (outcome.status === "fail") return outcome.final === true;
  return outcome.status !== "error";
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
      const own = outcome.error instanceof MonstackError ? outcome.error.mend : undefined;
      return { ...common, status: "error", error: messageOf(outcome.error), mend: own ?? check.mend };
    }
    case "fail": {
      const { expected, seen, cause, mend = check.mend } = outcome;
      const status = check.severity === "error" ? "fail" : "warn";
      return { ...common, status, expected, seen, cause, mend };
    }
  }
}

function base({ id, title, severity }: Check) {
  return { id, title, severity };
}

function isoNow(stack: Stack): string {
  return new Date(stack.context.host.now()).toISOString();
}
