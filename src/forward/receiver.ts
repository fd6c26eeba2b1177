import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { CaptureAddress } from "../alerting/endpoints.ts";
import { describeError } from "../lib/errors.ts";
import { createArrivalLog, createByteBudget, handleRequest, receiveMails } from "./deliveries.ts";

const maxConnections = 64;
/** So that no single pod takes all of them. */
const maxConnectionsOfOne = maxConnections / 2;
const idleMs = 30_000;
const retryMs = 500;
/** Of the bodies that are on their way, and as much again of e-mails. */
const maxHeldBytes = 8 * 1024 * 1024;

/** Two servers at which Alertmanager delivers, and what arrived there. */
export interface Receiver {
  /** The ports in use, which were chosen by the system if port 0 was requested. */
  readonly httpPort: number;
  readonly smtpPort: number;
  close(): Promise<void>;
}

/**
 * Listens for Alertmanager's webhooks, messages for Slack and e-mails, and lists the arrivals at /arrivals.
 * @throws Error if an address does not exist or a port is taken, with Node's code
 */
export async function listenForAlerts(at: CaptureAddress, log: (line: string) => void): Promise<Receiver> {
  const { token } = at;
  const kept = createArrivalLog(Date.now);
  const [bodies, mails] = [createByteBudget(maxHeldBytes), createByteBudget(maxHeldBytes)];
  const http = createHttpServer((request, response) => {
    // A client that disconnects while sending is not logged: it could fill the log.
    handleRequest(request, response, { token, kept, budget: bodies }).catch(() => response.destroy());
  });
  http.requestTimeout = idleMs;
  const smtp = createServer((client) => receiveMails(client, { token, kept, budget: mails }));
  const servers = [http, smtp] as const;
  for (const server of servers) {
    server.maxConnections = maxConnections;
    limitEachClient(server);
  }
  try {
    await bind(http, at.host, at.httpPort);
    await bind(smtp, at.host, at.smtpPort);
  } catch (error) {
    http.close();
    throw error;
  }
  log(`alerts: listening on ${at.host}, HTTP ${at.httpPort}, SMTP ${at.smtpPort}`);
  return {
    httpPort: getPort(http),
    smtpPort: getPort(smtp),
    close: async () => {
      http.closeAllConnections();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

/**
 * Listens for as long as this process runs: an address that does not exist yet (the pods' bridge appears with the first
 * pod) or a port that is taken is retried.
 * @returns why it doesn't listen yet; undefined if it does
 */
export async function keepListeningForAlerts(
  at: CaptureAddress,
  log: (line: string) => void,
): Promise<string | undefined> {
  try {
    await listenForAlerts(at, log);
    return undefined;
  } catch (error) {
    const problem = describeError(error);
    log(`alerts: ${problem}; trying again`);
    const again = async () => {
      await listenForAlerts(at, log).catch(() => setTimeout(again, retryMs));
    };
    setTimeout(again, retryMs);
    return problem;
  }
}

function limitEachClient(server: Server): void {
  const open = new Map<string, number>();
  // Before the listener that begins to read from it.
  server.prependListener("connection", (client: Socket) => {
    const { remoteAddress = "" } = client;
    const count = (open.get(remoteAddress) ?? 0) + 1;
    open.set(remoteAddress, count);
    client.once("close", () => {
      const left = (open.get(remoteAddress) ?? 1) - 1;
      if (left === 0) open.delete(remoteAddress);
      else open.set(remoteAddress, left);
    });
    if (count > maxConnectionsOfOne) client.destroy();
  });
}

async function bind(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, exclusive: true }, resolve);
  });
}

function getPort(server: Server): number {
  return (server.address() as AddressInfo).port;
}
