import { checkHost } from "../cluster/preflight.ts";
import { checkReceiverPorts, choosePorts } from "../forward/ports.ts";
import { openJournal, readJournal } from "../journal/journal.ts";
import {
  describeError,
  describeErrorAndFix,
  type ExitCode,
  exitCode,
  InstallError,
  Interrupted,
  MonstackError,
} from "../lib/errors.ts";
import { explainSystemError } from "../lib/system-errors.ts";
import { checklistPoints } from "../model/checklist-points.ts";
import { withUsage } from "../report/compare/usage.ts";
import type { Results } from "../report/results-schema.ts";
import { redactResults } from "../report/write.ts";
import { tearDown } from "../teardown/down.ts";
import { takeSnapshot } from "../teardown/snapshot.ts";
import { keepMetrics } from "./back-up.ts";
import { compareWithEarlier, type EarlierRun, findBaseline } from "./compare-runs.ts";
import { lockPlan } from "./downloads/supply.ts";
import { explainFailure } from "./explain.ts";
import { getKnownPlaces } from "./known.ts";
import { prepare } from "./prepare.ts";
import { listExpectedListeners } from "./services.ts";
import { describeFailure, type Session } from "./session/session.ts";
import { loadStack, type StackRecord } from "./session/stack-file.ts";
import { type Started, startAndVerify } from "./start-and-verify.ts";
import { refuseValues } from "./validate/files-on-disk.ts";
import { tryMeasurements } from "./verify/measure.ts";
import { tryInventory } from "./verify/take-inventory.ts";
import { judgeStack, verify, verifyAtEnd } from "./verify/verify.ts";
import { type WatchOptions, watch } from "./verify/watch.ts";
import { makeReportDir, toResults, tryReport, tryTrace } from "./write-results.ts";

/** What the action or a command requests. */
export interface Job {
  readonly mode: Results["mode"];
  /** `up` checks the stack too (the action does; the CLI has a command for it). */
  readonly verifyAfterUp: boolean;
  /** Leave everything as it is after a failure, for somebody to look at it or for a later teardown. */
  readonly keepOnFailure: boolean;
  /** First take down what an earlier run left behind, instead of refusing to start. */
  readonly replace: boolean;
  /** Verify in rounds. */
  readonly watch?: WatchOptions | undefined;
  /** Called with the stack once it is verified, before the teardown. */
  readonly whenVerified?: ((stack: StackRecord) => Promise<void>) | undefined;
  /** Finds the run to compare with if the configuration names none. Never throws. */
  readonly findEarlier?: (() => Promise<EarlierRun | undefined>) | undefined;
  /** Absolute path of the file that the trace is written to, for a viewer of traces. */
  readonly traceFile?: string | undefined;
}

export interface Outcome {
  readonly exitCode: ExitCode;
  readonly results: Results;
  readonly stack: StackRecord | undefined;
  /** What ended the job early. The caller prints a `MonstackError`, and rethrows anything else, which is a bug. */
  readonly error: unknown;
}

/** Runs a job to its end, tears down what it must, and writes the report whatever happened. */
export async function runJob(session: Session, job: Job): Promise<Outcome> {
  const { context, loaded, draft } = session;
  // A folder that can't be written to must not prevent a teardown.
  if (job.mode !== "down") await makeReportDir(session);
  let stack: StackRecord | undefined;
  let verified = false;
  let error: unknown;
  const ownership = { began: false };
  try {
    for (const warning of loaded.warnings) context.log.warn(warning);
    if (job.mode === "verify" || job.mode === "checklist") stack = await findStack(session);
    let verification: Promise<boolean> | undefined;
    if (job.mode === "up" || job.mode === "run")
      ({ stack, verification } = await bringUp(session, job, ownership));
    if (hasVerification(job)) {
      if (stack) verified = await (verification ?? checkStack(session, stack, job));
      if (stack) await Promise.all([tryInventory(session, stack), tryMeasurements(session, stack)]);
      if (stack && verified) await job.whenVerified?.(stack);
    }
  } catch (thrown) {
    error = explainSystemError(context.signal.aborted ? findAbortError(context.signal) : thrown);
    draft.failure = describeFailure(error);
  }
  const decidedMs = job.mode === "down" ? undefined : (session.progress.decidedMs ?? context.host.now());
  const unverified = hasVerification(job) && !verified;
  if (error !== undefined || (unverified && isUnexplained(session)))
    await explainFailure(session, { stack, error });
  // It is looked for while the stack is torn down.
  const earlier = hasVerification(job) ? findBaseline(session, job.findEarlier) : undefined;
  const failed = error !== undefined || (job.mode === "run" && !verified);
  await session.progress.registry?.close();
  if (job.mode === "down" && loaded.config.verify.atEnd) await tryVerifyAtEnd(session);
  if (job.mode === "down" || (ownership.began && shouldTearDown(job, failed, error))) {
    if (loaded.config.keep.metrics) await keepMetrics(session);
    await tryDown(session);
  }
  // All reports are rendered from these redacted results.
  const own = withUsage(toResults(session, job.mode, verified, decidedMs));
  const comparison = compareWithEarlier(own, await earlier);
  const results = redactResults({ ...own, comparison }, context.log.redactor);
  await tryReport(session, results);
  if (job.traceFile !== undefined) await tryTrace(session, results, job.traceFile);
  return { exitCode: computeExitCode(job, results, error), results, stack, error };
}

