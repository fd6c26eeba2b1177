import type { Registries } from "../config/schema.ts";
import { InstallError, Interrupted } from "../host/errors.ts";
import type { Context } from "../host/host.ts";
import { type Mirrors, mirrored } from "./mirrors.ts";
import { backOff, type Patience } from "./patience.ts";
import type { Supply } from "./supply.ts";

/** What every request needs. */
export interface Web {
  readonly context: Context;
  readonly mirrors: Mirrors;
  readonly patience: Patience;
  readonly supply: Supply;
  /** What one host wants to see; shown to no other, not to a mirror either. */
  readonly credentials?: HostCredentials | undefined;
  /** What image registries want to see; see `images/registry.ts`. */
  readonly registries?: Registries | undefined;
}

export interface HostCredentials {
  /** A URL of the host, e.g. the repository's. */
  readonly host: string;
  readonly username: string;
  readonly password: string;
}

/** A host's final answer that it won't give the thing: not retried. */
export class HttpStatusError extends InstallError {
  readonly status: number;

  constructor(status: number, message: string, mend: string | undefined, options: { cause?: unknown } = {}) {
    super(message, mend === undefined ? options : { ...options, mend });
    this.status = status;
  }
}

/** A failure that the next try may not meet. */
class Transient extends Error {
  readonly retryAfterMs: number;

