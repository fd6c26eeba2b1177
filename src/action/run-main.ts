import { dirname, join } from "node:path";
import { inspect } from "node:util";
import * as core from "@actions/core";
import { find } from "@actions/tool-cache";
import { type Outcome, runJob } from "../app/job.ts";
import { createOutputs } from "../app/outputs.ts";
import { openSession } from "../app/session/open.ts";
import type { Session } from "../app/session/session.ts";
import { createHost, getSupportedArch } from "../host/create.ts";
import type { Host } from "../host/host.ts";
import type { Logger } from "../host/logger.ts";
import { MonstackError } from "../lib/errors.ts";
import { explainSystemError } from "../lib/system-errors.ts";
import type { Tool } from "../lockfile/tools.ts";
import { listFindings } from "../report/annotations.ts";
import { formatComparison } from "../report/compare/text.ts";
import { summarizeVerdict } from "../report/verdict.ts";
import { getToolCacheFolder, withPrivateCache } from "../sources/cache-folders.ts";
import { getProgram } from "../upstream/judge.ts";
import { findKept, restoreLimitMs, restoreLocked } from "./github-cache.ts";
import { findLastRun, type LastRunKeys, planLastRun, restoreRunLimitMs } from "./last-run.ts";
import { type ActionLogger, createActionLogger } from "./logger.ts";
import { publishReport } from "./publish.ts";
import { readPublishInputs } from "./publish-inputs.ts";
import { type Inputs, readInputs, saveCacheWork, saveRunWork, saveTeardownWork } from "./step-data.ts";

/** How many changes of one kind the log shows; the job summary shows more. */
const maxChangesShown = 5;

/**
 * Runs the action's main step. Errors are logged and fail the step.
 * @param dist the folder of the built programs
 */
export async function runMain(dist: string): Promise<void> {
  const log = createActionLogger();
  process.on("uncaughtException", (error) => {
    log.fail(describeError(error));
    process.exit();
  });
  try {
    getSupportedArch();
    const inputs = readInputs();
    readPublishInputs();
    const host = await createRunnerHost(log);
    const session = await openMainSession(inputs, dist, host, log);
    // Saved before anything is changed, so that the post step also cleans up after a crash.
    if (inputs.teardown) saveTeardownWork(session.loaded.config);
    if (!session.loaded.config.reporters.includes("github")) log.disableAnnotations();
    await restoreDownloads(session, dist);
    await runSession(session, inputs, { dist, host, log }).finally(() => session.judge.close());
  } catch (error) {
    log.fail(describeError(error));
  }
}

/** Runs the job and reports its outcome. */
async function runSession(
  session: Session,
  { mode, teardown, config, settings, set }: Inputs,
  { dist, host, log }: { readonly dist: string; readonly host: Host; readonly log: ActionLogger },
): Promise<void> {
  const keys = planLastRun(session.context, session.loaded.config, { config, ...settings, ...set });
  const outcome = await runJob(session, {
    mode,
    verifyAfterUp: true,
    keepOnFailure: mode === "up" && teardown,
    // A stack that a killed job left behind must not block the runner.
    replace: true,
    ...(keys && { findEarlier: () => restoreLastRun(session, keys, dist) }),
  });
  if (keys && outcome.exitCode === 0)
    saveRunWork({ reportDir: session.loaded.config.reportDir, saveAs: keys.saveAs });
  await reportOutcome(session, outcome, host, log);
}

/** Restores the results of the last verified run from GitHub's cache. */
async function restoreLastRun({ context }: Session, keys: LastRunKeys, dist: string) {
  return await findLastRun(context, keys, {
    script: join(dist, "transfer.js"),
    limitMs: restoreRunLimitMs,
  });
}

/**
 * Returns the host of a runner. @actions/tool-cache only finds tools in the runner's tool cache, so it is not used with
 * a private folder.
 */
async function createRunnerHost(log: Logger): Promise<Host> {
  const host = await withPrivateCache(await createHost(), log);
  return process.env["RUNNER_TOOL_CACHE"] === getToolCacheFolder(host) ? { ...host, findTool: find } : host;
}

/** Opens the session of the main step. A cancelled job aborts it. */
async function openMainSession(inputs: Inputs, dist: string, host: Host, log: Logger): Promise<Session> {
  const stopController = new AbortController();
  // The runner cancels a job with SIGINT, and 7.5 s later SIGTERM; the post step tears down.
  process.on("SIGINT", () => stopController.abort());
  process.on("SIGTERM", () => stopController.abort());
  return await openSession(
    { host, log, signal: stopController.signal },
    {
      cwd: host.env.GITHUB_WORKSPACE ?? process.cwd(),
      file: inputs.config,
      inputs: inputs.settings,
      set: { inputs: inputs.set },
      forwardScript: join(dist, "forward.js"),
      upstreamProgram: getProgram(dist),
    },
  );
}

/** Restores the locked downloads from GitHub's cache, and sets the output `cache-hit`. */
async function restoreDownloads({ context, loaded, recorder }: Session, dist: string): Promise<void> {
  const { config } = loaded;
  const keptLock = await findKept(context, config, loaded.limits.isRestricted);
  const options = { script: join(dist, "transfer.js"), limitMs: restoreLimitMs };
  const restored =
    keptLock && (await recorder.phase("restore cache", () => restoreLocked(context, keptLock, options)));
  const { isHit = false, saveAs } = restored ?? {};
  core.setOutput("cache-hit", String(isHit));
  if (saveAs !== undefined) saveCacheWork({ lockFile: config.lock.file, saveAs });
}

/** Sets the outputs, adds the tools to PATH, publishes the report and fails the step if the run failed. */
async function reportOutcome(
  session: Session,
  outcome: Outcome,
  host: Host,
  log: ActionLogger,
): Promise<void> {
  const { config } = session.loaded;
  for (const [name, value] of Object.entries(
    createOutputs(config, outcome.stack, outcome.results.verified),
  )) {
    core.setOutput(name, value);
  }
  for (const tool of outcome.stack?.tools ?? [])
    if (isForLaterSteps(session, tool)) core.addPath(dirname(tool.path));
  const { comparison } = outcome.results;
  if (comparison) log.info(formatComparison(comparison, maxChangesShown).join("\n"));
  log.info(`report: ${join(config.reportDir, "results.json")}`);
  // The files of the runner are outside of what the session's host may read.
  await publishReport({ ...session.context, host }, outcome.results, {
    ...config,
    hasFailed: outcome.exitCode !== 0,
  });
  log.annotate(listFindings(outcome.results));
  if (outcome.error !== undefined && !(outcome.error instanceof MonstackError)) throw outcome.error;
  // The errors are already in the log and the annotations.
  if (outcome.exitCode !== 0) log.fail(`monstack: ${summarizeVerdict(outcome.results).text}`);
}

/** Returns an error's message and fix; for a bug its stack. */
function describeError(thrown: unknown): string {
  const error = explainSystemError(thrown);
  if (!(error instanceof MonstackError)) return inspect(error);
  return error.fix === undefined ? error.message : `${error.message}\nto fix it: ${error.fix}`;
}

/**
 * True if the tool's folder is added to PATH for the job's later steps. A path from a configuration file is not added.
 */
function isForLaterSteps({ loaded, context }: Session, { name, path }: Tool): boolean {
  // The runner would read each line of the path as a separate folder.
  if (name === "k3s" || /[\r\n]/.test(path)) return false;
  if (loaded.origins[`${name}-path`] !== "file") return true;
  context.log.info(
    `${path} is not put into PATH: a file names it; the line \`${name}.path: ...\` in the input set does that`,
  );
  return false;
}
