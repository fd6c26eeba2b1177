import type { RunEvent } from "../host/activity.ts";
import type { Logger } from "../host/logger.ts";
import { redactTexts } from "../report/write.ts";

/** Returns the logger of a run whose events are written, one JSON object per line. */
export function writeEvents(log: Logger, printJson: (json: string) => void): Logger {
  return {
    ...log,
    onEvent: ({ event, ...data }: RunEvent) => {
      // The name is a word of the format: a secret of the same letters does not mask it.
      const line = { event, ...redactTexts(data, log.redactor.message) };
      printJson(`${JSON.stringify(line)}\n`);
    },
  };
}
