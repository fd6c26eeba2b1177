/** Where the rooms write what they do. Each door has its own: a terminal, or the log of a GitHub job. */
export interface Logger {
  /** Shown only with `--verbose` or the runner's debug switch. */
  debug(message: string): void;
  info(message: string): void;
  /** On GitHub also an annotation. */
  warn(message: string): void;
  error(message: string): void;
  /** From now on `secret` is shown as `***`, in every line. Call it before the first line that could hold it. */
  mask(secret: string): void;
}

/** Keeps what was logged, for tests and for the report. */
export interface RecordingLogger extends Logger {
  readonly lines: readonly { level: "debug" | "info" | "warn" | "error"; message: string }[];
}

export function createRecordingLogger(): RecordingLogger {
  const lines: { level: "debug" | "info" | "warn" | "error"; message: string }[] = [];
  const secrets: string[] = [];
  const add = (level: "debug" | "info" | "warn" | "error") => (message: string) => {
    lines.push({ level, message: hide(message, secrets) });
  };
  return {
    lines,
    debug: add("debug"),
    info: add("info"),
    warn: add("warn"),
    error: add("error"),
    mask: (secret) => {
      if (secret) secrets.push(secret);
    },
  };
}

/** Replaces every secret in a line. */
export function hide(line: string, secrets: readonly string[]): string {
  return secrets.reduce((text, secret) => text.replaceAll(secret, "***"), line);
}
