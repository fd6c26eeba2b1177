import { InstallError, Interrupted } from "../../lib/errors.ts";
import { showUrl } from "../../lib/redact/urls.ts";
import {
  createConnectionError,
  createStatusError,
  maxRedirects,
  resolveRedirect,
  Transient,
} from "./http-errors.ts";
import { applyMirrors } from "./mirrors.ts";
import {
  computeBackoffMs,
  formatBasicAuthorization,
  formatSeconds,
  type HttpResponse,
  type RequestOptions,
  showRequest,
  type Web,
} from "./web.ts";

/** If an attempt received more bytes than this before it failed, attempts are counted from 1 again. */
const progressBytes = 1024 ** 2;

/**
 * Requests `url` through the mirrors and returns the result of `read` for the response. Retries both with exponential
 * backoff after a transient failure: no connection, 403, 408, 429, 5xx, an incomplete or stalled body.
 * @throws HttpStatusError for any other status (404, ...) and a lasting 403; InstallError when the attempts, the time
 *   for waits or the total time are used up; Interrupted; and errors of `read`
 */
export async function request<T>(
  web: Web,
  url: string,
  read: (response: HttpResponse) => Promise<T>,
  options: RequestOptions = {},
): Promise<T> {
  const { context, retryPolicy } = web;
  refuseOffline(web, url);
  const deadline = context.host.now() + retryPolicy.totalMs;
  const getKeptBytes = options.kept ?? (() => 0);
  let waitedMs = 0;
  for (let attempts = 1; ; attempts++) {
    const keptBefore = getKeptBytes();
    try {
      return await attemptRequest(web, url, { read, until: deadline, ...options });
    } catch (error) {
      if (context.signal.aborted) throw new Interrupted();
      if (!(error instanceof Transient)) throw error;
      if (getKeptBytes() - keptBefore >= progressBytes) [attempts, waitedMs] = [1, 0];
      const waitMs = Math.max(computeBackoffMs(retryPolicy, attempts), error.retryAfterMs);
      const message = `${showRequest(web, url)}: ${error.message}`;
      const isOutOfTime =
        waitedMs + waitMs > retryPolicy.totalWaitMs || context.host.now() + waitMs > deadline;
      if (attempts >= retryPolicy.tries || isOutOfTime) throw createFinalError(message, attempts, error);
      const resumeNote = getKeptBytes() > 0 ? `, resuming from byte ${getKeptBytes()}` : "";
      context.log.info(
        `${message}; trying again in ${formatSeconds(waitMs)}${resumeNote} (${attempts + 1} of ${retryPolicy.tries})`,
      );
      await context.host.sleep(waitMs, context.signal);
      waitedMs += waitMs;
    }
  }
}

/** @throws InstallError if the run may not use the network */
export function refuseOffline({ supply }: Web, url: string): void {
  if (supply.offline === undefined) return;
  throw new InstallError(`${showUrl(url)} would be fetched, and ${supply.offline} allows no request`, {
    fix: "make the bundle again, from the configuration as it is now: `monstack bundle create`",
  });
}

/** Returns the error for the last failed attempt. */
function createFinalError(message: string, attempts: number, error: Transient): InstallError {
  const retryAfter = error.retryAfterMs > 0 ? `, and asks to wait ${formatSeconds(error.retryAfterMs)}` : "";
  const attemptsNote = ` (tried ${attempts} ${attempts === 1 ? "time" : "times"}${retryAfter})`;
  if (error.finalError) return error.finalError(attemptsNote);
  return new InstallError(`${message}${attemptsNote}`, {
    cause: error,
    fix: "try again later, or name a host that responds under `mirrors`",
  });
}

/** The options of one attempt. */
interface Attempt<T> extends RequestOptions {
  readonly read: (response: HttpResponse) => Promise<T>;
  /** The request ends at this time, even while bytes arrive. Milliseconds since the epoch. */
  readonly until: number;
}

/** Makes one attempt: follows redirects, checks the status, and returns the result of `read`. */
async function attemptRequest<T>(web: Web, url: string, options: Attempt<T>): Promise<T> {
  const { context, retryPolicy } = web;
  const { env, now } = context.host;
  const deadline = AbortSignal.timeout(Math.max(0, options.until - now()));
  const endController = new AbortController();
  const what = showRequest(web, url);
  const createError = (cause: unknown, lastUrl: string): Error => {
    if (deadline.aborted) return createTimeoutError(web, url);
    return createConnectionError(cause, {
      what,
      url: lastUrl,
      env,
      stallMs: retryPolicy.stallMs,
      fixTrust: web.known?.fix,
    });
  };
  try {
    const signal = AbortSignal.any([context.signal, deadline, endController.signal]);
    const { response, hop: lastUrl } = await followRedirects(web, url, options, {
      signal,
      explain: createError,
    });
    const { status, headers } = response;
    if (!isExpected(response, options)) {
      const callerError = options.explain?.({
        status,
        headers,
        url: lastUrl,
        text: await readBeginning(response),
      });
      const failedRequest = { what, url: lastUrl, env, hasLogin: web.credentials !== undefined };
      throw callerError ?? createStatusError(response, failedRequest, now());
    }
    return await options.read({
      status,
      headers,
      body: readPieces(response, (cause) => createError(cause, lastUrl)),
    });
  } finally {
    // Frees the connection if the body was not read to its end.
    endController.abort();
  }
}

