import * as z from "zod";
import {
  createListSchema,
  createPathSchema,
  createTextSchema,
  duration,
  readBoolean,
  splitText,
  trueOrFalse,
  wholeNumber,
} from "../../yaml/primitives.ts";
import { allowed, belowWorkspace, refuseBecause, type SettingTable } from "./setting.ts";

const checkId = createTextSchema("a check's id, or a pattern of ids like grafana-*", /^[a-z0-9/*-]+$/);

/** `id`, or `id=reason`. */
const skippedCheck = createTextSchema(
  "a check's id, or a pattern of ids like grafana-*, with =REASON if need be",
  /^[a-z0-9/*-]+\s*(=|$)/,
).transform((given) => {
  const [id = "", reason = ""] = given.split(/=(.*)/s, 2);
  return [id.trim(), reason.trim() || "left out on request"] as const;
});

/** A list of ids, or a mapping from an id to the reason that the report shows. */
const skippedChecks = z.union([
  createListSchema(skippedCheck, "a list of ids, or ids with a reason each").transform((checks) =>
    Object.fromEntries(checks),
  ),
  z.record(checkId, createTextSchema("a reason")),
]);

/** Settings for the checks on the live stack, and for their limits. */
export const checkSettings = {
  checks: {
    schema: createListSchema(checkId, "a list of ids"),
    readText: splitText,
    inFile: ["verify", "only"],
    inRestricted: allowed,
    metavar: "ID,ID",
    byDefault: "all",
    help: "Make only these checks; ids or patterns like grafana-*",
  },
  skip: {
    schema: skippedChecks,
    readText: splitText,
    inFile: ["verify", "skip"],
    inRestricted: allowed,
    metavar: "ID[=WHY]",
    help: "Leave these checks out; ids or patterns, with =WHY for the report, separated by commas",
  },
  "verify-at-end": {
    schema: trueOrFalse,
    readText: readBoolean,
    inFile: ["verify", "at-end"],
    inRestricted: allowed,
    metavar: "true|false",
    byDefault: "false",
    help: "Check the stack once more before the teardown: that it held, and that nothing restarted or fired meanwhile",
  },
  "expect-alerts": {
    schema: createListSchema(createTextSchema("an alert's name"), "a list of alerts' names"),
    readText: splitText,
    inFile: ["verify", "expect-alerts"],
    inRestricted: allowed,
    metavar: "A,B",
    byDefault: "Watchdog, InfoInhibitor",
    help: "Alerts that may fire without the stack being called unhealthy",
  },
  "max-series": {
    schema: wholeNumber,
    inFile: ["verify", "max-series"],
    inRestricted: allowed,
    metavar: "COUNT",
    byDefault: "1000000",
    help: "How many series Prometheus may hold in its head block",
  },
  "max-dead-panels": {
    schema: wholeNumber,
    inFile: ["verify", "max-dead-panels"],
    inRestricted: allowed,
    metavar: "COUNT",
    byDefault: "as many as the baseline file names, else any number with a warning",
    help: "How many panels of a dashboard may show nothing",
  },
  "dashboard-baseline": {
    schema: createPathSchema,
    inFile: ["verify", "dashboard-baseline"],
    inRestricted: belowWorkspace,
    metavar: "PATH",
    byDefault: "monstack-dashboards.json beside the configuration file, if it is there",
    help: "The panels that are known to show nothing; only others are news",
  },
  "update-baseline": {
    schema: trueOrFalse,
    readText: readBoolean,
    inFile: ["verify", "update-baseline"],
    inRestricted: allowed,
    metavar: "true|false",
    byDefault: "false",
    help: "Write the panels that show nothing now into the baseline file",
  },
} satisfies SettingTable;

/** Settings for the data that a teardown keeps. */
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
    inRestricted: refuseBecause("it leaves files on this machine after the job"),
    metavar: "true|false",
    byDefault: "false",
    help: "Leave the volumes with what is in them when the rest is torn down",
  },
} satisfies SettingTable;

/** Settings of the production checklist. */
export const checklistSettings = {
  backups: {
    schema: createPathSchema,
    inFile: ["verify", "backups"],
    inRestricted: belowWorkspace,
    metavar: "PATH",
    help: "An archive of `monstack backup`, or a folder of them: the evidence that the production checklist needs",
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
