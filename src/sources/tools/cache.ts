import { createHash, randomBytes } from "node:crypto";
import { dirname, join, relative } from "node:path";

import { z } from "zod";
import { tarEntry } from "../../archive/tar.ts";
import type { Context, Host } from "../../host/host.ts";
import { findUntrusted } from "../../host/trusted-folder.ts";
import { InstallError, MonstackError } from "../../lib/errors.ts";
import { joinBelow } from "../../lib/path.ts";
import { isRelease } from "../../lib/tool-version.ts";
import type { ToolName } from "../../lockfile/tools.ts";
import { refuseShared, toolCacheFolder } from "../cache-folders.ts";
import { sha256Of } from "../web/download.ts";
import { releaseOf } from "./releases.ts";

/** What `cache list` shows of an entry. Nothing is decided by it. */
const Label = z.object({ arch: z.enum(["amd64", "arm64"]), url: z.string() });
export type Label = z.infer<typeof Label>;

const labelFile = "label.json";

/** The archive that a program came in, kept beside it: its sha256 is the one that is published and locked. */
export const archiveFile = "download.tar.gz";

/** Bytes. What an unpacked helm archive may weigh; it has 70 MB. */
const archiveLimit = 256 * 1024 ** 2;

export interface CachedTool {
  /** Of the executable. */
  readonly path: string;
  /** The file as it is published, which is or contains the executable. Of a bundle, the executable. */
  readonly download: string;
}

/**
 * The cached program, each byte verified; undefined when there is none or when its bytes are others.
 * @throws UserError when another user can change the cache
 */
export async function cachedTool({ host, log }: Context, key: ToolKey): Promise<CachedTool | undefined> {
  const { name, version } = key;
  const entry = entryOf(host, key);
  await refuseShared(host, dirname(entry));
  const isComplete =
    host.findTool === undefined
      ? await host.files.exists(markerOf(entry))
      : host.findTool(entryName(name), versionKey(version), slotOf(key)) === entry;
  if (!isComplete) return undefined;
  const tool = await verified(host, key, entry);
  if (tool === undefined) {
    // It stays until `keepTool` replaces it: another process may have done so since.
    log.warn(
      `the cached ${name} ${version} in ${entry} was changed since it was verified; it is fetched again`,
    );
    return undefined;
  }
  await host.files.touch(markerOf(entry));
  return tool;
}

/**
 * Puts all that is in `folder`, the program among it, into the tool cache and returns the program's path there.
 * An entry appears whole, so that processes that fill the same one at once don't take it from under each other.
 * @throws InstallError when what is in `folder` is not what the key names
 */
export async function keepTool(
  { host }: Context,
  key: ToolKey,
  folder: string,
  label: Label,
): Promise<string> {
  const { name, version } = key;
  const entry = entryOf(host, key);
  const coming = `${entry}.${randomBytes(4).toString("hex")}.new`;
  await host.files.write(join(folder, labelFile), `${JSON.stringify(label)}\n`);
  await refuseShared(host, dirname(entry));
  try {
    await host.files.mkdir(coming, 0o755);
    for (const file of await host.files.list(folder)) {
      const mode = file === name ? 0o755 : 0o644;
      await host.files.write(joinBelow(coming, file), host.files.stream(join(folder, file)), mode);
    }
    if ((await verified(host, key, coming)) === undefined)
      throw new InstallError(`${name} ${version} is not what its sha256 ${key.sha256} says; it was not kept`);
    await putInPlace(host, key, coming, entry);
    // What @actions/tool-cache looks for.
    await host.files.write(markerOf(entry), "");
    return join(entry, name);
  } catch (cause) {
    if (cause instanceof MonstackError) throw cause;
    throw new InstallError(`${name} ${version} could not be put into ${toolCacheFolder(host)}`, {
      cause,
      fix: "make room there, or name another folder in XDG_CACHE_HOME (on a runner: RUNNER_TOOL_CACHE)",
    });
  } finally {
    // What went wrong before is what counts.
    await host.files.remove(coming).catch(() => undefined);
  }
}

/** Another process' entry stays when it is whole and the same: that process may be running it by now. */
async function putInPlace(host: Host, key: ToolKey, coming: string, entry: string): Promise<void> {
  for (let tried = 1; !(await host.files.renameFolder(coming, entry)); tried++) {
    if ((await verified(host, key, entry)) !== undefined) return;
    if (tried === 5) throw new Error(`${entry} is changed again and again`);
    const spoiled = `${coming}.spoiled`;
    // Another process may have taken it away by now.
    await host.files.renameFolder(entry, spoiled).catch(() => undefined);
    await host.files.remove(spoiled);
  }
}

/**
 * Whether a path leads to a program of the cache, each byte verified by the sha256 in the path itself. For who knows no
 * more than the path: what a file says about a program to run, as the journal's entry of a release does.
 */
