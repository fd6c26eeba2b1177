import { tmpdir } from "node:os";
import { selectRunnerEnvironment } from "../host/child-environment.ts";
import type { Context, Host } from "../host/host.ts";
import { CommandError } from "../lib/errors.ts";

/** The program that transfers files to and from GitHub's cache service, and its time limit. */
export interface TransferOptions {
  /** Absolute path of dist/transfer.js. */
  readonly script: string;
  /** Milliseconds; a longer transfer is aborted. */
  readonly limitMs: number;
}

/** The workflow command that hides a text in the job's log. */
const maskCommand = "::add-mask::";
/** The exit code of timeout(1) for a program that it ended. */
const timeoutExitCode = 124;

/**
 * Saves a folder in the runner's cache service, or restores it, by running the transfer program. A folder is found only
 * under the path under which it was saved. With prefixes, the newest entry whose key begins with the first one that
 * fits is restored, if there is none with the key itself. The program's output has three kinds of lines: workflow commands of the client (`::add-mask::`,
 * `::warning::`), other lines of the client, and as the last line the program's own result, `done` or `none`.
 * @returns whether the entry was transferred. `why` is the client's reason if it saved nothing without an error; the
 *   client gives none if it found nothing to restore.
 * @throws Error if the service failed or took too long
 */
export async function transferFolder(
  { host, log }: Context,
  argv: readonly [action: "restore" | "save", key: string, folder: string, ...prefixes: string[]],
  { script, limitMs }: TransferOptions,
): Promise<{ done: boolean; why: string | undefined }> {
  const temporaryFolder = host.env["RUNNER_TEMP"] || tmpdir();
  const { stdout, stderr, exitCode } = await host
    .exec([process.execPath, script, ...argv], {
      timeoutMs: limitMs,
      allowFailure: true,
      env: { ...selectRunnerEnvironment(host.env), RUNNER_TEMP: temporaryFolder },
    })
    .catch((error: unknown) => {
      if (!(error instanceof CommandError) || error.commandExitCode !== timeoutExitCode) throw error;
      throw new Error(`the cache service took longer than ${limitMs / 1000} s`);
    });
  const lines = stdout.split("\n").filter((line) => line !== "");
  // The client masks URLs that grant access to the cache.
  const maskLines = lines.filter((line) => line.startsWith(maskCommand));
  for (const line of maskLines) log.mask(unescapeData(line.slice(maskCommand.length)));
  for (const line of lines) if (!line.startsWith("::")) log.debug(`cache service: ${line}`);
  if (exitCode === 0 && lines.at(-1) === "done") return { done: true, why: undefined };
  const failure = exitCode === 0 ? undefined : (stderr.trim().split("\n").at(-1) ?? `exit code ${exitCode}`);
  const errorMessage = findClientError(stdout) ?? failure;
  if (errorMessage !== undefined) throw new Error(errorMessage);
  return { done: false, why: /^Failed to save: (.+)$/m.exec(stdout)?.[1] };
}

/**
 * Returns the client's error from its output; undefined if there is none. The client reports errors only as
 * annotations.
 */
function findClientError(stdout: string): string | undefined {
  const [, message] = /^::(?:warning|error)[^:]*::(.+)$/m.exec(stdout) ?? [];
  return message && unescapeData(message).replaceAll("\n", " ").replaceAll("\r", "");
}

/** Decodes the data of a workflow command, which @actions/core encodes. */
function unescapeData(text: string): string {
  return text.replaceAll("%0A", "\n").replaceAll("%0D", "\r").replaceAll("%25", "%");
}

/** True if the runner has a cache service. @actions/cache tests the same variables. */
export function hasCacheService(env: Host["env"]): boolean {
  return Boolean(env["ACTIONS_CACHE_SERVICE_V2"] ? env["ACTIONS_RESULTS_URL"] : env["ACTIONS_CACHE_URL"]);
}

/** Returns why this workflow is considered to make a release; undefined if it is not. */
export function findReleaseSign(env: Host["env"]): string | undefined {
  if (env["GITHUB_EVENT_NAME"] === "release") return "a release started this workflow";
  if (env["GITHUB_REF_TYPE"] === "tag")
    return `this workflow runs for the tag ${env["GITHUB_REF_NAME"] ?? ""}`;
  return undefined;
}
