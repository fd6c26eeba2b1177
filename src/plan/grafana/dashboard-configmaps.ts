import { UserError } from "../../lib/errors.ts";
import { getValueAt, isMapping, mergeValues, type Values, withValue } from "../../lib/object.ts";
import { getChartName, getGrafanaValuesPath } from "../../model/chart.ts";
import type { Plan, PlannedApp, PlannedDashboard, PlannedObject } from "../../model/plan.ts";
import { sortByDependencies } from "../order-apps.ts";
import { hasGrafana } from "./grafana-values.ts";

/** The API server's limit for a ConfigMap is 1 MiB of data, its keys included. */
const maximumBytes = 1_000_000;

/** The app that the dashboards are; more of them than a release holds are several apps, numbered from the second. */
const appName = "monstack-dashboards";

/**
 * Puts dashboards into the Grafana that a plan deploys, as files that it reads at each start: so they are there again
 * after a restart, with or without a volume. They are ConfigMaps of an app of their own, which Grafana's comes after.
 * @throws UserError for one that is too large for a ConfigMap
 */
export function planDashboards(plan: Plan, dashboards: readonly PlannedDashboard[]): Plan {
  const grafana = plan.apps.find(hasGrafana);
  if (grafana === undefined || dashboards.length === 0) return { ...plan, dashboards };
  const at = getGrafanaValuesPath(getChartName(grafana.chart)) ?? [];
  const bundles = bundleDashboards(dashboards);
  const given = getValueAt(grafana.values, at);
  const changed = mountBundles(isMapping(given) ? given : {}, bundles);
  const own = splitIntoReleases(bundles.map(createConfigMap)).map((objects, index): PlannedApp => {
    const numbered = index === 0 ? appName : `${appName}-${index + 1}`;
    return {
      name: numbered,
      release: numbered,
      namespace: grafana.namespace,
      chart: { kind: "objects", name: appName, objects },
      values: {},
      dependsOn: [],
      timeoutMs: grafana.timeoutMs,
    };
  });
  const after = own.map((app) => ({ app: app.name, until: "applied" }) as const);
  const values = at.length === 0 ? changed : withValue(grafana.values, at, changed);
  const apps = plan.apps.map((one) =>
    one === grafana ? { ...one, values, dependsOn: [...one.dependsOn, ...after] } : one,
  );
  return { ...plan, dashboards, apps: sortByDependencies([...own, ...apps]) };
}

/** Dashboards of one folder that fit into one ConfigMap. */
interface Bundle {
  readonly name: string;
  readonly folder: string | undefined;
  readonly files: Readonly<Record<string, string>>;
}

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
    const open = bundles.find((one) => one.folder === folder && one.bytes + bytes <= maximumBytes);
    const file = `${uid}.json`;
    if (open === undefined) bundles.push({ folder, bytes, files: { [file]: text } });
    else {
      open.bytes += bytes;
      open.files[file] = text;
    }
  }
  return bundles.map(({ folder, files }, index) => ({ name: `${appName}-${index + 1}`, folder, files }));
}

/** Objects that one release can keep: helm writes them twice into a Secret of at most 1 MiB, compressed. */
function splitIntoReleases(objects: readonly PlannedObject[]): PlannedObject[][] {
  const parts: { room: number; objects: PlannedObject[] }[] = [];
  for (const object of objects) {
    const size = Buffer.byteLength(JSON.stringify(object));
    const open = parts.find(({ room }) => size <= room);
    if (open === undefined) parts.push({ room: 1024 ** 2 - size, objects: [object] });
    else {
      open.room -= size;
      open.objects.push(object);
    }
  }
  return parts.map(({ objects }) => objects);
}

/** Creates a ConfigMap with the chart's own label: a sidecar leaves it alone, and nothing is provisioned twice. */
function createConfigMap({ name, files }: Bundle): PlannedObject {
  const metadata = { name, labels: { "dashboard-provider": name } };
  return { apiVersion: "v1", kind: "ConfigMap", metadata, data: files };
}

/** Each bundle is a folder of files, and a provider that reads it. */
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
