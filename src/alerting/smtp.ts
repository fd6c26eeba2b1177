/** The server's reaction to a line of the client. */
interface SmtpStep {
  /** The lines of the reply. */
  readonly reply?: readonly string[];
  /** The whole message, if the line ended one. */
  readonly message?: string;
  /** True if the server closes the connection. */
  readonly ends?: boolean;
}

interface SmtpSession {
  readonly greeting: string;
  /** Handles one line of the client, without its CRLF. */
  line(text: string): SmtpStep;
  /** Returns the approximate memory of the incoming message in bytes. */
  heldBytes(): number;
}

/** The kind of line that the session expects. `password` is AUTH LOGIN, `plain` is AUTH PLAIN. */
type State = "command" | "data" | "password" | "plain";

/** `Username:` and `Password:` in Base64, as AUTH LOGIN requires. */
const usernamePrompt = "334 VXNlcm5hbWU6";
const passwordPrompt = "334 UGFzc3dvcmQ6";

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
  /** Lines with credentials that are still to come. AUTH LOGIN sends the user and the password in two lines. */
  let credentialLines = 0;
  let from: string | undefined;
  let recipients = 0;
  let message: string[] = [];
  let size = 0;

  function resetMessage(): void {
    from = undefined;
    recipients = 0;
    message = [];
    size = 0;
  }

  /** Adds a line to the message; a line with a single dot ends the message. A dot at a line's beginning is doubled. */
  function handleDataLine(text: string): SmtpStep {
    if (text !== ".") {
      size += text.length + 2;
      if (size <= maxMessageBytes) message.push(text.startsWith(".") ? text.slice(1) : text);
      return {};
    }
    state = "command";
    const messageText = message.join("\r\n");
    const isTooBig = size > maxMessageBytes;
    resetMessage();
    return isTooBig ? toSmtpReply("552 message too big") : { reply: ["250 OK"], message: messageText };
  }

  /** Handles AUTH with or without credentials in the same line. */
  function startAuthentication(rest: string): SmtpStep {
    const [mechanism = "", initial] = rest.split(/\s+/);
    if (mechanism.toUpperCase() === "PLAIN") {
      if (initial !== undefined) return toSmtpReply("235 authenticated");
      state = "plain";
      return toSmtpReply("334 ");
    }
    if (mechanism.toUpperCase() !== "LOGIN") return toSmtpReply("504 only PLAIN and LOGIN");
    state = "password";
    credentialLines = initial === undefined ? 2 : 1;
    return toSmtpReply(credentialLines === 2 ? usernamePrompt : passwordPrompt);
  }

  /** Accepts a line with a user name or a password, whatever it contains. */
  function handleCredentialLine(): SmtpStep {
    credentialLines = state === "plain" ? 0 : credentialLines - 1;
    if (credentialLines > 0) return toSmtpReply(passwordPrompt);
    state = "command";
    return toSmtpReply("235 authenticated");
  }

  function handleCommand(text: string): SmtpStep {
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
        return startAuthentication(rest);
      case "MAIL":
        if (!/^FROM:\s*<[^>]*>/i.test(rest)) return toSmtpReply("501 expected MAIL FROM:<address>");
        resetMessage();
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
        resetMessage();
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
      if (state === "data") return handleDataLine(text);
      if (state === "password" || state === "plain") return handleCredentialLine();
      return handleCommand(text);
    },
  };
}

/** Returns a step with a reply of one line. */
function toSmtpReply(line: string): SmtpStep {
  return { reply: [line] };
}
