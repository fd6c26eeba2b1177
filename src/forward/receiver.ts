import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { type Arrival, type ReadMessage, type Refusal, readMail, readRequest } from "../alerting/arrivals.ts";
import { arrivalsPath, type CaptureAddress, endpointPrefix, parseEndpoint } from "../alerting/endpoints.ts";
import { createSmtpSession } from "../alerting/smtp.ts";
import { messageOf } from "../host/errors.ts";

const maxBodyBytes = 1024 * 1024;
const maxLineBytes = 64 * 1024;
const maxConnections = 64;
const idleMs = 30_000;
const retryMs = 500;
/** What is kept of each kind; the rule of monstack's own arrives every few seconds for as long as the stack is up. */
const maxKept = 500;

/** Two servers at which Alertmanager delivers, and what arrived there. */
export interface Receiver {
  /** The ports that it got: others than the wanted ones when those were 0. */
  readonly httpPort: number;
  readonly smtpPort: number;
  close(): Promise<void>;
}

/**
 * Listens for Alertmanager's webhooks, messages for Slack and e-mails, and tells at /arrivals what came.
 * @throws Error when an address isn't there or a port is taken, with Node's code
 */
export async function listenForAlerts(at: CaptureAddress, log: (line: string) => void): Promise<Receiver> {
  const arrivals: Arrival[] = [];
  const refused: Refusal[] = [];
  const note = (what: string, read: ReadMessage): boolean => {
    const now = Date.now();
    if ("refused" in read) keep(refused, { at: now, what, why: read.refused });
    else keep(arrivals, { ...read, at: now });
    return !("refused" in read);
  };
  const http = createHttpServer((request, response) => {
    answer(request, response, note, () => ({ arrivals, refused })).catch((error: unknown) => {
      log(`alerts: ${messageOf(error)}`);
      response.destroy();
    });
  });
  http.requestTimeout = idleMs;
  const smtp = createServer((client) => converse(client, note));
  const servers = [http, smtp] as const;
  for (const server of servers) server.maxConnections = maxConnections;
  try {
    await bind(http, at.host, at.httpPort);
    await bind(smtp, at.host, at.smtpPort);
  } catch (error) {
    http.close();
    throw error;
  }
  log(`alerts: listening on ${at.host}, HTTP ${at.httpPort}, SMTP ${at.smtpPort}`);
  return {
    httpPort: portOf(http),
    smtpPort: portOf(smtp),
    close: async () => {
      http.closeAllConnections();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

/**
 * The same for as long as this process lives: an address that isn't there yet (pods' bridge comes with the first pod) or
 * a port that is taken is tried again and again.
 * @returns why it doesn't listen yet, if it doesn't
 */
export async function keepListeningForAlerts(
  at: CaptureAddress,
  log: (line: string) => void,
): Promise<string | undefined> {
  try {
    await listenForAlerts(at, log);
    return undefined;
  } catch (error) {
    const problem = messageOf(error);
    log(`alerts: ${problem}; trying again`);
    const again = async () => {
      await listenForAlerts(at, log).catch(() => setTimeout(again, retryMs));
    };
    setTimeout(again, retryMs);
    return problem;
  }
}

function keep<T>(list: T[], one: T): void {
  list.push(one);
  if (list.length > maxKept) list.shift();
}

async function bind(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, exclusive: true }, resolve);
  });
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

type Note = (what: string, read: ReadMessage) => boolean;

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  note: Note,
  all: () => object,
): Promise<void> {
  const { pathname } = new URL(request.url ?? "/", "http://receiver");
  const reply = (status: number, text: string, type = "text/plain") =>
    response.writeHead(status, { "content-type": type }).end(text);
  if (request.method === "GET" && pathname === arrivalsPath) {
    reply(200, JSON.stringify(all()), "application/json");
    return;
  }
  const endpoint = pathname.startsWith(endpointPrefix)
    ? parseEndpoint(pathname.slice(endpointPrefix.length))
    : undefined;
  const body = await bodyOf(request);
  if (request.method !== "POST" || endpoint === undefined || body === undefined) {
    const why = body === undefined ? `more than ${maxBodyBytes} bytes` : "no address of a receiver";
    note(`${request.method} ${pathname.slice(0, 200)}`, { refused: why });
    reply(body === undefined ? 413 : 404, why);
    return;
  }
  const read = readRequest(endpoint, request.headers["content-type"] ?? "", body);
  // Slack answers with this word, and Alertmanager insists on it.
  if (note(`POST ${pathname}`, read)) reply(200, "ok");
  else reply(400, "refused" in read ? read.refused : "");
}

/** Undefined when it is too long; the rest is read and dropped, so that the client hears the answer. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size <= maxBodyBytes) chunks.push(chunk as Buffer);
  }
  return size <= maxBodyBytes ? Buffer.concat(chunks).toString("utf8") : undefined;
}

function converse(client: Socket, note: Note): void {
  const session = createSmtpSession();
  let rest = "";
  client.setEncoding("latin1");
  client.setTimeout(idleMs, () => client.destroy());
  client.on("error", () => client.destroy());
  client.write(`${session.greeting}\r\n`);
  client.on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\r\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const { reply = [], message, ends } = session.line(line);
      if (message !== undefined) note("an e-mail", readMail(message));
      if (reply.length > 0) client.write(`${reply.join("\r\n")}\r\n`);
      if (ends) client.end();
    }
    if (rest.length > maxLineBytes) client.destroy();
  });
}
