import { createPathSchema, readBoolean, trueOrFalse } from "../../yaml/primitives.ts";
import { allowed, belowWorkspace, type SettingTable } from "./setting.ts";

/** Settings for the comparison of a run with an earlier one. */
export const compareSettings = {
  baseline: {
    schema: createPathSchema,
    inFile: ["compare", "baseline"],
    inRestricted: belowWorkspace,
    metavar: "DIR",
    help: "The report folder of an earlier run (or its results.json), with which this one is compared",
  },
  compare: {
    schema: trueOrFalse,
    readText: readBoolean,
    inFile: ["compare", "last-green"],
    inRestricted: allowed,
    metavar: "true|false",
    byDefault: "true",
    help: "On GitHub, without a baseline: compare with the last verified run of this branch and configuration, kept in GitHub's cache",
  },
} satisfies SettingTable;
