import { connect, createServer, type Server, type Socket } from "node:net";
import type { CaptureAddress } from "../alerting/endpoints.ts";
import { describeError } from "../lib/errors.ts";

/** Connects a client's socket with the target; rejects if that fails. */
type Dial = (client: Socket) => Promise<void>;

/**
 * Listens on both loopback addresses and connects every client with the target.
 * @throws Error with the port if it is taken
 */
export async function listen(listener: Listener, log: (line: string) => void): Promise<void> {
  const dial = createDial(listener.target);
  const accept = (client: Socket) => {
    client.on("error", () => client.destroy());
    dial(client).catch((error: unknown) => {
      log(`${listener.name}: ${describeError(error)}`);
      client.resetAndDestroy();
    });
  };
  await openServer(listener.port, "127.0.0.1", accept);
  await openServer(listener.port, "::1", accept).catch((error: NodeJS.ErrnoException) => {
    // Other errors mean a machine without IPv6. A taken port is an error, since `localhost` may lead to it.
    if (error.code === "EADDRINUSE") throw error;
  });
}

/**
 * Opens a server; resolves once its port is bound. Connections are half-open, so that a client that has sent everything
 * still receives the response.
 */
export async function openServer(
  port: number,
  host: string,
  accept: (client: Socket) => void,
): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, accept);
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host, exclusive: true, ipv6Only: host.includes(":") }, () => resolve(server));
  });
}

/** Returns the function that connects clients with a target. */
function createDial(target: ForwardTarget): Dial {
  if (target.kind === "tcp") return async (client) => connectTcp(client, target.host, target.port);
  let pods: Promise<Dial> | undefined;
  return async (client) => {
    // Imported only when needed: the Kubernetes client is large, and most forwarders don't use it.
    pods ??= import("./pod.ts").then(({ createPodDial }) => createPodDial(target));
    const dial = await pods.catch((error: unknown) => {
      pods = undefined;
      throw error;
    });
    await dial(client);
  };
}

/** Connects a client with a TCP address. Resolves once connected; rejects if the connection fails. */
function connectTcp(client: Socket, host: string, port: number): Promise<void> {
  const upstream = connect({ host, port, allowHalfOpen: true, noDelay: true });
  return new Promise((resolve, reject) => {
    upstream.once("connect", resolve);
    upstream.once("error", reject);
    upstream.on("close", (hasError) => (hasError ? client.resetAndDestroy() : client.end()));
    client.on("close", () => upstream.destroy());
    client.pipe(upstream);
    upstream.pipe(client);
  });
}

/** The forwarder's settings, in a JSON file whose path is the only argument of dist/forward.js. */
export interface ForwardSpec {
  readonly listeners: readonly Listener[];
  /** The address that receives Alertmanager's notifications; undefined: they are not received. */
  readonly receiver?: CaptureAddress | undefined;
  /** Absolute path of the file for the `ForwardStatus`, which is written once the forwarder listens or has failed. */
  readonly statusFile: string;
}

export interface Listener {
  /** The key in the configuration's `ports`, e.g. `prometheus`. */
  readonly name: string;
  /** The port on 127.0.0.1, and on [::1] if the machine has IPv6. */
  readonly port: number;
  readonly target: ForwardTarget;
}

export type ForwardTarget =
  /** An address that this host can reach, e.g. a ClusterIP. */
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  /** A service of a remote cluster. Each connection goes through the API server to a ready pod of the service. */
  | {
      readonly kind: "pod";
      readonly kubeconfig: string;
      readonly context: string | undefined;
      readonly namespace: string;
      readonly service: string;
      /** The service's port, not the pod's. */
      readonly port: number;
    };

export type ForwardStatus =
  | {
      readonly state: "listening";
      readonly pid: number;
      readonly ports: Readonly<Record<string, number>>;
      /** Why notifications can't be received yet; undefined if they can. The forwarder retries. */
      readonly receiverProblem?: string | undefined;
    }
  | { readonly state: "failed"; readonly pid: number; readonly message: string };
