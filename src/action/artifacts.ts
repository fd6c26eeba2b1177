import { randomBytes } from "node:crypto";
import { basename, dirname, join } from "node:path";
import type { UploadArtifactOptions } from "@actions/artifact";
import type { Context, Host } from "../host/host.ts";
import { describeError } from "../lib/errors.ts";
import type { Backup } from "../report/results-schema.ts";

/**
 * Uploads a backup as an artifact of the workflow's run if the runner supports that; else logs the file's path. A
 * failed upload is only a warning, since the file remains.
 */
export async function uploadBackup({ host, log }: Context, { path }: Backup): Promise<void> {
  if (!hasArtifacts(host)) return log.info(`this runner keeps no artifacts: the backup is ${path}`);
  const name = createArtifactName(host, "backup");
  try {
    // The backup is already compressed.
    await uploadArtifact(name, path, { compressionLevel: 0 });
    log.info(`the backup is kept as the artifact ${name}`);
  } catch (error) {
    log.warn(`the backup could not be kept as an artifact, and is only in ${path}: ${describeError(error)}`);
  }
}

/**
 * Uploads the page of a report and returns its address on GitHub; undefined if it was not uploaded. A browser opens it
 * there, because it is uploaded as it is and not in a zip archive. Where that is not supported, it is uploaded as a zip.
 */
export async function uploadPage({ host, log }: Context, path: string): Promise<string | undefined> {
  // A link that somebody put there could lead to any file.
  if ((await host.files.stat(path))?.kind !== "file") return undefined;
  if (!hasArtifacts(host)) {
    log.info(`this runner keeps no artifacts: the report is ${path}`);
    return undefined;
  }
  const name = createArtifactName(host, "report");
  try {
    const id = await uploadPlainPage(host, name, path).catch(async (error: unknown) => {
      log.debug(`the report is uploaded as a zip archive: ${describeError(error)}`);
      return await uploadArtifact(name, path, {});
    });
    const url = formatArtifactUrl(host, id);
    log.info(`the report is kept as an artifact: ${url ?? name}`);
    return url;
  } catch (error) {
    log.warn(`the report could not be kept as an artifact, and is only in ${path}: ${describeError(error)}`);
    return undefined;
  }
}

/** Uploads the page without an archive. Such an artifact has the name of its file, so a copy gets that name. */
async function uploadPlainPage(host: Host, name: string, path: string): Promise<number | undefined> {
  return await host.files.withTemp("monstack-report-", async (folder) => {
    const copy = join(folder, `${name}.html`);
    await host.files.write(copy, host.files.stream(path));
    return await uploadArtifact(basename(copy), copy, { skipArchive: true });
  });
}

/** Uploads one file and returns the artifact's id. */
async function uploadArtifact(
  name: string,
  path: string,
  options: UploadArtifactOptions,
): Promise<number | undefined> {
  // Imported only here: it is half as large as monstack, and most jobs don't need it.
  const { DefaultArtifactClient } = await import("@actions/artifact");
  const { id } = await new DefaultArtifactClient().uploadArtifact(name, [path], dirname(path), options);
  return id;
}

/** True if the runner has a service for artifacts. */
function hasArtifacts({ env }: Pick<Host, "env">): boolean {
  return Boolean(env["ACTIONS_RUNTIME_TOKEN"] && env["ACTIONS_RESULTS_URL"]);
}

/** Returns a new name: it must be unique in the workflow's run, but the jobs of a matrix have the same name. */
function createArtifactName({ env }: Pick<Host, "env">, what: string): string {
  // A name that GitHub's own checks would refuse is only possible in another runner.
  const job = (env["GITHUB_JOB"] || "job").replaceAll(/[^\w.-]/g, "-");
  return `monstack-${what}-${job}-${randomBytes(3).toString("hex")}`;
}

/** Returns the address of an artifact's page; undefined if the runner does not name the run. */
function formatArtifactUrl({ env }: Pick<Host, "env">, id: number | undefined): string | undefined {
  const { GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run } = env;
  if (id === undefined || !repository || !run) return undefined;
  const server = env["GITHUB_SERVER_URL"] || "https://github.com";
  return `${server}/${repository}/actions/runs/${run}/artifacts/${id}`;
}
