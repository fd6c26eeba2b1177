import { homedir } from "node:os";
import { join } from "node:path";
import { cacheDir, find } from "@actions/tool-cache";
import { z } from "zod";
import { InstallError } from "../host/errors.ts";
import type { Context, Host } from "../host/host.ts";
import { sha256Of } from "./download.ts";
import type { ToolName } from "./types.ts";

/** What is kept beside a cached executable, to tell whether it is still the one. */
const Origin = z.object({
  /** Hex, of the file as downloaded (for helm the archive). */
  sha256: z.string(),
  /** Hex, of the executable. */
  executableSha256: z.string(),
  url: z.string(),
});
export type Origin = z.infer<typeof Origin>;

const originFile = "origin.json";

/** Where this user's downloads are kept between runs. */
export function cacheFolder(host: Host): string {
  return join(host.env["XDG_CACHE_HOME"] || join(host.env["HOME"] || homedir(), ".cache"), "monstack");
}

/** The cached executable, checked byte for byte; undefined when there is none or when it isn't what was put there. */
export async function cachedTool(
  context: Context,
  tool: ToolName,
  version: string,
): Promise<{ path: string; origin: Origin } | undefined> {
  const { host, log } = context;
  prepareToolCache(host);
  const folder = find(entryName(tool), versionKey(version), host.arch);
  if (folder === "") return undefined;
  const path = join(folder, tool);
  const origin = parseOrigin(await host.files.read(join(folder, originFile)));
  if (origin && (await host.files.exists(path)) && (await sha256Of(host, path)) === origin.executableSha256)
    return { path, origin };
  log.warn(`the cached ${tool} ${version} in ${folder} is not what was put there; it is fetched anew`);
  await forgetTool(context, folder);
  return undefined;
}

/** Puts `<folder>/<tool>` into the tool cache and returns its path there. */
export async function keepTool(
  { host }: Context,
  tool: ToolName,
  version: string,
  folder: string,
  origin: Origin,
): Promise<string> {
  prepareToolCache(host);
  await host.files.write(join(folder, originFile), `${JSON.stringify(origin)}\n`);
  try {
    return join(await cacheDir(folder, entryName(tool), versionKey(version), host.arch), tool);
  } catch (cause) {
    throw new InstallError(`${tool} ${version} could not be put into ${process.env["RUNNER_TOOL_CACHE"]}`, {
      cause,
      mend: "make room there, or name another folder in XDG_CACHE_HOME (on a runner: RUNNER_TOOL_CACHE)",
    });
  }
}

/** Takes an entry out of the tool cache; `folder` is the one that holds the executable. */
export async function forgetTool({ host }: Context, folder: string): Promise<void> {
  await host.files.remove(`${folder}.complete`);
  await host.files.remove(folder);
}

/**
 * The tool cache names its folders by `semver.clean`, which drops the build part: v1.36.3+k3s1 and v1.36.3+k3s2 would
 * be one. As a pre-release it stays.
 */
export function versionKey(version: string): string {
  const [release = "", build] = version.replace(/^v/, "").split("+");
  return build === undefined ? release : `${release}-${build}`;
}

/** Not just `helm`: runners have tools of that name in their cache, put there by others and without our checksum. */
function entryName(tool: ToolName): string {
  return `monstack-${tool}`;
}

function parseOrigin(text: string | undefined): Origin | undefined {
  try {
    return Origin.safeParse(JSON.parse(text ?? "")).data;
  } catch {
    return undefined;
  }
}

/**
 * @actions/tool-cache takes its folder from this process' environment and fails without it. A runner sets it;
 * elsewhere it is the user's cache folder. It also prints its steps to stdout as `::debug::` lines, which only a
 * runner understands: elsewhere they are dropped.
 */
function prepareToolCache(host: Host): void {
  const folder = host.env["RUNNER_TOOL_CACHE"] || join(cacheFolder(host), "tools");
  process.env["RUNNER_TOOL_CACHE"] = folder;
  if (host.env["GITHUB_ACTIONS"] !== "true") dropDebugLines();
}

let dropsDebugLines = false;

function dropDebugLines(): void {
  if (dropsDebugLines) return;
  dropsDebugLines = true;
  const write = process.stdout.write.bind(process.stdout);
  const filtered: typeof process.stdout.write = (chunk: string | Uint8Array, ...rest: never[]) =>
    typeof chunk === "string" && chunk.startsWith("::debug::") ? true : write(chunk, ...rest);
  process.stdout.write = filtered;
}
