import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";

/** Answers one request. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A real server that lays out the upstream hosts by folder, and misbehaves as told. */
export interface Upstream extends AsyncDisposable {
  readonly origin: string;
  /** Sends every https:// URL here. */
  readonly mirrors: Record<string, string>;
  /** `METHOD https://...` of every request, in order. */
  readonly requests: string[];
  /** What to answer at a URL: bytes, or one answer after the other, the last one again and again. */
  serve(url: string, ...answers: (string | Uint8Array | Answer)[]): void;
}

export async function createUpstream(): Promise<Upstream> {
  const routes = new Map<string, Answer[]>();
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const url = `https:/${request.url}`;
    requests.push(`${request.method} ${url}`);
    const answers = routes.get(url) ?? [status(404)];
    const [answer = status(404)] = answers;
    if (answers.length > 1) answers.shift();
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    mirrors: { "https://": origin },
    requests,
    serve: (url, ...answers) => {
      routes.set(
        url,
        answers.map((answer) => (typeof answer === "function" ? answer : ok(answer))),
      );
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function ok(body: string | Uint8Array): Answer {
  return (_request, response) => response.end(body);
}

export function status(code: number, headers: Record<string, string> = {}): Answer {
  return (_request, response) => response.writeHead(code, headers).end(`status ${code}`);
}

/** Announces the whole body, sends half of it and hangs up. */
export function truncated(body: string | Uint8Array): Answer {
  return (_request, response) => {
    response.writeHead(200, { "content-length": String(body.length) });
    response.write(body.slice(0, Math.ceil(body.length / 2)), () => response.destroy());
  };
}

/** Sends a piece and then nothing more. */
export function stalled(body: string | Uint8Array): Answer {
  return (_request, response) => {
    response.writeHead(200, { "content-length": String(body.length) });
    response.write(body.slice(0, 1));
  };
}

/** Sends it in pieces with pauses: slow, but never standing still. */
export function slow(body: Buffer, pieces: number, pauseMs: number): Answer {
  return (_request, response) => {
    const size = Math.ceil(body.length / pieces);
    const send = (from: number): void => {
      if (from >= body.length) {
        response.end();
        return;
      }
      response.write(body.subarray(from, from + size));
      setTimeout(() => send(from + size), pauseMs);
    };
    send(0);
  };
}

/** Zeros without an end, or what there is of them before the other side leaves. */
export const endless: Answer = (_request, response) => {
  const piece = Buffer.alloc(1024 ** 2);
  const send = () => {
    if (!response.destroyed) response.write(piece, send);
  };
  send();
};

/** A small body that is `bytes` zeros when it is unpacked, as a content-encoding does on its way. */
export function packedZeros(bytes: number): Answer {
  const packed = gzipSync(Buffer.alloc(bytes));
  return (_request, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(packed);
}

/** Takes the connection and cuts it. */
export const dead: Answer = (request) => request.socket.destroy();

export const htmlPage: Answer = (_request, response) =>
  response.writeHead(200, { "content-type": "text/html" }).end("<!DOCTYPE html><html>Sign in</html>");

export function sha256(bytes: string | Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
