import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import type { Context, Host } from "../host/host.ts";
import { UserError } from "../lib/errors.ts";
import { type Lock, lockFileName } from "../lockfile/lock.ts";
import { parseLock } from "../lockfile/lock-text.ts";
import { keepFile, refuseShared } from "../sources/cache-folders.ts";
import { getArchivePath } from "../sources/charts/cache.ts";
import { getTextPath as dashboardPath } from "../sources/published-dashboard.ts";
import { findCachedTool, keepTool, type ToolKey } from "../sources/tools/cache.ts";
import { getRelease } from "../sources/tools/releases.ts";
import { hashFile } from "../sources/web/download.ts";
import type { BlobPlace, BundledPrograms } from "../sources/web/web.ts";
import { type BundledTool, createInvalidBundleError, type Manifest, type Part } from "./manifest.ts";
import { locateParts, readBundle, readManifest } from "./read.ts";

/** Bytes; far more than any lock. */
const maxLockBytes = 16 * 1024 ** 2;

export interface Unpacked {
  readonly manifest: Manifest;
  readonly lock: Lock;
  /** The programs' digests by the bundle. */
  readonly bundle: BundledPrograms;
  /** Where the images' blobs lie, by digest. They stay in the bundle. */
  readonly blobs: ReadonlyMap<string, BlobPlace>;
  /** Number of parts that were put into the cache. The others were there already. */
  readonly added: number;
}

/**
 * Puts a bundle's tools, charts and dashboards into the cache, each at the path of a downloaded one. Parts that are there
 * already, byte for byte, stay as they are. Nothing stays of a bundle that is refused. Images are not copied: their blobs are
 * given out from where they lie, and are compared with their digests then.
 * @throws UserError if it is damaged, or for another architecture
 */
export async function unpackBundle(context: Context, file: string): Promise<Unpacked> {
  const { host } = context;
  const manifest = await readManifest(host, file);
  refuseOtherArch(host, file, manifest);
  const blobs = await locateBlobs(host, file, manifest);
  const missing = await findPartsNotCached(context, manifest);
  const added: string[] = [];
  try {
    const lock = await host.files.withTemp("monstack-bundle-", (temp) =>
      unpackInto(context, file, { manifest, missing, temp, added }),
    );
    return { manifest, lock, bundle: listPrograms(manifest), blobs, added: missing.size };
  } catch (error) {
    for (const path of added) await host.files.remove(path);
    throw error;
  }
}

interface Unpacking {
  readonly manifest: Manifest;
  readonly missing: ReadonlySet<string>;
  /** Holds the tools until the whole bundle was read: the tool cache takes folders. */
  readonly temp: string;
  /** Paths of the other files that were written. */
  readonly added: string[];
}

async function unpackInto(context: Context, file: string, unpacking: Unpacking): Promise<Lock> {
  const { manifest, missing, temp } = unpacking;
  let lockText = "";
  const left = new Set(missing);
  await readBundle(context.host, file, async (part, pieces) => {
    if (part.path === lockFileName) lockText = await readText(file, part, pieces);
    else if (left.delete(part.path)) {
      await storePart(context, unpacking, part.path, pieces);
      // The part is compared to its end.
      for await (const _ of pieces);
    }
    // The lock comes first. The images, which are last, stay where they are.
    return left.size === 0 ? "enough" : undefined;
  });
  const lock = parseLock(lockText, `${lockFileName} in ${file}`);
  for (const tool of manifest.tools) refuseUnlocked(context.host, file, manifest, lock, tool);
  for (const tool of manifest.tools) {
    if (!missing.has(tool.path)) continue;
    const label = { arch: manifest.arch, url: tool.download.url };
    await keepTool(context, createBundledKey(manifest, tool), join(temp, tool.name), label);
  }
  return lock;
}

function listPrograms(manifest: Manifest): BundledPrograms {
  const programs = manifest.tools.map(
    (tool) => [tool.name, createBundledKey(manifest, tool).sha256] as const,
  );
  return { digest: hashManifest(manifest), programs: Object.fromEntries(programs) };
}

