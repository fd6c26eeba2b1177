import { type CaptureAddress, describeEndpoint } from "../alerting/endpoints.ts";
import { ruleGroup } from "../alerting/own-alerts.ts";
import { groupWait, hasIntegration, redirectReceivers } from "../alerting/redirect.ts";
import type { Config } from "../config/schema.ts";
import { UserError } from "../lib/errors.ts";
import {
  formatKeyPath,
  getOwnValue,
  getValueAt,
  isEmptyValue,
  isMapping,
  replaceValueAt,
  type Values,
} from "../lib/object.ts";
import { getChartName, stackChart } from "../model/chart.ts";
import type { PlannedAlerting, PlannedApp, ProfileSetting } from "../model/plan.ts";

/** Where pods reach this host, or why they can't be expected to. */
export type PodGateway = { readonly address: string } | { readonly unknown: string };

/** Ports of monstack's own receiver on this machine: for webhooks and for mail. */
const httpPort = 9095;
const smtpPort = 9096;

/** The key path of Alertmanager's configuration in each chart, and the name of the chart's own receiver. */
const configPlaces: Readonly<Record<string, { path: readonly string[]; receiver: string }>> = {
  prometheus: { path: ["alertmanager", "config"], receiver: "default-receiver" },
  alertmanager: { path: ["config"], receiver: "default-receiver" },
  "kube-prometheus-stack": { path: ["alertmanager", "config"], receiver: "null" },
};

interface AlertingPlan {
  readonly alerting: PlannedAlerting;
  readonly apps: readonly PlannedApp[];
  /** The values that the capture replaces; empty if the receivers stay as they are. */
  readonly settings: readonly ProfileSetting[];
}

const deliveryFix = "leave alerting.receivers out, or set it to as-is: then delivery isn't tried";

/**
 * Returns whether Alertmanager sends its alerts to monstack's own receiver, with the apps' values for it. Alerts are
 * captured if the user requested it, or if profile ci finds no receiver that could be reached. In all other cases the
 * apps stay as they are, and the result has the reason.
 * @throws UserError if capture was requested but is impossible
 */
export function planAlerting(
  config: Config,
  apps: readonly PlannedApp[],
  gateway: PodGateway,
  /** Receivers are named, and each has a placeholder where its secret belongs. */
  hasOnlyPlaceholders = false,
  /** A part of the receiver's addresses that nobody can guess. */
  token?: string | undefined,
): AlertingPlan {
  const keepReceivers = (reason: string) => {
    if (config.alerting.receivers === "capture")
      throw new UserError(`alerting.receivers: capture can't be done: ${reason}`, { fix: deliveryFix });
    return { alerting: { kind: "as-is", reason } as const, apps, settings: [] };
  };
  const app = apps.find((candidate) => hasAlertmanager(candidate));
  if (app === undefined) return keepReceivers("no chart of this stack deploys an Alertmanager");
  const { path, receiver } = getConfigPlace(app);
  const alertmanagerConfig = getValueAt(app.values, path) ?? {};
  if (config.alerting.receivers === "as-is")
    return keepReceivers(
      "the receivers are the user's; alerting.receivers: capture tests them without notifying anybody",
    );
  const replacingKey = findConfigReplacement(app);
  if (replacingKey !== undefined)
    return keepReceivers(`${app.name} takes Alertmanager's configuration from ${replacingKey}`);
  if (
    !isMapping(alertmanagerConfig) ||
    alertmanagerConfig.enabled === false ||
    !isListOrUndefined(alertmanagerConfig.receivers)
  )
    return keepReceivers(`${app.name}'s ${formatKeyPath(path)} doesn't contain Alertmanager's configuration`);
  if (config.alerting.receivers === undefined) {
    if (config.profile !== "ci")
      return keepReceivers(`profile ${config.profile} leaves the receivers alone; ${captureHint}`);
    if ((alertmanagerConfig.receivers ?? []).some(hasIntegration) && !hasOnlyPlaceholders)
      return keepReceivers(`the values name receivers; ${captureHint}`);
  }
  if ("unknown" in gateway) return keepReceivers(gateway.unknown);
  const address = {
    host: gateway.address,
    httpPort,
    smtpPort,
    ...(token === undefined ? {} : { token }),
  };
  const completeConfig = {
    ...alertmanagerConfig,
    receivers: alertmanagerConfig.receivers ?? [{ name: receiver }],
  };
  return captureAlerts(config, apps, app, completeConfig, address, hasOnlyPlaceholders);
}

