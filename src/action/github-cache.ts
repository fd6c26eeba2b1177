import { createHash } from "node:crypto";
import { createLockedItems, packItems, unpackItems } from "../cache/locked-items.ts";
import type { Config } from "../config/schema.ts";
import type { Context, Host } from "../host/host.ts";
import { findUntrusted } from "../host/trusted-folder.ts";
import { describeError } from "../lib/errors.ts";
import { joinBelow } from "../lib/path.ts";
import { formatBytes } from "../lib/quantity.ts";
import { parseYaml } from "../lib/yaml-text.ts";
import { findForeignTools } from "../lock/origins.ts";
import { Lock } from "../lockfile/lock.ts";
import { getCacheFolder, refuseShared } from "../sources/cache-folders.ts";
import { findReleaseSign, hasCacheService, type TransferOptions, transferFolder } from "./cache-service.ts";

/** Limit for restoring, in milliseconds. Downloading everything anew would be faster than a longer transfer. */
export const restoreLimitMs = 120_000;
/** Limit for saving, in milliseconds. It is longer, since the job's own work is done by then. */
export const saveLimitMs = 240_000;

/** The result of restoring from the cache. */
export interface RestoreResult {
  /** True if all locked downloads came from the cache. */
  readonly isHit: boolean;
  /** The key to save under when the job ends; undefined: nothing is saved. */
  readonly saveAs: string | undefined;
}

/** The outputs that only the action sets. */
export const ownOutputs = ["report-url", "cache-hit"] as const;

/** A lock whose downloads are kept between jobs, and their key in GitHub's cache. */
interface KeptLock {
  readonly key: string;
  readonly lock: Lock;
}

/**
 * Returns the lock whose downloads are kept between jobs; undefined if nothing is kept, usually with the reason in the
 * log.
 * @param isRestricted true with trust: restricted. A lock with downloads from foreign hosts is not kept then.
 */
export async function findKept(
  context: Context,
  config: Pick<Config, "cache" | "bundle" | "lock">,
  isRestricted = false,
): Promise<KeptLock | undefined> {
  const { host, log } = context;
  const text = await host.files.read(config.lock.file);
  const cacheUse = decideCacheUse(config, host, text);
  if (cacheUse.kind === "off") {
    if (cacheUse.why !== undefined) log.info(cacheUse.why);
    return undefined;
  }
  const lock = parseLock(text);
  // The run itself reports an invalid lock. Without any items, the runner has everything already.
  if (lock === undefined || createLockedItems(context, lock).length === 0) return undefined;
  if (isRestricted && findForeignTools(lock).length > 0) return undefined;
  return { key: cacheUse.key, lock };
}

/**
 * Copies the locked downloads from GitHub's cache into this machine's cache, before anything is fetched. A failure is
 * only a warning, since the run then fetches everything.
 */
export async function restoreLocked(
  context: Context,
  { key, lock }: KeptLock,
  options: TransferOptions,
): Promise<RestoreResult> {
  const { host, log } = context;
  const folder = getTransferFolder(context);
  // Throws the same error as the run itself would.
  await refuseShared(host, folder);
  const items = createLockedItems(context, lock);
  try {
    await host.files.remove(folder);
    if (!(await transferFolder(context, ["restore", key, folder], options)).done) {
      log.info(`cache: nothing is kept as ${key} yet; what is fetched now will be`);
      return { isHit: false, saveAs: key };
    }
    const { kept, bytes } = await unpackItems(context, items, folder);
    log.info(
      `cache: ${kept.length} of ${items.length} downloads restored (${formatBytes(bytes)}), each as the lock says`,
    );
    // GitHub's cache can't replace an entry: an incomplete one remains until it is deleted or expires.
    return { isHit: kept.length === items.length, saveAs: undefined };
  } catch (error) {
    log.warn(`cache: nothing was restored, so everything is fetched: ${describeError(error)}`);
    return { isHit: false, saveAs: undefined };
  } finally {
    await host.files.remove(folder);
  }
}

/**
 * Saves the locked downloads in GitHub's cache. Saves nothing if the lock file has changed since the job began, or if a
 * locked download is missing on this machine. A failure is only a warning.
 * @param saveAs the key to save under, from `restoreLocked`
 */
export async function saveLocked(
  context: Context,
  { lockFile, saveAs }: { readonly lockFile: string; readonly saveAs: string },
  options: TransferOptions,
): Promise<void> {
  const { host, log } = context;
  const folder = getTransferFolder(context);
  const untrusted = await findUntrusted(host.files, folder);
  if (untrusted) return log.warn(`cache: nothing is saved, since ${untrusted.path} ${untrusted.why}`);
  try {
    const text = (await host.files.read(lockFile)) ?? "";
    const lock = parseLock(text);
    if (lock === undefined || createCacheKey(host.arch, text) !== saveAs)
      return log.info("cache: nothing is saved, since the lock file is another one than when the job began");
    const missing = await packItems(context, createLockedItems(context, lock), folder);
    if (missing.length > 0) {
      const names = missing.map(({ what }) => what).join(", ");
      return log.info(`cache: nothing is saved, since not all was fetched that the lock names: ${names}`);
    }
    const { done, why } = await transferFolder(context, ["save", saveAs, folder], options);
    if (done) log.info(`cache: saved as ${saveAs}`);
    else log.info(`cache: nothing is saved: ${why ?? "the service took nothing"}`);
  } catch (error) {
    log.warn(`cache: nothing was saved, so the next job fetches again: ${describeError(error)}`);
  } finally {
    await host.files.remove(folder);
  }
}

/** Returns the folder that is cached. GitHub's cache finds an entry only under the same path. */
function getTransferFolder({ host }: Context): string {
  return joinBelow(getCacheFolder(host), "locked");
}

/** Parses a lock; undefined if it is missing or invalid. */
function parseLock(text: string | undefined): Lock | undefined {
  try {
    return Lock.safeParse(parseYaml(text ?? "")).data;
  } catch {
    return undefined;
  }
}

/** Whether a job keeps its downloads in GitHub's cache, and their key. */
type CacheUse =
  | { readonly kind: "on"; readonly key: string }
  /** `why`: the reason for the log; undefined if none is needed. */
  | { readonly kind: "off"; readonly why: string | undefined };

/**
 * Decides whether a job keeps its downloads in GitHub's cache.
 * @param lock the lock file's text; undefined without a lock file
 */
export function decideCacheUse(
  config: Pick<Config, "cache" | "bundle">,
  { env, arch }: Pick<Host, "env" | "arch">,
  lock: string | undefined,
): CacheUse {
  const createOff = (why?: string): CacheUse => ({ kind: "off", why });
  // With a bundle, nothing is fetched.
  if (config.cache === "off" || config.bundle !== undefined) return createOff();
  const releaseReason = config.cache === "auto" ? findReleaseSign(env) : undefined;
  if (releaseReason !== undefined)
    return createOff(
      `no cache is used: ${releaseReason}, and what other workflows can write to must not get into a release; \`cache: on\` uses it all the same`,
    );
  if (lock === undefined)
    return createOff("nothing is cached between jobs without a lock file: `monstack lock` writes one");
  if (!hasCacheService(env))
    return createOff("this runner has no cache service: nothing is kept between jobs");
  return { kind: "on", key: createCacheKey(arch, lock) };
}

/**
 * Returns the cache key. It contains the digest of the lock's text, so that nothing else can be restored. There is no
 * fallback key.
 */
function createCacheKey(arch: Host["arch"], lock: string): string {
  return `monstack-linux-${arch}-${createHash("sha256").update(lock).digest("hex")}`;
}