/** Returns why a job was aborted: the error that the signal was aborted with, or Interrupted for a user's interrupt. */
function findAbortError({ reason }: AbortSignal): unknown {
  // A signal that is aborted without a reason has a DOMException.
  return reason instanceof DOMException ? new Interrupted() : reason;
}

/**
 * Loads the record of the deployed stack and masks the secrets that it uses.
 * @throws UserError if no stack is up
 */
async function findStack({ context, loaded }: Session): Promise<StackRecord> {
  const stack = await loadStack(context.host, loaded.config.stateDir);
  for (const secret of stack.plan.secrets ?? []) context.log.mask(secret);
  return stack;
}

/** True if the job verifies the stack. */
function hasVerification(job: Job): boolean {
  return ["verify", "checklist", "run"].includes(job.mode) || job.verifyAfterUp;
}

/**
 * Runs the job's verification: the checklist, rounds of checks, or the checks once. Returns true if the stack is
 * verified.
 */
async function checkStack(session: Session, stack: StackRecord, job: Job): Promise<boolean> {
  if (job.mode === "checklist") return await judgeStack(session, stack);
  return await (job.watch ? watch(session, stack, job.watch) : verify(session, stack));
}

/**
 * True if a diagnosis is needed: a failed check is not a point of the checklist. Those state the reason themselves.
 */
function isUnexplained({ draft }: Session): boolean {
  const points = new Set<string>(checklistPoints.map(({ id }) => id));
  const failed = draft.checks.filter(({ status }) => status === "fail" || status === "error");
  return failed.length === 0 || failed.some(({ id }) => !points.has(id));
}

/** Runs the checks at the end. Their failure must not prevent the teardown. */
async function tryVerifyAtEnd(session: Session): Promise<void> {
  try {
    await verifyAtEnd(session);
  } catch (error) {
    session.draft.atEnd = { verified: false, checks: [], causes: [] };
    session.context.log.error(`the stack could not be checked at the end: ${describeError(error)}`);
  }
}

/** True if the job must tear down: only what it started itself. A refused `up` leaves the existing stack. */
function shouldTearDown(job: Job, failed: boolean, error: unknown): boolean {
  if (job.mode === "verify" || job.mode === "checklist" || (failed && job.keepOnFailure)) return false;
  return job.mode === "run" || error !== undefined;
}

/**
 * Plans, checks the host, opens the journal and starts the stack. Sets `ownership.began` before the first change to
 * the machine.
 */
