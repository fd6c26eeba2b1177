import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import {
  type Arrival,
  arrivalsPath,
  endpointPrefix,
  parseEndpoint,
  type ReadMessage,
  type Refusal,
  readMail,
  readRequest,
  stripToken,
} from "../alerting/endpoints.ts";
import { createSmtpSession } from "../alerting/smtp.ts";

/** Of each kind; the rule of monstack's own arrives every few seconds for as long as the stack is up. */
const mostKept = 500;
/** In all arrivals together: whoever can send an alert to Alertmanager chooses its labels. */
const mostProbes = 20_000;
const mostProbeLength = 64;
const mostTextLength = 200;

/** The newest deliveries that arrived, and those that were refused. */
export interface Kept {
  /** Returns false for what was refused. */
  note(what: string, read: ReadMessage): boolean;
  all(): { readonly arrivals: readonly Arrival[]; readonly refused: readonly Refusal[] };
}

export function createArrivalLog(now: () => number): Kept {
  const arrivals: Arrival[] = [];
  const refused: Refusal[] = [];
  let probesKept = 0;
  const keepArrival = (arrival: Arrival) => {
    arrivals.push(arrival);
    probesKept += arrival.probes.length;
    while (arrivals.length > mostKept || probesKept > mostProbes)
      probesKept -= arrivals.shift()?.probes.length ?? 0;
  };
  return {
    note: (what, read) => {
      const at = now();
      if ("refused" in read) {
        refused.push({ at, what: what.slice(0, mostTextLength), why: read.refused.slice(0, mostTextLength) });
        if (refused.length > mostKept) refused.shift();
        return false;
      }
      const probes = read.probes.filter(({ length }) => length <= mostProbeLength).slice(0, mostProbes);
      keepArrival({ endpoint: read.endpoint, at, probes });
      return true;
    },
    all: () => ({ arrivals, refused }),
  };
}

/** Limits how many bytes of unfinished deliveries are held in memory. */
export interface Budget {
  /** Sets how much an owner holds. Returns false if all owners together exceed the limit. */
  hold(owner: object, bytes: number): boolean;
  release(owner: object): void;
}

export function createByteBudget(mostBytes: number): Budget {
  const held = new Map<object, number>();
  let total = 0;
  const set = (owner: object, bytes: number) => {
    total += bytes - (held.get(owner) ?? 0);
    if (bytes === 0) held.delete(owner);
    else held.set(owner, bytes);
  };
  return {
    hold: (owner, bytes) => {
      set(owner, bytes);
      return total <= mostBytes;
    },
    release: (owner) => set(owner, 0),
  };
}

const maxBodyBytes = 1024 * 1024;

/**
 * Responds to one request. A request without the token in its path is refused before its body is read, and is not recorded:
 * anybody who reaches this address can send one.
 */
export async function handleRequest(
  request: IncomingMessage,
  response: ServerResponse,
  { token, kept, budget }: { token: string | undefined; kept: Kept; budget: Budget },
): Promise<void> {
  const reply = (status: number, text: string, type = "text/plain") =>
    response
      .writeHead(status, { "content-type": type, ...(status >= 400 ? { connection: "close" } : {}) })
      .end(text);
  const [path = ""] = (request.url ?? "").split("?", 1);
  const rest = stripToken(token, path.slice(1));
  if (rest === undefined) {
    reply(404, "no address of a receiver");
    return;
  }
  if (request.method === "GET" && rest === arrivalsPath) {
    reply(200, JSON.stringify(kept.all()), "application/json");
    return;
  }
  const what = `${request.method} ${rest}`;
  const refuse = (status: number, why: string) => {
    kept.note(what, { refused: why });
    reply(status, why);
  };
  const endpoint = rest.startsWith(endpointPrefix)
    ? parseEndpoint(rest.slice(endpointPrefix.length))
    : undefined;
  if (request.method !== "POST" || endpoint === undefined) return refuse(404, "no address of a receiver");
  try {
    const body = await readBody(request, budget);
    if (body === "too long") return refuse(413, `more than ${maxBodyBytes} bytes`);
    // Alertmanager tries again later.
    if (body === "no room") return refuse(503, "too much at once");
    const read = readRequest(endpoint, request.headers["content-type"] ?? "", body.text);
    // Slack answers with this word, and Alertmanager insists on it.
    if (kept.note(what, read)) reply(200, "ok");
    else reply(400, "refused" in read ? read.refused : "");
  } finally {
    budget.release(request);
  }
}

/** Reads a request's body. A body that is too long is read to its end and dropped, so that the client gets the response. */
async function readBody(
  request: IncomingMessage,
  budget: Budget,
): Promise<"too long" | "no room" | { readonly text: string }> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Ended early, it would else take the connection along, and with it the reply.
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

/** Receives the e-mails of one connection. An e-mail without the token in its header is refused, and is not recorded. */
export function receiveMails(
  client: Socket,
  { token, kept, budget }: { token: string | undefined; kept: Kept; budget: Budget },
): void {
  const session = createSmtpSession();
  let rest = "";
  client.setEncoding("latin1");
  client.setTimeout(idleMs, () => client.destroy());
  const end = setTimeout(() => client.destroy(), longestMs);
  client.on("error", () => client.destroy());
  client.on("close", () => {
    clearTimeout(end);
    budget.release(client);
  });
  client.write(`${session.greeting}\r\n`);
  const take = (line: string) => {
    const { reply = [], message, ends } = session.line(line);
    const read = message === undefined ? undefined : readMail(message, token);
    if (read !== undefined) kept.note("an e-mail", read);
    const isForged = message !== undefined && read === undefined;
    const said = isForged ? ["550 for no receiver here"] : reply;
    if (said.length > 0) client.write(`${said.join("\r\n")}\r\n`);
    if (ends) client.end();
  };
  client.on("data", (chunk: string) => {
    rest += chunk;
    // Else each chunk of a long line would copy all of it that came before.
    if (chunk.includes("\n")) {
      const lines = rest.split("\r\n");
      rest = lines.pop() ?? "";
      for (const line of lines) take(line);
    }
    if (rest.length > maxLineBytes || !budget.hold(client, rest.length + session.heldBytes()))
      client.destroy();
  });
}
