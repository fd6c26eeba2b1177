import * as core from "@actions/core";
import type { Annotation, Logger } from "../host/logger.ts";

/** The log of a GitHub job: warnings and errors become annotations, secrets are masked by the runner itself. */
export function createActionLogger(): Logger {
  return {
    debug: core.debug,
    info: core.info,
    warn: (message, about) => core.warning(message, properties(about)),
    error: (message, about) => core.error(message, properties(about)),
    mask: (secret) => {
      if (secret) core.setSecret(secret);
    },
  };
}

/** A line without a file would be shown at no place at all. */
function properties({ title = "monstack", file, line, column }: Annotation = {}): core.AnnotationProperties {
  if (file === undefined) return { title };
  return {
    title,
    file,
    ...(line === undefined ? {} : { startLine: line }),
    ...(line === undefined || column === undefined ? {} : { startColumn: column }),
  };
}
