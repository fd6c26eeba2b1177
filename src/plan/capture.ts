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

const httpPort = 9095;
const smtpPort = 9096;

/** Where each chart keeps Alertmanager's configuration, and the receivers that it has itself. */
const configPlaces: Readonly<Record<string, { path: readonly string[]; receiver: string }>> = {
  prometheus: { path: ["alertmanager", "config"], receiver: "default-receiver" },
  alertmanager: { path: ["config"], receiver: "default-receiver" },
  "kube-prometheus-stack": { path: ["alertmanager", "config"], receiver: "null" },
};

const deliveryFix = "leave alerting.receivers out, or set it to as-is: then delivery isn't tried";

/**
 * Plans whether Alertmanager sends its alerts to monstack's own receiver. That is so if the user requested it, or if
 * profile ci finds no receiver that could be reached.
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
): { alerting: PlannedAlerting; apps: readonly PlannedApp[]; set: readonly ProfileSetting[] } {
  const asIs = (reason: string) => {
    if (config.alerting.receivers === "capture")
      throw new UserError(`alerting.receivers: capture can't be done: ${reason}`, { fix: deliveryFix });
    return { alerting: { kind: "as-is", reason } as const, apps, set: [] };
  };
  const app = apps.find((candidate) => hasAlertmanager(candidate));
  if (app === undefined) return asIs("no chart of this stack deploys an Alertmanager");
  const { path, receiver } = findConfigPlace(app);
  const ownConfig = getValueAt(app.values, path) ?? {};
  if (config.alerting.receivers === "as-is")
    return asIs(
      "the receivers are the user's; alerting.receivers: capture tests them without notifying anybody",
    );
  const instead = findConfigReplacement(app);
  if (instead !== undefined) return asIs(`${app.name} takes Alertmanager's configuration from ${instead}`);
  if (!isMapping(ownConfig) || ownConfig.enabled === false || !isList(ownConfig.receivers))
    return asIs(`${app.name}'s ${formatKeyPath(path)} doesn't contain Alertmanager's configuration`);
  if (config.alerting.receivers === undefined) {
    if (config.profile !== "ci")
      return asIs(`profile ${config.profile} leaves the receivers alone; ${captureHint}`);
    if ((ownConfig.receivers ?? []).some(hasIntegration) && !hasOnlyPlaceholders)
      return asIs(`the values name receivers; ${captureHint}`);
  }
  if ("unknown" in gateway) return asIs(gateway.unknown);
  const address = {
    host: gateway.address,
    httpPort,
    smtpPort,
    ...(token === undefined ? {} : { token }),
  };
  const completed = { ...ownConfig, receivers: ownConfig.receivers ?? [{ name: receiver }] };
  return captureAlerts(config, apps, app, completed, address, hasOnlyPlaceholders);
}

const captureHint = "alerting.receivers: capture tests them without notifying anybody";

function isList(value: unknown): value is readonly unknown[] | undefined {
  return value === undefined || Array.isArray(value);
}

/** Returns the key path of Alertmanager's configuration in an app's values; undefined if its chart isn't known to have one. */
export function findAlertmanagerPath(app: PlannedApp): readonly string[] | undefined {
  const { path } = findConfigPlace(app);
  return path.length === 0 ? undefined : path;
}

