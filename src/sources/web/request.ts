import { InstallError, Interrupted } from "../../lib/errors.ts";
import { showUrl } from "../../lib/redact/urls.ts";
import {
  describeConnectionError,
  describeStatus,
  mostRedirects,
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

/** Bytes. An attempt that brought more than this before it broke off counts as progress, not as a failure. */
const progressBytes = 1024 ** 2;

/**
 * Requests `url` through the mirrors and passes the response to `read`. Both are retried with exponential backoff after
 * a transient failure: no connection, 403, 408, 429, 5xx, a body that broke off or stalled.
 * @throws HttpStatusError for any other status (404, ...) and a lasting 403, InstallError when the attempts, the time for
 *   waiting or the total time are used up, Interrupted, and whatever `read` throws
 */
export async function request<T>(
  web: Web,
  url: string,
  read: (response: HttpResponse) => Promise<T>,
  options: RequestOptions = {},
): Promise<T> {
  const { context, retryPolicy } = web;
  refuseOffline(web, url);
  const until = context.host.now() + retryPolicy.totalMs;
  const kept = options.kept ?? (() => 0);
  let waitedMs = 0;
  for (let tried = 1; ; tried++) {
    const before = kept();
    try {
      return await attempt(web, url, { read, until, ...options });
    } catch (error) {
      if (context.signal.aborted) throw new Interrupted();
      if (!(error instanceof Transient)) throw error;
      if (kept() - before >= progressBytes) [tried, waitedMs] = [1, 0];
      const waitMs = Math.max(computeBackoffMs(retryPolicy, tried), error.retryAfterMs);
      const message = `${showRequest(web, url)}: ${error.message}`;
      const isOver = waitedMs + waitMs > retryPolicy.totalWaitMs || context.host.now() + waitMs > until;
      if (tried >= retryPolicy.tries || isOver) throw giveUp(message, tried, error);
      const from = kept() > 0 ? `, resuming from byte ${kept()}` : "";
      context.log.info(
        `${message}; trying again in ${formatSeconds(waitMs)}${from} (${tried + 1} of ${retryPolicy.tries})`,
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

function giveUp(message: string, tried: number, error: Transient): InstallError {
  const retryAfter = error.retryAfterMs > 0 ? `, and asks to wait ${formatSeconds(error.retryAfterMs)}` : "";
  const attempts = ` (tried ${tried} ${tried === 1 ? "time" : "times"}${retryAfter})`;
  if (error.finalError) return error.finalError(attempts);
  return new InstallError(`${message}${attempts}`, {
    cause: error,
    fix: "try again later, or name a host that responds under `mirrors`",
  });
}

interface Attempt<T> extends RequestOptions {
  readonly read: (response: HttpResponse) => Promise<T>;
  /** Milliseconds since the epoch: the request ends then, even if bytes still come. */
  readonly until: number;
}

/** Makes one attempt: follows redirects, checks the status, reads the body. */
async function attempt<T>(web: Web, url: string, options: Attempt<T>): Promise<T> {
  const { context, retryPolicy } = web;
  const { env, now } = context.host;
  const deadline = AbortSignal.timeout(Math.max(0, options.until - now()));
  const done = new AbortController();
  const what = showRequest(web, url);
  const explain = (cause: unknown, hop: string): Error => {
    if (deadline.aborted) return createTimeoutError(web, url);
    return describeConnectionError(cause, {
      what,
      url: hop,
      env,
      stallMs: retryPolicy.stallMs,
      fixTrust: web.known?.fix,
    });
  };
  try {
    const signal = AbortSignal.any([context.signal, deadline, done.signal]);
    const { response, hop } = await followRedirects(web, url, options, { signal, explain });
    const { status, headers } = response;
    if (!isExpected(response, options)) {
      const explained = options.explain?.({ status, headers, url: hop, text: await readBeginning(response) });
      const request = { what, url: hop, env, hasLogin: web.credentials !== undefined };
      throw explained ?? describeStatus(response, request, now());
    }
    return await options.read({
      status,
      headers,
      body: readPieces(response, (cause) => explain(cause, hop)),
    });
  } finally {
    // Frees the connection if the body was not read to its end.
    done.abort();
  }
}

function isExpected({ ok, status }: Response, { redirect, accepts }: RequestOptions): boolean {
  return ok || status === accepts || (redirect === "manual" && status >= 300 && status < 400);
}

/** Returns the response after all redirects, and the URL that sent it. */
async function followRedirects<T>(
  web: Web,
  url: string,
  options: Attempt<T>,
  { signal, explain }: { signal: AbortSignal; explain: (cause: unknown, hop: string) => Error },
): Promise<{ response: Response; hop: string }> {
  const { method = "GET", redirect, verified = false } = options;
  let hop = applyMirrors(url, web.mirrors);
  const { origin } = new URL(hop);
  for (let hops = 0; hops <= mostRedirects; hops++) {
    const response = await web.context.host
      .fetchOutside(hop, {
        method,
        redirect: "manual",
        signal,
        trust: web.known?.by,
        stallMs: web.retryPolicy.stallMs,
        headers: {
          // Some servers label a .tgz as a gzipped body; decompressing it would change its checksum.
          "accept-encoding": url.endsWith("gz") ? "identity" : "gzip",
          "user-agent": "monstack",
          ...createAuthorization(web, hop),
          ...ownHeaders(options, new URL(hop).origin === origin),
        },
      })
      .catch((cause: unknown) => {
        throw explain(cause, hop);
      });
    if (redirect === "manual" || ![301, 302, 303, 307, 308].includes(response.status))
      return { response, hop };
    await response.body?.cancel();
    hop = resolveRedirect(hop, response.headers.get("location"), { verified, what: showRequest(web, url) });
  }
  throw new InstallError(
    `${showRequest(web, url)}: more than ${mostRedirects} redirects, the last one to ${showUrl(hop)}`,
    { fix: "the host, the mirror or a proxy before it redirects in a circle: report it to whoever runs it" },
  );
}

/** Returns the caller's headers; the Authorization header goes only to the origin that was requested first. */
function ownHeaders({ headers }: RequestOptions, isFirstOrigin: boolean): Readonly<Record<string, string>> {
  const { authorization, ...rest } = (typeof headers === "function" ? headers() : headers) ?? {};
  return isFirstOrigin && authorization !== undefined ? { ...rest, authorization } : rest;
}

function createAuthorization({ credentials }: Web, url: string): Record<string, string> {
  if (credentials === undefined || new URL(url).origin !== new URL(credentials.host).origin) return {};
  return { authorization: formatBasicAuthorization(credentials) };
}

/** Returns the first 4 KB of a body, or less if it breaks off: the status matters more. */
async function readBeginning(response: Response): Promise<string> {
  const most = 4096;
  let beginning = Buffer.alloc(0);
  try {
    for await (const piece of response.body ?? []) {
      beginning = Buffer.concat([beginning, piece]);
      if (beginning.byteLength >= most) break;
    }
  } catch {
    // An incomplete body is enough for a message.
  }
  return beginning.subarray(0, most).toString("utf8");
}

/** fetch itself throws if a body is shorter than its Content-Length. */
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
