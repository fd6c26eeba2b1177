import { createHash } from "node:crypto";
import type { Datasource } from "../../dashboards/dashboard.ts";
import { getValueAt, isMapping } from "../../lib/object.ts";
import { getChartName, getGrafanaValuesPath, isStackChart } from "../../model/chart.ts";
import type { PlannedApp } from "../../model/plan.ts";
import { type ExtraObject, isCollected, readSidecar, readYamlDocuments } from "./sidecar.ts";

type Path = readonly (string | number)[];

/** A data source that Grafana reads from a provisioning file. */
export interface ProvisionedDatasource extends Datasource {
  readonly orgId: number;
  /** Its origin for messages: `the values`, `the chart's own` or `ConfigMap loki-source`. */
  readonly originName: string;
  readonly app: string;
  /** Key path in the app's values; empty when it is not in them. */
  readonly path: Path;
  /** The place in the manifest that contains the data source; undefined if it is in an app's values. */
  readonly where?: string | undefined;
}

/**
 * Returns the data sources that the plan alone shows. Those that the sidecar collects are known only while it runs.
 * Pure.
 */
export function findPlannedDatasources(grafana: PlannedApp): Datasource[] {
  return findProvisionedDatasources(grafana, []).map(({ uid, name, type, isDefault }) => ({
    uid,
    name,
    type,
    isDefault,
  }));
}

/**
 * Returns all data sources that Grafana is provisioned with, from five origins: files in Grafana's values
 * (`datasources`), objects that the sidecar collects, and for kube-prometheus-stack the chart's own data sources,
 * `additionalDataSources` and the text `additionalDataSourcesString`. Pure.
 */
export function findProvisionedDatasources(
  grafana: PlannedApp,
  objects: readonly ExtraObject[],
): ProvisionedDatasource[] {
  const grafanaPath = getGrafanaValuesPath(getChartName(grafana.chart)) ?? [];
  const provisioned = getValueAt(grafana.values, [...grafanaPath, "datasources"]);
  const files = isMapping(provisioned) ? Object.entries(provisioned) : [];
  const app = grafana.name;
  const fromFiles = files.flatMap(([file, content]) =>
    asList(isMapping(content) ? content["datasources"] : undefined).flatMap((entry, index) =>
      readDatasource(entry, { app, path: [...grafanaPath, "datasources", file, "datasources", index] }),
    ),
  );
  const sidecar = readSidecar(grafana, "datasources");
  const fromSidecar = objects
    .filter((object) => isCollected(sidecar, object))
    .flatMap(readDatasourcesOfObject);
  if (!isStackChart(grafana) || !sidecar.isOn) return [...fromFiles, ...fromSidecar];
  const fromList = asList(getValueAt(grafana.values, [...grafanaPath, "additionalDataSources"])).flatMap(
    (entry, index) => readDatasource(entry, { app, path: [...grafanaPath, "additionalDataSources", index] }),
  );
  // The text holds a YAML list of data sources.
  const additionalText = getValueAt(grafana.values, [...grafanaPath, "additionalDataSourcesString"]);
  const fromText = (typeof additionalText === "string" ? readYamlDocuments(additionalText) : []).flatMap(
    (list) =>
      asList(list).flatMap((entry) =>
        readDatasource(entry, { app, path: [...grafanaPath, "additionalDataSourcesString"] }),
      ),
  );
  return [
    ...listStackChartDatasources(grafana, grafanaPath),
    ...fromFiles,
    ...fromList,
    ...fromText,
    ...fromSidecar,
  ];
}

/**
 * Returns the data sources that kube-prometheus-stack creates for Grafana's sidecar; the names are the chart's defaults.
 */
function listStackChartDatasources(
  { name: app, chart, values }: PlannedApp,
  grafanaPath: readonly string[],
): ProvisionedDatasource[] {
  const readSetting = (key: string, fallback: unknown) =>
    getValueAt(values, [...grafanaPath, "sidecar", "datasources", ...key.split(".")]) ?? fallback;
  const commonFields = { orgId: 1, originName: "the chart's own", app, path: [] };
  const datasources: ProvisionedDatasource[] = [];
  if (readSetting("defaultDatasourceEnabled", true) !== false)
    datasources.push({
      uid: String(readSetting("uid", "prometheus")),
      name: String(readSetting("name", "Prometheus")),
      type: "prometheus",
      isDefault: readSetting("isDefaultDatasource", true) === true,
      ...commonFields,
    });
  const version = "version" in chart ? Number.parseInt(chart.version ?? "", 10) : Number.NaN;
  // Charts before version 45 have no data source for Alertmanager.
  if (readSetting("alertmanager.enabled", true) !== false && !(version < 45))
    datasources.push({
      uid: String(readSetting("alertmanager.uid", "alertmanager")),
      name: String(readSetting("alertmanager.name", "Alertmanager")),
      type: "alertmanager",
      isDefault: false,
      ...commonFields,
    });
  return datasources;
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Returns the data sources in the files of a ConfigMap or Secret. */
function readDatasourcesOfObject({ app, object, path, where }: ExtraObject): ProvisionedDatasource[] {
  const name = isMapping(object["metadata"]) ? String(object["metadata"]["name"]) : "";
  const files = [object["data"], object["stringData"]].flatMap((contents) =>
    isMapping(contents) ? Object.values(contents) : [],
  );
  return files.flatMap((file) =>
    (typeof file === "string" ? readYamlDocuments(file) : []).flatMap((content) =>
      asList(isMapping(content) ? content["datasources"] : undefined).flatMap((entry) =>
        readDatasource(entry, { app, path, where, originName: `${object["kind"]} ${name}` }),
      ),
    ),
  );
}

/**
 * Returns a list with the data source of an entry in a provisioning file; an empty list for an entry without name or
 * type.
 * @param origin where the entry is written; `originName` is `the values` unless it is given
 */
function readDatasource(
  entry: unknown,
  origin: { app: string; path: Path; where?: string | undefined; originName?: string },
): ProvisionedDatasource[] {
  if (!isMapping(entry)) return [];
  const { name, uid, type, isDefault, orgId } = entry;
  if (typeof name !== "string" || typeof type !== "string") return [];
  return [
    {
      name,
      type,
      uid: typeof uid === "string" && uid ? uid : createUid(name),
      // Grafana also accepts texts, so that a file can contain environment variables.
      isDefault: isDefault === true || isDefault === "true",
      // Organization 1 is Grafana's main one, and the default for an entry without orgId.
      orgId: Number(orgId) || 1,
      originName: "the values",
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
