import { flag, yesOrNo } from "../parsers.ts";
import { same } from "./setting.ts";

/** What a teardown leaves. */
export const keepSettings = {
  "keep-metrics": {
    ...same(
      flag,
      ["keep", "metrics"],
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
      "true|false",
      "false",
      "Leave the volumes with what is in them when the rest is torn down",
    ),
    fromText: yesOrNo,
  },
};
