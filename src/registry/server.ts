import { randomBytes } from "node:crypto";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Context } from "../host/host.ts";
import { describeError } from "../lib/errors.ts";
import { type Answering, answerRequest } from "./answer-request.ts";
import { createLoopbackCertificate } from "./certificate.ts";

/** Where containerd finds the registry, and how it knows it. */
export interface Address {
  /** `127.0.0.1:40123`. */
  readonly host: string;
  /** With the secret in its path: only who can read root's files can ask. */
  readonly url: string;
  /** PEM. Only this process has its key, and it is on no disk: whoever takes the port later can't pass for the registry. */
  readonly certificate: string;
}

/** containerd takes three layers of an image at once, and several images. */
const maxConnections = 128;
/** Milliseconds until a request is there. */
const requestMs = 10_000;
/** Milliseconds without a byte, longer than a slow download stands still. */
const idleMs = 300_000;

/** Starts the server on loopback, at a port that is free. */
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
    // Nothing is read of a body.
    request.resume();
    answerRequest(request, response, { ...answering, secret }).catch((error: unknown) => {
      log.debug(`the image registry broke off ${request.url?.slice(0, 300)}: ${describeError(error)}`);
      response.destroy();
    });
  });
  // A connection that fails is the client's matter.
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
