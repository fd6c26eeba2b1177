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
import { noticeUnsupportedSetting } from "./user-files.ts";

/** The input from which each setting is planned. */
export interface SettingInput {
  readonly config: Config;
  /** The apps that are planned so far, with the user's values, in dependency order. */
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

/** The changes of the plan that one of the user's settings requests. */
export interface PlanChanges {
  readonly values?: readonly RequestedValue[];
  /** Apps that the setting adds, for example with ConfigMaps. */
  readonly apps?: readonly PlannedApp[];
  /** Dependencies that the setting adds to other apps: `grafana` waits for the ConfigMaps that it mounts. */
  readonly dependencies?: readonly { readonly app: string; readonly on: Dependency }[];
  readonly notices?: readonly Notice[];
  /** Secrets from the environment or from files. They are never shown. */
  readonly secrets?: readonly string[];
}

/** Returns the changes that a setting, or a group of settings, requests. Pure. */
export type PlanSetting = (input: SettingInput) => PlanChanges;

interface AppliedSettings {
  readonly apps: readonly PlannedApp[];
  readonly values: readonly RequestedValue[];
  readonly notices: readonly Notice[];
  readonly secrets: readonly string[];
}

/** Returns the apps after all settings. Each part sees the apps and values that the earlier parts planned. */
export function applySettings(settingParts: readonly PlanSetting[], input: SettingInput): AppliedSettings {
  return settingParts.reduce<AppliedSettings>(
    (soFar, planSetting) => {
      const changes = planSetting({ ...input, apps: soFar.apps });
      return {
        apps: addDependencies(
          [
            ...soFar.apps.map((app) => withRequestedValues(app, changes.values ?? [])),
            ...(changes.apps ?? []),
          ],
          changes,
        ),
        values: [...soFar.values, ...(changes.values ?? [])],
        notices: [
          ...soFar.notices,
          ...(changes.notices ?? []),
          ...noticeReplacedValues(soFar.apps, changes.values ?? []),
        ],
        secrets: [...soFar.secrets, ...(changes.secrets ?? [])],
      };
    },
    { apps: input.apps, values: [], notices: [], secrets: [] },
  );
}

/** Returns the app with the values that settings request for it. */
function withRequestedValues(app: PlannedApp, requested: readonly RequestedValue[]): PlannedApp {
  const appRequests = requested.filter((request) => request.app === app.name);
  return appRequests.length === 0
    ? app
    : { ...app, values: appRequests.reduce(applyRequestedValue, app.values) };
}

/**
 * Returns the values after one request: by default the value is merged into them, with `whole` it replaces the
 * previous value, and with `append` it is added to a list or text.
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

/**
 * Returns a notice for each setting that replaces a different value of the user's, because the setting wins. Appended
 * and merged values replace nothing.
 */
function noticeReplacedValues(apps: readonly PlannedApp[], requested: readonly RequestedValue[]): Notice[] {
  return requested.flatMap(({ app, path, value, how, setting, secret }) => {
    const current = getValueAt(apps.find(({ name }) => name === app)?.values ?? {}, path);
    if (how === "append" || current === undefined || (how !== "whole" && isMapping(current))) return [];
    if (JSON.stringify(current) === JSON.stringify(value)) return [];
    const formatValue = (shownValue: unknown) =>
      secret === true || (typeof shownValue === "object" && shownValue !== null)
        ? ""
        : `: ${String(shownValue)}`;
    const text = `${setting}${formatValue(value)} takes the place of ${app}'s own value ${formatKeyPath(path)}${formatValue(current)}`;
    return [{ id: "value-replaced", text, about: { app, path } }];
  });
}

/** Every setting that changes values or adds apps, in the order in which they are applied to the user's values. */
export const planSettings: readonly PlanSetting[] = [
  requestPrometheusSettings,
  requestStorage,
  requestResources,
  planRemotes,
  planAlertmanagerConfig,
  // The ranges of rules are compared with the scrape interval, so that is planned before.
  planRules,
  planMonitors,
  noticeUnusedDashboards,
];

/**
 * Returns a warning for dashboards in a stack without Grafana. In a stack with Grafana they are added after the download.
 */
function noticeUnusedDashboards(input: SettingInput): PlanChanges {
  if (input.config.dashboards.length === 0 || input.apps.some(hasGrafana)) return {};
  return { notices: [noticeUnsupportedSetting(input, ["dashboards"], "Grafana")] };
}
