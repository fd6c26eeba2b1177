import { homedir, tmpdir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import type { Host } from "../host/host.ts";
import type { Logger } from "../host/logger.ts";
import { findUntrusted } from "../host/trusted-folder.ts";
import { UserError } from "../lib/errors.ts";

/** Returns the folder that keeps this user's downloads between runs. */
export function getCacheFolder(host: Host): string {
  return join(
    getAbsoluteFolder(host, "XDG_CACHE_HOME") ?? join(host.env["HOME"] || homedir(), ".cache"),
    "monstack",
  );
}

/**
 * Returns the folder that keeps tools: on a runner its tool cache, which other actions also use, else a folder of the
 * user's cache.
 */
export function getToolCacheFolder(host: Host): string {
  return getAbsoluteFolder(host, "RUNNER_TOOL_CACHE") ?? join(getCacheFolder(host), "tools");
}

/**
 * Returns an absolute path from an environment variable; undefined if it is missing or relative. A relative path would
 * depend on the working directory, which may be a foreign repository.
 */
function getAbsoluteFolder({ env }: Host, name: string): string | undefined {
  const folder = env[name] ?? "";
  return isAbsolute(folder) ? folder : undefined;
}

/**
 * Returns the host with cache folders that no other user can write, if it finds any. The tool cache of GitHub's hosted
 * runners is writable for every user: a verified program could be replaced there before it is run.
 */
export async function withPrivateCache(host: Host, log: Logger): Promise<Host> {
  const { files } = host;
  let privateHost = host;
  const setEnvironment = (env: Record<string, string>) => {
    privateHost = { ...privateHost, env: { ...privateHost.env, ...env } };
  };
  const runnerFolder = getAbsoluteFolder(host, "RUNNER_TOOL_CACHE");
  const untrustedTools = runnerFolder && (await findUntrusted(files, runnerFolder));
  if (untrustedTools) {
    setEnvironment({ RUNNER_TOOL_CACHE: "" });
    log.debug(
      `tools are kept in ${getToolCacheFolder(privateHost)}, not in ${runnerFolder}: ${untrustedTools.path} ${untrustedTools.why}`,
    );
  }
  // A folder that the user has chosen is not replaced. If it is not private, refuseShared reports an error later.
  if (getAbsoluteFolder(host, "XDG_CACHE_HOME") !== undefined) return privateHost;
  const untrustedCache = await findUntrusted(files, getCacheFolder(privateHost));
  if (untrustedCache === undefined) return privateHost;
  for (const folder of listAlternativeFolders(host)) {
    if ((await findUntrusted(files, join(folder, "monstack"))) !== undefined) continue;
    setEnvironment({ XDG_CACHE_HOME: folder });
    log.info(
      `downloads are kept in ${getCacheFolder(privateHost)}: ${untrustedCache.path} ${untrustedCache.why}`,
    );
    break;
  }
  return privateHost;
}

/**
 * Returns other folders for the cache: for root one of its own, since HOME can be another user's (a job's container on
 * GitHub); in a job one below the temporary folder, since nobody can run chmod there.
 */
function listAlternativeFolders({ rights, env }: Host): string[] {
  return [
    ...(rights === "root" ? ["/var/cache"] : []),
    ...(env["GITHUB_ACTIONS"] === "true" ? [join(tmpdir(), `monstack-cache-${process.geteuid?.()}`)] : []),
  ];
}

/**
 * Throws if another user can write or replace a folder of the cache. To be called before a file in the folder is used,
 * written or removed.
 * @throws UserError
 */
export async function refuseShared({ files }: Pick<Host, "files">, folder: string): Promise<void> {
  const untrusted = await findUntrusted(files, folder);
  if (untrusted === undefined) return;
  const { path, why } = untrusted;
  throw new UserError(`the cache folder ${folder} is not used: ${path} ${why}`, {
    fix: why.startsWith("can be written")
      ? `run \`chmod go-w ${path}\`, or set XDG_CACHE_HOME to a folder that only this user can write`
      : "set XDG_CACHE_HOME to a folder that belongs to this user and that only this user can write",
  });
}

/**
 * Writes a file into the cache. Creates missing folders, which only this user can access.
 * @throws UserError if another user can write or replace the folder
 */
export async function keepFile(
  host: Host,
  path: string,
  content: string | AsyncIterable<Uint8Array>,
): Promise<void> {
  const folder = dirname(path);
  await refuseShared(host, folder);
  await host.files.mkdir(folder, 0o700);
  await host.files.write(path, content);
}