/** Compares a program with the lock, which has the program's sha256, or for helm its archive's. */
function refuseUnlocked(host: Host, file: string, manifest: Manifest, lock: Lock, tool: BundledTool): void {
  const { name, version, path, download } = tool;
  const locked = lock.tools[name];
  const notLocked = (why: string) =>
    createInvalidBundleError(file, `${path} is not what its lock says: ${why}`);
  if (locked?.version !== version)
    throw notLocked(`expected ${name} ${locked?.version ?? "not at all"}, got ${version}`);
  const { sha256 } = locked[host.arch];
  const isPacked = getRelease(name, version, host.arch).entry !== undefined;
  const got = isPacked ? download.sha256 : createBundledKey(manifest, tool).sha256;
  if (got !== sha256) throw notLocked(`expected sha256 ${sha256}, got ${got}`);
}

async function storePart(
  { host }: Context,
  { manifest, temp, added }: Unpacking,
  path: string,
  pieces: AsyncIterable<Uint8Array>,
): Promise<void> {
  const tool = manifest.tools.find((one) => one.path === path);
  if (tool) return await host.files.write(join(temp, tool.name, tool.name), pieces, 0o755);
  const place = placeOf(host, path);
  await keepFile(host, place, pieces);
  added.push(place);
}

/** Returns where the blobs of the bundle's images lie. Wrong bytes among them are the bundle's fault. */
async function locateBlobs(
  host: Host,
  file: string,
  manifest: Manifest,
): Promise<ReadonlyMap<string, BlobPlace>> {
  const offsets = await locateParts(host, file, manifest);
  const blobs = manifest.parts.filter(({ path }) => isBlob(path));
  return new Map(
    blobs.map(({ path, bytes, sha256 }) => [
      `sha256:${sha256}`,
      {
        ...{ path: file, offset: offsets.get(path) ?? 0, size: bytes },
        createSpoiledError: () => createInvalidBundleError(file, `${path} is not as it was written`),
      },
    ]),
  );
}

function isBlob(path: string): boolean {
  return path.startsWith("blobs/");
}

function refuseOtherArch(host: Host, file: string, { arch }: Manifest): void {
  if (arch === host.arch) return;
  throw new UserError(`${file} is a bundle for ${arch}, and this machine is ${host.arch}`, {
    fix: `make one on a machine that is ${host.arch}: \`monstack bundle create\``,
  });
}

async function readText(file: string, part: Part, pieces: AsyncIterable<Uint8Array>): Promise<string> {
  if (part.bytes > maxLockBytes)
    throw createInvalidBundleError(file, `its ${part.path} has ${part.bytes} bytes`);
  return await text(pieces);
}

/** Returns the path of a chart or a dashboard in the cache, whether it was fetched or came in a bundle. */
export function placeOf(host: Host, path: string): string {
  const sha256 = /[0-9a-f]{64}/.exec(path)?.[0] ?? "";
  return path.startsWith("charts/") ? getArchivePath(host, sha256) : dashboardPath(host, sha256);
}

/** Returns the hex digest of a bundle: its manifest has the sha256 of each part. */
function hashManifest(manifest: Manifest): string {
  return createHash("sha256").update(JSON.stringify(manifest)).digest("hex");
}

/** Returns the cache key of a program in a bundle. It is valid for runs with that bundle only. */
function createBundledKey(manifest: Manifest, { name, version, path }: BundledTool): ToolKey {
  const sha256 = manifest.parts.find((part) => part.path === path)?.unpacked?.sha256 ?? "";
  return { name, version, sha256, bundle: hashManifest(manifest) };
}

/** Returns the paths of the parts that are not in the cache, or were changed there. */
async function findPartsNotCached(context: Context, manifest: Manifest): Promise<Set<string>> {
  const missing = new Set<string>();
  for (const part of manifest.parts)
    if (part.path !== lockFileName && !isBlob(part.path) && !(await isCached(context, manifest, part)))
      missing.add(part.path);
  return missing;
}

async function isCached(context: Context, manifest: Manifest, part: Part): Promise<boolean> {
  const { host } = context;
  const tool = manifest.tools.find(({ path }) => path === part.path);
  if (tool) {
    return (await findCachedTool(context, createBundledKey(manifest, tool))) !== undefined;
  }
  const path = placeOf(host, part.path);
  await refuseShared(host, dirname(path));
  return (await host.files.exists(path)) && (await hashFile(host, path)) === part.sha256;
}
