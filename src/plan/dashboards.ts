import { UserError } from "../host/errors.ts";
import { chartName } from "./chart.ts";
import { hasGrafana } from "./grafana.ts";
import { inOrder } from "./select.ts";
import { grafanaValuesIn } from "./stack-chart.ts";
import type { Plan, PlannedApp, PlannedDashboard, PlannedObject } from "./types.ts";
import { isMapping, mergeValues, type Values, valueAt, withValue } from "./values.ts";

/** A ConfigMap holds 1 MiB of data, its keys included. */
const mostBytes = 1_000_000;

/** The app that the dashboards are. */
const name = "monstack-dashboards";

/**
 * Puts dashboards into the Grafana that a plan deploys, as files that it reads at each start: so they are there again
 * after a restart, with or without a volume. They are ConfigMaps of an app of their own, which Grafana's comes after.
 * @throws UserError for one that is too large for a ConfigMap
 */
export function withDashboards(plan: Plan, dashboards: readonly PlannedDashboard[]): Plan {
  const grafana = plan.apps.find(hasGrafana);
  if (grafana === undefined || dashboards.length === 0) return { ...plan, dashboards };
  const at = grafanaValuesIn(chartName(grafana.chart)) ?? [];
  const own = valueAt(grafana.values, at);
  const bundles = bundlesOf(dashboards);
  const given = isMapping(own) ? own : {};
  const changed = mountedIn(given, bundles);
  const app: PlannedApp = {
    name,
    release: name,
    namespace: grafana.namespace,
    chart: {
      kind: "objects",
      name,
      objects: bundles.map(configMap),
    },
    values: {},
    dependsOn: [],
    timeoutMs: grafana.timeoutMs,
  };
  const after = { app: name, until: "applied" } as const;
  const values = at.length === 0 ? changed : withValue(grafana.values, at, changed);
  const apps = plan.apps.map((one) =>
    one === grafana ? { ...one, values, dependsOn: [...one.dependsOn, after] } : one,
  );
  return { ...plan, dashboards, apps: inOrder([app, ...apps]) };
}

/** The uid, or the name, of the datasource that Prometheus is in the Grafana of a plan. */
export function prometheusDatasource({ apps }: Pick<Plan, "apps">): string {
  const grafana = apps.find(hasGrafana);
  const at = grafana && (grafanaValuesIn(chartName(grafana.chart)) ?? []);
  const files = grafana && at && valueAt(grafana.values, [...at, "datasources"]);
  const all = isMapping(files)
    ? Object.values(files).flatMap((file) =>
        isMapping(file) && Array.isArray(file["datasources"]) ? file["datasources"].filter(isMapping) : [],
      )
    : [];
  const ours = all.filter(({ type }) => type === "prometheus");
  const found = ours.find(({ isDefault }) => isDefault === true) ?? ours[0];
  // kube-prometheus-stack gives its own this uid.
  return String(found?.["uid"] ?? found?.["name"] ?? "prometheus");
}

/** Dashboards of one folder that fit into one ConfigMap. */
interface Bundle {
  readonly name: string;
  readonly folder: string | undefined;
  readonly files: Readonly<Record<string, string>>;
}

function bundlesOf(dashboards: readonly PlannedDashboard[]): Bundle[] {
  const bundles: { folder: string | undefined; bytes: number; files: Record<string, string> }[] = [];
  for (const { uid, title, folder, model } of dashboards) {
    const text = JSON.stringify(model);
    const bytes = Buffer.byteLength(text);
    if (bytes > mostBytes)
      throw new UserError(
        `dashboard ${title} has ${bytes} bytes, and a ConfigMap holds no more than ${mostBytes} of them`,
        {
          mend: "take it apart, or let the chart download it: dashboards.NAME.url in the values of Grafana's chart",
        },
      );
    const open = bundles.find((one) => one.folder === folder && one.bytes + bytes <= mostBytes);
    const file = `${uid}.json`;
    if (open === undefined) bundles.push({ folder, bytes, files: { [file]: text } });
    else {
      open.bytes += bytes;
      open.files[file] = text;
    }
  }
  return bundles.map(({ folder, files }, index) => ({ name: `${name}-${index + 1}`, folder, files }));
}

/** The label is the one of the chart's own: a sidecar leaves it alone, and nothing is provisioned twice. */
function configMap({ name, files }: Bundle): PlannedObject {
  const metadata = { name, labels: { "dashboard-provider": name } };
  return { apiVersion: "v1", kind: "ConfigMap", metadata, data: files };
}

/** Each bundle is a folder of files, and a provider that reads it. */
function mountedIn(grafana: Values, bundles: readonly Bundle[]): Values {
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
