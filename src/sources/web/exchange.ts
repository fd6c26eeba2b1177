import { InstallError } from "../../lib/errors.ts";
import { showUrl } from "../../lib/redact/urls.ts";
import { mirrored } from "./mirrors.ts";
import { mostRedirects, nextHop } from "./redirects.ts";
import { lineTrouble, statusTrouble, Transient } from "./trouble.ts";
import { type Answer, type RequestOptions, seconds, type Web, where } from "./web.ts";

interface Exchange<T> extends RequestOptions {
  readonly read: (answer: Answer) => Promise<T>;
  /** Milliseconds since the epoch: it ends then, however well it goes. */
  readonly until: number;
}

/** One try of a request: the redirects followed, the status judged, the body read. */
export async function exchange<T>(web: Web, url: string, asked: Exchange<T>): Promise<T> {
  const { context, patience } = web;
  const ended = new AbortController();
  const stopped = new AbortController();
  const last = { at: context.host.now() };
  void watchForStall(web, asked.until, last, ended.signal, stopped);
  const what = where(web, url);
  const explain = (cause: unknown, hop: string): Error => {
    if (context.host.now() >= asked.until) return outOfTime(web, url);
    if (stopped.signal.aborted) return new Transient(`no byte came for ${seconds(patience.stallMs)}`);
    return lineTrouble(cause, { what, url: hop, env: context.host.env, fixTrust: web.known?.fix });
  };
  try {
    const signal = AbortSignal.any([context.signal, stopped.signal]);
    const { response, hop } = await follow(web, url, asked, { signal, explain });
    last.at = context.host.now();
    const { status, headers } = response;
    if (!isWanted(response, asked)) {
      const explained = asked.explain?.({ status, headers, url: hop, text: await beginning(response) });
      const about = { what, url: hop, env: context.host.env, hasLogin: web.credentials !== undefined };
      throw explained ?? statusTrouble(response, about, context.host.now());
    }
    return await asked.read({
      status,
      headers,
      body: pieces(web, response, last, (cause) => explain(cause, hop)),
    });
  } finally {
    ended.abort();
    // Frees the connection when the body was not read to its end.
    if (!stopped.signal.aborted) stopped.abort();
  }
}

function isWanted({ ok, status }: Response, { redirect, accepts }: RequestOptions): boolean {
  return ok || status === accepts || (redirect === "manual" && status >= 300 && status < 400);
}

/** The answer at the end of the redirects, and the address that gave it. */
async function follow<T>(
  web: Web,
  url: string,
  asked: Exchange<T>,
  { signal, explain }: { signal: AbortSignal; explain: (cause: unknown, hop: string) => Error },
): Promise<{ response: Response; hop: string }> {
  const { method = "GET", redirect, verified = false } = asked;
  let hop = mirrored(url, web.mirrors);
  const { origin } = new URL(hop);
  const isAsked = (address: string) => new URL(address).origin === origin;
  for (let hops = 0; hops <= mostRedirects; hops++) {
    const response = await web.context.host
      .fetchOutside(hop, {
        method,
        redirect: "manual",
        signal,
        trust: web.known?.by,
        headers: {
          // Some servers label a .tgz as a gzipped body; it must come as it lies there, or its checksum is another.
          "accept-encoding": url.endsWith("gz") ? "identity" : "gzip",
          "user-agent": "monstack",
          ...authorization(web, hop),
          ...ownHeaders(asked, isAsked(hop)),
        },
      })
      .catch((cause: unknown) => {
        throw explain(cause, hop);
      });
    if (redirect === "manual" || ![301, 302, 303, 307, 308].includes(response.status))
      return { response, hop };
    await response.body?.cancel();
    hop = nextHop(hop, response.headers.get("location"), { verified, what: where(web, url) });
  }
  throw new InstallError(
    `${where(web, url)}: more than ${mostRedirects} redirects, the last one to ${showUrl(hop)}`,
    {
      fix: "the host, the mirror or a proxy before it leads in a circle: ask who runs it",
    },
  );
}

/** Where a redirect leads to, nobody is shown what the host that was asked wants to see. */
function ownHeaders({ headers }: RequestOptions, isAsked: boolean): Readonly<Record<string, string>> {
  const { authorization: login, ...rest } = (typeof headers === "function" ? headers() : headers) ?? {};
  return isAsked && login !== undefined ? { ...rest, authorization: login } : rest;
}

function authorization({ credentials }: Web, asked: string): Record<string, string> {
  if (credentials === undefined || new URL(asked).origin !== new URL(credentials.host).origin) return {};
  const { username, password } = credentials;
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` };
}

/** Ends the request when no byte came for `stallMs`, and when its time is up. */
async function watchForStall(
  { context, patience }: Web,
  until: number,
  last: { at: number },
  ended: AbortSignal,
  stopped: AbortController,
): Promise<void> {
  try {
    for (;;) {
      const leftMs = Math.min(last.at + patience.stallMs, until) - context.host.now();
      if (leftMs <= 0) break;
      await context.host.sleep(leftMs, ended);
    }
    stopped.abort();
  } catch {
    // `ended` woke it: the request is over.
  }
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

function outOfTime(web: Web, url: string): InstallError {
  const minutes = (web.patience.totalMs / 60_000).toFixed(1);
  return new InstallError(`${where(web, url)}: it was not done within ${minutes} minutes; given up`, {
    fix: "the line or the host is too slow for it: name a nearer mirror in `mirrors`",
  });
}
