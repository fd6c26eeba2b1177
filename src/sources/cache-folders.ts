import { homedir } from "node:os";
import { join } from "node:path";
import type { Host } from "../host/host.ts";

/** Where this user's downloads are kept between runs. */
export function cacheFolder(host: Host): string {
  return join(host.env["XDG_CACHE_HOME"] || join(host.env["HOME"] || homedir(), ".cache"), "monstack");
}

/** Where tools are kept; a runner has a folder for that, which others use as well. */
export function toolCacheFolder(host: Host): string {
  return host.env["RUNNER_TOOL_CACHE"] || join(cacheFolder(host), "tools");
}
