import { join } from "node:path";
import { describeError, UserError } from "../lib/errors.ts";
import type { Results } from "../report/results-schema.ts";
import { buildTrace } from "../report/trace/build.ts";
import { renderChromeTrace } from "../report/trace/chrome.ts";
import { writeReport } from "../report/write.ts";
import type { Session } from "./session/session.ts";

/**
 * Creates the report folder and checks, before any other change, that it can be written to.
 * @throws UserError if it can't
 */
export async function makeReportDir({ context, loaded }: Session): Promise<void> {
  const { reportDir } = loaded.config;
  try {
    await context.host.files.mkdir(reportDir);
    await context.host.files.write(join(reportDir, ".writable"), "");
    await context.host.files.remove(join(reportDir, ".writable"));
  } catch (cause) {
    throw new UserError(`the report folder ${reportDir} can't be written to: ${describeError(cause)}`, {
      fix: "name another with --report-dir (input report-dir)",
      cause,
    });
  }
}

/** Writes the report after the work is done. A failure is only logged. */
export async function tryReport({ context, loaded, program }: Session, results: Results): Promise<void> {
  const { reportDir } = loaded.config;
  try {
    const hasPage = await writeReport(
      context.host,
      { dir: reportDir, bundle: program.folder, reporters: loaded.config.reporters, cwd: loaded.cwd },
      results,
    );
    if (!hasPage) context.log.warn(`no report.html: ${program.folder} is not built; run \`npm run build\``);
  } catch (error) {
    context.log.error(`the report could not be written to ${reportDir}: ${describeError(error)}`);
  }
}

/** Writes the trace for a viewer. A failure is only logged. */
export async function tryTrace({ context }: Session, results: Results, file: string): Promise<void> {
  try {
    await context.host.files.write(file, renderChromeTrace(results));
    context.log.info(`trace: ${file}`);
  } catch (error) {
    context.log.error(`the trace could not be written to ${file}: ${describeError(error)}`);
  }
}

/**
 * Returns the results of the session so far, for the report.
 * @param decidedMs when the verdict was known, in milliseconds since the epoch; undefined for a job without one
 */
export function toResults(
  session: Session,
  mode: Results["mode"],
  verified: boolean,
  decidedMs: number | undefined,
): Results {
  const { context, loaded, recorder, tracer, draft } = session;
  return {
    schemaVersion: 2,
    monstack: session.version,
    mode,
    verified,
    startedAt: recorder.startedAt,
    endedAt: new Date(context.host.now()).toISOString(),
    profile: loaded.config.profile,
    phases: recorder.phases,
    trace: buildTrace(tracer.read(), decidedMs),
    ...draft,
    warnings: [...loaded.warnings, ...draft.warnings],
  };
}
