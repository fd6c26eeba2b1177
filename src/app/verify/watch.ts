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
import { listChecks, toStack } from "./verify.ts";

export interface WatchOptions {
  /** Milliseconds from one round's begin to the next one's; each check has as long to pass. */
  readonly everyMs: number;
  /** Milliseconds after which no round begins any more. Undefined: until it is interrupted. */
  readonly forMs: number | undefined;
}

/** Rounds, and changes, that the report keeps: a day of rounds at the default pace is about three times that. */
const maximumKept = 1_000;

/** What is remembered from one round to the next. */
interface WatchState {
  /** The state of each check, and since when. */
  readonly states: Map<string, { readonly status: CheckResult["status"]; readonly since: number }>;
  rounds: number;
  failedRounds: number;
  readonly history: Watch["history"][number][];
  readonly changes: Watch["changes"][number][];
}

/**
 * Checks a stack again and again, a line per round and one per change, until its time is over or it is interrupted, which is
 * the ordinary way to end it. The last whole round is in the session's draft, with the history.
 * @returns whether the last round was good; whether all were is in the draft
 * @throws Interrupted when not even the first round could be finished
 */
export async function watch(session: Session, record: StackRecord, options: WatchOptions): Promise<boolean> {
  const { context } = session;
  const stack = await toStack(session, record);
  const watched: WatchState = { states: new Map(), rounds: 0, failedRounds: 0, history: [], changes: [] };
  const end = options.forMs === undefined ? Number.POSITIVE_INFINITY : context.host.now() + options.forMs;
  let verified = false;
  while (true) {
    const began = context.host.now();
    const round = await runRound(session, stack, options).catch((error: unknown) => {
      if (context.signal.aborted && watched.rounds > 0) return undefined;
      throw error;
    });
    if (round === undefined) break;
    verified = isVerified(round.results);
    recordRound(session, watched, round, { began, verified });
    saveRound(session, watched, round, options);
    const next = began + options.everyMs;
    if (next >= end) break;
    const pause = context.host.sleep(Math.max(0, next - context.host.now()), context.signal);
    await pause.catch(() => undefined);
    if (context.signal.aborted) break;
  }
  const { rounds, failedRounds } = watched;
  context.log.info(
    `watched ${formatCount(rounds, "round")}: ${failedRounds === 0 ? "all good" : `${failedRounds} not verified`}`,
  );
  return verified;
}

async function runRound(session: Session, stack: Stack, { everyMs }: WatchOptions): Promise<Verification> {
  const { verify: wanted, timeouts } = session.loaded.config;
  const deadlineMs = Math.min(timeouts.verifyMs, everyMs);
  return await runChecks(stack, {
    checks: listChecks(session, stack).map((check) => ({
      ...check,
      withinMs: check.withinMs === undefined ? undefined : Math.min(check.withinMs, everyMs),
    })),
    others: [...endChecks, ...checklistPoints].map(({ id }) => id),
    only: wanted.only,
    skip: wanted.skip,
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
  watched: WatchState,
  { results }: Verification,
  { began, verified }: { readonly began: number; readonly verified: boolean },
): void {
  const times = { began, ended: host.now() };
  for (const result of results) recordChange(log, watched, result, times);
  watched.rounds += 1;
  if (!verified) watched.failedRounds += 1;
  const failed = results.filter((result) => result.severity === "error" && isBad(result)).map(({ id }) => id);
  const startedAt = new Date(began).toISOString();
  addBounded(watched.history, { startedAt, endedAt: new Date(times.ended).toISOString(), verified, failed });
  const passed = results.filter(({ status }) => status === "pass").length;
  const words = verified
    ? `verified, ${formatCount(passed, "check")} passed`
    : `not verified: ${formatFailed(failed)}`;
  log.info(`round ${watched.rounds}: ${words} (${((times.ended - began) / 1000).toFixed(1)} s)`);
}

function formatFailed(failed: readonly string[]): string {
  return failed.join(", ") || "no check passed";
}

/** Records a changed state. In the first round only failures are logged. */
function recordChange(log: Logger, watched: WatchState, result: CheckResult, { began, ended }: Times): void {
  const { id, status } = result;
  const before = watched.states.get(id);
  if (before?.status === status) return;
  watched.states.set(id, { status, since: began });
  const said = describeResult(result);
  if (before === undefined) {
    if (isBad(result)) log.warn(`${id}: ${status}: ${said}`);
    return;
  }
  const lasted = formatDuration(Math.round((began - before.since) / 1_000) * 1_000);
  const line = `${id}: ${before.status} -> ${status}, after ${lasted}: ${said}`;
  if (isBad(result)) log.warn(line);
  else log.info(line);
  addBounded(watched.changes, {
    at: new Date(ended).toISOString(),
    check: id,
    from: before.status,
    to: status,
    said,
  });
}

/** Saves a round in the draft, so that a report can be written whatever happens in the next one. */
function saveRound(
  { draft, progress }: Session,
  watched: WatchState,
  { results, findings }: Verification,
  { everyMs }: WatchOptions,
): void {
  const { rounds, failedRounds, history, changes } = watched;
  draft.checks = results;
  draft.targets = findings.targets ?? [];
  draft.dashboards = findings.dashboards ?? [];
  progress.findings = findings;
  draft.watch = { everyMs, rounds, failedRounds, history: [...history], changes: [...changes] };
}

function addBounded<T>(list: T[], one: T): void {
  list.push(one);
  if (list.length > maximumKept) list.shift();
}

function isBad({ status }: CheckResult): boolean {
  return status === "fail" || status === "error" || status === "warn";
}
