import type { Logger } from "../../host/logger.ts";
import { formatDuration } from "../../lib/duration.ts";
import { formatCount } from "../../lib/text.ts";
import { checklistPoints } from "../../model/checklist-points.ts";
import type { Watch } from "../../report/results-schema.ts";
import { type CheckResult, isVerified } from "../../stack/check.ts";
import type { Stack } from "../../stack/stack.ts";
import { endChecks } from "../../verify/catalogue.ts";
import { runChecks, type Verification } from "../../verify/runner/run.ts";
import type { Session } from "../session/session.ts";
import type { StackRecord } from "../session/stack-file.ts";
import { describeResult } from "./print-result.ts";
import { connectToStack, listChecks } from "./verify.ts";

export interface WatchOptions {
  /** Milliseconds from one round's begin to the next one's; each check has as long to pass. */
  readonly everyMs: number;
  /** Milliseconds after which no round begins any more. Undefined: until it is interrupted. */
  readonly forMs: number | undefined;
}

/** Rounds, and changes, that the report keeps. A day at the default interval has about three times as many rounds. */
const maximumKept = 1_000;

/** What is kept from one round to the next. */
interface WatchState {
  /** The state of each check, and since when. */
  readonly states: Map<string, { readonly status: CheckResult["status"]; readonly since: number }>;
  rounds: number;
  failedRounds: number;
  readonly history: Watch["history"][number][];
  readonly changes: Watch["changes"][number][];
}

/**
 * Runs the checks in rounds until the time is over or the user interrupts, and logs a line for each round and each
 * change. The last complete round and the history are in the session's draft.
 * @returns true if the last round was verified; the draft has the number of failed rounds
 * @throws Interrupted if not even the first round was completed
 */
export async function watch(session: Session, record: StackRecord, options: WatchOptions): Promise<boolean> {
  const { context } = session;
  // Rounds without end would fill the trace.
  const stack = await connectToStack({ ...session, context: { ...context, span: undefined } }, record);
  const state: WatchState = { states: new Map(), rounds: 0, failedRounds: 0, history: [], changes: [] };
  const endMs = options.forMs === undefined ? Number.POSITIVE_INFINITY : context.host.now() + options.forMs;
  let verified = false;
  while (true) {
    const startedMs = context.host.now();
    const round = await runRound(session, stack, options).catch((error: unknown) => {
      if (context.signal.aborted && state.rounds > 0) return undefined;
      throw error;
    });
    if (round === undefined) break;
    verified = isVerified(round.results);
    recordRound(session, state, round, { began: startedMs, verified });
    saveRound(session, state, round, options);
    const nextMs = startedMs + options.everyMs;
    if (nextMs >= endMs) break;
    const pause = context.host.sleep(Math.max(0, nextMs - context.host.now()), context.signal);
    await pause.catch(() => undefined);
    if (context.signal.aborted) break;
  }
  const { rounds, failedRounds } = state;
  context.log.info(
    `watched ${formatCount(rounds, "round")}: ${failedRounds === 0 ? "all good" : `${failedRounds} not verified`}`,
  );
  return verified;
}

/** Runs all checks once. None takes longer than the time from one round to the next. */
async function runRound(session: Session, stack: Stack, { everyMs }: WatchOptions): Promise<Verification> {
  const { verify: verifyConfig, timeouts } = session.loaded.config;
  const deadlineMs = Math.min(timeouts.verifyMs, everyMs);
  return await runChecks(stack, {
    checks: listChecks(session, stack).map((check) => ({
      ...check,
      withinMs: check.withinMs === undefined ? undefined : Math.min(check.withinMs, everyMs),
    })),
    others: [...endChecks, ...checklistPoints].map(({ id }) => id),
    only: verifyConfig.only,
    skip: verifyConfig.skip,
    deadlineMs,
    // One failed check must not leave the state of the others open.
    lingerMs: deadlineMs,
  });
}

interface Times {
  /** Milliseconds since the epoch. */
  readonly began: number;
  readonly ended: number;
}

/** Records a round: logs a line for each check whose state changed, and one for the round. */
function recordRound(
  { context: { host, log } }: Session,
  state: WatchState,
  { results }: Verification,
  { began: startedMs, verified }: { readonly began: number; readonly verified: boolean },
): void {
  const times = { began: startedMs, ended: host.now() };
  for (const result of results) recordChange(log, state, result, times);
  state.rounds += 1;
  if (!verified) state.failedRounds += 1;
  const failed = results.filter((result) => result.severity === "error" && isBad(result)).map(({ id }) => id);
  const startedAt = new Date(startedMs).toISOString();
  addBounded(state.history, { startedAt, endedAt: new Date(times.ended).toISOString(), verified, failed });
  const passed = results.filter(({ status }) => status === "pass").length;
  const summary = verified
    ? `verified, ${formatCount(passed, "check")} passed`
    : `not verified: ${formatFailed(failed)}`;
  log.info(`round ${state.rounds}: ${summary} (${((times.ended - startedMs) / 1000).toFixed(1)} s)`);
}

function formatFailed(failed: readonly string[]): string {
  return failed.join(", ") || "no check passed";
}

/** Records a changed state of a check. In the first round only failures are logged. */
function recordChange(
  log: Logger,
  state: WatchState,
  result: CheckResult,
  { began: startedMs, ended: endedMs }: Times,
): void {
  const { id, status } = result;
  const previous = state.states.get(id);
  if (previous?.status === status) return;
  state.states.set(id, { status, since: startedMs });
  const description = describeResult(result);
  if (previous === undefined) {
    if (isBad(result)) log.warn(`${id}: ${status}: ${description}`);
    return;
  }
  const duration = formatDuration(Math.round((startedMs - previous.since) / 1_000) * 1_000);
  const line = `${id}: ${previous.status} -> ${status}, after ${duration}: ${description}`;
  if (isBad(result)) log.warn(line);
  else log.info(line);
  addBounded(state.changes, {
    at: new Date(endedMs).toISOString(),
    check: id,
    from: previous.status,
    to: status,
    said: description,
  });
}

/** Saves a round in the draft, so that a report can be written whatever happens in the next one. */
function saveRound(
  { draft, progress }: Session,
  state: WatchState,
  { results, findings }: Verification,
  { everyMs }: WatchOptions,
): void {
  const { rounds, failedRounds, history, changes } = state;
  draft.checks = results;
  draft.targets = findings.targets ?? [];
  draft.dashboards = findings.dashboards ?? [];
  progress.findings = findings;
  draft.watch = { everyMs, rounds, failedRounds, history: [...history], changes: [...changes] };
}

/** Adds an item to a list and drops the oldest above the limit. */
function addBounded<T>(list: T[], item: T): void {
  list.push(item);
  if (list.length > maximumKept) list.shift();
}

function isBad({ status }: CheckResult): boolean {
  return status === "fail" || status === "error" || status === "warn";
}