const captureHint = "alerting.receivers: capture tests them without notifying anybody";

function isListOrUndefined(value: unknown): value is readonly unknown[] | undefined {
  return value === undefined || Array.isArray(value);
}

/** Returns the key path of Alertmanager's configuration in an app's values; undefined if its chart isn't known to have one. */
export function findAlertmanagerPath(app: PlannedApp): readonly string[] | undefined {
  const { path } = getConfigPlace(app);
  return path.length === 0 ? undefined : path;
}

/**
 * Returns the place of Alertmanager's configuration; an empty path if the chart is not known to deploy an
 * Alertmanager.
 */
function getConfigPlace(app: PlannedApp): { path: readonly string[]; receiver: string } {
  return getOwnValue(configPlaces, getChartName(app.chart)) ?? { path: [], receiver: "" };
}

/**
 * Returns the key that makes kube-prometheus-stack ignore the configuration in the values; undefined if there is none.
 */
function findConfigReplacement({ chart, values }: PlannedApp): string | undefined {
  if (getChartName(chart) !== stackChart) return undefined;
  const paths = [
    ["stringConfig"],
    ["alertmanagerSpec", "useExistingSecret"],
    ["alertmanagerSpec", "alertmanagerConfiguration"],
  ];
  const replacingPath = paths
    .map((path) => ["alertmanager", ...path])
    .find((path) => !isEmptyValue(getValueAt(values, path)));
  return replacingPath && formatKeyPath(replacingPath);
}

/**
 * True if the app's chart deploys an Alertmanager that is not switched off. The chart `alertmanager` itself, whose
 * configuration has a path of one key, has no switch.
 */
export function hasAlertmanager(app: PlannedApp): boolean {
  const { path } = getConfigPlace(app);
  if (path.length === 0) return false;
  return path.length === 1 || getValueAt(app.values, ["alertmanager", "enabled"]) !== false;
}

/**
 * Returns the plan in which all receivers of Alertmanager lead to monstack's own receiver, with a rule that always
 * fires. Its settings list each value that this replaces.
 */
function captureAlerts(
  config: Config,
  apps: readonly PlannedApp[],
  alertmanagerApp: PlannedApp,
  alertmanagerConfig: Values,
  address: CaptureAddress,
  hasOnlyPlaceholders: boolean,
): AlertingPlan {
  const { path } = getConfigPlace(alertmanagerApp);
  const redirection = redirectReceivers(alertmanagerConfig, address);
  const isRequested = config.alerting.receivers === "capture";
  const noReceiverReason = hasOnlyPlaceholders
    ? "the receivers have only placeholders"
    : "no receiver is named";
  const why = isRequested
    ? "requested with alerting.receivers: capture"
    : `${noReceiverReason}, so monstack is the one: it proves that alerts are delivered`;
  const createSetting = (settingPath: readonly string[], value: unknown, reason: string): ProfileSetting => ({
    app: alertmanagerApp.name,
    path: formatKeyPath(settingPath),
    value,
    why: reason,
    ...(isRequested ? { isRequested: true as const } : {}),
  });
  const redirectedEndpoints = redirection.endpoints.map(
    (endpoint) => `${describeEndpoint(endpoint)} to ${address.host}`,
  );
  const shortWait = `at most ${groupWait}`;
  const settings = [
    createSetting([...path, "receivers"], redirectedEndpoints, why),
    createSetting([...path, "route", "group_wait"], shortWait, "a test waits for its alerts"),
    createSetting([...path, "route", "group_interval"], shortWait, "and for the next ones of the same group"),
  ];
  const values = replaceValueAt(alertmanagerApp.values, path, redirection.config);
  const rulePlacement = addDeliveryRule(alertmanagerApp, values);
  if ("path" in rulePlacement)
    settings.push(
      createSetting(rulePlacement.path, [ruleGroup], "a rule that always fires must reach a receiver"),
    );
  return {
    alerting: {
      kind: "captured",
      at: address,
      endpoints: redirection.endpoints,
      hasUserReceivers:
        !hasOnlyPlaceholders &&
        Array.isArray(alertmanagerConfig.receivers) &&
        alertmanagerConfig.receivers.some(hasIntegration),
      missingRuleReason: "path" in rulePlacement ? undefined : rulePlacement.reason,
    },
    apps: apps.map((planned) =>
      planned === alertmanagerApp
        ? { ...alertmanagerApp, values: "path" in rulePlacement ? rulePlacement.values : values }
        : planned,
    ),
    settings,
  };
}