  constructor(message: string, options: { retryAfterMs?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs ?? 0;
  }
}

export interface Answer {
  readonly headers: Headers;
  /** The body in pieces; ends in an error when it was cut off or stood still. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface RequestOptions {
  readonly method?: "GET" | "HEAD";
  /** Take the redirect itself for the answer. */
  readonly redirect?: "manual";
  /** Beside its own, or instead of them; names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What a refusal means to who asks. Its error is final; undefined: what a refusal always means. */
  readonly explain?: (refusal: Refusal) => Error | undefined;
}

/** An answer of another status than 2xx. */
export interface Refusal {
  readonly status: number;
  readonly headers: Headers;
  /** Of who answered, after redirects. */
  readonly url: string;
  /** The beginning of its body, 4 KB at most. */
  readonly text: string;
}

/**
 * Asks for `url`, through the mirrors, and hands the answer to `read`; the whole, reading included, is tried again on
 * a failure that may pass: no connection, 408, 429, 500, 502, 503, 504, a body cut off or standing still.
 * @throws HttpStatusError for any other status (404, 403, ...), InstallError when the tries or the time for waiting
 *   are used up, Interrupted, and whatever `read` throws of its own.
 */
export async function request<T>(
  web: Web,
  url: string,
  read: (answer: Answer) => Promise<T>,
  options: RequestOptions = {},
): Promise<T> {
  const { context, patience } = web;
  refuseOffline(web, url);
  let waitedMs = 0;
  for (let tried = 1; ; tried++) {
    try {
      return await attempt(web, url, read, options);
    } catch (error) {
      if (context.signal.aborted) throw new Interrupted();
      if (!(error instanceof Transient)) throw error;
      const waitMs = Math.max(backOff(patience, tried), error.retryAfterMs);
      const whole = `${where(web, url)}: ${error.message}`;
      if (tried >= patience.tries || waitedMs + waitMs > patience.totalWaitMs) {
        throw givenUp(whole, tried, error);
      }
      context.log.info(`${whole}; trying again in ${seconds(waitMs)} (${tried + 1} of ${patience.tries})`);
      await context.host.sleep(waitMs, context.signal);
      waitedMs += waitMs;
    }
  }
}

/** @throws InstallError where nothing may be fetched */
export function refuseOffline({ supply }: Web, url: string): void {
  if (supply.offline === undefined) return;
  throw new InstallError(`${url} would be fetched, and ${supply.offline} allows no request`, {
    mend: "make the bundle again, from the configuration as it is now: `monstack bundle create`",
  });
}

/** The URL, with the mirror that was really asked. */
export function where(web: Web, url: string): string {
  const asked = mirrored(url, web.mirrors);
  return asked === url ? url : `${url} (through ${asked})`;
}

/** The same for a line of progress: the hosts alone. */
export function whence(web: Web, url: string): string {
  const { host } = new URL(url);
  const asked = new URL(mirrored(url, web.mirrors));
  return asked.href === new URL(url).href ? host : `${host} (through ${asked.protocol}//${asked.host})`;
}

async function attempt<T>(
  web: Web,
  url: string,
  read: (answer: Answer) => Promise<T>,
  options: RequestOptions,
): Promise<T> {
  const { context, patience } = web;
  const ended = new AbortController();
  const stalled = new AbortController();
  const last = { at: context.host.now() };
  void watchForStall(web, last, ended.signal, stalled);
  const signal = AbortSignal.any([context.signal, stalled.signal]);
  const explain = (cause: unknown) =>
    stalled.signal.aborted
      ? new Transient(`no byte came for ${seconds(patience.stallMs)}`)
      : asTransient(cause, web, url);
  try {
    const response = await context.host
      .fetch(mirrored(url, web.mirrors), {
        // Some servers label a .tgz as a gzipped body; it must come as it lies there, or its checksum is another.
        headers: {
          "accept-encoding": url.endsWith("gz") ? "identity" : "gzip",
          "user-agent": "monstack",
          ...authorization(web, mirrored(url, web.mirrors)),
          ...options.headers,
        },
        ...(options.method && { method: options.method }),
        ...(options.redirect && { redirect: options.redirect }),
        signal,
      })
      .catch((cause: unknown) => {
        throw explain(cause);
      });
    last.at = context.host.now();
    await refuse(web, url, response, options);
    return await read({ headers: response.headers, body: pieces(web, response, last, explain) });
  } finally {
    ended.abort();
    // Frees the connection when the body was not read to its end.
    if (!stalled.signal.aborted) stalled.abort();
  }
}

/** fetch itself takes the header away when a redirect leads to another host. */
function authorization({ credentials }: Web, asked: string): Record<string, string> {
  if (credentials === undefined || new URL(asked).origin !== new URL(credentials.host).origin) return {};
  const { username, password } = credentials;
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` };
}

/** Ends the request when no byte came for `stallMs`. */
async function watchForStall(
  { context, patience }: Web,
  last: { at: number },
  ended: AbortSignal,
  stalled: AbortController,
): Promise<void> {
  try {
    for (;;) {
      const leftMs = last.at + patience.stallMs - context.host.now();
      if (leftMs <= 0) break;
      await context.host.sleep(leftMs, ended);
    }
    stalled.abort();
  } catch {
    // `ended` woke it: the request is over.
  }
}

/** fetch itself ends a body in an error that is shorter than its content-length. */
async function* pieces(
  { context }: Web,
  response: Response,
  last: { at: number },
  explain: (cause: unknown) => Error,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of response.body ?? []) {
      last.at = context.host.now();
      yield piece;
    }
  } catch (cause) {
    throw explain(cause);
  }
}

async function refuse(web: Web, url: string, response: Response, options: RequestOptions): Promise<void> {
  const { status } = response;
  if (response.ok || (options.redirect === "manual" && status >= 300 && status < 400)) return;
  const text = await beginning(response);
  const explained = options.explain?.({ status, headers: response.headers, url: response.url, text });
  if (explained !== undefined) throw explained;
  if ([408, 429, 500, 502, 503, 504].includes(status)) {
    throw new Transient(`the host answers ${status}`, {
      retryAfterMs: retryAfter(response.headers.get("retry-after"), web.context.host.now()),
    });
  }
  const mend =
    status === 401 || status === 403
      ? "the host, or a proxy before it, refuses this machine: check the proxy settings and `mirrors`"
      : undefined;
  throw new HttpStatusError(status, `${where(web, url)}: the host answers ${status}`, mend);
}

/** Whatever came of a refusal's body before it was enough or broke. */
async function beginning(response: Response): Promise<string> {
  const most = 4096;
  const parts: Uint8Array[] = [];
  try {
    for await (const piece of response.body ?? []) {
      parts.push(piece);
      if (parts.reduce((sum, { byteLength }) => sum + byteLength, 0) >= most) break;
    }
  } catch {
    // The status says enough.
  }
  return Buffer.concat(parts).subarray(0, most).toString("utf8");
}

/** Certificates don't mend by waiting; every other trouble on the line may. */
function asTransient(cause: unknown, web: Web, url: string): Error {
  const code = errorCode(cause);
  if (/CERT|SIGNATURE|ERR_TLS|ERR_SSL|INVALID_URL/.test(code)) {
    return new InstallError(`${where(web, url)}: no trusted connection (${code})`, {
      cause,
      mend: "name your own certificate authority in NODE_EXTRA_CA_CERTS, or mend the URL in `mirrors`",
    });
  }
  return new Transient(code === "" ? "the connection broke" : `the connection failed (${code})`, { cause });
}

function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const { code } = error as NodeJS.ErrnoException;
  return errorCode(error.cause) || (typeof code === "string" ? code : "");
}

/** Milliseconds that a Retry-After asks for: seconds, or a date. */
function retryAfter(header: string | null, now: number): number {
  if (header === null) return 0;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? 0 : Math.max(0, date - now);
}

function givenUp(whole: string, tried: number, error: Transient): InstallError {
  const asked = error.retryAfterMs > 0 ? `, and asks to wait ${seconds(error.retryAfterMs)}` : "";
  return new InstallError(`${whole} (tried ${tried} ${tried === 1 ? "time" : "times"}${asked})`, {
    cause: error,
    mend: "try again later, or name a host that answers under `mirrors`",
  });
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
