import { once } from "node:events";
import { connect } from "node:net";
import { buildEndpointUrl, type CaptureAddress } from "../../src/alerting/endpoints.ts";

const words = [
  "POST ",
  "GET ",
  "/receivers/a/webhook/0",
  "/receivers/%/%zz/1e9",
  "/arrivals",
  "//",
  "/../../x",
  " HTTP/1.1\r\nHost: a\r\n",
  "Content-Length: 5\r\n\r\n",
  "Transfer-Encoding: chunked\r\n\r\n",
  "Content-Type: application/x-www-form-urlencoded\r\n",
  '{"alerts":[{"status":"firing","labels":{"monstack_probe":"x"}}]}',
  '{"alerts":[{"status":1}]}',
  '{"text":"monstack-probes("}',
  "monstack-probes(".repeat(50),
  "payload=%7B",
  "[".repeat(500),
  '"\\u0000"',
  "\u0000\u2028é🦀",
  "EHLO x\r\n",
  "AUTH LOGIN\r\n",
  "MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\n",
  "X-Monstack-Endpoint: a/email/0\r\n",
  "\r\n.\r\n",
  "\r\n",
  ": ".repeat(300),
  "x".repeat(3000),
];

function randomText(random: () => number, token: string): string {
  const chosen = [...words, token, `/${token}`];
  const length = 1 + Math.floor(random() * 8);
  return Array.from({ length }, () => chosen[Math.floor(random() * chosen.length)]).join("");
}

/**
 * Sends one thing that a pod may send, to the right address or to any, as a request or as raw bytes.
 * @param at a receiver that listens
 * @throws Error if no connection comes about or the server doesn't come to an end with it
 */
export async function sendRandomPost(at: CaptureAddress, random: () => number): Promise<void> {
  const text = randomText(random, at.token ?? "");
  if (random() < 0.5) {
    const known = buildEndpointUrl(at, {
      receiver: text.slice(0, 20),
      integration: random() < 0.5 ? "slack" : "webhook",
      index: 0,
    });
    const url = random() < 0.7 ? known : known.replace(at.token ?? "", "0".repeat(32));
    const form = random() < 0.2 ? { "content-type": "application/x-www-form-urlencoded" } : {};
    // The connection of a refused request is closed.
    await fetch(url, { method: "POST", headers: form, body: text, signal: AbortSignal.timeout(2_000) })
      .then((response) => response.arrayBuffer())
      .catch(failOnTimeout);
    return;
  }
  const socket = connect(random() < 0.5 ? at.httpPort : at.smtpPort, at.host);
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.end(text);
  socket.resume();
  const closed = once(socket, "close", { signal: AbortSignal.timeout(2_000) });
  await closed.catch(failOnTimeout);
}

function failOnTimeout(error: unknown): void {
  const { name } = error as Error;
  if (name === "TimeoutError" || name === "AbortError")
    throw new Error("the receiver did not answer within 2 s", { cause: error });
}
