import type { IncomingMessage, ServerResponse } from "node:http";
import {
  arrivalsPath,
  behindToken,
  endpointPrefix,
  parseEndpoint,
  readRequest,
} from "../alerting/endpoints.ts";
import type { Budget } from "./budget.ts";
import type { Kept } from "./kept.ts";

const maxBodyBytes = 1024 * 1024;

/**
 * Answers one request. What doesn't have the token in its path is refused before a byte of its body is read, and is not
 * noted: everybody who reaches this address can send that.
 */
export async function answerRequest(
  request: IncomingMessage,
  response: ServerResponse,
  { token, kept, budget }: { token: string | undefined; kept: Kept; budget: Budget },
): Promise<void> {
  const reply = (status: number, text: string, type = "text/plain") =>
    response
      .writeHead(status, { "content-type": type, ...(status >= 400 ? { connection: "close" } : {}) })
      .end(text);
  const [path = ""] = (request.url ?? "").split("?", 1);
  const rest = behindToken(token, path.slice(1));
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
    const body = await bodyOf(request, budget);
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

/** One that is too long is read to its end and dropped, so that the client hears the answer. */
async function bodyOf(
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