export async function isVerifiedProgram(host: Host, path: string): Promise<boolean> {
  const [prefixed = "", version = "", slot = "", program = "", ...rest] = relative(
    toolCacheFolder(host),
    path,
  ).split("/");
  const name = tools.find((one) => entryName(one) === prefixed);
  const found = readSlot(slot);
  if (name === undefined || name !== program || found === undefined || rest.length > 0) return false;
  const key = { name, version: versionOfKey(version), sha256: found.sha256, bundle: found.bundle };
  if (!isRelease(name, key.version)) return false;
  const entry = entryOf(host, key);
  if (join(entry, program) !== path || (await findUntrusted(host.files, path)) !== undefined) return false;
  return (await verified(host, key, entry)) !== undefined;
}

const tools = ["k3s", "helm", "kubectl"] as const satisfies readonly ToolName[];

/** Compares an entry with the bytes that are wanted. An archive is unpacked again for it: no record vouches for its program. */
async function verified(host: Host, key: ToolKey, folder: string): Promise<CachedTool | undefined> {
  const { files } = host;
  const path = join(folder, key.name);
  const inArchive = key.bundle === undefined ? releaseOf(key.name, key.version, host.arch).entry : undefined;
  const download = inArchive === undefined ? path : join(folder, archiveFile);
  for (const file of [path, download]) {
    if ((await files.stat(file))?.kind !== "file") return undefined;
    if ((await findUntrusted(files, file)) !== undefined) return undefined;
  }
  if ((await sha256Of(host, download)) !== key.sha256) return undefined;
  if (
    inArchive !== undefined &&
    (await packedSha256(host, download, inArchive)) !== (await sha256Of(host, path))
  )
    return undefined;
  return { path, download };
}

async function packedSha256(host: Host, archive: string, entry: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of packedProgram(host, archive, entry)) hash.update(piece);
  return hash.digest("hex");
}

/** The bytes of one program in an archive. */
export function packedProgram(host: Host, archive: string, entry: string): AsyncIterable<Uint8Array> {
  const wish = { matches: (name: string) => name === entry, what: entry, limit: archiveLimit };
  return tarEntry(host, archive, wish);
}

/** Takes an entry out of the tool cache; `folder` is the one that holds the executable. */
export async function forgetTool({ host }: Context, folder: string): Promise<void> {
  await refuseShared(host, dirname(folder));
  await host.files.remove(markerOf(folder));
  await host.files.remove(folder);
}

/** What an entry says of itself, for a list of what there is. */
export async function readLabel(host: Host, folder: string): Promise<Label | undefined> {
  try {
    return Label.safeParse(JSON.parse((await host.files.read(join(folder, labelFile))) ?? "")).data;
  } catch {
    return undefined;
  }
}

/**
 * Which program is wanted, by its bytes. Only who asks knows them: the lock, the publisher or the bundle. Nothing that
 * lies in the cache says what an entry must be.
 */
export interface ToolKey {
  readonly name: ToolName;
  /** As upstream writes it. */
  readonly version: string;
  /** Hex: of the file as it is published (for helm the archive), or of the program in a bundle. */
  readonly sha256: string;
  /** The digest of the bundle that says so, hex. Such an entry serves runs with that bundle only. */
  readonly bundle?: string | undefined;
}

/** The folder of an entry, absolute: its path has the sha256 of what it holds. */
export function entryOf(host: Host, key: ToolKey): string {
  if (!isRelease(key.name, key.version))
    throw new Error(`${JSON.stringify(key.version.slice(0, 80))} is not a release of ${key.name}`);
  return joinBelow(toolCacheFolder(host), entryName(key.name), versionKey(key.version), slotOf(key));
}

export function slotOf({ sha256, bundle }: ToolKey): string {
  return bundle === undefined ? sha256 : `${bundlePrefix}${bundle}-${sha256}`;
}

const bundlePrefix = "bundle-";

/** What an entry's folder is called by; undefined for what an earlier version kept, which no run uses any more. */
export function readSlot(slot: string): Pick<ToolKey, "sha256" | "bundle"> | undefined {
  const [, bundle, sha256] = /^(?:bundle-([0-9a-f]{64})-)?([0-9a-f]{64})$/.exec(slot) ?? [];
  return sha256 === undefined ? undefined : { sha256, bundle };
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

/** Of monstack's entries in the tool cache, each `<prefix><tool>/<version>/<sha256>`. */
export const ownPrefix = "monstack-";

/** Not just `helm`: runners have tools of that name in their cache, put there by others and without our checksum. */
export function entryName(tool: ToolName): string {
  return `${ownPrefix}${tool}`;
}

/** The file that says that a folder of the tool cache is whole; it is touched whenever the entry is taken. */
export function markerOf(folder: string): string {
  return `${folder}.complete`;
}
