import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { CaptureAddress } from "../alerting/endpoints.ts";
import { describeError } from "../lib/errors.ts";
import { createArrivalLog, createByteBudget, handleRequest, receiveMails } from "./deliveries.ts";

const maxConnections = 64;
/** The most connections of one client, so that no single pod can use all of them. */
const maxConnectionsPerClient = maxConnections / 2;
const idleMs = 30_000;
const retryMs = 500;
/** The most bytes of unfinished requests, and of unfinished e-mails. */
const maxHeldBytes = 8 * 1024 * 1024;

/** The two servers that receive Alertmanager's notifications. */
export interface Receiver {
  /** The port in use; the system chooses it if port 0 was requested. */
  readonly httpPort: number;
  readonly smtpPort: number;
  close(): Promise<void>;
}

/**
 * Listens for Alertmanager's webhooks, messages for Slack and e-mails, and lists the arrivals at /arrivals.
 * @throws Error with Node's code if an address does not exist or a port is taken
 */
export async function listenForAlerts(
  address: CaptureAddress,
  log: (line: string) => void,
): Promise<Receiver> {
  const { token } = address;
  const arrivalLog = createArrivalLog(Date.now);
  const [bodies, mails] = [createByteBudget(maxHeldBytes), createByteBudget(maxHeldBytes)];
  const http = createHttpServer((request, response) => {
    // A client that disconnects while sending is not logged: it could fill the log.
    handleRequest(request, response, { token, kept: arrivalLog, budget: bodies }).catch(() =>
      response.destroy(),
    );
  });
  http.requestTimeout = idleMs;
  const smtp = createServer((client) => receiveMails(client, { token, kept: arrivalLog, budget: mails }));
  const servers = [http, smtp] as const;
  for (const server of servers) {
    server.maxConnections = maxConnections;
    limitEachClient(server);
  }
  try {
    await listenOn(http, address.host, address.httpPort);
    await listenOn(smtp, address.host, address.smtpPort);
  } catch (error) {
    http.close();
    throw error;
  }
  log(`alerts: listening on ${address.host}, HTTP ${address.httpPort}, SMTP ${address.smtpPort}`);
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
 * Listens for as long as this process runs. Retries if an address does not exist yet (the pods' bridge appears with the
 * first pod) or a port is taken.
 * @returns why it doesn't listen yet; undefined if it does
 */
export async function keepListeningForAlerts(
  address: CaptureAddress,
  log: (line: string) => void,
): Promise<string | undefined> {
  try {
    await listenForAlerts(address, log);
    return undefined;
  } catch (error) {
    const problem = describeError(error);
    log(`alerts: ${problem}; trying again`);
    const retryListening = async () => {
      await listenForAlerts(address, log).catch(() => setTimeout(retryListening, retryMs));
    };
    setTimeout(retryListening, retryMs);
    return problem;
  }
}

/** Closes new connections of a client that has too many. */
function limitEachClient(server: Server): void {
  const openCounts = new Map<string, number>();
  // Before the server's own listener, which starts to read from the connection.
  server.prependListener("connection", (client: Socket) => {
    const { remoteAddress = "" } = client;
    const count = (openCounts.get(remoteAddress) ?? 0) + 1;
    openCounts.set(remoteAddress, count);
    client.once("close", () => {
      const remaining = (openCounts.get(remoteAddress) ?? 1) - 1;
      if (remaining === 0) openCounts.delete(remoteAddress);
      else openCounts.set(remoteAddress, remaining);
    });
    if (count > maxConnectionsPerClient) client.destroy();
  });
}

async function listenOn(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, exclusive: true }, resolve);
  });
}

function getPort(server: Server): number {
  return (server.address() as AddressInfo).port;
}
