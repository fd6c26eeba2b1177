import { defaultApps } from "../config/defaults.ts";
import type { ChartRef } from "../model/plan.ts";

/**
 * A repository whose charts are maintained elsewhere now. A pinned version keeps working as long as the old
 * repository is served.
 */
interface ChartMove {
  /** Matches the address of the old repository. */
  readonly from: RegExp;
  /** The new place of each chart, by the chart's old name; `*` matches all other charts. */
  readonly charts: Readonly<Record<string, string>>;
  readonly why: string;
}

const getDefaultVersion = (app: string) => {
  const source = defaultApps[app]?.source;
  return source?.kind === "chart" ? (source.version ?? "") : "";
};
const grafanaVersion = getDefaultVersion("grafana");
const prometheusVersion = getDefaultVersion("prometheus");
const newGrafana = `grafana-community/grafana (https://grafana-community.github.io/helm-charts), newest known ${grafanaVersion}`;
const describeCommunityChart = (name: string) =>
  `prometheus-community/${name} (https://prometheus-community.github.io/helm-charts)${name === "prometheus" ? `, newest known ${prometheusVersion}` : ""}`;

const movedCharts: readonly ChartMove[] = [
  {
    from: /^https?:\/\/grafana\.github\.io\/helm-charts\/?$/,
    charts: { grafana: newGrafana },
    why: "the Grafana chart moved on 2026-01-30, and its old repository ends at 10.5.15",
  },
  {
    // https://helm.sh/blog/charts-repo-deprecation/
    from: /^https?:\/\/(?:charts\.helm\.sh\/(?:stable|incubator)|kubernetes-charts(?:-incubator)?\.storage\.googleapis\.com)\/?$/,
    charts: {
      prometheus: describeCommunityChart("prometheus"),
      grafana: newGrafana,
      "prometheus-operator": describeCommunityChart("kube-prometheus-stack"),
      "prometheus-node-exporter": describeCommunityChart("prometheus-node-exporter"),
      "prometheus-pushgateway": describeCommunityChart("prometheus-pushgateway"),
      "prometheus-adapter": describeCommunityChart("prometheus-adapter"),
      "prometheus-blackbox-exporter": describeCommunityChart("prometheus-blackbox-exporter"),
      "kube-state-metrics": describeCommunityChart("kube-state-metrics"),
      "*": "its project's own repository (https://artifacthub.io lists it)",
    },
    why: "the stable and incubator repositories are archived since November 2020, and nothing in them is fixed",
  },
  {
    // https://github.com/bitnami/charts/issues/35164
    from: /^(?:https?:\/\/charts\.bitnami\.com\/|oci:\/\/registry-1\.docker\.io\/bitnamicharts\/)/,
    charts: {
      prometheus: describeCommunityChart("prometheus"),
      grafana: newGrafana,
      "kube-prometheus": describeCommunityChart("kube-prometheus-stack"),
      "kube-state-metrics": describeCommunityChart("kube-state-metrics"),
      "node-exporter": describeCommunityChart("prometheus-node-exporter"),
      alertmanager: describeCommunityChart("alertmanager"),
    },
    why: "Bitnami's free images went to docker.io/bitnamilegacy in 2025 and are not updated any more",
  },
];

/** Returns where a moved chart is maintained now; undefined if it has not moved. */
export function findNewChart(chart: ChartRef): { readonly to: string; readonly why: string } | undefined {
  if (chart.kind !== "repo" && chart.kind !== "oci") return undefined;
  const address = chart.kind === "repo" ? chart.repoUrl : chart.url;
  const name = chart.kind === "repo" ? chart.name : (chart.url.split("/").at(-1) ?? "");
  const move = movedCharts.find(({ from }) => from.test(address));
  const newAddress = move && (Object.hasOwn(move.charts, name) ? move.charts[name] : move.charts["*"]);
  return move && newAddress !== undefined ? { to: newAddress, why: move.why } : undefined;
}
