import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const maxConnections = 16;
/** Milliseconds in which a request must arrive. */
const requestMs = 10_000;

/** A page that is served on loopback. */
export interface PageServer {
  /** With a secret in its path. */
  readonly url: string;
  /** Returns when the last request came, in milliseconds since the epoch; before the first one, the start. */
  readonly getLastRequest: () => number;
  close(): Promise<void>;
}

/**
 * Serves one page on loopback, on a random port. Every user of the machine reaches loopback, and so does every website
 * in the user's browser, by a name that it resolves to 127.0.0.1. So there is a secret in the path, and a request must
 * name the address itself as its host.
 * @param readPage returns the page's HTML; it is called for each request
 */
export async function servePage(readPage: () => Promise<string>, now: () => number): Promise<PageServer> {
  const path = `/${randomBytes(16).toString("base64url")}/`;
  let lastRequest = now();
  let host = "";
  const server = createServer((request, response) => {
    if (request.headers.host !== host || !isPath(request, path)) return sendText(response, 404, "not found");
    if (request.method !== "GET" && request.method !== "HEAD")
      return sendText(response, 405, "only GET and HEAD");
    lastRequest = now();
    readPage().then(
      (html) => sendPage(request, response, html),
      () => sendText(response, 500, "the page can't be read"),
    );
  });
  server.maxConnections = maxConnections;
  server.requestTimeout = requestMs;
  server.headersTimeout = requestMs;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  host = `127.0.0.1:${port}`;
  return {
    url: `http://${host}${path}`,
    getLastRequest: () => lastRequest,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** True if a request is for this path. The comparison takes the same time for each path of this length. */
function isPath({ url = "" }: IncomingMessage, path: string): boolean {
  const [given, expected] = [Buffer.from(url), Buffer.from(path)];
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function sendPage({ method }: IncomingMessage, response: ServerResponse, html: string): void {
  response.writeHead(200, {
    "content-type": "text/html; charset=utf-8",
    "content-length": Buffer.byteLength(html),
    "cache-control": "no-store",
    // The page has a policy of its own, which a page can't use for this.
    "content-security-policy": "frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
  });
  response.end(method === "HEAD" ? undefined : html);
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${text}\n`);
}
