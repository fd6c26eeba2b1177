import { findProxy, formatProxy } from "../../host/proxy.ts";
import { InstallError } from "../../lib/errors.ts";
import { formatSeconds } from "./web.ts";

/** A failure that may be gone at the next attempt. */
export class Transient extends Error {
  readonly retryAfterMs: number;
  /** Creates the error for the last failed attempt; undefined: the usual error of the request. */
  readonly finalError: ((attempts: string) => InstallError) | undefined;

  constructor(
    message: string,
    options: { retryAfterMs?: number; cause?: unknown; finalError?: Transient["finalError"] } = {},
  ) {
    super(message, { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs ?? 0;
    this.finalError = options.finalError;
  }
}

/** A host's final refusal, which is not retried. */
export class HttpStatusError extends InstallError {
  readonly status: number;

  constructor(status: number, message: string, fix: string | undefined, options: { cause?: unknown } = {}) {
    super(message, fix === undefined ? options : { ...options, fix });
    this.status = status;
  }
}

/** A request, for messages about its failure. */
interface FailedRequest {
  /** The request's name in messages. */
  readonly what: string;
  /** The URL that was requested last, after mirrors and redirects. */
  readonly url: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** True for a status of an overloaded host or gateway; https://developers.cloudflare.com documents 520 to 530. */
function isTransientStatus(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/** Returns the error for an unexpected status: Transient if a retry may help, else HttpStatusError. */
export function createStatusError(
  { status, headers }: Pick<Response, "status" | "headers">,
  { what, url, env, hasLogin }: FailedRequest & { readonly hasLogin: boolean },
  now: number,
): Error {
  const retryAfterMs = parseRetryAfter(headers.get("retry-after"), now);
  if (isTransientStatus(status)) return new Transient(`the host answers ${status}`, { retryAfterMs });
  const proxy = findProxy(url, env);
  if (status === 407 && proxy) return createProxyError(status, proxy, what);
  const fix =
    status === 401 || status === 403
      ? "the host, or a proxy before it, refuses this machine: check the proxy settings and `mirrors`"
      : undefined;
  const finalError = (attempts = "") =>
    new HttpStatusError(status, `${what}: the host answers ${status}${attempts}`, fix);
  // GitHub and others answer 403 to an address that sent too many requests. With a login, 403 is final.
  return status === 403 && !hasLogin
    ? new Transient(`the host answers 403`, { retryAfterMs, finalError })
    : finalError();
}

/**
 * Returns the error for a failed connection. An untrusted certificate or a proxy's refusal is final, everything else is
 * Transient.
 */
export function createConnectionError(
  cause: unknown,
  {
    what,
    url,
    env,
    stallMs,
    fixTrust,
  }: FailedRequest & { readonly stallMs: number; readonly fixTrust: string | undefined },
): Error {
  // Already an error with an explanation.
  if (cause instanceof InstallError) return cause;
  const code = getErrorCode(cause);
  if (/^UND_ERR_(HEADERS|BODY)_TIMEOUT$/.test(code))
    return new Transient(`no byte came for ${formatSeconds(stallMs)}`, { cause });
  const proxy = findProxy(url, env);
  const proxyNote = proxy ? ` through the proxy ${formatProxy(proxy)}` : "";
  if (/CERT|SIGNATURE|ERR_TLS|ERR_SSL|INVALID_URL/.test(code)) {
    return new InstallError(`${what}: no trusted connection${proxyNote} (${code})`, {
      cause,
      fix:
        fixTrust ?? "name your own certificate authority in NODE_EXTRA_CA_CERTS, or fix the URL in `mirrors`",
    });
  }
  const status = proxy && findProxyStatus(cause);
  if (proxy && status !== undefined)
    return isTransientStatus(status)
      ? new Transient(`the proxy ${formatProxy(proxy)} answers ${status}`, { cause })
      : createProxyError(status, proxy, what);
  if (code === "UND_ERR_CONNECT_TIMEOUT")
    return new Transient(`no connection in time${proxyNote}`, { cause });
  const message =
    code === "" ? `the connection broke${proxyNote}` : `the connection failed${proxyNote} (${code})`;
  return new Transient(message, { cause });
}

/** Returns the error for a proxy's refusal. */
function createProxyError(status: number, proxy: URL, what: string): InstallError {
  const needsLogin = status === 407;
  return new InstallError(
    `${what}: the proxy ${formatProxy(proxy)} refuses, it answers ${status}${needsLogin ? ": it requires a login" : ""}`,
    {
      fix: needsLogin
        ? `put it into the environment's proxy settings: HTTPS_PROXY=${proxy.protocol}//USER:PASSWORD@${proxy.host}`
        : "request access to this host from whoever runs the proxy; a host that needs no proxy belongs into NO_PROXY",
    },
  );
}

/**
 * Returns the status with which a proxy refused a tunnel; undefined if no proxy refused it. undici reports the status
 * only in its message.
 */
function findProxyStatus(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const status = /^Proxy (?:response|Authentication Required) \((\d{3})\)/.exec(error.message)?.[1];
  return status === undefined ? findProxyStatus(error.cause) : Number(status);
}

/** Returns the code of the innermost cause that has one; empty without a code. */
function getErrorCode(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const { code } = error as NodeJS.ErrnoException;
  return getErrorCode(error.cause) || (typeof code === "string" ? code : "");
}

/** Returns how long a Retry-After header asks to wait, in milliseconds. Its value is a number of seconds, or a date. */
function parseRetryAfter(header: string | null, now: number): number {
  if (header === null) return 0;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? 0 : Math.max(0, date - now);
}

/** The most redirects of a request. GitHub's downloads redirect once; each mirror may add one. */
export const maxRedirects = 10;

/**
 * Returns the URL that a redirect leads to.
 * @param verified whether the caller compares the body with a checksum, so that any host may send it
 * @param what the request's name in messages
 * @throws InstallError for a redirect from https to http, and for one to another site if nothing verifies the body
 */
export function resolveRedirect(
  sourceUrl: string,
  location: string | null,
  { verified, what }: { readonly verified: boolean; readonly what: string },
): string {
  if (location === null || !URL.canParse(location, sourceUrl))
    throw new InstallError(`${what}: it redirects, but not to a URL (${JSON.stringify(location)})`, {
      fix: "the host, the mirror or a proxy before it is misconfigured: report it to whoever runs it",
    });
  const [source, target] = [new URL(sourceUrl), new URL(location, sourceUrl)];
  // Without the query, which can be a signature that grants access.
  const shownUrl = `${target.origin}${target.pathname}`;
  if (target.protocol !== "https:" && target.protocol !== source.protocol)
    throw new InstallError(`${what}: it redirects from https to ${shownUrl}, where anybody could respond`, {
      fix: "don't use what comes from there; if it is your own mirror, name its http address in `mirrors`",
    });
  if (!verified && !isSameSite(source.hostname, target.hostname))
    throw new InstallError(
      `${what}: it redirects to another host, ${shownUrl}, and no checksum says what must come from there`,
      { fix: `if that host is correct, name it: mirrors: {"${source.origin}/": "${target.origin}/"}` },
    );
  return target.href;
}

/**
 * True if one host is a subdomain of the other, or if GitHub redirects to its host for files. Two subdomains of the
 * same domain (a.github.io, b.github.io) can have different owners, so they never count as one site.
 */
function isSameSite(sourceHost: string, targetHost: string): boolean {
  if (
    sourceHost === targetHost ||
    targetHost.endsWith(`.${sourceHost}`) ||
    sourceHost.endsWith(`.${targetHost}`)
  )
    return true;
  return sourceHost === "github.com" && targetHost.endsWith(".githubusercontent.com");
}