function findConfigPlace(app: PlannedApp): { path: readonly string[]; receiver: string } {
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

/** True if the app's chart brings an Alertmanager that is not switched off. */
export function hasAlertmanager(app: PlannedApp): boolean {
  const { path } = findConfigPlace(app);
  if (path.length === 0) return false;
  return path.length === 1 || getValueAt(app.values, ["alertmanager", "enabled"]) !== false;
}

/**
 * Returns the plan in which all receivers of Alertmanager lead to monstack's own receiver, with the settings that this
 * replaces.
 */
function captureAlerts(
  config: Config,
  apps: readonly PlannedApp[],
  app: PlannedApp,
  alertmanagerConfig: Values,
  address: CaptureAddress,
  hasOnlyPlaceholders: boolean,
): ReturnType<typeof planAlerting> {
  const { path } = findConfigPlace(app);
  const redirected = redirectReceivers(alertmanagerConfig, address);
  const why =
    config.alerting.receivers === "capture"
      ? "requested with alerting.receivers: capture"
      : `${hasOnlyPlaceholders ? "the receivers have only placeholders" : "no receiver is named"}, so monstack is the one: it proves that alerts are delivered`;
  const setting = (settingPath: readonly string[], value: unknown, why: string): ProfileSetting => ({
    app: app.name,
    path: formatKeyPath(settingPath),
    value,
    why,
    ...(config.alerting.receivers === "capture" ? { isRequested: true as const } : {}),
  });
  const leads = redirected.endpoints.map((endpoint) => `${describeEndpoint(endpoint)} to ${address.host}`);
  const quick = `at most ${groupWait}`;
  const set = [
    setting([...path, "receivers"], leads, why),
    setting([...path, "route", "group_wait"], quick, "a test waits for its alerts"),
    setting([...path, "route", "group_interval"], quick, "and for the next ones of the same group"),
  ];
  const values = replaceValueAt(app.values, path, redirected.config);
  const rule = addDeliveryRule(app, values);
  if ("at" in rule) set.push(setting(rule.at, [ruleGroup], "a rule that always fires must reach a receiver"));
  return {
    alerting: {
      kind: "captured",
      at: address,
      endpoints: redirected.endpoints,
      isUsers:
        !hasOnlyPlaceholders &&
        Array.isArray(alertmanagerConfig.receivers) &&
        alertmanagerConfig.receivers.some(hasIntegration),
      withoutRule: "at" in rule ? undefined : rule.without,
    },
    apps: apps.map((planned) =>
      planned === app ? { ...app, values: "at" in rule ? rule.values : values } : planned,
    ),
    set,
  };
}

/** In the order in which they are preferred: the deprecated ones are hardly ever the user's. */
const ruleFiles = ["rules", "alerts", "alerting_rules.yml", "recording_rules.yml"];

/** The values with the rule added, or the reason why it can't be added. */
type RulePlacement = { at: readonly string[]; values: Values } | { without: string };

/**
 * Adds monstack's own rule group to the rules that Prometheus evaluates. Returns the new values, or the reason why that
 * is impossible.
 */
function addDeliveryRule(app: PlannedApp, values: Values): RulePlacement {
  const chart = getChartName(app.chart);
  if (chart === "prometheus") return addToRuleFile(values);
  if (chart === stackChart) return addPrometheusRule(values);
  return { without: "only the charts prometheus and kube-prometheus-stack get monstack's own rule" };
}

/** Adds the group as a PrometheusRule of the chart. The chart gives it the label that its rule selector requires. */
function addPrometheusRule(values: Values): RulePlacement {
  const selector = getValueAt(values, ["prometheus", "prometheusSpec", "ruleSelector"]);
  if (isMapping(selector) && Object.keys(selector).length > 0)
    return { without: "Prometheus takes in only the rules that your ruleSelector selects" };
  const groupsPath = ["additionalPrometheusRulesMap", ruleGroup.name, "groups"];
  return { at: groupsPath, values: replaceValueAt(values, groupsPath, [ruleGroup]) };
}

/** Adds the group to a rule file that Prometheus reads: to an empty one if there is one, else after the user's groups. */
function addToRuleFile(values: Values): RulePlacement {
  if (getValueAt(values, ["server", "configMapOverrideName"]))
    return { without: "Prometheus reads its files from a ConfigMap of the user's" };
  const contentOf = (file: string) => getValueAt(values, ["serverFiles", file]);
  const isEmpty = (content: unknown) =>
    content === undefined || (isMapping(content) && Object.keys(content).length === 0);
  const readable = ruleFiles.filter((file) => isRuleFileRead(values, file));
  const file =
    readable.find((name) => isEmpty(contentOf(name))) ?? readable.find((name) => hasGroups(contentOf(name)));
  if (file === undefined)
    return { without: "none of the rule files that Prometheus reads can take monstack's own rule" };
  const content = contentOf(file);
  const groups = hasGroups(content) ? [...content.groups, ruleGroup] : [ruleGroup];
  return {
    at: ["serverFiles", file, "groups"],
    values: replaceValueAt(values, ["serverFiles", file], { ...(isMapping(content) ? content : {}), groups }),
  };
}

/** True if `rule_files` of the Prometheus chart includes this rule file. */
export function isRuleFileRead(values: Values, file: string): boolean {
  const read = getValueAt(values, ["serverFiles", "prometheus.yml", "rule_files"]);
  return !Array.isArray(read) || read.some((pattern) => String(pattern).endsWith(`/${file}`));
}

export function hasGroups(content: unknown): content is Values & { groups: unknown[] } {
  return isMapping(content) && Array.isArray(content.groups);
}
