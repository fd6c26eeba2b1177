import { proxyFor, shownProxy } from "../../host/proxy.ts";
import { InstallError } from "../../lib/errors.ts";

/** A failure that the next try may not meet. */
export class Transient extends Error {
  readonly retryAfterMs: number;
  /** What it comes to when the tries are used up, where that is more than that they are. */
  readonly refusal: ((tried: string) => InstallError) | undefined;

  constructor(
    message: string,
    options: { retryAfterMs?: number; cause?: unknown; refusal?: Transient["refusal"] } = {},
  ) {
    super(message, { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs ?? 0;
    this.refusal = options.refusal;
  }
}

/** A host's final answer that it won't give the thing. */
export class HttpStatusError extends InstallError {
  readonly status: number;

  constructor(status: number, message: string, fix: string | undefined, options: { cause?: unknown } = {}) {
    super(message, fix === undefined ? options : { ...options, fix });
    this.status = status;
  }
}

/** What the request was, for the words about its trouble. */
interface Asked {
  /** As messages call it. */
  readonly what: string;
  /** What was really asked, after mirrors and redirects. */
  readonly url: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly fixTrust?: string | undefined;
}

/** Of a host that has too much to do, or a gateway before it: https://developers.cloudflare.com has 520 to 530. */
function isPassing(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/** What another status than a good one means. */
export function statusTrouble(
  { status, headers }: Pick<Response, "status" | "headers">,
  { what, url, env, hasLogin }: Asked & { readonly hasLogin: boolean },
  now: number,
): Error {
  const retryAfterMs = retryAfter(headers.get("retry-after"), now);
  if (isPassing(status)) return new Transient(`the host answers ${status}`, { retryAfterMs });
  const proxy = proxyFor(url, env);
  if (status === 407 && proxy) return proxyRefusal(status, proxy, what);
  const fix =
    status === 401 || status === 403
      ? "the host, or a proxy before it, refuses this machine: check the proxy settings and `mirrors`"
      : undefined;
  const refusal = (tried = "") =>
    new HttpStatusError(status, `${what}: the host answers ${status}${tried}`, fix);
  // Also what GitHub and others say to an address that has asked too much; of a login it is the last word.
  return status === 403 && !hasLogin
    ? new Transient(`the host answers 403`, { retryAfterMs, refusal })
    : refusal();
}

/** Certificates don't fix by waiting, nor does what a proxy forbids; every other trouble on the line may. */
export function lineTrouble(cause: unknown, { what, url, env, fixTrust }: Asked): Error {
  // What we said ourselves.
  if (cause instanceof InstallError) return cause;
  const code = errorCode(cause);
  const proxy = proxyFor(url, env);
  const through = proxy ? ` through the proxy ${shownProxy(proxy)}` : "";
  if (/CERT|SIGNATURE|ERR_TLS|ERR_SSL|INVALID_URL/.test(code)) {
    return new InstallError(`${what}: no trusted connection${through} (${code})`, {
      cause,
      fix:
        fixTrust ?? "name your own certificate authority in NODE_EXTRA_CA_CERTS, or fix the URL in `mirrors`",
    });
  }
  const refused = proxy ? proxyStatus(cause) : undefined;
  if (proxy && refused !== undefined) {
    if (isPassing(refused))
      return new Transient(`the proxy ${shownProxy(proxy)} answers ${refused}`, { cause });
    return proxyRefusal(refused, proxy, what);
  }
  if (code === "UND_ERR_CONNECT_TIMEOUT")
    return new Transient(`no connection came about in time${through}`, { cause });
  return new Transient(
    code === "" ? `the connection broke${through}` : `the connection failed${through} (${code})`,
    {
      cause,
    },
  );
}

function proxyRefusal(status: number, proxy: URL, what: string): InstallError {
  const wantsLogin = status === 407;
  return new InstallError(
    `${what}: the proxy ${shownProxy(proxy)} refuses, it answers ${status}${wantsLogin ? ": it wants to see a login" : ""}`,
    {
      fix: wantsLogin
        ? `put it into the environment's proxy settings: HTTPS_PROXY=${proxy.protocol}//USER:PASSWORD@${proxy.host}`
        : "ask who runs the proxy to let this host through; one that is reached without it belongs into NO_PROXY",
    },
  );
}

/** undici tells it in words only. */
function proxyStatus(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const said = /^Proxy (?:response|Authentication Required) \((\d{3})\)/.exec(error.message)?.[1];
  return said === undefined ? proxyStatus(error.cause) : Number(said);
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