async function bringUp(session: Session, job: Job, ownership: { began: boolean }): Promise<Started> {
  const { context, loaded, recorder, version } = session;
  const { config } = loaded;
  const { host } = context;
  const { plan: unpinned, login } = await prepare(session);
  const plan = await lockPlan(session, unpinned);
  await refuseValues(session, plan);
  session.draft.profileSettings = plan.profileSettings.map(({ isRequested: _, ...setting }) => setting);
  session.draft.warnings = [...session.draft.warnings, ...plan.notices.map(({ text }) => text)];
  await clearLeftovers(session, job);
  const preflight =
    config.cluster.kind === "k3s"
      ? await recorder.phase(
          "preflight",
          (span) => checkHost({ ...context, span }, config),
          () => "the look at this host",
        )
      : undefined;
  session.draft.adaptations = preflight?.adaptations ?? [];
  if (config.ports.whenBusy === "fail")
    await choosePorts(context, listExpectedListeners(config, plan), "fail");
  if (plan.alerting.kind === "captured") {
    session.progress.capture = plan.alerting.at;
    await checkReceiverPorts(context, plan.alerting.at);
  }
  const before = await takeSnapshot(host);
  ownership.began = true;
  // A run on an existing cluster, and its teardown, need no root rights on this host.
  const owner = config.cluster.kind === "k3s" ? "root" : "user";
  const journal = await openJournal(host, config.stateDir, owner);
  const startedAt = new Date(host.now()).toISOString();
  await journal.append({ kind: "begin", at: startedAt, before, version });
  await journal.append({ kind: "temporary", at: startedAt, path: host.temporary.folder });
  if (config.keep.data) await journal.append({ kind: "keep-data", at: startedAt });
  const input = { plan, login, journal, preflight, staysUp: job.mode === "up" };
  return await startAndVerify(session, input, hasVerification(job));
}

/**
 * Tears down what an earlier run left behind, if the job replaces it.
 * @throws InstallError if there is an earlier stack and the job does not replace it, or if parts of it are left
 */
async function clearLeftovers(session: Session, job: Job): Promise<void> {
  const { context, loaded } = session;
  const { stateDir } = loaded.config;
  const [begin] = await readJournal(context.host, stateDir, getKnownPlaces(loaded.config));
  if (begin === undefined) return;
  if (!job.replace) {
    throw new InstallError(
      `a stack of monstack is here already, since ${begin.at} (its journal is in ${stateDir})`,
      {
        fix: "`monstack down` takes it away; `--replace` does so before it starts",
      },
    );
  }
  context.log.warn(`an earlier run, of ${begin.at}, left a stack behind: taking it down first`);
  const { leaks } = await runTeardown(session);
  if (leaks.length > 0)
    throw new InstallError(
      `the earlier stack could not be taken down: ${leaks.map(({ kind, what }) => `${kind} ${what}`).join(", ")} left`,
    );
}

/** Tears down. A failure is logged, and must not hide an earlier error. */
async function tryDown(session: Session): Promise<void> {
  const { context, draft } = session;
  const uninterrupted = { ...session, context: { ...context, signal: new AbortController().signal } };
  try {
    draft.teardown = await runTeardown(uninterrupted);
  } catch (error) {
    context.log.error(`teardown: ${describeErrorAndFix(explainSystemError(error))}`);
    draft.failure ??= describeFailure(error);
    draft.teardown = {
      leaks: [
        {
          kind: "path",
          what: `everything in the journal of ${session.loaded.config.stateDir}: ${describeError(error)}`,
        },
      ],
      kept: [],
    };
  }
}

/** Returns the exit code: of the error, else of a failed verification, else of leftovers after the teardown. */
function computeExitCode(job: Job, results: Results, error: unknown): ExitCode {
  if (error instanceof MonstackError) return error.exitCode;
  if (error !== undefined) return exitCode.notInstalled;
  if (hasVerification(job) && !results.verified) return exitCode.notVerified;
  if ((results.watch?.failedRounds ?? 0) > 0) return exitCode.notVerified;
  if (results.atEnd?.verified === false) return exitCode.notVerified;
  return (results.teardown?.leaks.length ?? 0) > 0 ? exitCode.leaked : exitCode.verified;
}

/**
 * Undoes everything in the journal and checks that nothing is left. Returns what was left and what was kept on
 * purpose.
 */
async function runTeardown(session: Session): Promise<NonNullable<Results["teardown"]>> {
  const { context, loaded, recorder } = session;
  const { stateDir, reportDir, keep } = loaded.config;
  const { leaks, kept } = await recorder.phase("teardown", (span) =>
    tearDown(
      { ...context, span },
      {
        stateDir,
        keep: [reportDir],
        keepData: keep.data,
        known: getKnownPlaces(loaded.config),
      },
    ),
  );
  for (const { kind, what } of leaks) context.log.error(`left behind: ${kind} ${what}`);
  if (leaks.length === 0) context.log.info("torn down, nothing left");
  return { leaks, kept };
}
