import { hide, type Logger } from "../host/logger.ts";

/** Lines for a terminal or a plain log, each with the seconds since the start. Progress goes to stderr: stdout is for results. */
export function createTerminalLogger(options: {
  verbose: boolean;
  startedAt: number;
  write?: (line: string) => void;
}): Logger {
  const write = options.write ?? ((line: string) => void process.stderr.write(line));
  const secrets: string[] = [];
  const say = (mark: string, message: string) => {
    const seconds = ((Date.now() - options.startedAt) / 1000).toFixed(1).padStart(6);
    for (const line of hide(message, secrets).split("\n")) write(`${seconds}s ${mark}${line}\n`);
  };
  return {
    debug: (message) => {
      if (options.verbose) say("  · ", message);
    },
    info: (message) => say("  ", message),
    warn: (message) => say("  warning: ", message),
    error: (message) => say("  error: ", message),
    mask: (secret) => {
      if (secret) secrets.push(secret);
    },
  };
}
