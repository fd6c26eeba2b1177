import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { createLockedItems, pack, unpack } from "../cache/locked-items.ts";
import type { Config } from "../config/schema.ts";
import { selectRunnerEnvironment } from "../host/child-environment.ts";
import type { Context, Host } from "../host/host.ts";
import { findUntrusted } from "../host/trusted-folder.ts";
import { CommandError, describeError } from "../lib/errors.ts";
import { joinBelow } from "../lib/path.ts";
import { formatBytes } from "../lib/quantity.ts";
import { parseYaml } from "../lib/yaml-text.ts";
import { findForeignTools } from "../lock/origins.ts";
import { Lock } from "../lockfile/lock.ts";
import { cacheFolder, refuseShared } from "../sources/cache-folders.ts";

/** The program that talks to the cache service, and its time limit. */
interface TransferOptions {
  /** Absolute path of dist/transfer.js. */
  readonly script: string;
  /** Milliseconds; a longer transfer is aborted. */
  readonly limitMs: number;
}

/** Milliseconds. Downloading everything takes less time than this. */
export const restoreLimitMs = 120_000;
/** Milliseconds. Saving may take longer, since the job's own work is done by then. */
export const saveLimitMs = 240_000;

export interface Restored {
  /** True if everything that the lock names came from the cache. */
  readonly isHit: boolean;
  /** The key to save under when the job ends; undefined: nothing is saved. */
  readonly saveAs: string | undefined;
}

/** What the action sets besides the core's outputs. */
export const ownOutputs = ["cache-hit"] as const;

/** A lock whose downloads are kept, and under which key. */
interface KeptLock {
  readonly key: string;
  readonly lock: Lock;
}

/** Returns undefined if nothing is kept between jobs, and logs why. */
export async function findKept(
  context: Context,
  config: Pick<Config, "cache" | "bundle" | "lock">,
  isRestricted = false,
): Promise<KeptLock | undefined> {
  const { host, log } = context;
  const text = await host.files.read(config.lock.file);
  const use = useOfCache(config, host, text);
  if (use.kind === "off") {
    if (use.why !== undefined) log.info(use.why);
    return undefined;
  }
  const lock = parseLock(text);
  // The run itself reports an invalid lock. An empty list means that the runner has everything already.
  if (lock === undefined || createLockedItems(context, lock).length === 0) return undefined;
  if (isRestricted && findForeignTools(lock).length > 0) return undefined;
  return { key: use.key, lock };
}

/**
 * Brings what the lock names from GitHub's cache into this machine's, before anything is fetched. A failure is
 * only a warning: then everything is fetched.
 */
export async function restoreLocked(
  context: Context,
  { key, lock }: KeptLock,
  options: TransferOptions,
): Promise<Restored> {
  const { host, log } = context;
  const folder = lockedFolder(context);
  // The run itself ends with the same error.
  await refuseShared(host, folder);
  const items = createLockedItems(context, lock);
  try {
    await host.files.remove(folder);
    if (!(await transfer(context, ["restore", key, folder], options)).done) {
      log.info(`cache: nothing is kept as ${key} yet; what is fetched now will be`);
      return { isHit: false, saveAs: key };
    }
    const { kept, bytes } = await unpack(context, items, folder);
    const size = `${formatBytes(bytes)}`;
    log.info(`cache: ${kept.length} of ${items.length} downloads restored (${size}), each as the lock says`);
    // An entry can't be replaced: one that isn't whole stays as it is until it is deleted or too old.
    return { isHit: kept.length === items.length, saveAs: undefined };
  } catch (error) {
    log.warn(`cache: nothing was restored, so everything is fetched: ${describeError(error)}`);
    return { isHit: false, saveAs: undefined };
  } finally {
    await host.files.remove(folder);
  }
}

/** Keeps what the lock names in GitHub's cache, once. A failure is only a warning. */
export async function saveLocked(
  context: Context,
  { lockFile, saveAs }: { readonly lockFile: string; readonly saveAs: string },
  options: TransferOptions,
): Promise<void> {
  const { host, log } = context;
  const folder = lockedFolder(context);
  const shared = await findUntrusted(host.files, folder);
  if (shared) return log.warn(`cache: nothing is saved, since ${shared.path} ${shared.why}`);
  try {
    const text = (await host.files.read(lockFile)) ?? "";
    const lock = parseLock(text);
    if (lock === undefined || cacheKey(host.arch, text) !== saveAs)
      return log.info("cache: nothing is saved, since the lock file is another one than when the job began");
    const missing = await pack(context, createLockedItems(context, lock), folder);
    if (missing.length > 0) {
      const names = missing.map(({ what }) => what).join(", ");
      return log.info(`cache: nothing is saved, since not all was fetched that the lock names: ${names}`);
    }
    const { done, why } = await transfer(context, ["save", saveAs, folder], options);
    if (done) log.info(`cache: saved as ${saveAs}`);
    else log.info(`cache: nothing is saved: ${why ?? "the service took nothing"}`);
  } catch (error) {
    log.warn(`cache: nothing was saved, so the next job fetches again: ${describeError(error)}`);
  } finally {
    await host.files.remove(folder);
  }
}

