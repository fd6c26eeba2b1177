import * as z from "zod";
import { describeMismatch } from "../../yaml/mistakes.ts";
import {
  type Context,
  createChoiceSchema,
  createPathListSchema,
  createPathSchema,
  readBoolean,
  splitText,
  trueOrFalse,
} from "../../yaml/primitives.ts";
import { createDashboardsSchema } from "../dashboards.ts";
import { findRefusedReferences } from "../trust/limits.ts";
import { allowed, belowWorkspace, refuseBecause, type SettingTable } from "./setting.ts";

/** Alertmanager's configuration: the absolute path of a file, or a mapping in monstack.yaml. */
export type AlertmanagerConfig =
  | { readonly file: string }
  | { readonly inline: Readonly<Record<string, unknown>> };

/** Returns the schema of Alertmanager's configuration: a path, or the configuration itself. */
function createAlertmanagerSchema(context: Context) {
  const inline = z.record(z.string(), z.unknown()).superRefine((config, issues) => {
    for (const problem of findRefusedReferences(config, context)) issues.addIssue(problem);
  });
  return z.union(
    [
      createPathSchema(context).transform((file): AlertmanagerConfig => ({ file })),
      inline.transform((config): AlertmanagerConfig => ({ inline: config })),
    ],
    { error: ({ input }) => describeMismatch(input, "a path or a mapping with receivers and route") },
  );
}

/** Alertmanager's receivers and Prometheus' rules. */
export const alertingSettings = {
  "alertmanager-config": {
    schema: createAlertmanagerSchema,
    inFile: ["alerting", "config"],
    inRestricted: belowWorkspace,
    metavar: "PATH",
    help: `Alertmanager's configuration, with \${NAME} and \${file:PATH} in the place of secrets; receivers alone are enough`,
  },
  rules: {
    schema: createPathListSchema,
    readText: splitText,
    inFile: ["rules"],
    inRestricted: belowWorkspace,
    metavar: "PATHS",
    help: "Files of Prometheus' alerting and recording rules, folders of them or patterns like rules/*.yaml; separated by commas",
  },
  "alert-receivers": {
    schema: createChoiceSchema("a way to treat the receivers", ["as-is", "capture"]),
    inFile: ["alerting", "receivers"],
    inRestricted: allowed,
    metavar: "as-is|capture",
    byDefault: "capture in profile ci when the values name no receiver, else as-is",
    help: "capture: Alertmanager sends to a receiver of monstack's own instead, so that delivery is proven and nobody is paged",
  },
  "amtool-path": {
    schema: createPathSchema,
    inFile: ["alerting", "amtool"],
    inRestricted: refuseBecause("it names a program that runs on this machine"),
    metavar: "PATH",
    help: "Deprecated, without effect: Alertmanager's own code judges its configuration",
  },
  "rule-tests": {
    schema: createPathListSchema,
    readText: splitText,
    inFile: ["alerting", "rule-tests"],
    inRestricted: belowWorkspace,
    metavar: "PATHS",
    help: "Unit tests of rules in promtool's format, run with promtool before anything is deployed; separated by commas",
  },
  "promtool-path": {
    schema: createPathSchema,
    inFile: ["alerting", "promtool"],
    inRestricted: refuseBecause("it names a program that runs on this machine"),
    metavar: "PATH",
    byDefault: "the one in PATH, if there is one",
    help: "The promtool that runs the rules' unit tests",
  },
} satisfies SettingTable;

/** What Grafana shows. */
export const dashboardSettings = {
  dashboards: {
    schema: createDashboardsSchema,
    readText: splitText,
    inFile: ["dashboards"],
    inRestricted: belowWorkspace,
    metavar: "A,B",
    help: "Dashboards for Grafana: ids of grafana.com (1860, or 1860@37 for a revision), .json files, folders of them, or URLs; separated by commas",
  },
  "take-over-dashboards": {
    schema: trueOrFalse,
    readText: readBoolean,
    inFile: ["take-over-dashboards"],
    inRestricted: allowed,
    metavar: "true|false",
    byDefault: "true with profile ci, else false",
    help: "Download the dashboards that the values of Grafana's chart name by gnetId, through mirrors, cache and lock, in the place of the chart, which hides a download that fails",
  },
} satisfies SettingTable;
