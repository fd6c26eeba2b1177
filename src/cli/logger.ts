import { type Annotation, formatMessage, type Logger } from "../host/logger.ts";
import { createRedactor, listMaskCommands } from "../lib/redact/redactor.ts";

/** Indentation of continuation lines. They have no time, so none can pass for a message of its own. */
const continuation = " ".repeat(13);

interface TerminalOptions {
  readonly verbose: boolean;
  readonly startedAt: number;
  readonly write: (line: string) => void;
  readonly columns?: (() => number) | undefined;
  /** Whether GitHub's runner reads the output, and masks what an `add-mask` command names. */
  readonly isOnGitHub?: boolean;
}

/**
 * Returns a logger that writes lines with the seconds since the start, for a terminal or a plain log. Progress goes
 * to stderr, because stdout is for results. In a terminal, whose width `columns` returns, the current progress is a
 * last line that is redrawn.
 */
export function createTerminalLogger(options: TerminalOptions): Logger {
  const { write } = options;
  const redactor = createRedactor();
  const status = options.columns && createStatusLine(write, options.columns);
  const writeLine = (mark: string, message: string) => {
    const seconds = ((Date.now() - options.startedAt) / 1000).toFixed(1).padStart(6);
    status?.erase();
    write(`${seconds}s ${mark}${formatMessage(message, redactor, continuation)}\n`);
    status?.draw();
  };
  return {
    debug: (message) => {
      if (options.verbose) writeLine("  · ", message);
    },
    info: (message) => writeLine("  ", message),
    warn: (message, about) => writeLine("  warning: ", formatLocation(about) + message),
    error: (message, about) => writeLine("  error: ", formatLocation(about) + message),
    mask: (secret) => {
      if (redactor.add(secret) && options.isOnGitHub)
        for (const command of listMaskCommands(secret)) write(`${command}\n`);
    },
    redactor,
    ...(status && {
      progress: (name, text) => status.set(name, text && formatMessage(text, redactor).replaceAll("\n", " ")),
    }),
  };
}

/** Returns a place in the format of compilers, `monstack.yaml:12:7: `, which many terminals and editors can open. */
function formatLocation({ file, line, column }: Annotation = {}): string {
  if (file === undefined) return "";
  const numbers = line === undefined ? [] : column === undefined ? [line] : [line, column];
  return `${[file, ...numbers].join(":")}: `;
}

/** The last line of a terminal, which shows the current progress and is redrawn as it changes. */
interface StatusLine {
  /** Sets the text of one activity. Without a text the activity has finished. */
  set(name: string, text: string | undefined): void;
  /** Erases the line, before another one is written. */
  erase(): void;
  draw(): void;
}

/** Returns a status line that is written with `write` and cut to the terminal's width. */
function createStatusLine(write: (text: string) => void, columns: () => number): StatusLine {
  const texts = new Map<string, string>();
  let isDrawn = false;
  const erase = () => {
    // Carriage return, and the escape sequence that clears the line.
    if (isDrawn) write("\r\u001b[2K");
    isDrawn = false;
  };
  const draw = () => {
    if (texts.size === 0) return;
    // The line is cut, because a wrapped line can't be erased.
    write([...texts.values()].join(" | ").slice(0, Math.max(columns() - 1, 1)));
    isDrawn = true;
  };
  return {
    set: (name, text) => {
      if (text === undefined) texts.delete(name);
      else texts.set(name, text);
      erase();
      draw();
    },
    erase,
    draw,
  };
}