/**
 * Rule files of the Prometheus chart in the order of preference. The user's own rules are hardly ever in the
 * deprecated files `rules` and `alerts`, so these come first.
 */
const ruleFiles = ["rules", "alerts", "alerting_rules.yml", "recording_rules.yml"];

/** The values with the rule added, and the key path of its group; or the reason why it can't be added. */
type RulePlacement = { path: readonly string[]; values: Values } | { reason: string };

/**
 * Adds monstack's own rule group to the rules that Prometheus evaluates. Returns the new values, or the reason why that
 * is impossible.
 */
function addDeliveryRule(app: PlannedApp, values: Values): RulePlacement {
  const chart = getChartName(app.chart);
  if (chart === "prometheus") return addToRuleFile(values);
  if (chart === stackChart) return addPrometheusRule(values);
  return { reason: "only the charts prometheus and kube-prometheus-stack get monstack's own rule" };
}

/** Adds the group as a PrometheusRule of the chart. The chart gives it the label that its rule selector requires. */
function addPrometheusRule(values: Values): RulePlacement {
  const selector = getValueAt(values, ["prometheus", "prometheusSpec", "ruleSelector"]);
  if (isMapping(selector) && Object.keys(selector).length > 0)
    return { reason: "Prometheus takes in only the rules that your ruleSelector selects" };
  const groupsPath = ["additionalPrometheusRulesMap", ruleGroup.name, "groups"];
  return { path: groupsPath, values: replaceValueAt(values, groupsPath, [ruleGroup]) };
}

/** Adds the group to a rule file that Prometheus reads: to an empty one if there is one, else after the user's groups. */
function addToRuleFile(values: Values): RulePlacement {
  if (getValueAt(values, ["server", "configMapOverrideName"]))
    return { reason: "Prometheus reads its files from a ConfigMap of the user's" };
  const getContent = (file: string) => getValueAt(values, ["serverFiles", file]);
  const isEmpty = (content: unknown) =>
    content === undefined || (isMapping(content) && Object.keys(content).length === 0);
  const readFiles = ruleFiles.filter((file) => isRuleFileRead(values, file));
  const file =
    readFiles.find((name) => isEmpty(getContent(name))) ??
    readFiles.find((name) => hasGroups(getContent(name)));
  if (file === undefined)
    return { reason: "none of the rule files that Prometheus reads can take monstack's own rule" };
  const content = getContent(file);
  const groups = hasGroups(content) ? [...content.groups, ruleGroup] : [ruleGroup];
  return {
    path: ["serverFiles", file, "groups"],
    values: replaceValueAt(values, ["serverFiles", file], { ...(isMapping(content) ? content : {}), groups }),
  };
}

/** True if `rule_files` of the Prometheus chart includes this rule file. The chart's default includes all of them. */
export function isRuleFileRead(values: Values, file: string): boolean {
  const patterns = getValueAt(values, ["serverFiles", "prometheus.yml", "rule_files"]);
  return !Array.isArray(patterns) || patterns.some((pattern) => String(pattern).endsWith(`/${file}`));
}

export function hasGroups(content: unknown): content is Values & { groups: unknown[] } {
  return isMapping(content) && Array.isArray(content.groups);
}
