import type { Config, Registries } from "../../config/schema.ts";
import type { Context, Trust } from "../../host/host.ts";
import { InstallError } from "../../lib/errors.ts";
import { showUrl } from "../../lib/redact/urls.ts";
import type { Lock } from "../../lockfile/lock.ts";
import type { ToolName } from "../../lockfile/tools.ts";
import { applyMirrors, type Mirrors } from "./mirrors.ts";

/** The context and settings of every request. */
export interface Web {
  readonly context: Context;
  readonly mirrors: Mirrors;
  readonly retryPolicy: RetryPolicy;
  readonly supply: Supply;
  /** The login of one host. It is never sent to another host, not even to a mirror. */
  readonly credentials?: HostCredentials | undefined;
  /** Which certificates are trusted, also after redirects, and the fix for an untrusted one. Default: those that Node trusts. */
  readonly known?: { readonly by: Trust; readonly fix: string } | undefined;
  /** The settings of image registries; see `images/registry.ts` and `charts/oci.ts`. */
  readonly registries?: Registries | undefined;
}

export interface SourcesOptions {
  readonly retryPolicy?: Partial<RetryPolicy>;
  /** Default: no lock, and requests are allowed. */
  readonly supply?: Supply;
}

/** Returns the context and settings for requests, with defaults for what the options leave out. */
export function createWeb(context: Context, config: Pick<Config, "mirrors">, options: SourcesOptions): Web {
  const { retryPolicy, supply = openSupply } = options;
  return { context, mirrors: config.mirrors, retryPolicy: { ...defaultRetryPolicy, ...retryPolicy }, supply };
}

interface Login {
  readonly username: string;
  readonly password: string;
}

export interface HostCredentials extends Login {
  /** A URL of the host, e.g. the repository's. */
  readonly host: string;
}

/** Returns the value of an Authorization header. */
export function formatBasicAuthorization({ username, password }: Login): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Headers;
  /** The body in pieces; throws if it breaks off or stalls. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface RequestOptions {
  readonly method?: "GET" | "HEAD";
  /** Returns the redirect itself as the response. */
  readonly redirect?: "manual";
  /** The caller compares the body with a checksum, so a redirect may lead to any host (over https). */
  readonly verified?: boolean;
  /** Added to the default headers or in their place; names in lower case. A function is called for each attempt. */
  readonly headers?: Readonly<Record<string, string>> | (() => Readonly<Record<string, string>>);
  /** Returns the error for an unexpected status. That error is final; undefined: the usual error of that status. */
  readonly explain?: (refusal: Refusal) => Error | undefined;
  /** A status besides 2xx that `read` understands. */
  readonly accepts?: number;
  /** Returns the bytes kept from failed attempts. If an attempt received many, attempts are counted from 1 again. */
  readonly kept?: () => number;
}

/** A response with an unexpected status. */
export interface Refusal {
  readonly status: number;
  readonly headers: Headers;
  /** The URL that sent the response, after redirects. */
  readonly url: string;
  /** The first 4 KB of the body. */
  readonly text: string;
}

/** Returns a URL for a message, with the mirror that is requested in its place. */
export function showRequest(web: Web, url: string): string {
  const mirrored = applyMirrors(url, web.mirrors);
  return mirrored === url ? showUrl(url) : `${showUrl(url)} (through ${showUrl(mirrored)})`;
}

/** Returns a URL's host for a line of progress, with the mirror's host if there is one. */
export function showHosts(web: Web, url: string): string {
  const { host } = new URL(url);
  const mirrored = new URL(applyMirrors(url, web.mirrors));
  return mirrored.href === new URL(url).href
    ? host
    : `${host} (through ${mirrored.protocol}//${mirrored.host})`;
}

/** Formats a duration in milliseconds as seconds: `1.5 s`. */
export function formatSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** Which downloads a run may use, and whether it may send requests. */
export interface Supply {
  /** The only downloads that are allowed, by their digests. Undefined: everything that the configuration requests. */
  readonly lock: Lock | undefined;
  /** The lock's name in messages: `monstack.lock`, `the lock of bundle.tar`. */
  readonly lockedBy: string;
  /** The flag that forbids requests (`--bundle FILE`), since the cache has everything. Undefined: requests are allowed. */
  readonly offline: string | undefined;
  /** The programs of the bundle that all downloads come from. */
  readonly bundle?: BundledPrograms | undefined;
  /** Where that bundle has the blobs of images, by digest. */
  readonly blobs?: ReadonlyMap<string, BlobPlace> | undefined;
}

/** Where a blob's bytes lie: all of a file, or a part of a bundle. */
export interface BlobPlace {
  readonly path: string;
  readonly offset: number;
  readonly size: number;
  /** Makes the error for bytes that are not what their digest says. Undefined: the cache's, which are fetched again. */
  readonly createSpoiledError?: () => Error;
}

/** The digests of a bundle's programs, which are valid only for runs with that bundle. */
export interface BundledPrograms {
  /** Hex digest of the bundle. */
  readonly digest: string;
  /** Hex sha256 of each program. The lock is not enough: for helm it has only the archive's sha256. */
  readonly programs: Readonly<Partial<Record<ToolName, string>>>;
}

/** A supply without a lock, with requests allowed. */
export const openSupply: Supply = { lock: undefined, lockedBy: "", offline: undefined };

/** Limits for the attempts of a request. All times in milliseconds. */
interface RetryPolicy {
  /** All attempts, including the first one. */
  readonly tries: number;
  /** The wait before the second attempt. It is three times as long before each further attempt. */
  readonly firstWaitMs: number;
  /** Limit for all waits together. A longer Retry-After ends the attempts. */
  readonly totalWaitMs: number;
  /** An attempt fails if no byte comes for this long. */
  readonly stallMs: number;
  /** Limit for all attempts and waits together, even while bytes arrive. */
  readonly totalMs: number;
}

const defaultRetryPolicy: RetryPolicy = {
  tries: 4,
  firstWaitMs: 1_000,
  totalWaitMs: 60_000,
  stallMs: 30_000,
  totalMs: 20 * 60_000,
};

/**
 * Returns how long to wait after a number of attempts, in milliseconds. Half of it is random, so that many jobs don't
 * retry at the same time.
 */
export function computeBackoffMs(retryPolicy: RetryPolicy, attempts: number): number {
  return retryPolicy.firstWaitMs * 3 ** (attempts - 1) * (0.5 + Math.random() / 2);
}

/**
 * Yields the pieces unchanged.
 * @param what the source's name in messages
 * @throws InstallError as soon as they have more bytes than the limit
 */
export async function* limitBytes(
  pieces: AsyncIterable<Uint8Array>,
  limit: number,
  what: string,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.byteLength;
    if (bytes > limit) throw createTooLargeError(what, limit);
    yield piece;
  }
}

/** Returns the error for a response with more bytes than the limit. */
export function createTooLargeError(what: string, limit: number): InstallError {
  return new InstallError(`${what}: more than ${limit} bytes, which is more than expected`, {
    fix: "the host or the mirror serves something else than upstream: compare what it sends with upstream's",
  });
}
