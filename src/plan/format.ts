import { formatKeyPath } from "../lib/object.ts";
import { showUrl } from "../lib/redact/urls.ts";
import { formatChart } from "../model/chart.ts";
import { checklistPoints } from "../model/checklist-points.ts";
import type { Plan, PlannedApp } from "../model/plan.ts";
import { showPath } from "../yaml/mistakes.ts";
import { findDashboardsToTakeOver } from "./grafana/chart-dashboards.ts";

interface PlanFormat {
  /** Absolute; a path below it is shown relative to it. */
  readonly cwd?: string;
  /** Long values are not cut. */
  readonly areValuesWhole?: boolean;
}

/** Returns the output of `monstack plan`. It shows only values that settings or profiles set, and hides secret ones. */
export function formatPlan(plan: Plan, { cwd, areValuesWhole = false }: PlanFormat = {}): string {
  const { config } = plan;
  const clusterText =
    config.cluster.kind === "k3s"
      ? `k3s ${config.k3s.path ?? config.k3s.version}`
      : describeCluster(config.cluster);
  const lines = [
    `Profile ${config.profile}, on ${clusterText}, with helm ${config.helm.path ?? config.helm.version}`,
    `Configuration: ${config.file ?? "the defaults (there is no monstack.yaml)"}`,
    ...(config.appDir === undefined ? [] : [`App directory: ${config.appDir}`]),
    "",
    "Apps, in this order:",
    ...formatApps(plan.apps),
    "",
    ...formatDashboards(plan, cwd),
    ...formatRequestedValues(plan, areValuesWhole ? String : shortenJson),
    ...formatSettings(plan, areValuesWhole ? String : shortenJson),
    ...formatAlerting(plan),
    ...formatChecklist(plan),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}

function describeCluster({
  kubeconfig,
  context,
}: {
  kubeconfig: string;
  context: string | undefined;
}): string {
  return `the existing cluster of ${kubeconfig}${context === undefined ? "" : ` (context ${context})`}`;
}

/** Returns a line for each app with its chart, its release and its dependencies. */
function formatApps(apps: readonly PlannedApp[]): string[] {
  const rows = apps.map((app, index) => [
    `${index + 1}.`,
    app.name,
    formatChart(app.chart),
    describeRelease(app),
    describeDependencies(app),
  ]);
  return alignColumns(rows).map((line) => `  ${line}`);
}

function describeRelease({ release, namespace }: PlannedApp): string {
  return `release ${release} in namespace ${namespace}`;
}

function describeDependencies({ dependsOn }: PlannedApp): string {
  if (dependsOn.length === 0) return "at once";
  return `after ${dependsOn.map(({ app, until }) => `${app} is ${until}`).join(", ")}`;
}

function formatDashboards(plan: Plan, cwd: string | undefined): string[] {
  return [...formatOwnDashboards(plan, cwd), ...formatChartDashboards(plan)];
}

/** Returns the lines about dashboards that monstack downloads instead of Grafana's chart. */
function formatChartDashboards({ config, apps }: Plan): string[] {
  const dashboards = findDashboardsToTakeOver(config, apps);
  if (dashboards.length === 0) return [];
  return [
    "Dashboards of the values that monstack downloads in the place of Grafana's chart (take-over-dashboards):",
    ...dashboards.map(
      ({ id, revision, path, folder }) =>
        `  ${id} of grafana.com, revision ${revision}: ${formatKeyPath(path)}${folder === undefined ? "" : `, into the folder ${folder}`}`,
    ),
    "",
  ];
}

/**
 * Returns the lines about the dashboards that the user configured.
 * @param cwd paths below it are shown relative to it
 */
function formatOwnDashboards({ config }: Plan, cwd: string | undefined): string[] {
  if (config.dashboards.length === 0) return [];
  const shownPath = (path: string) => (cwd === undefined ? path : showPath(cwd, path));
  const lines = config.dashboards.map(({ source, folder }) => {
    const folderText = folder === undefined ? "" : `, into the folder ${folder}`;
    if (source.kind !== "id")
      return `  ${source.kind === "url" ? showUrl(source.url) : shownPath(source.path)}${folderText}`;
    const revision = source.revision === undefined ? "the newest revision" : `revision ${source.revision}`;
    return `  ${source.id} of grafana.com, ${revision}${folderText}`;
  });
  return ["Dashboards:", ...lines, ""];
}

type Shorten = (json: string) => string;

/** Returns the lines about the values that the user's settings request. Secret values are not shown. */
function formatRequestedValues({ apps, askedValues }: Plan, shorten: Shorten): string[] {
  if (askedValues.length === 0) return [];
  const lines = ["Values that your settings request:"];
  for (const { name } of apps) {
    const requested = askedValues.filter(({ app }) => app === name);
    if (requested.length > 0) lines.push(`  ${name}`);
    for (const { path, value, how, setting, secret } of requested) {
      const shown = secret === true ? "(not shown)" : shorten(JSON.stringify(value));
      lines.push(
        `    ${formatKeyPath(path)}: ${how === "append" ? "also " : ""}${shown}`,
        `        ${setting}`,
      );
    }
  }
  return [...lines, ""];
}

/** Returns at most 300 characters of a value. With --verbose the plan shows values in full. */
function shortenJson(json: string): string {
  return json.length > 300 ? `${json.slice(0, 299)}…` : json;
}

/** Returns the lines about the values that the profile and alerting.receivers set. */
function formatSettings(plan: Plan, shorten: Shorten): string[] {
  const { config, profileSettings } = plan;
  if (profileSettings.length === 0) return ["Values: the charts' own and yours, nothing else."];
  const openSettings = profileSettings.filter(({ isRequested }) => isRequested !== true);
  const requestedSettings = profileSettings.filter(({ isRequested }) => isRequested === true);
  const lines = [
    ...formatSettingsBelowTitle(
      plan,
      "Values that are set because yours leave them open:",
      openSettings,
      shorten,
    ),
    ...formatSettingsBelowTitle(
      plan,
      "Values that are set for alerting.receivers: capture:",
      requestedSettings,
      shorten,
    ),
  ];
  if (config.profile !== "as-is" && openSettings.length > 0)
    lines.push("", "Your own values always win; profile as-is leaves the charts alone.");
  return lines;
}

/** Returns a title and the settings below it, grouped by app; nothing if there are no settings. */
function formatSettingsBelowTitle(
  { apps }: Plan,
  title: string,
  settings: Plan["profileSettings"],
  shorten: Shorten,
): string[] {
  if (settings.length === 0) return [];
  const lines = [title];
  for (const { name } of apps) {
    const appSettings = settings.filter(({ app }) => app === name);
    if (appSettings.length > 0) lines.push(`  ${name}`);
    for (const { path, value, why } of appSettings)
      lines.push(`    ${path}: ${shorten(JSON.stringify(value))}`, `        ${why}`);
  }
  return lines;
}

/** Returns the lines about how the delivery of alerts is tested. */
function formatAlerting({ config, alerting }: Plan): string[] {
  if (alerting.kind === "as-is")
    return ["", `Whether alerts are delivered is not tried: ${alerting.reason}.`];
  if (config.alerting.receivers !== "capture") return [];
  return [
    "",
    "Alertmanager's receivers and waits are replaced even where they are yours, because you requested it.",
  ];
}

/** Returns the points that profile production checks; nothing in other profiles. */
function formatChecklist({ config }: Plan): string[] {
  if (config.profile !== "production") return [];
  return [
    "",
    "Profile production itself sets no value. It judges the stack besides, and a point that is not met fails the run:",
    ...checklistPoints.map(({ id, title }, index) => `  ${index + 1}. ${title} (${id})`),
  ];
}

/** Returns a line for each row, with the cells of each column padded to the same width. */
function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(width(column)))
      .join("  ")
      .trimEnd(),
  );
}
