import { duration, path, readBoolean, trueOrFalse } from "../../yaml/primitives.ts";
import { allowed, belowWorkspace, refused, type SettingTable } from "./setting.ts";

/** What a teardown leaves. */
export const keepSettings = {
  "keep-metrics": {
    schema: trueOrFalse,
    readText: readBoolean,
    inFile: ["keep", "metrics"],
    inRestricted: allowed,
    metavar: "true|false",
    byDefault: "false",
    help: "Before the teardown, back up the stack into the report's folder: metrics, dashboards, silences",
  },
  "keep-data": {
    schema: trueOrFalse,
    readText: readBoolean,
    inFile: ["keep", "data"],
    inRestricted: refused("it leaves files on this machine after the job"),
    metavar: "true|false",
    byDefault: "false",
    help: "Leave the volumes with what is in them when the rest is torn down",
  },
} satisfies SettingTable;

/** What the production checklist needs to know. */
export const checklistSettings = {
  backups: {
    schema: path,
    inFile: ["verify", "backups"],
    inRestricted: belowWorkspace,
    metavar: "PATH",
    help: "An archive of `monstack backup`, or a folder of them: the evidence that the production checklist asks for",
  },
  "backup-max-age": {
    schema: duration,
    inFile: ["verify", "backup-max-age"],
    inRestricted: allowed,
    metavar: "TIME",
    byDefault: "7d",
    help: "How old the newest of these backups may be",
  },
  "send-test-notification": {
    schema: trueOrFalse,
    readText: readBoolean,
    inFile: ["verify", "send-test-notification"],
    inRestricted: allowed,
    metavar: "true|false",
    byDefault: "false",
    help: "For the production checklist, send one alert to each of your own receivers, for real",
  },
} satisfies SettingTable;
