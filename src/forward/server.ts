import { connect, createServer, type Server, type Socket } from "node:net";
import { messageOf } from "../lib/errors.ts";
import type { ForwardTarget, Listener } from "./types.ts";

/** Connects a client's socket with the target; rejects when that can't be done. */
type Dial = (client: Socket) => Promise<void>;

/**
 * Listens on both loopback addresses and passes every connection on.
 * @throws Error naming the port when it is taken.
 */
export async function listen(listener: Listener, log: (line: string) => void): Promise<void> {
  const dial = createDial(listener.target);
  const accept = (client: Socket) => {
    client.on("error", () => client.destroy());
    dial(client).catch((error: unknown) => {
      log(`${listener.name}: ${messageOf(error)}`);
      client.resetAndDestroy();
    });
  };
  await bind(listener.port, "127.0.0.1", accept);
  await bind(listener.port, "::1", accept).catch((error: NodeJS.ErrnoException) => {
    // A machine without IPv6; a port that is taken there would be what `localhost` leads to.
    if (error.code === "EADDRINUSE") throw error;
  });
}

/** Resolves once the port is bound. Half-open: a client that has sent all still gets its answer. */
export async function bind(port: number, host: string, accept: (client: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, accept);
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host, exclusive: true, ipv6Only: host.includes(":") }, () => resolve(server));
  });
}

function createDial(target: ForwardTarget): Dial {
  if (target.kind === "tcp") return async (client) => dialTcp(client, target.host, target.port);
  let pods: Promise<Dial> | undefined;
  return async (client) => {
    // The Kubernetes client is big, and most forwarders never need it.
    pods ??= import("./pod.ts").then(({ createPodDial }) => createPodDial(target));
    const dial = await pods.catch((error: unknown) => {
      pods = undefined;
      throw error;
    });
    await dial(client);
  };
}

function dialTcp(client: Socket, host: string, port: number): Promise<void> {
  const upstream = connect({ host, port, allowHalfOpen: true, noDelay: true });
  return new Promise((resolve, reject) => {
    upstream.once("connect", resolve);
    upstream.once("error", reject);
    upstream.on("close", (broken) => (broken ? client.resetAndDestroy() : client.end()));
    client.on("close", () => upstream.destroy());
    client.pipe(upstream);
    upstream.pipe(client);
  });
}
