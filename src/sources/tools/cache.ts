import { createHash, randomBytes } from "node:crypto";
import { dirname, join, relative } from "node:path";
import { z } from "zod";
import { readTarEntry } from "../../archive/tar.ts";
import type { Context, Host } from "../../host/host.ts";
import { findUntrusted } from "../../host/trusted-folder.ts";
import { InstallError, MonstackError } from "../../lib/errors.ts";
import { joinBelow } from "../../lib/path.ts";
import { isRelease } from "../../lib/tool-version.ts";
import type { ToolName } from "../../lockfile/tools.ts";
import { getToolCacheFolder, refuseShared } from "../cache-folders.ts";
import { hashFile } from "../web/download.ts";
import { getRelease } from "./releases.ts";

/** An entry's architecture and URL, which `cache list` shows. Not used for any decision. */
const Label = z.object({ arch: z.enum(["amd64", "arm64"]), url: z.string() });
type Label = z.infer<typeof Label>;

const labelFile = "label.json";

/** The name of the archive that is kept next to its program. The published or locked sha256 is that of the archive. */
export const archiveFile = "download.tar.gz";

/** Limit for an unpacked archive, in bytes; helm's has 70 MB. */
const archiveLimit = 256 * 1024 ** 2;

interface CachedTool {
  /** Path of the executable. */
  readonly path: string;
  /** Path of the published file, which is or contains the executable. For a bundle, the executable. */
  readonly download: string;
}

/**
 * Returns the cached program after its bytes were verified; undefined if it is missing or was changed.
 * @throws UserError if another user can change the cache
 */
export async function findCachedTool({ host, log }: Context, key: ToolKey): Promise<CachedTool | undefined> {
  const { name, version } = key;
  const entry = getEntryFolder(host, key);
  await refuseShared(host, dirname(entry));
  const isComplete =
    host.findTool === undefined
      ? await host.files.exists(getMarkerPath(entry))
      : host.findTool(getToolFolderName(name), encodeVersion(version), getSlot(key)) === entry;
  if (!isComplete) return undefined;
  const tool = await verifyEntry(host, key, entry);
  if (tool === undefined) {
    // The entry stays until `keepTool` replaces it: another process may already have done so.
    log.warn(
      `the cached ${name} ${version} in ${entry} was changed since it was verified; it is fetched again`,
    );
    return undefined;
  }
  await host.files.touch(getMarkerPath(entry));
  return tool;
}

/**
 * Puts the files in `folder`, including the program, into the tool cache and returns the program's path there. The
 * complete entry appears at once, so that processes can write the same entry at the same time.
 * @throws InstallError if the files don't match the key's digest
 */
export async function keepTool(
  { host }: Context,
  key: ToolKey,
  folder: string,
  label: Label,
): Promise<string> {
  const { name, version } = key;
  const entry = getEntryFolder(host, key);
  const newFolder = `${entry}.${randomBytes(4).toString("hex")}.new`;
  await host.files.write(join(folder, labelFile), `${JSON.stringify(label)}\n`);
  await refuseShared(host, dirname(entry));
  try {
    await host.files.mkdir(newFolder, 0o755);
    for (const file of await host.files.list(folder)) {
      const mode = file === name ? 0o755 : 0o644;
      await host.files.write(joinBelow(newFolder, file), host.files.stream(join(folder, file)), mode);
    }
    if ((await verifyEntry(host, key, newFolder)) === undefined)
      throw new InstallError(`${name} ${version} is not what its sha256 ${key.sha256} says; it was not kept`);
    await renameToEntry(host, key, newFolder, entry);
    // @actions/tool-cache only finds entries with this file.
    await host.files.write(getMarkerPath(entry), "");
    return join(entry, name);
  } catch (cause) {
    if (cause instanceof MonstackError) throw cause;
    throw new InstallError(`${name} ${version} could not be put into ${getToolCacheFolder(host)}`, {
      cause,
      fix: "make room there, or name another folder in XDG_CACHE_HOME (on a runner: RUNNER_TOOL_CACHE)",
    });
  } finally {
    // An earlier error is the one to report.
    await host.files.remove(newFolder).catch(() => undefined);
  }
}

/**
 * Renames the new folder to the entry. Keeps another process' entry if it is valid, since that process may be running
 * its program.
 */
async function renameToEntry(host: Host, key: ToolKey, newFolder: string, entry: string): Promise<void> {
  for (let attempts = 1; !(await host.files.renameFolder(newFolder, entry)); attempts++) {
    if ((await verifyEntry(host, key, entry)) !== undefined) return;
    if (attempts === 5) throw new Error(`${entry} is changed again and again`);
    const invalidFolder = `${newFolder}.spoiled`;
    // Another process may have removed it.
    await host.files.renameFolder(entry, invalidFolder).catch(() => undefined);
    await host.files.remove(invalidFolder);
  }
}

/**
 * True if a path leads to a program in the cache whose bytes have the sha256 in the path. For paths from a file that
 * others may have written, such as the journal's entry of a release.
 */
