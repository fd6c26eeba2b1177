/** The server's reaction to a line: the lines of its reply, the whole message if the line ended one, and whether it closes the connection. */
interface SmtpStep {
  readonly reply?: readonly string[];
  readonly message?: string;
  readonly ends?: boolean;
}

interface SmtpSession {
  readonly greeting: string;
  /** Handles one line of the client, without its CRLF. */
  line(text: string): SmtpStep;
  /** Returns the approximate memory of the incoming message in bytes. */
  heldBytes(): number;
}

type State = "command" | "data" | "password" | "plain";

const maxMessageBytes = 1024 * 1024;
/** Memory of a line besides its characters, in bytes. */
const lineBytes = 64;

/**
 * Creates the server's side of one connection (RFC 5321), as far as Alertmanager's e-mails need it: HELO, EHLO, AUTH
 * PLAIN and LOGIN (all credentials are accepted), MAIL, RCPT, DATA, RSET, NOOP, QUIT. No TLS. It does no input or
 * output of its own.
 */
export function createSmtpSession(): SmtpSession {
  let state: State = "command";
  let passwordLines = 0;
  let from: string | undefined;
  let recipients = 0;
  let message: string[] = [];
  let size = 0;

  function reset(): void {
    from = undefined;
    recipients = 0;
    message = [];
    size = 0;
  }

  function dataLine(text: string): SmtpStep {
    if (text !== ".") {
      size += text.length + 2;
      if (size <= maxMessageBytes) message.push(text.startsWith(".") ? text.slice(1) : text);
      return {};
    }
    state = "command";
    const whole = message.join("\r\n");
    const isTooBig = size > maxMessageBytes;
    reset();
    return isTooBig ? toSmtpReply("552 message too big") : { reply: ["250 OK"], message: whole };
  }

  function auth(rest: string): SmtpStep {
    const [mechanism = "", initial] = rest.split(/\s+/);
    if (mechanism.toUpperCase() === "PLAIN") {
      if (initial !== undefined) return toSmtpReply("235 authenticated");
      state = "plain";
      return toSmtpReply("334 ");
    }
    if (mechanism.toUpperCase() !== "LOGIN") return toSmtpReply("504 only PLAIN and LOGIN");
    state = "password";
    passwordLines = initial === undefined ? 2 : 1;
    return toSmtpReply(passwordLines === 2 ? "334 VXNlcm5hbWU6" : "334 UGFzc3dvcmQ6");
  }

  function credential(): SmtpStep {
    passwordLines -= state === "plain" ? passwordLines : 1;
    if (passwordLines > 0) return toSmtpReply("334 UGFzc3dvcmQ6");
    state = "command";
    return toSmtpReply("235 authenticated");
  }

  function command(text: string): SmtpStep {
    const [verb = ""] = text.split(" ", 1);
    const rest = text.slice(verb.length).trim();
    switch (verb.toUpperCase()) {
      case "EHLO":
        return {
          reply: ["250-monstack", `250-SIZE ${maxMessageBytes}`, "250-8BITMIME", "250 AUTH PLAIN LOGIN"],
        };
      case "HELO":
        return toSmtpReply("250 monstack");
      case "AUTH":
        return auth(rest);
      case "MAIL":
        if (!/^FROM:\s*<[^>]*>/i.test(rest)) return toSmtpReply("501 expected MAIL FROM:<address>");
        reset();
        from = rest;
        return toSmtpReply("250 OK");
      case "RCPT":
        if (from === undefined) return toSmtpReply("503 MAIL comes first");
        if (!/^TO:\s*<[^>]+>/i.test(rest)) return toSmtpReply("501 expected RCPT TO:<address>");
        recipients += 1;
        return toSmtpReply("250 OK");
      case "DATA":
        if (recipients === 0) return toSmtpReply("503 RCPT comes first");
        state = "data";
        return toSmtpReply("354 end with a dot on a line of its own");
      case "RSET":
        reset();
        return toSmtpReply("250 OK");
      case "NOOP":
        return toSmtpReply("250 OK");
      case "QUIT":
        return { reply: ["221 bye"], ends: true };
      default:
        return toSmtpReply("502 not known here");
    }
  }

  return {
    heldBytes: () => Math.min(size, maxMessageBytes) + message.length * lineBytes,
    greeting: "220 monstack takes alerts for its checks",
    line: (text) => {
      if (state === "data") return dataLine(text);
      if (state === "password" || state === "plain") return credential();
      return command(text);
    },
  };
}

/** Returns a step with a reply of one line. */
function toSmtpReply(line: string): SmtpStep {
  return { reply: [line] };
}
