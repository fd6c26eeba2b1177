import type { Redactor } from "../lib/redact/redactor.ts";
import { sanitizeMessage } from "../lib/sanitize.ts";

/**
 * Where the rooms write what they do. Each door has its own: a terminal, or the log of a GitHub job. Messages may quote
 * anything: secrets in them are masked, and nothing in them steers a terminal or is obeyed by a runner.
 */
export interface Logger {
  /** Shown only with `--verbose` or the runner's debug switch. */
  debug(message: string): void;
  info(message: string): void;
  /** On GitHub also an annotation, at the line that it is about if there is one. */
  warn(message: string, about?: Annotation): void;
  error(message: string, about?: Annotation): void;
  /**
   * Shows the current state of the operation `name` in a status line; without a text, the operation is over. Undefined if
   * the output can't be redrawn (it is not a terminal). Callers log lines then.
   */
  progress?(name: string, text: string | undefined): void;
  /** Registers a secret: logs and reports mask it from here on. Call it before the first line that could hold it. */
  mask(secret: string): void;
  /** Knows every secret that was registered: what is written elsewhere goes through it too. */
  readonly redactor: Redactor;
}

/** What a warning or an error is about. */
export interface Annotation {
  /** The headline above the message on GitHub. */
  readonly title?: string | undefined;
  /** As shown to the user: relative to the working folder where it lies below. */
  readonly file?: string | undefined;
  /** From 1; the same for the column. */
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

/** A message as a log shows it. Secrets are masked first, since what is made visible or broken can take one apart. */
export function formatMessage(message: string, redactor: Redactor, indent?: string): string {
  return sanitizeMessage(redactor.message(message), indent);
}
