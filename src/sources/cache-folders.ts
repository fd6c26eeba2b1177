import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { UserError } from "../host/errors.ts";
import type { Host } from "../host/host.ts";
import type { Logger } from "../host/logger.ts";

/** Where this user's downloads are kept between runs. */
export function cacheFolder(host: Host): string {
  return join(host.env["XDG_CACHE_HOME"] || join(host.env["HOME"] || homedir(), ".cache"), "monstack");
}

/** Where tools are kept; a runner has a folder for that, which others use as well. */
export function toolCacheFolder(host: Host): string {
  return host.env["RUNNER_TOOL_CACHE"] || join(cacheFolder(host), "tools");
}

/** Where root keeps its downloads if its home belongs to somebody else, as in a job's container on GitHub. */
const rootsCache = "/var/cache";

/**
 * The host with folders for the cache that no other user can write, where there are such. The tool cache of GitHub's
 * hosted runners is open to everybody: what was verified there could be replaced before it is run.
 */
export async function withPrivateCache(host: Host, log: Logger): Promise<Host> {
  const { files } = host;
  let own = host;
  const use = (env: Record<string, string>) => {
    own = { ...own, env: { ...own.env, ...env } };
  };
  const tools = host.env["RUNNER_TOOL_CACHE"];
  const open = tools ? await files.findUntrusted(tools) : undefined;
  if (open !== undefined) {
    use({ RUNNER_TOOL_CACHE: "" });
    log.debug(`tools are kept in ${toolCacheFolder(own)}, not in ${tools}: ${open.path} ${open.why}`);
  }
  // The user's own choice is not overruled: it is an error when it is used.
  if (host.rights !== "root" || host.env["XDG_CACHE_HOME"]) return own;
  const foreign = await files.findUntrusted(cacheFolder(own));
  if (foreign === undefined) return own;
  use({ XDG_CACHE_HOME: rootsCache });
  log.info(`downloads are kept in ${cacheFolder(own)}: ${foreign.path} ${foreign.why}`);
  return own;
}

/**
 * Looks at a folder of the cache before something in it is used, written or removed.
 * @throws UserError when another user can write it or replace it
 */
export async function refuseShared({ files }: Pick<Host, "files">, folder: string): Promise<void> {
  const untrusted = await files.findUntrusted(folder);
  if (untrusted === undefined) return;
  const { path, why } = untrusted;
  throw new UserError(`the cache folder ${folder} is not used: ${path} ${why}`, {
    mend: why.startsWith("can be written")
      ? `run \`chmod go-w ${path}\`, or set XDG_CACHE_HOME to a folder that only this user can write`
      : "set XDG_CACHE_HOME to a folder that belongs to this user and that only this user can write",
  });
}

/** Writes a file into the cache; folders that are missing are made so that only this user can enter them. */
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
