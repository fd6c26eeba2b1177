import { type Annotation, formatMessage, type Logger } from "../host/logger.ts";
import { createRedactor, listMaskCommands } from "../lib/redact/redactor.ts";
import type { Detail } from "../report/terminal.ts";
import { type Paint, paintNothing, type Tone } from "./display.ts";
import type { TerminalView } from "./live-view.ts";

/** Indentation of continuation lines. They have no time, so none can pass for a message of its own. */
const continuation = " ".repeat(13);

interface TerminalOptions {
  /** `quiet` leaves out all but warnings and errors, `verbose` has messages of the level `debug` too. */
  readonly detail: Detail;
  readonly startedAt: number;
  readonly write: (text: string) => void;
  /** Whether GitHub's runner reads the output, and masks what an `add-mask` command names. */
  readonly isOnGitHub?: boolean;
  /** Default: without colours. */
  readonly paint?: Paint;
  /** Returns a text in the characters that the terminal has. Default: all of them. */
  readonly encode?: (text: string) => string;
  /** Creates the view of the work in progress. It gets the function that masks and sanitizes a text. */
  readonly openView?: ((format: (text: string) => string) => TerminalView) | undefined;
}

export interface TerminalLogger extends Logger {
  /** Writes something else to the same terminal, so that the view of the work in progress does not break it. */
  writeAround(write: () => void): void;
  /** Removes the view of the work in progress. */
  close(): void;
}

/**
 * Returns a logger that writes lines with the seconds since the start, for a terminal or a plain log. Progress goes
 * to stderr, because stdout is for results.
 */
export function createTerminalLogger(options: TerminalOptions): TerminalLogger {
  const { write, detail, paint = paintNothing, encode = (text) => text } = options;
  const redactor = createRedactor();
  const view = options.openView?.((text) => formatMessage(text, redactor).replaceAll("\n", " "));
  const writeAround = view ? view.writeAbove : (work: () => void) => work();
  const writeLine = (mark: string, message: string, tone?: Tone) => {
    const seconds = ((Date.now() - options.startedAt) / 1000).toFixed(1).padStart(6);
    const text = encode(`${mark}${formatMessage(message, redactor, continuation)}`);
    writeAround(() => write(`${paint(`${seconds}s`, "faint")} ${paint(text, tone)}\n`));
  };
  return {
    debug: (message) => {
      if (detail === "verbose") writeLine("  · ", message);
    },
    info: (message) => {
      if (detail !== "quiet") writeLine("  ", message);
    },
    warn: (message, about) => writeLine("  warning: ", formatLocation(about) + message, "mixed"),
    error: (message, about) => writeLine("  error: ", formatLocation(about) + message, "bad"),
    mask: (secret) => {
      if (redactor.add(secret) && options.isOnGitHub)
        for (const command of listMaskCommands(secret)) write(`${command}\n`);
    },
    redactor,
    countsChecks: true,
    writeAround,
    close: () => view?.close(),
    ...(view && { live: view }),
  };
}

/** Returns a place in the format of compilers, `monstack.yaml:12:7: `, which many terminals and editors can open. */
function formatLocation({ file, line, column }: Annotation = {}): string {
  if (file === undefined) return "";
  const numbers = line === undefined ? [] : column === undefined ? [line] : [line, column];
  return `${[file, ...numbers].join(":")}: `;
}
