import { flag, yesOrNo } from "../../yaml/parsers.ts";
import { allowed, refused, same } from "./setting.ts";

/** What a teardown leaves. */
export const keepSettings = {
  "keep-metrics": {
    ...same(
      flag,
      ["keep", "metrics"],
      allowed,
      "true|false",
      "false",
      "Before the teardown, back up the stack into the report's folder: metrics, dashboards, silences",
    ),
    fromText: yesOrNo,
  },
  "keep-data": {
    ...same(
      flag,
      ["keep", "data"],
      refused("it leaves files on this machine after the job"),
      "true|false",
      "false",
      "Leave the volumes with what is in them when the rest is torn down",
    ),
    fromText: yesOrNo,
  },
};
