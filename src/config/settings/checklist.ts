import { duration, flag, path, yesOrNo } from "../../yaml/parsers.ts";
import { allowed, belowWorkspace, same } from "./setting.ts";

/** What the production checklist needs to know. */
export const checklistSettings = {
  backups: same(
    path,
    ["verify", "backups"],
    belowWorkspace,
    "PATH",
    "",
    "An archive of `monstack backup`, or a folder of them: the evidence that the production checklist asks for",
  ),
  "backup-max-age": same(
    duration,
    ["verify", "backup-max-age"],
    allowed,
    "TIME",
    "7d",
    "How old the newest of these backups may be",
  ),
  "send-test-notification": {
    ...same(
      flag,
      ["verify", "send-test-notification"],
      allowed,
      "true|false",
      "false",
      "For the production checklist, send one alert to each of your own receivers, for real",
    ),
    fromText: yesOrNo,
  },
};