export async function isVerifiedProgram(host: Host, path: string): Promise<boolean> {
  const [folderName = "", version = "", slot = "", program = "", ...rest] = relative(
    getToolCacheFolder(host),
    path,
  ).split("/");
  const name = tools.find((tool) => getToolFolderName(tool) === folderName);
  const digests = readSlot(slot);
  if (name === undefined || name !== program || digests === undefined || rest.length > 0) return false;
  const key = { name, version: decodeVersion(version), sha256: digests.sha256, bundle: digests.bundle };
  if (!isRelease(name, key.version)) return false;
  const entry = getEntryFolder(host, key);
  if (join(entry, program) !== path || (await findUntrusted(host.files, path)) !== undefined) return false;
  return (await verifyEntry(host, key, entry)) !== undefined;
}

const tools = ["k3s", "helm", "kubectl"] as const satisfies readonly ToolName[];

/**
 * Returns an entry's program if its bytes have the key's digest, else undefined. An archive is unpacked again, since
 * only this proves that the program came from it.
 */
async function verifyEntry(host: Host, key: ToolKey, folder: string): Promise<CachedTool | undefined> {
  const { files } = host;
  const path = join(folder, key.name);
  const archiveEntry =
    key.bundle === undefined ? getRelease(key.name, key.version, host.arch).entry : undefined;
  const download = archiveEntry === undefined ? path : join(folder, archiveFile);
  for (const file of [path, download]) {
    if ((await files.stat(file))?.kind !== "file") return undefined;
    if ((await findUntrusted(files, file)) !== undefined) return undefined;
  }
  if ((await hashFile(host, download)) !== key.sha256) return undefined;
  if (
    archiveEntry !== undefined &&
    (await hashPackedProgram(host, download, archiveEntry)) !== (await hashFile(host, path))
  )
    return undefined;
  return { path, download };
}

/** Returns the sha256 of a program in an archive. */
async function hashPackedProgram(host: Host, archive: string, entry: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of readPackedProgram(host, archive, entry)) hash.update(piece);
  return hash.digest("hex");
}

/** Yields the bytes of a program in an archive. */
export function readPackedProgram(host: Host, archive: string, entry: string): AsyncIterable<Uint8Array> {
  return readTarEntry(host, archive, { matches: (name) => name === entry, what: entry, limit: archiveLimit });
}

/**
 * Removes an entry from the tool cache.
 * @param folder the entry's folder, which contains the executable
 */
export async function forgetTool({ host }: Context, folder: string): Promise<void> {
  await refuseShared(host, dirname(folder));
  await host.files.remove(getMarkerPath(folder));
  await host.files.remove(folder);
}

/** Returns an entry's label for `cache list`; undefined if it is missing or invalid. */
export async function readLabel(host: Host, folder: string): Promise<Label | undefined> {
  try {
    return Label.safeParse(JSON.parse((await host.files.read(join(folder, labelFile))) ?? "")).data;
  } catch {
    return undefined;
  }
}

/**
 * Identifies a program by its bytes. The digest comes from the lock, the publisher or the bundle, never from the cache
 * itself.
 */
export interface ToolKey {
  readonly name: ToolName;
  /** In upstream's notation. */
  readonly version: string;
  /** Hex digest of the published file (for helm the archive), or of the program in a bundle. */
  readonly sha256: string;
  /** Hex digest of the bundle that contains the program. Only runs with that bundle use such an entry. */
  readonly bundle?: string | undefined;
}

/** Returns the absolute folder of an entry. The path contains the sha256 of the content. */
export function getEntryFolder(host: Host, key: ToolKey): string {
  if (!isRelease(key.name, key.version))
    throw new Error(`${JSON.stringify(key.version.slice(0, 80))} is not a release of ${key.name}`);
  return joinBelow(
    getToolCacheFolder(host),
    getToolFolderName(key.name),
    encodeVersion(key.version),
    getSlot(key),
  );
}

/** Returns the last part of an entry's path, which contains its digests. */
function getSlot({ sha256, bundle }: ToolKey): string {
  return bundle === undefined ? sha256 : `${bundlePrefix}${bundle}-${sha256}`;
}

const bundlePrefix = "bundle-";

/**
 * Parses the name of an entry's folder; undefined for one of an earlier version of monstack, which no run uses any
 * more.
 */
export function readSlot(slot: string): Pick<ToolKey, "sha256" | "bundle"> | undefined {
  const [, bundle, sha256] = /^(?:bundle-([0-9a-f]{64})-)?([0-9a-f]{64})$/.exec(slot) ?? [];
  return sha256 === undefined ? undefined : { sha256, bundle };
}

/**
 * Returns the name of a version's folder. @actions/tool-cache drops the build part of a version (`semver.clean`), so
 * that v1.36.3+k3s1 and v1.36.3+k3s2 would be the same. The build part is therefore written as a pre-release.
 */
function encodeVersion(version: string): string {
  const [release = "", build] = version.replace(/^v/, "").split("+");
  return build === undefined ? release : `${release}-${build}`;
}

/** Returns the version for a folder's name that `encodeVersion` made. */
export function decodeVersion(folderName: string): string {
  return `v${folderName.replace(/-(k3s\d+)$/, "+$1")}`;
}

/** The prefix of monstack's entries in the tool cache, each `<prefix><tool>/<version>/<sha256>`. */
export const ownPrefix = "monstack-";

/** Returns the name of a tool's folder. It has a prefix, since runners have their own `helm` in the same cache. */
function getToolFolderName(tool: ToolName): string {
  return `${ownPrefix}${tool}`;
}

/** Returns the file that marks a folder of the tool cache as complete. It is touched whenever the entry is used. */
export function getMarkerPath(folder: string): string {
  return `${folder}.complete`;
}