/** Returns the folder that is cached. Its path is part of an entry's identity. */
function lockedFolder({ host }: Context): string {
  return joinBelow(cacheFolder(host), "locked");
}

function parseLock(text: string | undefined): Lock | undefined {
  try {
    return Lock.safeParse(parseYaml(text ?? "")).data;
  } catch {
    return undefined;
  }
}

/**
 * Runs a transfer. `why`: the client's reason if it saved or found nothing without an error.
 * @throws Error if the service failed or took too long
 */
async function transfer(
  { host, log }: Context,
  argv: readonly [way: "restore" | "save", key: string, folder: string],
  { script, limitMs }: TransferOptions,
): Promise<{ done: boolean; why: string | undefined }> {
  const temp = host.env["RUNNER_TEMP"] || tmpdir();
  const { stdout, stderr, exitCode } = await host
    .exec([process.execPath, script, ...argv], {
      timeoutMs: limitMs,
      allowFailure: true,
      env: { ...selectRunnerEnvironment(host.env), RUNNER_TEMP: temp },
    })
    .catch((error: unknown) => {
      if (!(error instanceof CommandError) || error.commandExitCode !== 124) throw error;
      throw new Error(`the cache service took longer than ${limitMs / 1000} s`);
    });
  const lines = stdout.split("\n").filter((line) => line !== "");
  // The masked values are addresses that give access to the cache.
  const masks = lines.filter((line) => line.startsWith("::add-mask::"));
  for (const line of masks) log.mask(unescapeData(line.slice("::add-mask::".length)));
  for (const line of lines) if (!line.startsWith("::")) log.debug(`cache service: ${line}`);
  if (exitCode === 0 && lines.at(-1) === "done") return { done: true, why: undefined };
  const failure = exitCode === 0 ? undefined : (stderr.trim().split("\n").at(-1) ?? `exit code ${exitCode}`);
  const complaint = findClientError(stdout) ?? failure;
  if (complaint !== undefined) throw new Error(complaint);
  return { done: false, why: /^Failed to save: (.+)$/m.exec(stdout)?.[1] };
}

/** Finds a failure in the client's output: it reports failures only as annotations. */
function findClientError(stdout: string): string | undefined {
  const [, message] = /^::(?:warning|error)[^:]*::(.+)$/m.exec(stdout) ?? [];
  return message && unescapeData(message).replaceAll("\n", " ").replaceAll("\r", "");
}

/** Decodes the data of a workflow command, which @actions/core encodes. */
function unescapeData(text: string): string {
  return text.replaceAll("%0A", "\n").replaceAll("%0D", "\r").replaceAll("%25", "%");
}

/** Whether a job keeps its downloads in GitHub's cache, and under which key. */
type UseOfCache =
  | { readonly kind: "on"; readonly key: string }
  /** `why`: the reason for the log; undefined if none is needed. */
  | { readonly kind: "off"; readonly why: string | undefined };

/** @param lock the lock file's text; undefined if there is no lock file */
export function useOfCache(
  config: Pick<Config, "cache" | "bundle">,
  { env, arch }: Pick<Host, "env" | "arch">,
  lock: string | undefined,
): UseOfCache {
  const off = (why?: string): UseOfCache => ({ kind: "off", why });
  // From a bundle nothing is fetched.
  if (config.cache === "off" || config.bundle !== undefined) return off();
  const releases = config.cache === "auto" ? findReleaseSign(env) : undefined;
  if (releases !== undefined)
    return off(
      `no cache is used: ${releases}, and what other workflows can write to must not get into a release; \`cache: on\` uses it all the same`,
    );
  if (lock === undefined)
    return off("nothing is cached between jobs without a lock file: `monstack lock` writes one");
  if (!hasService(env)) return off("this runner has no cache service: nothing is kept between jobs");
  return { kind: "on", key: cacheKey(arch, lock) };
}

/**
 * Returns the cache key, which has the digest of the lock's text: no other content can be restored under it. There is no
 * fallback key.
 */
function cacheKey(arch: Host["arch"], lock: string): string {
  return `monstack-linux-${arch}-${createHash("sha256").update(lock).digest("hex")}`;
}

/** Returns why this workflow is treated as one that releases something; undefined if it is not. */
function findReleaseSign(env: Host["env"]): string | undefined {
  if (env["GITHUB_EVENT_NAME"] === "release") return "a release started this workflow";
  if (env["GITHUB_REF_TYPE"] === "tag")
    return `this workflow runs for the tag ${env["GITHUB_REF_NAME"] ?? ""}`;
  return undefined;
}

/** True if the runner has a cache service. @actions/cache tests the same variables. */
function hasService(env: Host["env"]): boolean {
  return Boolean(env["ACTIONS_CACHE_SERVICE_V2"] ? env["ACTIONS_RESULTS_URL"] : env["ACTIONS_CACHE_URL"]);
}
