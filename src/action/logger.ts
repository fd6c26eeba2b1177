import * as core from "@actions/core";
import type { Logger } from "../host/logger.ts";

/** The log of a GitHub job: warnings and errors become annotations, secrets are masked by the runner itself. */
export function createActionLogger(): Logger {
  return {
    debug: core.debug,
    info: core.info,
    warn: (message) => core.warning(message, { title: "monstack" }),
    error: (message) => core.error(message, { title: "monstack" }),
    mask: (secret) => {
      if (secret) core.setSecret(secret);
    },
  };
}
