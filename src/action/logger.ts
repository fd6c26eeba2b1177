import * as core from "@actions/core";
import { type Annotation, formatMessage, type Logger } from "../host/logger.ts";
import { createRedactor, listRunnerMasks } from "../lib/redact/redactor.ts";

export interface ActionLogger extends Logger {
  /** An error that fails the step. */
  fail(message: string): void;
}

/**
 * Returns the log of a GitHub job. Warnings and errors become annotations. Its masked values are also masked in the
 * output of later steps.
 */
export function createActionLogger(): ActionLogger {
  const redactor = createRedactor();
  const format = (message: string) => formatMessage(message, redactor);
  return {
    debug: (message) => core.debug(format(message)),
    info: (message) => core.info(format(message)),
    warn: (message, about) => core.warning(format(message), toAnnotationProperties(about)),
    error: (message, about) => core.error(format(message), toAnnotationProperties(about)),
    mask: (secret) => {
      if (redactor.add(secret)) for (const line of listRunnerMasks(secret)) core.setSecret(line);
    },
    redactor,
    fail: (message) => core.setFailed(format(message)),
  };
}

/**
 * Returns the annotation's properties for @actions/core. A line without a file is left out, since GitHub would not show
 * the annotation.
 */
function toAnnotationProperties({
  title = "monstack",
  file,
  line,
  column,
}: Annotation = {}): core.AnnotationProperties {
  if (file === undefined) return { title };
  return {
    title,
    file,
    ...(line === undefined ? {} : { startLine: line }),
    ...(line === undefined || column === undefined ? {} : { startColumn: column }),
  };
}
