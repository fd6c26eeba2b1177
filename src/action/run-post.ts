import { join } from "node:path";
import { keepMetrics } from "../app/back-up.ts";
import { openSession } from "../app/session/open.ts";
import type { Session } from "../app/session/session.ts";
import { type AtEndOutcome, verifyAtEnd } from "../app/verify/verify.ts";
import { createHost } from "../host/create.ts";
import type { Context } from "../host/host.ts";
import type { Logger } from "../host/logger.ts";
import { describeError, describeErrorAndFix } from "../lib/errors.ts";
import { explainSystemError } from "../lib/system-errors.ts";
import { createTracer, inSpan } from "../lib/trace.ts";
import { listFindings } from "../report/annotations.ts";
import { buildTrace } from "../report/trace/build.ts";
import { type LaterResults, recordLater, redactResults } from "../report/write.ts";
import { withPrivateCache } from "../sources/cache-folders.ts";
import { tearDown } from "../teardown/down.ts";
import { getProgram } from "../upstream/judge.ts";
import { uploadBackup } from "./artifacts.ts";
import { saveLimitMs, saveLocked } from "./github-cache.ts";
import { saveLastRun, saveRunLimitMs } from "./last-run.ts";
import { type ActionLogger, createActionLogger } from "./logger.ts";
import { publishLater } from "./publish.ts";
import { type PostWork, readCacheWork, readInputs, readRunWork, readTeardownWork } from "./step-data.ts";

/** Runs the action's post step, which also runs for a cancelled job. */
export async function runPost(): Promise<void> {
  const log = createActionLogger();
  await tearDownStack(log);
  await saveDownloads(log);
  await saveRun(log);
}

/** Saves the results of a verified run in GitHub's cache, for the next run to compare with. */
async function saveRun(log: Logger): Promise<void> {
  const work = readRunWork();
  if (work === undefined) return;
  const context: Context = {
    host: await withPrivateCache(await createHost(), log),
    log,
    signal: new AbortController().signal,
  };
  await saveLastRun(context, work, {
    script: join(import.meta.dirname, "transfer.js"),
    limitMs: saveRunLimitMs,
  });
}

/** Saves the downloads in GitHub's cache. Runs after the teardown, since it may take minutes. */
async function saveDownloads(log: Logger): Promise<void> {
  const work = readCacheWork();
  if (work === undefined) return;
  const context: Context = {
    host: await withPrivateCache(await createHost(), log),
    log,
    signal: new AbortController().signal,
  };
  await saveLocked(context, work, {
    script: join(import.meta.dirname, "transfer.js"),
    limitMs: saveLimitMs,
  });
}

/**
 * Tears down the stack, whatever the result of the job was. Before that, verifies the stack again if `verify-at-end` is
 * set, and backs up its metrics if `keep-metrics` is set. A failed teardown is only a warning: it must not hide the
 * result of the job. A stack that fails `verify-at-end` fails the step, since the user requested that check.
 */
async function tearDownStack(log: ActionLogger): Promise<void> {
  try {
    const work = readTeardownWork();
    if (work === undefined) return log.info("nothing to tear down");
    const host = await withPrivateCache(await createHost(), log);
    const context: Context = { host, log, signal: new AbortController().signal };
    const session = await reopenSession({ ...context, log }, work);
    const atEndOutcome = session && work.verifyAtEnd ? await verifyBeforeTeardown(session, log) : undefined;
    if (session && work.keepMetrics) await keepMetrics(session);
    await session?.judge.close();
    const { backup, warnings = [] } = session?.draft ?? {};
    const startedAt = host.now();
    const tracer = session?.tracer ?? createTracer(host.now);
    const { leaks, kept } = await inSpan(tracer.root, { kind: "phase", name: "teardown" }, (span) =>
      tearDown({ ...context, span }, { stateDir: work.stateDir, keep: [work.reportDir], known: work.known }),
    );
    const teardown = { leaks, kept };
    const phase = {
      name: "teardown",
      startedAt: new Date(startedAt).toISOString(),
      endedAt: new Date(host.now()).toISOString(),
    };
    const phases = [...(session?.recorder.phases ?? []), phase];
    const trace = buildTrace(tracer.read(), undefined);
    const laterResults = redactResults(
      { teardown, atEnd: atEndOutcome?.atEnd, backup, warnings, phases, trace },
      log.redactor,
    );
    for (const { kind, what } of leaks) log.warn(`left behind: ${kind} ${what}`);
    if (leaks.length === 0) log.info("torn down, nothing left");
    if (backup) await uploadBackup(context, backup);
    await reportLater({ ...context, log }, work, laterResults);
    if (atEndOutcome?.atEnd.verified === false) log.fail("monstack: the stack did not hold until the end");
  } catch (error) {
    log.warn(`the teardown failed: ${describeErrorAndFix(explainSystemError(error))}`);
  }
}

/** Adds what the post step found to the report, to the job's summary and to its annotations. */
async function reportLater(
  context: Context & { readonly log: ActionLogger },
  { reportDir, reporters }: PostWork,
  later: LaterResults,
): Promise<void> {
  const { host, log } = context;
  const cwd = host.env.GITHUB_WORKSPACE ?? process.cwd();
  const results = await recordLater(
    host,
    { dir: reportDir, bundle: import.meta.dirname, reporters, cwd },
    later,
  );
  if (!reporters.includes("github")) log.disableAnnotations();
  await publishLater(context, { later, results, reportDir, reporters });
  log.annotate(later.atEnd && listFindings(later.atEnd));
}

/** Opens the session of the main step again; undefined if only the teardown is needed, or if opening failed. */
async function reopenSession(
  context: Context & { readonly log: ActionLogger },
  { verifyAtEnd: wantsVerify, keepMetrics: wantsMetrics }: PostWork,
): Promise<Session | undefined> {
  if (!wantsVerify && !wantsMetrics) return undefined;
  try {
    const inputs = readInputs();
    return await openSession(context, {
      fetches: false,
      cwd: context.host.env.GITHUB_WORKSPACE ?? process.cwd(),
      file: inputs.config,
      inputs: inputs.settings,
      set: { inputs: inputs.set },
      forwardScript: join(import.meta.dirname, "forward.js"),
      upstreamProgram: getProgram(import.meta.dirname),
    });
  } catch (error) {
    const message = describeError(error);
    if (wantsMetrics) context.log.warn(`the metrics could not be kept: ${message}`);
    if (wantsVerify) context.log.fail(`the stack could not be checked at the end: ${message}`);
    return undefined;
  }
}

/** Verifies the stack again; undefined without a stack, or if the checks could not run. */
async function verifyBeforeTeardown(session: Session, log: ActionLogger): Promise<AtEndOutcome | undefined> {
  try {
    return await verifyAtEnd(session);
  } catch (error) {
    log.fail(`the stack could not be checked at the end: ${describeError(error)}`);
    return undefined;
  }
}
