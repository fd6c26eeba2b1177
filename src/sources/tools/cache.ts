import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { find } from "@actions/tool-cache";
import { z } from "zod";
import { InstallError } from "../../host/errors.ts";
import type { Context, Host } from "../../host/host.ts";
import { toolCacheFolder } from "../cache-folders.ts";
import type { ToolName } from "../types.ts";
import { sha256Of } from "../web/download.ts";

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

/** The archive that an executable came in, kept beside it: only its sha256 is published, and stands in a lock. */
export const archiveFile = "download.tar.gz";

export interface CachedTool {
  /** Of the executable. */
  readonly path: string;
  readonly origin: Origin;
}

/** The file that came, of which the executable is a part or the whole. */
export function downloadIn({ path, origin }: CachedTool): string {
  return origin.sha256 === origin.executableSha256 ? path : join(path, "..", archiveFile);
}

/** The cached executable, checked byte for byte; undefined when there is none or when it isn't what was put there. */
export async function cachedTool(
  { host, log }: Context,
  tool: ToolName,
  version: string,
): Promise<CachedTool | undefined> {
  prepareToolCache(host);
  const folder = find(entryName(tool), versionKey(version), host.arch);
  if (folder === "") return undefined;
  const entry = await wholeEntry(host, tool, folder);
  if (entry === undefined) {
    // It stays until `keepTool` replaces it: another process may have done so since.
    log.warn(`the cached ${tool} ${version} in ${folder} is not what was put there; it is fetched anew`);
    return undefined;
  }
  await host.files.touch(markerOf(folder));
  return entry;
}

/**
 * Puts all that is in `folder`, the executable among it, into the tool cache and returns the executable's path there.
 * An entry appears whole, so that processes that fill the same one at once don't take it from under each other.
 */
export async function keepTool(
  { host }: Context,
  tool: ToolName,
  version: string,
  folder: string,
  origin: Origin,
): Promise<string> {
  const entry = join(toolCacheFolder(host), entryName(tool), versionKey(version), host.arch);
  const coming = `${entry}.${randomBytes(4).toString("hex")}.new`;
  await host.files.write(join(folder, originFile), `${JSON.stringify(origin)}\n`);
  try {
    for (const name of await host.files.list(folder)) {
      const mode = name === tool ? 0o755 : 0o644;
      await host.files.write(join(coming, name), host.files.stream(join(folder, name)), mode);
    }
    await putInPlace(host, tool, coming, entry, origin);
    // What @actions/tool-cache looks for.
    await host.files.write(markerOf(entry), "");
    return join(entry, tool);
  } catch (cause) {
    throw new InstallError(`${tool} ${version} could not be put into ${toolCacheFolder(host)}`, {
      cause,
      mend: "make room there, or name another folder in XDG_CACHE_HOME (on a runner: RUNNER_TOOL_CACHE)",
    });
  } finally {
    await host.files.remove(coming);
  }
}

/** Another process' entry stays when it is whole and the same: that process may be running it by now. */
async function putInPlace(
  host: Host,
  tool: ToolName,
  coming: string,
  entry: string,
  { sha256 }: Origin,
): Promise<void> {
  for (let tried = 1; !(await host.files.renameFolder(coming, entry)); tried++) {
    if ((await wholeEntry(host, tool, entry))?.origin.sha256 === sha256) return;
    if (tried === 5) throw new Error(`${entry} is spoiled again and again`);
    const spoiled = `${coming}.spoiled`;
    // Another process may have taken it away by now.
    await host.files.renameFolder(entry, spoiled).catch(() => undefined);
    await host.files.remove(spoiled);
  }
}

async function wholeEntry(host: Host, tool: ToolName, folder: string): Promise<CachedTool | undefined> {
  const path = join(folder, tool);
  const origin = parseOrigin(await host.files.read(join(folder, originFile)));
  if (origin === undefined || !(await host.files.exists(path))) return undefined;
  return (await sha256Of(host, path)) === origin.executableSha256 ? { path, origin } : undefined;
}

/** Takes an entry out of the tool cache; `folder` is the one that holds the executable. */
export async function forgetTool({ host }: Context, folder: string): Promise<void> {
  await host.files.remove(markerOf(folder));
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

/** The version that `versionKey` made a folder's name of. */
export function versionOfKey(key: string): string {
  return `v${key.replace(/-(k3s\d+)$/, "+$1")}`;
}

/** Of monstack's entries in the tool cache, each `<prefix><tool>/<version>/<arch>`. */
export const ownPrefix = "monstack-";

/** Not just `helm`: runners have tools of that name in their cache, put there by others and without our checksum. */
function entryName(tool: ToolName): string {
  return `${ownPrefix}${tool}`;
}

/** The file that says that a folder of the tool cache is whole; it is touched whenever the entry is taken. */
export function markerOf(folder: string): string {
  return `${folder}.complete`;
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
  process.env["RUNNER_TOOL_CACHE"] = toolCacheFolder(host);
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
