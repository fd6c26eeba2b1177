import type { Config } from "../../config/schema.ts";
import { getMappingAt, getValueAt, isMapping, replaceValueAt, type Values } from "../../lib/object.ts";
import { getChartName } from "../../model/chart.ts";
import type { PlannedApp } from "../../model/plan.ts";
import { findGrafanaValues, hasGrafana, listDashboardProviders } from "./grafana-values.ts";

/** A dashboard of grafana.com that the values of Grafana's chart name: `dashboards.PROVIDER.NAME.gnetId`. */
export interface ChartDashboard {
  readonly app: string;
  /** Key path of the entry in the app's values. */
  readonly path: readonly string[];
  readonly name: string;
  readonly id: number;
  readonly revision: number;
  /** What the chart puts in the place of every data source (a text), or of some placeholders (a list). */
  readonly datasource: string | readonly { readonly name: string; readonly value: string }[] | undefined;
  readonly title: string | undefined;
  /** The provider's folder in Grafana; undefined: the root. */
  readonly folder: string | undefined;
}

/** The chart downloads this revision if the entry names none. */
const firstRevision = 1;

/**
 * Keys that change how the chart downloads a dashboard, or give its content. The chart keeps an entry with one of
 * them.
 */
const conflictingKeys = [
  "url",
  "json",
  "file",
  "b64content",
  "curlOptions",
  "token",
  "bearerToken",
  "basic",
  "gitlabToken",
];

/**
 * Returns the dashboards that monstack downloads instead of the chart, because the chart's init container hides a failed
 * download. Only those whose files Grafana reads from the same place are included: the chart mounts `json` below
 * /var/lib/grafana/dashboards, and a sidecar would provision the dashboard a second time.
 */
export function findDashboardsToTakeOver(
  config: Pick<Config, "takeOverDashboards">,
  apps: readonly PlannedApp[],
): ChartDashboard[] {
  const grafana = config.takeOverDashboards ? apps.find(hasGrafana) : undefined;
  if (grafana === undefined) return [];
  const { at: grafanaPath, values } = findGrafanaValues(grafana);
  if (hasSidecar(values, getChartName(grafana.chart))) return [];
  return Object.entries(getMappingAt(values, ["dashboards"])).flatMap(([providerName, entries]) => {
    const dashboardProvider = listDashboardProviders(values).find(({ name }) => name === providerName);
    if (!isMapping(entries) || dashboardProvider?.path !== `/var/lib/grafana/dashboards/${providerName}`)
      return [];
    return Object.entries(entries).flatMap(([name, entry]): ChartDashboard[] => {
      if (!isMapping(entry) || conflictingKeys.some((key) => Object.hasOwn(entry, key))) return [];
      const id = readWholeNumber(entry["gnetId"]);
      const revision = readWholeNumber(entry["revision"] ?? firstRevision);
      if (id === undefined || revision === undefined) return [];
      const path = [...grafanaPath, "dashboards", providerName, name];
      const { title } = entry;
      return [
        {
          app: grafana.name,
          path,
          name,
          id,
          revision,
          datasource: readDatasource(entry["datasource"]),
          title: typeof title === "string" ? title : undefined,
          folder: dashboardProvider.folder,
        },
      ];
    });
  });
}

/**
 * Returns the apps with a dashboard's model in the values, where the chart would have downloaded it. The chart mounts the
 * same file.
 */
export function replaceEntryWithModel(
  apps: readonly PlannedApp[],
  { app, path }: ChartDashboard,
  model: Readonly<Record<string, unknown>>,
): PlannedApp[] {
  const entry = { json: JSON.stringify(model) };
  return apps.map((planned) =>
    planned.name === app ? { ...planned, values: replaceValueAt(planned.values, path, entry) } : planned,
  );
}

/**
 * True if Grafana's sidecar provisions dashboards. The Grafana chart switches it off by default,
 * kube-prometheus-stack on.
 */
function hasSidecar(values: Values, chartName: string): boolean {
  return (getValueAt(values, ["sidecar", "dashboards", "enabled"]) ?? chartName !== "grafana") === true;
}

function readWholeNumber(value: unknown): number | undefined {
  const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isInteger(number) && number > 0 ? number : undefined;
}

/**
 * Returns the data source of a dashboard entry: one name, or a list of inputs with their values; undefined if the entry
 * has none.
 */
function readDatasource(value: unknown): ChartDashboard["datasource"] {
  if (typeof value === "string") return value === "" ? undefined : value;
  if (!Array.isArray(value)) return undefined;
  return value.flatMap((input: unknown) =>
    isMapping(input) && typeof input["name"] === "string" && typeof input["value"] === "string"
      ? [{ name: input["name"], value: input["value"] }]
      : [],
  );
}
