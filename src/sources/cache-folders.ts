import { homedir, tmpdir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import type { Host } from "../host/host.ts";
import type { Logger } from "../host/logger.ts";
import { findUntrusted } from "../host/trusted-folder.ts";
import { UserError } from "../lib/errors.ts";

/** Returns the folder that keeps this user's downloads between runs. */
export function cacheFolder(host: Host): string {
  return join(
    getAbsoluteFolder(host, "XDG_CACHE_HOME") ?? join(host.env["HOME"] || homedir(), ".cache"),
    "monstack",
  );
}

/** Returns the folder that keeps tools. A runner has one, which other actions use too. */
export function getToolCacheFolder(host: Host): string {
  return getAbsoluteFolder(host, "RUNNER_TOOL_CACHE") ?? join(cacheFolder(host), "tools");
}

/** Returns an absolute path from the environment. A relative one would depend on the working directory, which may be a stranger's repository. */
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
  let own = host;
  const use = (env: Record<string, string>) => {
    own = { ...own, env: { ...own.env, ...env } };
  };
  const tools = getAbsoluteFolder(host, "RUNNER_TOOL_CACHE");
  const open = tools && (await findUntrusted(files, tools));
  if (open) {
    use({ RUNNER_TOOL_CACHE: "" });
    log.debug(`tools are kept in ${getToolCacheFolder(own)}, not in ${tools}: ${open.path} ${open.why}`);
  }
  // The user's own choice is not changed: using it is an error.
  if (getAbsoluteFolder(host, "XDG_CACHE_HOME") !== undefined) return own;
  const shared = await findUntrusted(files, cacheFolder(own));
  if (shared === undefined) return own;
  for (const folder of listAlternativeFolders(host)) {
    if ((await findUntrusted(files, join(folder, "monstack"))) !== undefined) continue;
    use({ XDG_CACHE_HOME: folder });
    log.info(`downloads are kept in ${cacheFolder(own)}: ${shared.path} ${shared.why}`);
    break;
  }
  return own;
}

/** Folders for root in another user's home, as in a job's container on GitHub, and for jobs, where nobody can run chmod. */
function listAlternativeFolders({ rights, env }: Host): string[] {
  return [
    ...(rights === "root" ? ["/var/cache"] : []),
    ...(env["GITHUB_ACTIONS"] === "true" ? [join(tmpdir(), `monstack-cache-${process.geteuid?.()}`)] : []),
  ];
}

/**
 * Checks a folder of the cache before a file in it is used, written or removed.
 * @throws UserError if another user can write or replace it
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

/** Writes a file into the cache. Missing folders are made for this user only. */
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
