import { randomBytes } from "node:crypto";
import { dirname, join } from "node:path";
import * as core from "@actions/core";
import { keepMetrics } from "../app/back-up.ts";
import { openSession } from "../app/session/open.ts";
import type { Session } from "../app/session/session.ts";
import { type AtEndOutcome, verifyAtEnd } from "../app/verify/verify.ts";
import { createHost } from "../host/create.ts";
import type { Context } from "../host/host.ts";
import type { Logger } from "../host/logger.ts";
import { describeError, describeErrorAndFix } from "../lib/errors.ts";
import type { Backup } from "../report/results-schema.ts";
import { renderAtEnd, renderBackup, renderTeardown } from "../report/summary.ts";
import { recordLater, redactResults } from "../report/write.ts";
import { withPrivateCache } from "../sources/cache-folders.ts";
import { tearDown } from "../teardown/down.ts";
import { getProgram } from "../upstream/judge.ts";
import { saveLimitMs, saveLocked } from "./github-cache.ts";
import { type ActionLogger, createActionLogger } from "./logger.ts";
import { type PostWork, readInputs, readSaving, readTeardown } from "./step-data.ts";

/** The action's post step, which a cancelled job has too. */
export async function runPost(): Promise<void> {
  const log = createActionLogger();
  await tearDownStack(log);
  await saveDownloads(log);
}

/** After the teardown, since it may take minutes. */
async function saveDownloads(log: Logger): Promise<void> {
  const work = readSaving();
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
 * Checks the stack once more if `verify-at-end` is set, backs it up if `keep-metrics` is set, and tears down, whatever became of the job. The teardown never fails one: the job's work is done by now, and a
 * red cross for a leftover would hide the result of the job itself. It warns instead. A stack that fails `verify-at-end`
 * fails the step: the user requested that check.
 */
async function tearDownStack(log: ActionLogger): Promise<void> {
  try {
    const where = readTeardown();
    if (where === undefined) return log.info("nothing to tear down");
    const host = await withPrivateCache(await createHost(), log);
    const context: Context = { host, log, signal: new AbortController().signal };
    const session = await reopenSession({ ...context, log }, where);
    const last = session && where.verifyAtEnd ? await verifyBeforeTeardown(session, log) : undefined;
    if (session && where.keepMetrics) await keepMetrics(session);
    await session?.judge.close();
    const { backup, warnings = [] } = session?.draft ?? {};
    const began = host.now();
    const { leaks, kept } = await tearDown(context, {
      stateDir: where.stateDir,
      keep: [where.reportDir],
      known: where.known,
    });
    const teardown = { leaks, kept };
    const phase = {
      name: "teardown",
      startedAt: new Date(began).toISOString(),
      endedAt: new Date(host.now()).toISOString(),
    };
    const phases = [...(session?.recorder.phases ?? []), phase];
    const later = redactResults({ teardown, atEnd: last?.atEnd, backup, warnings, phases }, log.redactor);
    await recordLater(host, where.reportDir, later);
    const parts = [
      ...(later.atEnd ? [renderAtEnd(later.atEnd)] : []),
      ...(later.backup ? [renderBackup(later.backup)] : []),
      renderTeardown(later.teardown),
    ];
    await core.summary.addRaw(parts.join("\n"), true).write();
    for (const { kind, what } of leaks) log.warn(`left behind: ${kind} ${what}`);
    if (leaks.length === 0) log.info("torn down, nothing left");
    if (backup) await uploadBackup(context, backup);
    if (last?.atEnd.verified === false) log.fail("monstack: the stack did not hold until the end");
  } catch (error) {
    log.warn(`the teardown failed: ${describeErrorAndFix(error)}`);
  }
}

/** Opens the session of the main step again. Returns undefined if only the teardown is needed, or if opening failed. */
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
      forwardScript: join(import.meta.dirname, "forward.js"),
      upstreamProgram: getProgram(import.meta.dirname),
    });
  } catch (error) {
    const why = describeError(error);
    if (wantsMetrics) context.log.warn(`the metrics could not be kept: ${why}`);
    if (wantsVerify) context.log.fail(`the stack could not be checked at the end: ${why}`);
    return undefined;
  }
}

/** Checks the stack once more. Returns undefined if there is no stack, or the check could not run. */
async function verifyBeforeTeardown(session: Session, log: ActionLogger): Promise<AtEndOutcome | undefined> {
  try {
    return await verifyAtEnd(session);
  } catch (error) {
    log.fail(`the stack could not be checked at the end: ${describeError(error)}`);
    return undefined;
  }
}

/**
 * Keeps a backup as an artifact of the workflow's run, where the runner offers that; else the log names the file. An
 * upload that fails is a warning: the file is still there.
 */
export async function uploadBackup({ host, log }: Context, { path }: Backup): Promise<void> {
  const { ACTIONS_RUNTIME_TOKEN: token, ACTIONS_RESULTS_URL: service, GITHUB_JOB: job = "job" } = host.env;
  if (!token || !service) return log.info(`this runner keeps no artifacts: the backup is ${path}`);
  // The jobs of a matrix have one name, and an artifact's name must be its run's only one.
  const name = `monstack-backup-${job}-${randomBytes(3).toString("hex")}`;
  try {
    // It is as large as half of monstack, and most jobs need none of it.
    const { DefaultArtifactClient } = await import("@actions/artifact");
    await new DefaultArtifactClient().uploadArtifact(name, [path], dirname(path), {
      // It is compressed already.
      compressionLevel: 0,
    });
    log.info(`the backup is kept as the artifact ${name}`);
  } catch (error) {
    log.warn(`the backup could not be kept as an artifact, and is only in ${path}: ${describeError(error)}`);
  }
}
