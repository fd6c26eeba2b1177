import { join } from "node:path";
import { makeBackup } from "../backup/backup.ts";
import type { Manifest } from "../backup/manifest.ts";
import { describeError } from "../lib/errors.ts";
import { formatBytes } from "../lib/quantity.ts";
import type { Backup } from "../report/results-schema.ts";
import type { Session } from "./session/session.ts";
import { hasStack, loadStack, type StackRecord } from "./session/stack-file.ts";
import { connectToStack } from "./verify/verify.ts";

/**
 * Writes a backup of a running stack to an archive. Returns its manifest and its entry for the report.
 * @param answersWithinMs milliseconds within which the stack's servers must respond
 */
export async function createBackup(
  session: Session,
  record: StackRecord,
  file: string,
  answersWithinMs?: number,
): Promise<{ readonly manifest: Manifest; readonly kept: Backup }> {
  const { password } = record.grafana;
  session.context.log.mask(password);
  const target = await connectToStack(session, record);
  const { manifest, bytes } = await session.recorder.phase("backup", () =>
    makeBackup(target, file, session.version, answersWithinMs),
  );
  const { series, from, to } = manifest.prometheus;
  return { manifest, kept: { path: file, bytes, series, from, to } };
}

/** Name of the archive in the report's folder. */
export const archiveName = "backup.tar.gz";

/** Milliseconds within which a server must respond. One that does not respond at the end will not start to. */
const answersWithinMs = 5_000;

/** Milliseconds that a teardown waits for the backup before it. */
const maximumBackupMs = 300_000;

/**
 * Backs up a stack into the report's folder, before its teardown. A failure is only a warning, because the teardown
 * must follow. Also runs after an interruption, as the teardown does.
 */
export async function keepMetrics(session: Session): Promise<void> {
  const { context, loaded, draft } = session;
  const { stateDir, reportDir } = loaded.config;
  if (!(await hasStack(context.host, stateDir))) {
    context.log.info("no stack is up, so there are no metrics to keep");
    return;
  }
  const signal = AbortSignal.timeout(maximumBackupMs);
  const uninterrupted = { ...session, context: { ...context, signal } };
  try {
    const file = join(reportDir, archiveName);
    const record = await loadStack(context.host, stateDir);
    draft.backup = (await createBackup(uninterrupted, record, file, answersWithinMs)).kept;
    const { bytes, series, from, to } = draft.backup;
    context.log.info(`kept in ${file}: ${series} series from ${from} to ${to} (${formatBytes(bytes)})`);
  } catch (error) {
    const why = signal.aborted
      ? `it took longer than ${maximumBackupMs / 60_000} minutes`
      : describeError(error);
    const warning = `the metrics could not be kept: ${why}`;
    draft.warnings = [...draft.warnings, warning];
    context.log.warn(warning);
  }
}
