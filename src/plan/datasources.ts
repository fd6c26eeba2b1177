import { createHash } from "node:crypto";
import type { Datasource } from "../dashboards/types.ts";
import { chartName } from "./chart.ts";
import { grafanaValuesIn, isStackChart } from "./stack-chart.ts";
import type { PlannedApp } from "./types.ts";
import { isMapping, type Values, valueAt } from "./values.ts";

/** The datasources that a Grafana's values give it; what a sidecar collects is not known before it runs. Pure. */
export function plannedDatasources(grafana: PlannedApp): Datasource[] {
  const at = grafanaValuesIn(chartName(grafana.chart)) ?? [];
  const provisioned = valueAt(grafana.values, [...at, "datasources"]);
  const files = isMapping(provisioned) ? Object.values(provisioned) : [];
  const written = files.flatMap((file) => (isMapping(file) ? listIn(file["datasources"]) : []));
  if (!isStackChart(grafana)) return written.flatMap(datasource);
  const more = listIn(valueAt(grafana.values, [...at, "additionalDataSources"]));
  return [...ofStackChart(grafana.values, at), ...[...written, ...more].flatMap(datasource)];
}

/** kube-prometheus-stack's own, which its sidecar brings; the names are the chart's defaults. */
function ofStackChart(values: Values, at: readonly string[]): Datasource[] {
  const own = (key: string, fallback: unknown) =>
    valueAt(values, [...at, "sidecar", "datasources", key]) ?? fallback;
  if (own("enabled", true) === false || own("defaultDatasourceEnabled", true) === false) return [];
  return [
    {
      uid: String(own("uid", "prometheus")),
      name: String(own("name", "Prometheus")),
      type: "prometheus",
      isDefault: own("isDefaultDatasource", true) === true,
    },
  ];
}

function listIn(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function datasource(written: unknown): Datasource[] {
  if (!isMapping(written)) return [];
  const { name, uid, type, isDefault } = written;
  if (typeof name !== "string" || typeof type !== "string") return [];
  return [
    { name, type, uid: typeof uid === "string" && uid ? uid : uidOf(name), isDefault: isDefault === true },
  ];
}

/** Grafana makes a uid from the name: https://github.com/grafana/grafana, pkg/services/provisioning/datasources. */
function uidOf(name: string): string {
  return `P${createHash("sha256").update(name).digest("hex").slice(0, 16)}`.toUpperCase();
}
