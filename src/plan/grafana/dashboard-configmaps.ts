import { UserError } from "../../lib/errors.ts";
import { getValueAt, isMapping, mergeValues, type Values, withValue } from "../../lib/object.ts";
import { getChartName, getGrafanaValuesPath } from "../../model/chart.ts";
import type { Plan, PlannedApp, PlannedDashboard, PlannedObject } from "../../model/plan.ts";
import { sortByDependencies } from "../order-apps.ts";
import { hasGrafana } from "./grafana-values.ts";

/** The API server's limit for a ConfigMap is 1 MiB of data, its keys included. */
const maximumBytes = 1_000_000;

/**
 * Name of the app that holds the dashboards. If one release can't hold all of them, there are several apps, numbered
 * from the second.
 */
const appName = "monstack-dashboards";

/**
 * Returns the plan with the dashboards added to its Grafana as files that Grafana reads at each start. So Grafana
 * still has them after a restart, with or without a volume. The files are in ConfigMaps of an app of their own, which
 * is deployed before Grafana's app.
 * @throws UserError for a dashboard that is too large for a ConfigMap
 */
export function planDashboards(plan: Plan, dashboards: readonly PlannedDashboard[]): Plan {
  const grafana = plan.apps.find(hasGrafana);
  if (grafana === undefined || dashboards.length === 0) return { ...plan, dashboards };
  const grafanaPath = getGrafanaValuesPath(getChartName(grafana.chart)) ?? [];
  const bundles = bundleDashboards(dashboards);
  const grafanaValues = getValueAt(grafana.values, grafanaPath);
  const mountedValues = mountBundles(isMapping(grafanaValues) ? grafanaValues : {}, bundles);
  const dashboardApps = splitIntoReleases(bundles.map(createConfigMap)).map((objects, index): PlannedApp => {
    const numberedName = index === 0 ? appName : `${appName}-${index + 1}`;
    return {
      name: numberedName,
      release: numberedName,
      namespace: grafana.namespace,
      chart: { kind: "objects", name: appName, objects },
      values: {},
      dependsOn: [],
      timeoutMs: grafana.timeoutMs,
    };
  });
  const dependencies = dashboardApps.map((app) => ({ app: app.name, until: "applied" }) as const);
  const values =
    grafanaPath.length === 0 ? mountedValues : withValue(grafana.values, grafanaPath, mountedValues);
  const apps = plan.apps.map((planned) =>
    planned === grafana
      ? { ...planned, values, dependsOn: [...planned.dependsOn, ...dependencies] }
      : planned,
  );
  return { ...plan, dashboards, apps: sortByDependencies([...dashboardApps, ...apps]) };
}

/** Dashboards of one folder that fit into one ConfigMap. */
interface Bundle {
  readonly name: string;
  readonly folder: string | undefined;
  readonly files: Readonly<Record<string, string>>;
}

/**
 * Groups dashboards by folder into bundles that each fit into one ConfigMap.
 * @throws UserError for a dashboard that is too large for a ConfigMap
 */
function bundleDashboards(dashboards: readonly PlannedDashboard[]): Bundle[] {
  const bundles: { folder: string | undefined; bytes: number; files: Record<string, string> }[] = [];
  for (const { uid, title, folder, model } of dashboards) {
    const text = JSON.stringify(model);
    const bytes = Buffer.byteLength(text);
    if (bytes > maximumBytes)
      throw new UserError(
        `dashboard ${title} has ${bytes} bytes, and a ConfigMap holds no more than ${maximumBytes} of them`,
        {
          fix: "take it apart, or let the chart download it: dashboards.NAME.url in the values of Grafana's chart",
        },
      );
    const openBundle = bundles.find(
      (bundle) => bundle.folder === folder && bundle.bytes + bytes <= maximumBytes,
    );
    const file = `${uid}.json`;
    if (openBundle === undefined) bundles.push({ folder, bytes, files: { [file]: text } });
    else {
      openBundle.bytes += bytes;
      openBundle.files[file] = text;
    }
  }
  return bundles.map(({ folder, files }, index) => ({ name: `${appName}-${index + 1}`, folder, files }));
}

/**
 * Splits objects into groups that fit into one release each. A release's Secret holds at most 1 MiB: helm stores the
 * objects twice in it, but compressed, so the size of one uncompressed copy is the measure.
 */
function splitIntoReleases(objects: readonly PlannedObject[]): PlannedObject[][] {
  const releases: { room: number; objects: PlannedObject[] }[] = [];
  for (const object of objects) {
    const size = Buffer.byteLength(JSON.stringify(object));
    const releaseWithRoom = releases.find(({ room }) => size <= room);
    if (releaseWithRoom === undefined) releases.push({ room: 1024 ** 2 - size, objects: [object] });
    else {
      releaseWithRoom.room -= size;
      releaseWithRoom.objects.push(object);
    }
  }
  return releases.map(({ objects }) => objects);
}

/**
 * Returns the ConfigMap of a bundle with the label of Grafana's chart. The sidecar ignores that label, so no dashboard is
 * provisioned twice.
 */
function createConfigMap({ name, files }: Bundle): PlannedObject {
  const metadata = { name, labels: { "dashboard-provider": name } };
  return { apiVersion: "v1", kind: "ConfigMap", metadata, data: files };
}

/** Returns the values that mount each bundle as a folder, with a provider that reads the folder. */
function mountBundles(grafana: Values, bundles: readonly Bundle[]): Values {
  const providers = bundles.map(({ name, folder }) => ({
    name,
    type: "file",
    folder: folder ?? "",
    disableDeletion: true,
    options: { path: `/var/lib/grafana/dashboards/${name}` },
  }));
  return mergeValues(grafana, {
    dashboardProviders: { "monstack.yaml": { apiVersion: 1, providers } },
    dashboardsConfigMaps: Object.fromEntries(bundles.map(({ name }) => [name, name])),
  });
}
