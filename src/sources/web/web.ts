import type { Config, Registries } from "../../config/schema.ts";
import type { Context, Trust } from "../../host/host.ts";
import { InstallError } from "../../lib/errors.ts";
import { showUrl } from "../../lib/redact/urls.ts";
import type { Lock } from "../../lockfile/lock.ts";
import type { ToolName } from "../../lockfile/tools.ts";
import { applyMirrors, type Mirrors } from "./mirrors.ts";

/** What every request needs. */
export interface Web {
  readonly context: Context;
  readonly mirrors: Mirrors;
  readonly retryPolicy: RetryPolicy;
  readonly supply: Supply;
  /** The login of one host. It is sent to no other host, also not to a mirror. */
  readonly credentials?: HostCredentials | undefined;
  /** How certificates are judged, also after redirects, and the fix for one that is not trusted. Default: as Node does. */
  readonly known?: { readonly by: Trust; readonly fix: string } | undefined;
  /** The settings of image registries; see `images/registry.ts` and `charts/oci.ts`. */
  readonly registries?: Registries | undefined;
}

export interface SourcesOptions {
  readonly retryPolicy?: Partial<RetryPolicy>;
  /** Default: no lock, and the network. */
  readonly supply?: Supply;
}

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
  /** Return the redirect itself as the response. */
  readonly redirect?: "manual";
  /** The caller compares the body with a checksum, so a redirect may lead to any host (over https). */
  readonly verified?: boolean;
  /** Added to the default headers or in their place; names in lower case. A function is called for each attempt. */
  readonly headers?: Readonly<Record<string, string>> | (() => Readonly<Record<string, string>>);
  /** Returns the error for an unexpected status. That error is final; undefined: the usual error of that status. */
  readonly explain?: (refusal: Refusal) => Error | undefined;
  /** A status besides 2xx that `read` understands. */
  readonly accepts?: number;
  /** Bytes kept from attempts that broke off. After an attempt that brought many, the attempts are counted from 1 again. */
  readonly kept?: () => number;
}

/** A response with an unexpected status. */
export interface Refusal {
  readonly status: number;
  readonly headers: Headers;
  /** Of the host that sent it, after redirects. */
  readonly url: string;
  /** The first 4 KB of its body. */
  readonly text: string;
}

/** Returns the URL, and the mirror that is requested in its place, for a message. */
export function showRequest(web: Web, url: string): string {
  const mirrored = applyMirrors(url, web.mirrors);
  return mirrored === url ? showUrl(url) : `${showUrl(url)} (through ${showUrl(mirrored)})`;
}

/** Returns the URL's host, and the mirror's host if there is one, for a line of progress. */
export function showHosts(web: Web, url: string): string {
  const { host } = new URL(url);
  const mirrored = new URL(applyMirrors(url, web.mirrors));
  return mirrored.href === new URL(url).href
    ? host
    : `${host} (through ${mirrored.protocol}//${mirrored.host})`;
}

export function formatSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** What a run's downloads must be, and whether it may use the network. */
export interface Supply {
  /** The only downloads that are allowed, byte for byte. Undefined: what the configuration requests, as published now. */
  readonly lock: Lock | undefined;
  /** How messages call the lock: `monstack.lock`, `the lock of bundle.tar`. */
  readonly lockedBy: string;
  /** The flag that forbids requests (`--bundle FILE`): everything is in the cache. Undefined: requests are allowed. */
  readonly offline: string | undefined;
  /** The bundle that everything comes from. */
  readonly bundle?: BundledPrograms | undefined;
}

/** What a bundle says about its programs. It is valid for runs with that bundle only. */
export interface BundledPrograms {
  /** Of the bundle, hex. */
  readonly digest: string;
  /** Hex sha256 of each program. For helm the lock has only the archive's sha256, and the bundle holds the program. */
  readonly programs: Readonly<Partial<Record<ToolName, string>>>;
}

/** No lock, and the network. */
export const openSupply: Supply = { lock: undefined, lockedBy: "", offline: undefined };

/** Bounds of a request's attempts. All times in milliseconds. */
interface RetryPolicy {
  /** Attempts in all, the first one included. */
  readonly tries: number;
  /** Before the second attempt; three times as long before each further one. */
  readonly firstWaitMs: number;
  /** All waits together. A Retry-After beyond it ends the attempts. */
  readonly totalWaitMs: number;
  /** An attempt fails if no byte comes for this long. */
  readonly stallMs: number;
  /** All attempts and waits together, even if bytes still come. */
  readonly totalMs: number;
}

const defaultRetryPolicy: RetryPolicy = {
  tries: 4,
  firstWaitMs: 1_000,
  totalWaitMs: 60_000,
  stallMs: 30_000,
  totalMs: 20 * 60_000,
};

/** Returns the milliseconds to wait after `tried` attempts. Half of it is random, so that many jobs don't retry at once. */
export function computeBackoffMs(retryPolicy: RetryPolicy, tried: number): number {
  return retryPolicy.firstWaitMs * 3 ** (tried - 1) * (0.5 + Math.random() / 2);
}

/** Yields the pieces. @throws InstallError as soon as they have more bytes than the limit */
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

export function createTooLargeError(what: string, limit: number): InstallError {
  return new InstallError(`${what}: more than ${limit} bytes, which is more than expected`, {
    fix: "the host or the mirror serves something else than upstream: compare what it sends with upstream's",
  });
}
