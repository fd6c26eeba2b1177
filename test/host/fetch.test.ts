import type { AddressInfo } from "node:net";
import { createServer, type Server } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { createFetchOutside, fetchInside } from "../../src/host/fetch.ts";

/** As much as the parser takes before it waits for the reader, with the end of the connection behind it. */
const size = 64 * 1024;

let server: Server | undefined;
afterEach(() => server?.close());

/** Sends all at once and closes the connection, as HTTP/1.0 servers do. */
async function closingServer(): Promise<string> {
  server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\nConnection: close\r\n\r\n`);
      socket.end(Buffer.alloc(size, "x"));
    });
  });
  await new Promise<void>((done) => server?.listen(0, "127.0.0.1", done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

test.each([
  ["the stack", fetchInside],
  ["the world", createFetchOutside({})],
])(
  "an answer of %s is read whole though its server closes the connection before somebody reads it",
  async (_, fetch) => {
    const response = await fetch(await closingServer());
    let bytes = 0;
    for await (const piece of response.body ?? []) {
      bytes += piece.byteLength;
      if (bytes < 512 * 1024) await delay(20);
    }
    expect(bytes).toBe(size);
  },
);

test("an answer that nobody reads does no harm when its server closes the connection", async () => {
  const response = await fetchInside(await closingServer());
  await delay(200);
  await response.body?.cancel();
  expect(response.status).toBe(200);
});