/** True for 2xx, an accepted status, or a redirect that the caller wants. */
function isExpected({ ok, status }: Response, { redirect, accepts }: RequestOptions): boolean {
  return ok || status === accepts || (redirect === "manual" && status >= 300 && status < 400);
}

/** Returns the response after all redirects, and the URL that sent it. */
async function followRedirects<T>(
  web: Web,
  url: string,
  options: Attempt<T>,
  {
    signal,
    explain: createError,
  }: { signal: AbortSignal; explain: (cause: unknown, currentUrl: string) => Error },
): Promise<{ response: Response; hop: string }> {
  const { method = "GET", redirect, verified = false } = options;
  let currentUrl = applyMirrors(url, web.mirrors);
  const { origin } = new URL(currentUrl);
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const response = await web.context.host
      .fetchOutside(currentUrl, {
        method,
        redirect: "manual",
        signal,
        trust: web.known?.by,
        stallMs: web.retryPolicy.stallMs,
        headers: {
          // Some servers label a .tgz as a gzipped body; decompressing it would change its checksum.
          "accept-encoding": url.endsWith("gz") ? "identity" : "gzip",
          "user-agent": "monstack",
          ...createAuthorization(web, currentUrl),
          ...selectHeaders(options, new URL(currentUrl).origin === origin),
        },
      })
      .catch((cause: unknown) => {
        throw createError(cause, currentUrl);
      });
    if (redirect === "manual" || ![301, 302, 303, 307, 308].includes(response.status))
      return { response, hop: currentUrl };
    await response.body?.cancel();
    currentUrl = resolveRedirect(currentUrl, response.headers.get("location"), {
      verified,
      what: showRequest(web, url),
    });
  }
  throw new InstallError(
    `${showRequest(web, url)}: more than ${maxRedirects} redirects, the last one to ${showUrl(currentUrl)}`,
    { fix: "the host, the mirror or a proxy before it redirects in a circle: report it to whoever runs it" },
  );
}

/** Returns the caller's headers. The Authorization header is sent only to the origin that was requested first. */
function selectHeaders(
  { headers }: RequestOptions,
  isFirstOrigin: boolean,
): Readonly<Record<string, string>> {
  const { authorization, ...rest } = (typeof headers === "function" ? headers() : headers) ?? {};
  return isFirstOrigin && authorization !== undefined ? { ...rest, authorization } : rest;
}

/** Returns the Authorization header if the URL has the same origin as the credentials' host; else nothing. */
function createAuthorization({ credentials }: Web, url: string): Record<string, string> {
  if (credentials === undefined || new URL(url).origin !== new URL(credentials.host).origin) return {};
  return { authorization: formatBasicAuthorization(credentials) };
}

/** Returns the first 4 KB of a body, or less if the body is incomplete: only the message needs it. */
async function readBeginning(response: Response): Promise<string> {
  const maxBytes = 4096;
  let beginning = Buffer.alloc(0);
  try {
    for await (const piece of response.body ?? []) {
      beginning = Buffer.concat([beginning, piece]);
      if (beginning.byteLength >= maxBytes) break;
    }
  } catch {
    // An incomplete body is enough for a message.
  }
  return beginning.subarray(0, maxBytes).toString("utf8");
}

/**
 * Yields the pieces of a body.
 * @throws the error of `explain` if the body fails, for example if it is shorter than its Content-Length
 */
async function* readPieces(
  response: Response,
  explain: (cause: unknown) => Error,
): AsyncGenerator<Uint8Array> {
  try {
    yield* response.body ?? [];
  } catch (cause) {
    throw explain(cause);
  }
}

function createTimeoutError(web: Web, url: string): InstallError {
  const minutes = (web.retryPolicy.totalMs / 60_000).toFixed(1);
  return new InstallError(`${showRequest(web, url)}: not finished within ${minutes} minutes; given up`, {
    fix: "the connection or the host is too slow: name a nearer mirror in `mirrors`",
  });
}
