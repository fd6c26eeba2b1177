import { connect, createServer, type Server, type Socket } from "node:net";
import type { CaptureAddress } from "../alerting/endpoints.ts";
import { describeError } from "../lib/errors.ts";

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
      log(`${listener.name}: ${describeError(error)}`);
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

/** What the forwarder is given as a JSON file, the only argument of dist/forward.js. */
export interface ForwardSpec {
  readonly listeners: readonly Listener[];
  /** Where Alertmanager's notifications are taken; undefined: nowhere. */
  readonly receiver?: CaptureAddress | undefined;
  /** Absolute; a `ForwardStatus` is written there once it listens, or can't. */
  readonly statusFile: string;
}

export interface Listener {
  /** As in the configuration's `ports`, e.g. `prometheus`. */
  readonly name: string;
  /** On 127.0.0.1, and on [::1] where there is one. */
  readonly port: number;
  readonly target: ForwardTarget;
}

export type ForwardTarget =
  /** An address that this host reaches, e.g. a ClusterIP. */
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  /** A service of a cluster elsewhere: each connection goes through its API server to a ready pod behind it. */
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
      /** Why notifications can't be taken, if they can't. It is tried again. */
      readonly receiverProblem?: string | undefined;
    }
  | { readonly state: "failed"; readonly pid: number; readonly message: string };
