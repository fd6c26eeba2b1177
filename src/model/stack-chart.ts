import { chartName } from "./chart.ts";
import type { PlannedApp } from "./plan.ts";

/** The chart of the operator's flavour: Prometheus, Alertmanager, Grafana and the exporters in one. */
export const stackChart = "kube-prometheus-stack";

export function isStackChart(app: PlannedApp): boolean {
  return chartName(app.chart) === stackChart;
}

/** Where a chart keeps the values of Grafana, if it deploys one: in its own values or below a key. */
export function grafanaValuesIn(chart: string): readonly string[] | undefined {
  if (chart === "grafana") return [];
  return chart === stackChart ? ["grafana"] : undefined;
}
