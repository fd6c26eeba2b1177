import { type Annotation, hide, type Logger } from "../host/logger.ts";
import { createStatusLine } from "./status-line.ts";

/**
 * Lines for a terminal or a plain log, each with the seconds since the start. Progress goes to stderr: stdout is for
 * results. With `columns`, the width of a terminal, what goes on stands in a last line that is redrawn.
 */
export function createTerminalLogger(options: {
  verbose: boolean;
  startedAt: number;
  write?: (line: string) => void;
  columns?: (() => number) | undefined;
}): Logger {
  const write = options.write ?? ((line: string) => void process.stderr.write(line));
  const secrets: string[] = [];
  const status = options.columns && createStatusLine(write, options.columns);
  const say = (mark: string, message: string) => {
    const seconds = ((Date.now() - options.startedAt) / 1000).toFixed(1).padStart(6);
    status?.erase();
    for (const line of hide(message, secrets).split("\n")) write(`${seconds}s ${mark}${line}\n`);
    status?.draw();
  };
  return {
    debug: (message) => {
      if (options.verbose) say("  · ", message);
    },
    info: (message) => say("  ", message),
    warn: (message, about) => say("  warning: ", at(about) + message),
    error: (message, about) => say("  error: ", at(about) + message),
    mask: (secret) => {
      if (secret) secrets.push(secret);
    },
    ...(status && {
      progress: (name, text) => status.set(name, text === undefined ? undefined : hide(text, secrets)),
    }),
  };
}

/** `monstack.yaml:12:7: `, as compilers write it: many terminals and editors open it. */
function at({ file, line, column }: Annotation = {}): string {
  if (file === undefined) return "";
  const numbers = line === undefined ? [] : column === undefined ? [line] : [line, column];
  return `${[file, ...numbers].join(":")}: `;
}
