import type { Redactor } from "../lib/redact/redactor.ts";
import { sanitizeMessage } from "../lib/sanitize.ts";
import type { LiveView, RunEvent } from "./activity.ts";

/**
 * Writes log lines: to a terminal, or to the log of a GitHub job. A message may quote any text. Secrets in it are
 * masked, and terminal controls and the runner's commands in it have no effect.
 */
export interface Logger {
  /** Shown only with `--verbose` or the runner's debug switch. */
  debug(message: string): void;
  info(message: string): void;
  /** Logs a warning; on GitHub also as an annotation, at the line of `about` if there is one. */
  warn(message: string, about?: Annotation): void;
  error(message: string, about?: Annotation): void;
  /** Shows work in progress. Undefined if the output can't be redrawn: then callers log lines. */
  readonly live?: LiveView;
  /** Receives what happens, for a program that reads it. Undefined if no program does. */
  readonly onEvent?: (event: RunEvent) => void;
  /** True if checks that passed or were skipped are only counted, and shown at the level `debug`. */
  readonly countsChecks?: boolean;
  /** Registers a secret: logs and reports mask it from here on. Call it before the first line that could hold it. */
  mask(secret: string): void;
  /** Masks every registered secret. Text that is written elsewhere goes through it too. */
  readonly redactor: Redactor;
}

/** What a warning or an error is about. */
export interface Annotation {
  /** The headline above the message on GitHub. */
  readonly title?: string | undefined;
  /** Relative to the working folder if the file is in it, else absolute. */
  readonly file?: string | undefined;
  /** From 1; the same for the column. */
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

/** Returns a message as a log shows it. Masks secrets first, because sanitising could split a secret. */
export function formatMessage(message: string, redactor: Redactor, indent?: string): string {
  return sanitizeMessage(redactor.message(message), indent);
}
