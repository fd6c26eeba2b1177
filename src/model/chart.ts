import { basename } from "node:path";
import { describeUnknownRepo } from "../config/registries.ts";
import type { AppConfig, Repo } from "../config/schema.ts";
import { UserError } from "../lib/errors.ts";
import type { ChartRef, PlannedApp } from "./plan.ts";

/** Returns the location of an app's chart, from the notation in the configuration. */
export function resolveChartRef(
  app: string,
  { source, labels, annotations }: Pick<AppConfig, "source" | "labels" | "annotations">,
  repos: Readonly<Record<string, Repo>>,
): ChartRef {
  if (source.kind !== "chart") return { ...source, labels, annotations };
  const { chart, version } = source;
  if (chart.startsWith("oci://")) return { kind: "oci", url: chart, version };
  if (/^[/.]/.test(chart)) return { kind: "path", path: chart };
  const [repo = "", name = ""] = chart.split("/");
  const repoUrl = Object.hasOwn(repos, repo) ? repos[repo] : undefined;
  if (repoUrl !== undefined) return { kind: "repo", repo, repoUrl: repoUrl.url, name, version };
  throw new UserError(`apps.${app}.chart: ${describeUnknownRepo(repo, Object.keys(repos))}`);
}

/** Returns the chart's own name from any kind of location: `prometheus` also for `/charts/prometheus-29.27.0.tgz`. */
export function getChartName(chart: ChartRef): string {
  if (chart.kind === "repo" || chart.kind === "objects") return chart.name;
  if (chart.kind === "manifests") return "manifests";
  const fileName = basename(chart.kind === "oci" ? chart.url : chart.path);
  const name = fileName.replace(/\.(tgz|tar\.gz)$/, "");
  // Only an archive's name ends with the version; a folder may have digits of its own.
  return name === fileName ? fileName : name.replace(/-v?\d{1,9}\.\d.*/s, "");
}

/**
 * Returns a chart with its version, for example `prometheus-community/prometheus 29.27.0`. Without a configured version
 * it is the newest one.
 */
export function formatChart(chart: ChartRef): string {
  if (chart.kind === "objects") return `${chart.objects.length} objects of monstack's own`;
  if (chart.kind === "manifests") return chart.paths.join(", ");
  if (chart.kind === "kustomize") return `${chart.path} (kustomize)`;
  if (chart.kind === "path") return chart.path;
  const name = chart.kind === "oci" ? chart.url : `${chart.repo}/${chart.name}`;
  return `${name} ${chart.version ?? "(newest)"}`;
}

/** A chart as its author wrote it, as far as its values are concerned. `sources/charts/values.ts` reads it. */
export interface ChartSource {
  readonly name: string;
  /** True for a library chart: its templates are helpers of the chart that depends on it, and get that chart's values. */
  readonly isLibrary: boolean;
  /** values.yaml, parsed. */
  readonly values: unknown;
  /** values.schema.json, parsed; undefined if the chart has none. */
  readonly schema: unknown;
  /** The texts of all files below templates/. */
  readonly templates: readonly string[];
  /** The dependencies in Chart.yaml (or requirements.yaml). */
  readonly dependencies: readonly ChartDependency[];
  /** All charts in charts/, listed as dependencies or not. */
  readonly charts: readonly ChartSource[];
}

export interface ChartDependency {
  readonly name: string;
  readonly alias: string | undefined;
  /** Key paths of the values that enable it, for example `alertmanager.enabled`. */
  readonly conditions: readonly string[];
  readonly tags: readonly string[];
  /** Values that the chart imports: a name below the dependency's `exports`, or one key path to another. */
  readonly importValues: readonly (string | { readonly child: string; readonly parent: string })[];
}

/** The chart of the operator's flavour: Prometheus, Alertmanager, Grafana and the exporters in one. */
export const stackChart = "kube-prometheus-stack";

export function isStackChart(app: PlannedApp): boolean {
  return getChartName(app.chart) === stackChart;
}

/**
 * Returns the key path at which a chart keeps Grafana's values; empty for Grafana's own chart, undefined if the chart
 * deploys no Grafana.
 */
export function getGrafanaValuesPath(chart: string): readonly string[] | undefined {
  if (chart === "grafana") return [];
  return chart === stackChart ? ["grafana"] : undefined;
}
