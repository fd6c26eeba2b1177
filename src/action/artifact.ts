import { randomBytes } from "node:crypto";
import { dirname } from "node:path";
import type { Context } from "../host/host.ts";
import { messageOf } from "../lib/errors.ts";
import type { Backup } from "../report/types.ts";

/**
 * Keeps a backup as an artifact of the workflow's run, where the runner offers that; else it says where the file is. An
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
    log.warn(`the backup could not be kept as an artifact, and is only in ${path}: ${messageOf(error)}`);
  }
}
