import { randomBytes } from "node:crypto";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Context } from "../host/host.ts";
import { describeError } from "../lib/errors.ts";
import { type Answering, answerRequest } from "./answer-request.ts";
import { createLoopbackCertificate } from "./certificate.ts";

/** The registry's address, and the certificate by which containerd verifies it. */
export interface Address {
  /** `127.0.0.1:40123`. */
  readonly host: string;
  /** Its path contains a secret, so only users who can read root's files can send requests. */
  readonly url: string;
  /** PEM. Its key exists only in this process' memory, so a process that takes the port later cannot impersonate the registry. */
  readonly certificate: string;
}

/** Maximum number of connections. containerd downloads three layers of an image at once, and several images. */
const maxConnections = 128;
/** Time limit for receiving a request, in milliseconds. */
const requestMs = 10_000;
/** Time limit for a connection without traffic, in milliseconds: longer than a slow download pauses. */
const idleMs = 300_000;

/** Starts the HTTPS server on a free port of the loopback address. */
export async function startServer(
  { host, log }: Context,
  answering: Omit<Answering, "secret">,
): Promise<{ readonly address: Address; close(): Promise<void> }> {
  const { key, certificate } = createLoopbackCertificate(host.now());
  const secret = randomBytes(24).toString("hex");
  log.mask(secret);
  const server = createServer({
    ...{ key, cert: certificate, minVersion: "TLSv1.3", handshakeTimeout: requestMs },
    ...{ requestTimeout: requestMs, headersTimeout: requestMs, maxHeaderSize: 16 * 1024 },
  });
  server.maxConnections = maxConnections;
  server.setTimeout(idleMs);
  server.on("request", (request, response) => {
    // Discards the request's body.
    request.resume();
    answerRequest(request, response, { ...answering, secret }).catch((error: unknown) => {
      log.debug(`the image registry broke off ${request.url?.slice(0, 300)}: ${describeError(error)}`);
      response.destroy();
    });
  });
  // The client reports a failed connection.
  server.on("tlsClientError", () => {});
  server.on("clientError", (_error, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const address = `127.0.0.1:${port}`;
  return {
    address: { host: address, url: `https://${address}/${secret}/v2`, certificate },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
