import type { Config } from "../../config/schema.ts";
import { UserError } from "../../lib/errors.ts";
import {
  formatKeyPath,
  getValueAt,
  isMapping,
  replaceValueAt,
  type Values,
  withValue,
} from "../../lib/object.ts";
import type { Dependency, Notice, PlannedApp, RequestedValue } from "../../model/plan.ts";
import { hasGrafana } from "../grafana/grafana-values.ts";
import { type JudgedConfig, planAlertmanagerConfig } from "./alertmanager-config.ts";
import { requestPrometheusSettings, requestResources, requestStorage } from "./chart-values.ts";
import { planMonitors } from "./monitors.ts";
import { planRemotes } from "./remotes.ts";
import { planRules } from "./rules.ts";
import { noticeNoTaker } from "./user-files.ts";

/** What a part of the plan is made from. */
export interface SettingInput {
  readonly config: Config;
  /** The apps so far, the user's values in them, in dependency order. */
  readonly apps: readonly PlannedApp[];
  /** The contents of the user's files, by absolute path: every file that a setting names was read. */
  readonly texts: Readonly<Record<string, string>>;
  /** Environment variables, for secrets that must not be in a file. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute; a path below it is shown relative to it. */
  readonly cwd: string;
  /** Pods can be expected to reach a receiver of monstack's on this machine; default: nobody knows. */
  readonly canCapture?: boolean;
  /** The result of upstream's own code for `alerting.config`; undefined if it did not run. */
  readonly judged?: JudgedConfig | undefined;
}

/** What a setting of the user's changes about the plan. */
export interface PlanChanges {
  readonly values?: readonly RequestedValue[];
  /** Apps that the setting brings along, e.g. ConfigMaps. */
  readonly apps?: readonly PlannedApp[];
  /** Waits that it adds to apps that are there: `grafana` after what it mounts. */
  readonly dependencies?: readonly { readonly app: string; readonly on: Dependency }[];
  readonly notices?: readonly Notice[];
  /** What came from the environment or from files and is never shown. */
  readonly secrets?: readonly string[];
}

/** One setting, or a family of them, turned into changes of the plan. Pure. */
export type PlanSetting = (input: SettingInput) => PlanChanges;

interface AppliedSettings {
  readonly apps: readonly PlannedApp[];
  readonly values: readonly RequestedValue[];
  readonly notices: readonly Notice[];
  readonly secrets: readonly string[];
}

/** Runs each part of the settings in order. A later part sees the apps and values that the earlier ones planned. */
export function applySettings(parts: readonly PlanSetting[], input: SettingInput): AppliedSettings {
  return parts.reduce<AppliedSettings>(
    (done, part) => {
      const changes = part({ ...input, apps: done.apps });
      return {
        apps: addDependencies(
          [
            ...done.apps.map((app) => withRequestedValues(app, changes.values ?? [])),
            ...(changes.apps ?? []),
          ],
          changes,
        ),
        values: [...done.values, ...(changes.values ?? [])],
        notices: [
          ...done.notices,
          ...(changes.notices ?? []),
          ...noticeReplacedValues(done.apps, changes.values ?? []),
        ],
        secrets: [...done.secrets, ...(changes.secrets ?? [])],
      };
    },
    { apps: input.apps, values: [], notices: [], secrets: [] },
  );
}

function withRequestedValues(app: PlannedApp, requested: readonly RequestedValue[]): PlannedApp {
  const appRequests = requested.filter((request) => request.app === app.name);
  return appRequests.length === 0
    ? app
    : { ...app, values: appRequests.reduce(applyRequestedValue, app.values) };
}

/**
 * Returns the values with a requested value: set, appended to a list or text, or replaced as a whole.
 * @throws UserError if something must be appended to a value that is not a list
 */
function applyRequestedValue(values: Values, { path, value, how, setting }: RequestedValue): Values {
  if (how === "whole") return replaceValueAt(values, path, value);
  if (how !== "append") return withValue(values, path, value);
  if (typeof value === "string") return withValue(values, path, appendText(getValueAt(values, path), value));
  const current = getValueAt(values, path) ?? [];
  if (!Array.isArray(current))
    throw new UserError(
      `${setting}: ${formatKeyPath(path)} in the values is not a list, so nothing can be added to it`,
    );
  return withValue(values, path, [...current, ...(Array.isArray(value) ? value : [value])]);
}

/** Appends a text to a text. Charts take some lists as one text, for example extraScrapeConfigs. */
function appendText(current: unknown, addition: string): string {
  const before = typeof current === "string" ? current.trimEnd() : "";
  return before === "" ? addition : `${before}\n${addition}`;
}

function addDependencies(apps: readonly PlannedApp[], { dependencies = [] }: PlanChanges): PlannedApp[] {
  return apps.map((app) => {
    const added = dependencies.filter((dependency) => dependency.app === app.name).map(({ on }) => on);
    return added.length === 0 ? app : { ...app, dependsOn: [...app.dependsOn, ...added] };
  });
}

/** Returns a notice for each setting that replaces a different value of the user's: the setting wins. */
function noticeReplacedValues(apps: readonly PlannedApp[], requested: readonly RequestedValue[]): Notice[] {
  return requested.flatMap(({ app, path, value, how, setting, secret }) => {
    const current = getValueAt(apps.find(({ name }) => name === app)?.values ?? {}, path);
    if (how === "append" || current === undefined || (how !== "whole" && isMapping(current))) return [];
    if (JSON.stringify(current) === JSON.stringify(value)) return [];
    const shown = (value: unknown) =>
      secret === true || (typeof value === "object" && value !== null) ? "" : `: ${String(value)}`;
    const text = `${setting}${shown(value)} takes the place of ${app}'s own value ${formatKeyPath(path)}${shown(current)}`;
    return [{ id: "value-replaced", text, about: { app, path } }];
  });
}

/** Every setting that changes values or brings apps along, in the order in which they are laid over the user's values. */
export const planSettings: readonly PlanSetting[] = [
  requestPrometheusSettings,
  requestStorage,
  requestResources,
  planRemotes,
  planAlertmanagerConfig,
  // After the scrape interval, against which it measures ranges.
  planRules,
  planMonitors,
  noticeUnusedDashboards,
];

/**
 * Returns a warning for dashboards in a stack without Grafana. In a stack with Grafana they are added after the download.
 */
function noticeUnusedDashboards(input: SettingInput): PlanChanges {
  if (input.config.dashboards.length === 0 || input.apps.some(hasGrafana)) return {};
  return { notices: [noticeNoTaker(input, ["dashboards"], "Grafana")] };
}
