import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

export interface Reply {
  readonly status?: number;
  readonly contentType?: string | null;
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

/** A real HTTP server on loopback for one test. A handler that never resolves is a server that hangs. */
export async function serve(answer: (request: Received) => Reply | Promise<Reply>): Promise<LocalServer> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const one = {
      method: request.method ?? "GET",
      path: request.url ?? "/",
      authorization: request.headers.authorization,
      accept: request.headers.accept,
      body: await bodyOf(request),
    };
    received.push(one);
    const { status = 200, contentType = "application/json", body } = await answer(one);
    response.writeHead(status, contentType === null ? {} : { "content-type": contentType });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
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
