import { getListAt, getMappingAt, getValueAt, type Values } from "../../lib/object.ts";
import { getChartName, getGrafanaValuesPath } from "../../model/chart.ts";
import type { PlannedApp } from "../../model/plan.ts";

/** True if the app deploys a Grafana. */
export function hasGrafana({ chart, values }: PlannedApp): boolean {
  const grafanaPath = getGrafanaValuesPath(getChartName(chart));
  return (
    grafanaPath !== undefined &&
    (grafanaPath.length === 0 || getValueAt(values, [...grafanaPath, "enabled"]) !== false)
  );
}

/** Returns the values of Grafana's own chart, and the key path at which an app's values hold them. */
export function findGrafanaValues({ chart, values }: PlannedApp): { at: readonly string[]; values: Values } {
  const grafanaPath = getGrafanaValuesPath(getChartName(chart)) ?? [];
  return { at: grafanaPath, values: getMappingAt({ values }, ["values", ...grafanaPath]) };
}

/** A provider of dashboards: a folder of files that Grafana reads. */
export interface DashboardProvider {
  readonly name: string;
  /** The folder of files in the pod; empty if the provider names none. */
  readonly path: string;
  /** The folder in Grafana; undefined: the root, or one for each folder of files. */
  readonly folder: string | undefined;
}

/** Returns the dashboard providers that the values of Grafana's chart set up. */
export function listDashboardProviders(values: Values): DashboardProvider[] {
  const files = Object.values(getMappingAt(values, ["dashboardProviders"]));
  return files
    .flatMap((file) => getListAt({ file }, ["file", "providers"]))
    .map((entry) => {
      const provider = getMappingAt({ entry }, ["entry"]);
      const followsFileFolders = getValueAt(provider, ["options", "foldersFromFilesStructure"]) === true;
      const folder = followsFileFolders ? "" : String(provider["folder"] ?? "");
      return {
        name: String(provider["name"] ?? ""),
        path: removeEndSlashes(String(getValueAt(provider, ["options", "path"]) ?? "")),
        folder: folder === "" || folder.toLowerCase() === "general" ? undefined : folder,
      };
    });
}

/** Returns a folder's path without trailing slashes; the root stays `/`. */
export function removeEndSlashes(path: string): string {
  return path.replace(/(?<!\/)\/+$/, "") || path.slice(0, 1);
}

/**
 * True if the values mount files into Grafana's folder of provisioning files of this kind. The plan does not know
 * their content.
 */
export function hasProvisioningMount(values: Values, kind: "dashboards" | "datasources"): boolean {
  const folder = "/etc/grafana/provisioning";
  return ["extraConfigmapMounts", "extraSecretMounts", "extraVolumeMounts"]
    .flatMap((key) => getListAt(values, [key]))
    .map((mount) => String(getValueAt({ mount }, ["mount", "mountPath"])))
    .some((path) => [folder, `${folder}/`].includes(path) || path.startsWith(`${folder}/${kind}`));
}
