import type { Socket } from "node:net";
import { readMail } from "../alerting/endpoints.ts";
import { createSmtpSession } from "../alerting/smtp.ts";
import type { Budget } from "./budget.ts";
import type { Kept } from "./kept.ts";

const maxLineBytes = 64 * 1024;
const idleMs = 30_000;
/** However slowly it comes: an e-mail is sent at once. */
const longestMs = 60_000;

/** Takes the e-mails of one connection. One without the token in its header is refused, and is not noted. */
export function takeMails(
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
