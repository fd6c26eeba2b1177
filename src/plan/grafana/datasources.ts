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

/** Returns the data sources in Grafana's values. Those that a sidecar collects are known only while it runs. Pure. */
export function findPlannedDatasources(grafana: PlannedApp): Datasource[] {
  return findProvisionedDatasources(grafana, []).map(({ uid, name, type, isDefault }) => ({
    uid,
    name,
    type,
    isDefault,
  }));
}

/** Returns the data sources in Grafana's values and in the objects that its sidecar collects. Pure. */
export function findProvisionedDatasources(
  grafana: PlannedApp,
  objects: readonly BroughtObject[],
): ProvisionedDatasource[] {
  const grafanaPath = getGrafanaValuesPath(getChartName(grafana.chart)) ?? [];
  const provisioned = getValueAt(grafana.values, [...grafanaPath, "datasources"]);
  const files = isMapping(provisioned) ? Object.entries(provisioned) : [];
  const app = grafana.name;
  const written = files.flatMap(([file, content]) =>
    asList(isMapping(content) ? content["datasources"] : undefined).flatMap((one, index) =>
      readDatasource(one, { app, path: [...grafanaPath, "datasources", file, "datasources", index] }),
    ),
  );
  const sidecar = readSidecar(grafana, "datasources");
  const collected = objects.filter((object) => isCollected(sidecar, object)).flatMap(readDatasourcesOfObject);
  if (!isStackChart(grafana) || !sidecar.isOn) return [...written, ...collected];
  const additional = asList(getValueAt(grafana.values, [...grafanaPath, "additionalDataSources"])).flatMap(
    (one, index) => readDatasource(one, { app, path: [...grafanaPath, "additionalDataSources", index] }),
  );
  const text = getValueAt(grafana.values, [...grafanaPath, "additionalDataSourcesString"]);
  const inText = (typeof text === "string" ? readYamlDocuments(text) : []).flatMap((list) =>
    asList(list).flatMap((one) =>
      readDatasource(one, { app, path: [...grafanaPath, "additionalDataSourcesString"] }),
    ),
  );
  return [
    ...listStackChartDatasources(grafana, grafanaPath),
    ...written,
    ...additional,
    ...inText,
    ...collected,
  ];
}

/**
 * Returns the data sources that kube-prometheus-stack creates for Grafana's sidecar; the names are the chart's defaults.
 */
function listStackChartDatasources(
  { name: app, chart, values }: PlannedApp,
  grafanaPath: readonly string[],
): ProvisionedDatasource[] {
  const own = (key: string, fallback: unknown) =>
    getValueAt(values, [...grafanaPath, "sidecar", "datasources", ...key.split(".")]) ?? fallback;
  const made = { orgId: 1, of: "the chart's own", app, path: [] };
  const datasources: ProvisionedDatasource[] = [];
  if (own("defaultDatasourceEnabled", true) !== false)
    datasources.push({
      uid: String(own("uid", "prometheus")),
      name: String(own("name", "Prometheus")),
      type: "prometheus",
      isDefault: own("isDefaultDatasource", true) === true,
      ...made,
    });
  const version = "version" in chart ? Number.parseInt(chart.version ?? "", 10) : Number.NaN;
  // Older ones have none.
  if (own("alertmanager.enabled", true) !== false && !(version < 45))
    datasources.push({
      uid: String(own("alertmanager.uid", "alertmanager")),
      name: String(own("alertmanager.name", "Alertmanager")),
      type: "alertmanager",
      isDefault: false,
      ...made,
    });
  return datasources;
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Returns the data sources in the files of a ConfigMap or Secret. */
function readDatasourcesOfObject({ app, object, path, where }: BroughtObject): ProvisionedDatasource[] {
  const name = isMapping(object["metadata"]) ? String(object["metadata"]["name"]) : "";
  const files = [object["data"], object["stringData"]].flatMap((contents) =>
    isMapping(contents) ? Object.values(contents) : [],
  );
  return files.flatMap((file) =>
    (typeof file === "string" ? readYamlDocuments(file) : []).flatMap((content) =>
      asList(isMapping(content) ? content["datasources"] : undefined).flatMap((one) =>
        readDatasource(one, { app, path, where, of: `${object["kind"]} ${name}` }),
      ),
    ),
  );
}

/** Returns the data source of one entry in a provisioning file; an empty list for an entry without name or type. */
function readDatasource(
  written: unknown,
  origin: { app: string; path: Path; where?: string | undefined; of?: string },
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
      ...origin,
    },
  ];
}

/**
 * Returns the uid that Grafana derives from a data source's name: https://github.com/grafana/grafana,
 * pkg/services/provisioning/datasources.
 */
function createUid(name: string): string {
  return `P${createHash("sha256").update(name).digest("hex").slice(0, 16)}`.toUpperCase();
}
