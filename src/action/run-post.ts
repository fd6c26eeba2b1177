import { join } from "node:path";
import * as core from "@actions/core";
import { keepMetrics } from "../core/back-up.ts";
import { openSession } from "../core/session/open.ts";
import type { Session } from "../core/session/session.ts";
import { type AtEndOutcome, verifyAtEnd } from "../core/verify/at-end.ts";
import { createHost } from "../host/create.ts";
import { messageOf } from "../host/errors.ts";
import type { Context } from "../host/host.ts";
import { renderAtEnd, renderBackup, renderTeardown } from "../report/summary.ts";
import { recordLater } from "../report/write.ts";
import { withPrivateCache } from "../sources/cache-folders.ts";
import { tearDown } from "../teardown/down.ts";
import { uploadBackup } from "./artifact.ts";
import { saveLimitMs, saveLocked } from "./github-cache.ts";
import { readInputs } from "./inputs.ts";
import { createActionLogger } from "./logger.ts";
import { type PostWork, readSaving, readTeardown } from "./state.ts";

/** The action's post step, which a cancelled job has too. */
export async function runPost(): Promise<void> {
  await endStack();
  await saveDownloads();
}

/** After the teardown, since it may take minutes. */
async function saveDownloads(): Promise<void> {
  const work = readSaving();
  if (work === undefined) return;
  const log = createActionLogger();
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
 * Checks the stack once more where `verify-at-end` asks for it, backs it up where `keep-metrics`
 * does, and tears down, whatever became of the job. The teardown never fails one: the job's work is done by now, and a
 * red cross for a leftover would hide what the job itself had to say. It warns instead. A stack that did not hold fails
 * the step: that was asked.
 */
async function endStack(): Promise<void> {
  try {
    const where = readTeardown();
    if (where === undefined) return core.info("nothing to tear down");
    const log = createActionLogger();
    const host = await withPrivateCache(await createHost(), log);
    const context: Context = { host, log, signal: new AbortController().signal };
    const session = await openAgain(context, where);
    const last = session && where.verifyAtEnd ? await lookAgain(session) : undefined;
    if (session && where.keepMetrics) await keepMetrics(session);
    const { backup, warnings = [] } = session?.draft ?? {};
    const began = host.now();
    const { leaks, kept } = await tearDown(context, { stateDir: where.stateDir, keep: [where.reportDir] });
    const teardown = { leaks, kept };
    const phase = {
      name: "teardown",
      startedAt: new Date(began).toISOString(),
      endedAt: new Date(host.now()).toISOString(),
    };
    const phases = [...(session?.recorder.phases ?? []), phase];
    const later = { teardown, atEnd: last?.atEnd, backup, warnings, phases };
    await recordLater(host, where.reportDir, later, { secrets: session?.secrets ?? [] });
    const parts = [
      ...(last ? [renderAtEnd(last.atEnd)] : []),
      ...(backup ? [renderBackup(backup)] : []),
      renderTeardown(teardown),
    ];
    await core.summary.addRaw(parts.join("\n"), true).write();
    for (const { kind, what } of leaks) core.warning(`left behind: ${kind} ${what}`, { title: "monstack" });
    if (leaks.length === 0) core.info("torn down, nothing left");
    if (backup) await uploadBackup(context, backup);
    if (last?.atEnd.verified === false) core.setFailed("monstack: the stack did not hold until the end");
  } catch (error) {
    core.warning(`the teardown failed: ${messageOf(error)}`, { title: "monstack" });
  }
}

/** Undefined when nothing but the teardown is to be done, or it could not be: the teardown comes in any case. */
async function openAgain(
  context: Context,
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
    });
  } catch (error) {
    const why = messageOf(error);
    if (wantsMetrics) core.warning(`the metrics could not be kept: ${why}`, { title: "monstack" });
    if (wantsVerify) core.setFailed(`the stack could not be checked at the end: ${why}`);
    return undefined;
  }
}

/** Undefined when there is nothing to look at, or it could not be done. */
async function lookAgain(session: Session): Promise<AtEndOutcome | undefined> {
  try {
    return await verifyAtEnd(session);
  } catch (error) {
    core.setFailed(`the stack could not be checked at the end: ${messageOf(error)}`);
    return undefined;
  }
}
