import { join } from "node:path";
import { makeBackup } from "../backup/backup.ts";
import type { Manifest } from "../backup/manifest.ts";
import { describeError } from "../lib/errors.ts";
import { formatBytes } from "../lib/quantity.ts";
import type { Backup } from "../report/results-schema.ts";
import type { Session } from "./session/session.ts";
import { hasStack, loadStack, type StackRecord } from "./session/stack-file.ts";
import { toStack } from "./verify/verify.ts";

/** Writes a stack that is up into an archive. */
export async function createBackup(
  session: Session,
  record: StackRecord,
  file: string,
  answersWithinMs?: number,
): Promise<{ readonly manifest: Manifest; readonly kept: Backup }> {
  const { password } = record.grafana;
  session.context.log.mask(password);
  const target = await toStack(session, record);
  const { manifest, bytes } = await session.recorder.phase("backup", () =>
    makeBackup(target, file, session.version, answersWithinMs),
  );
  const { series, from, to } = manifest.prometheus;
  return { manifest, kept: { path: file, bytes, series, from, to } };
}

/** Name of the archive in the report's folder. */
export const archiveName = "backup.tar.gz";

/** Milliseconds: what doesn't answer at the end is not about to begin to. */
const answersWithinMs = 5_000;

/** Milliseconds that a teardown waits for the backup before it. */
const mostMs = 300_000;

/**
 * Backs up what a teardown is about to take away, into the report's folder. What keeps it from that is a warning: the
 * teardown comes in any case. Also after an interruption, as the teardown itself.
 */
export async function keepMetrics(session: Session): Promise<void> {
  const { context, loaded, draft } = session;
  const { stateDir, reportDir } = loaded.config;
  if (!(await hasStack(context.host, stateDir))) {
    context.log.info("no stack is up, so there are no metrics to keep");
    return;
  }
  const signal = AbortSignal.timeout(mostMs);
  const calm = { ...session, context: { ...context, signal } };
  try {
    const file = join(reportDir, archiveName);
    const record = await loadStack(context.host, stateDir);
    draft.backup = (await createBackup(calm, record, file, answersWithinMs)).kept;
    const { bytes, series, from, to } = draft.backup;
    context.log.info(`kept in ${file}: ${series} series from ${from} to ${to} (${formatBytes(bytes)})`);
  } catch (error) {
    const why = signal.aborted ? `it took longer than ${mostMs / 60_000} minutes` : describeError(error);
    const warning = `the metrics could not be kept: ${why}`;
    draft.warnings = [...draft.warnings, warning];
    context.log.warn(warning);
  }
}
