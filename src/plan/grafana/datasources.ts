import { createHash } from "node:crypto";
import type { Datasource } from "../../dashboards/dashboard.ts";
import { getValueAt, isMapping } from "../../lib/object.ts";
import { getChartName, getGrafanaValuesPath, isStackChart } from "../../model/chart.ts";
import type { PlannedApp } from "../../model/plan.ts";
import { type BroughtObject, isCollected, readSidecar, readYamlDocuments } from "./sidecar.ts";

type Path = readonly (string | number)[];

/** A data source that Grafana is given in a file. */
export interface ProvisionedDatasource extends Datasource {
  readonly orgId: number;
  /** What writes it: `grafana.additionalDataSources[0]`, `the chart's own`, `ConfigMap loki-source`. */
  readonly of: string;
  readonly app: string;
  /** Key path in the app's values; empty when it is not in them. */
  readonly path: Path;
  readonly where?: string | undefined;
}

/** Returns the datasources that a Grafana's values give it; what a sidecar collects is not known before it runs. Pure. */
export function findPlannedDatasources(grafana: PlannedApp): Datasource[] {
  return findProvisionedDatasources(grafana, []).map(({ uid, name, type, isDefault }) => ({
    uid,
    name,
    type,
    isDefault,
  }));
}

/** Returns the same with those in the objects that its sidecar collects. Pure. */
export function findProvisionedDatasources(
  grafana: PlannedApp,
  objects: readonly BroughtObject[],
): ProvisionedDatasource[] {
  const at = getGrafanaValuesPath(getChartName(grafana.chart)) ?? [];
  const provisioned = getValueAt(grafana.values, [...at, "datasources"]);
  const files = isMapping(provisioned) ? Object.entries(provisioned) : [];
  const app = grafana.name;
  const written = files.flatMap(([file, content]) =>
    asList(isMapping(content) ? content["datasources"] : undefined).flatMap((one, index) =>
      readDatasource(one, { app, path: [...at, "datasources", file, "datasources", index] }),
    ),
  );
  const sidecar = readSidecar(grafana, "datasources");
  const collected = objects.filter((one) => isCollected(sidecar, one)).flatMap(readDatasourcesOfObject);
  if (!isStackChart(grafana) || !sidecar.isOn) return [...written, ...collected];
  const more = asList(getValueAt(grafana.values, [...at, "additionalDataSources"])).flatMap((one, index) =>
    readDatasource(one, { app, path: [...at, "additionalDataSources", index] }),
  );
  const text = getValueAt(grafana.values, [...at, "additionalDataSourcesString"]);
  const inText = (typeof text === "string" ? readYamlDocuments(text) : []).flatMap((list) =>
    asList(list).flatMap((one) => readDatasource(one, { app, path: [...at, "additionalDataSourcesString"] })),
  );
  return [...listStackChartDatasources(grafana, at), ...written, ...more, ...inText, ...collected];
}

/** kube-prometheus-stack's own, which its sidecar brings; the names are the chart's defaults. */
function listStackChartDatasources(
  { name: app, chart, values }: PlannedApp,
  at: readonly string[],
): ProvisionedDatasource[] {
  const own = (key: string, fallback: unknown) =>
    getValueAt(values, [...at, "sidecar", "datasources", ...key.split(".")]) ?? fallback;
  const made = { orgId: 1, of: "the chart's own", app, path: [] };
  const found: ProvisionedDatasource[] = [];
  if (own("defaultDatasourceEnabled", true) !== false)
    found.push({
      uid: String(own("uid", "prometheus")),
      name: String(own("name", "Prometheus")),
      type: "prometheus",
      isDefault: own("isDefaultDatasource", true) === true,
      ...made,
    });
  const version = "version" in chart ? Number.parseInt(chart.version ?? "", 10) : Number.NaN;
  // Older ones have none.
  if (own("alertmanager.enabled", true) !== false && !(version < 45))
    found.push({
      uid: String(own("alertmanager.uid", "alertmanager")),
      name: String(own("alertmanager.name", "Alertmanager")),
      type: "alertmanager",
      isDefault: false,
      ...made,
    });
  return found;
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function readDatasourcesOfObject({ app, object, path, where }: BroughtObject): ProvisionedDatasource[] {
  const name = isMapping(object["metadata"]) ? String(object["metadata"]["name"]) : "";
  const files = [object["data"], object["stringData"]].flatMap((one) =>
    isMapping(one) ? Object.values(one) : [],
  );
  return files.flatMap((file) =>
    (typeof file === "string" ? readYamlDocuments(file) : []).flatMap((content) =>
      asList(isMapping(content) ? content["datasources"] : undefined).flatMap((one) =>
        readDatasource(one, { app, path, where, of: `${object["kind"]} ${name}` }),
      ),
    ),
  );
}

function readDatasource(
  written: unknown,
  from: { app: string; path: Path; where?: string | undefined; of?: string },
): ProvisionedDatasource[] {
  if (!isMapping(written)) return [];
  const { name, uid, type, isDefault, orgId } = written;
  if (typeof name !== "string" || typeof type !== "string") return [];
  return [
    {
      name,
      type,
      uid: typeof uid === "string" && uid ? uid : createUid(name),
      isDefault: isDefault === true || isDefault === "true",
      orgId: Number(orgId) || 1,
      of: "the values",
      ...from,
    },
  ];
}

/** Grafana makes a uid from the name: https://github.com/grafana/grafana, pkg/services/provisioning/datasources. */
function createUid(name: string): string {
  return `P${createHash("sha256").update(name).digest("hex").slice(0, 16)}`.toUpperCase();
}
