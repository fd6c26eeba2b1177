import type { Annotation, Logger } from "../../src/host/logger.ts";
import { createRedactor } from "../../src/lib/redact/redactor.ts";

interface Line {
  level: "debug" | "info" | "warn" | "error";
  message: string;
  about?: Annotation;
}

/** Keeps the lines that were logged. */
export interface RecordingLogger extends Logger {
  readonly lines: readonly Line[];
}

export function createRecordingLogger(): RecordingLogger {
  const lines: Line[] = [];
  const redactor = createRedactor();
  const add = (level: Line["level"]) => (message: string, about?: Annotation) => {
    lines.push({ level, message: redactor.message(message), ...(about ? { about } : {}) });
  };
  return {
    lines,
    debug: add("debug"),
    info: add("info"),
    warn: add("warn"),
    error: add("error"),
    mask: redactor.add,
    redactor,
  };
}
