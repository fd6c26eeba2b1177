import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";

export interface Reply {
  readonly status?: number;
  readonly contentType?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body: unknown;
}

export interface Received {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly authorization: string | undefined;
  readonly accept?: string | undefined;
  readonly body: string;
}

export interface LocalServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly received: readonly Received[];
}

/**
 * A real HTTP server on loopback for one test, with a certificate an HTTPS server. A handler that never resolves is a server
 * that hangs.
 */
export async function serve(
  answer: (request: Received) => Reply | Promise<Reply>,
  tls?: { readonly key: Buffer; readonly cert: Buffer },
): Promise<LocalServer> {
  const received: Received[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const one = {
      method: request.method ?? "GET",
      path: request.url ?? "/",
      authorization: request.headers.authorization,
      accept: request.headers.accept,
      body: await bodyOf(request),
    };
    received.push(one);
    const { status = 200, contentType = "application/json", headers, body } = await answer(one);
    response.writeHead(status, {
      ...headers,
      ...(contentType === null ? {} : { "content-type": contentType }),
    });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };
  const server = tls ? createTlsServer({ ...tls }, handle) : createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls ? "https" : "http"}://127.0.0.1:${port}`,
    port,
    received,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** An address at which nobody listens. */
export async function closedUrl(): Promise<string> {
  const server = await serve(() => ({ body: "" }));
  await server[Symbol.asyncDispose]();
  return server.url;
}
