import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import {
  type Arrival,
  arrivalsPath,
  endpointPrefix,
  type MessageResult,
  parseEndpoint,
  type Refusal,
  readMail,
  readRequest,
  stripToken,
} from "../alerting/endpoints.ts";
import { createSmtpSession } from "../alerting/smtp.ts";

/** The most arrivals and the most refusals that are kept. monstack's own test alert arrives every few seconds. */
const maxKeptDeliveries = 500;
/** The most probes in all kept arrivals. Limited, since everybody who can send an alert to Alertmanager chooses its labels. */
const maxProbes = 20_000;
const maxProbeLength = 64;
const maxTextLength = 200;

/** The newest deliveries that arrived, and the newest that were refused. */
export interface ArrivalLog {
  /** Records a delivery. Returns false if it was refused. */
  record(what: string, read: MessageResult): boolean;
  list(): { readonly arrivals: readonly Arrival[]; readonly refused: readonly Refusal[] };
}

/** Returns an empty record of deliveries. */
export function createArrivalLog(now: () => number): ArrivalLog {
  const arrivals: Arrival[] = [];
  const refused: Refusal[] = [];
  let probeCount = 0;
  const keepArrival = (arrival: Arrival) => {
    arrivals.push(arrival);
    probeCount += arrival.probes.length;
    while (arrivals.length > maxKeptDeliveries || probeCount > maxProbes)
      probeCount -= arrivals.shift()?.probes.length ?? 0;
  };
  return {
    record: (source, message) => {
      const at = now();
      if ("refused" in message) {
        refused.push({
          at,
          what: source.slice(0, maxTextLength),
          why: message.refused.slice(0, maxTextLength),
        });
        if (refused.length > maxKeptDeliveries) refused.shift();
        return false;
      }
      const probes = message.probes.filter(({ length }) => length <= maxProbeLength).slice(0, maxProbes);
      keepArrival({ endpoint: message.endpoint, at, probes });
      return true;
    },
    list: () => ({ arrivals, refused }),
  };
}

/** Limits how many bytes of unfinished deliveries are held in memory. */
export interface Budget {
  /** Sets how many bytes an owner holds. Returns false if all owners together exceed the limit. */
  hold(owner: object, bytes: number): boolean;
  release(owner: object): void;
}

/** Returns a budget of bytes that is shared by all owners. */
export function createByteBudget(maxBytes: number): Budget {
  const bytesByOwner = new Map<object, number>();
  let total = 0;
  const setBytes = (owner: object, bytes: number) => {
    total += bytes - (bytesByOwner.get(owner) ?? 0);
    if (bytes === 0) bytesByOwner.delete(owner);
    else bytesByOwner.set(owner, bytes);
  };
  return {
    hold: (owner, bytes) => {
      setBytes(owner, bytes);
      return total <= maxBytes;
    },
    release: (owner) => setBytes(owner, 0),
  };
}

const maxBodyBytes = 1024 * 1024;

/**
 * Responds to one request. A request without the token in its path is refused before its body is read. It is not
 * recorded, since anybody who reaches this address can send one.
 */
export async function handleRequest(
  request: IncomingMessage,
  response: ServerResponse,
  { token, kept: arrivalLog, budget }: { token: string | undefined; kept: ArrivalLog; budget: Budget },
): Promise<void> {
  const reply = (status: number, text: string, type = "text/plain") =>
    response
      .writeHead(status, { "content-type": type, ...(status >= 400 ? { connection: "close" } : {}) })
      .end(text);
  const [path = ""] = (request.url ?? "").split("?", 1);
  const endpointPath = stripToken(token, path.slice(1));
  if (endpointPath === undefined) {
    reply(404, "no address of a receiver");
    return;
  }
  if (request.method === "GET" && endpointPath === arrivalsPath) {
    reply(200, JSON.stringify(arrivalLog.list()), "application/json");
    return;
  }
  const requestName = `${request.method} ${endpointPath}`;
  const refuse = (status: number, why: string) => {
    arrivalLog.record(requestName, { refused: why });
    reply(status, why);
  };
  const endpoint = endpointPath.startsWith(endpointPrefix)
    ? parseEndpoint(endpointPath.slice(endpointPrefix.length))
    : undefined;
  if (request.method !== "POST" || endpoint === undefined) return refuse(404, "no address of a receiver");
  try {
    const body = await readBody(request, budget);
    if (body === "too long") return refuse(413, `more than ${maxBodyBytes} bytes`);
    // Alertmanager retries later.
    if (body === "no room") return refuse(503, "too much at once");
    const message = readRequest(endpoint, request.headers["content-type"] ?? "", body.text);
    // Slack responds with `ok`, and Alertmanager requires it.
    if (arrivalLog.record(requestName, message)) reply(200, "ok");
    else reply(400, "refused" in message ? message.refused : "");
  } finally {
    budget.release(request);
  }
}

/**
 * Reads a request's body within the budget. A body that is too long is read to its end and dropped, so that the client
 * receives the response.
 */
async function readBody(
  request: IncomingMessage,
  budget: Budget,
): Promise<"too long" | "no room" | { readonly text: string }> {
  const chunks: Buffer[] = [];
  let size = 0;
  // By default, leaving this loop early would close the connection before the response is sent.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += (chunk as Buffer).length;
    if (size > maxBodyBytes) {
      chunks.length = 0;
      budget.release(request);
      continue;
    }
    chunks.push(chunk as Buffer);
    if (!budget.hold(request, size)) return "no room";
  }
  return size > maxBodyBytes ? "too long" : { text: Buffer.concat(chunks).toString("utf8") };
}

const maxLineBytes = 64 * 1024;
const idleMs = 30_000;
/** Longest duration of a connection, in milliseconds, however slowly data arrives. */
const longestMs = 60_000;

/**
 * Receives the e-mails of one connection. An e-mail without the token in its header is refused, and is not recorded.
 */
export function receiveMails(
  client: Socket,
  { token, kept: arrivalLog, budget }: { token: string | undefined; kept: ArrivalLog; budget: Budget },
): void {
  const session = createSmtpSession();
  let incompleteLine = "";
  client.setEncoding("latin1");
  client.setTimeout(idleMs, () => client.destroy());
  const closeTimer = setTimeout(() => client.destroy(), longestMs);
  client.on("error", () => client.destroy());
  client.on("close", () => {
    clearTimeout(closeTimer);
    budget.release(client);
  });
  client.write(`${session.greeting}\r\n`);
  const receiveLine = (line: string) => {
    const { reply = [], message, ends } = session.line(line);
    const mail = message === undefined ? undefined : readMail(message, token);
    if (mail !== undefined) arrivalLog.record("an e-mail", mail);
    const isForged = message !== undefined && mail === undefined;
    const replyLines = isForged ? ["550 for no receiver here"] : reply;
    if (replyLines.length > 0) client.write(`${replyLines.join("\r\n")}\r\n`);
    if (ends) client.end();
  };
  client.on("data", (chunk: string) => {
    incompleteLine += chunk;
    // Split only at a line's end: otherwise each chunk of a long line would copy the whole line.
    if (chunk.includes("\n")) {
      const lines = incompleteLine.split("\r\n");
      incompleteLine = lines.pop() ?? "";
      for (const line of lines) receiveLine(line);
    }
    if (
      incompleteLine.length > maxLineBytes ||
      !budget.hold(client, incompleteLine.length + session.heldBytes())
    )
      client.destroy();
  });
}
