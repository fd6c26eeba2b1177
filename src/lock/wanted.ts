import { isDeepStrictEqual } from "node:util";
import { listNeededImages } from "../cluster/launch.ts";
import { getDefaultApps } from "../config/defaults.ts";
import type { LoadedConfig } from "../config/load.ts";
import { type Place, placeInFile, placeInValues, placeOfSetting } from "../config/locate.ts";
import { showUrl } from "../lib/redact/urls.ts";
import { byDefault, findLockedChart, type Lock, normalizeRepoUrl } from "../lockfile/lock.ts";
import type { ToolName } from "../lockfile/tools.ts";
import type { ChartRef, Plan, PlannedApp } from "../model/plan.ts";
import { findDashboardsToTakeOver } from "../plan/grafana/chart-dashboards.ts";
import { hasGrafana } from "../plan/grafana/grafana-values.ts";
import { showPath } from "../yaml/mistakes.ts";

interface Asked {
  /** Where the configuration says it; undefined where it doesn't. */
  readonly at: Place | undefined;
}

export interface WantedTool extends Asked {
  readonly name: ToolName;
  readonly asked: string;
}

export interface WantedChart extends Asked {
  readonly app: string;
  /** As the configuration writes it. */
  readonly chart: string;
  readonly from: string;
  readonly name: string;
  readonly asked: string | undefined;
}

export interface WantedDashboard extends Asked {
  /** As the lock has it: without credentials. */
  readonly from: string;
  /** What is fetched; undefined: `from` says it. */
  readonly url?: string;
  readonly asked: number | undefined;
  /** The user says it. */
  readonly sha256: string | undefined;
}

/** What a configuration wants fetched. What is on this machine already is not in it: the user has it beside the lock. */
export interface Wanted {
  readonly profile: Lock["profile"];
  readonly profileAt: Place | undefined;
  readonly tools: readonly WantedTool[];
  readonly charts: readonly WantedChart[];
  readonly dashboards: readonly WantedDashboard[];
  /** Repositories of the images that k3s itself starts: `docker.io/rancher/mirrored-pause`. */
  readonly k3sImages: readonly string[];
}

/** What would be fetched for a plan that no lock has changed yet. */
export function collectWanted(loaded: LoadedConfig, plan: Plan): Wanted {
  const { config } = loaded;
  const tools = listTools(loaded);
  return {
    profile: config.profile,
    profileAt: placeOfSetting(loaded, "profile"),
    tools,
    charts: plan.apps.flatMap((app) => findChart(loaded, app)),
    dashboards: plan.apps.some(hasGrafana)
      ? [...listDashboards(loaded), ...listChartDashboards(loaded, plan)]
      : [],
    k3sImages: tools.some(({ name }) => name === "k3s") ? listNeededImages(config.k3s.args) : [],
  };
}

/** What a run takes from this machine, so that no lock holds it; a line each. */
export function describeLocalSources({ config, cwd }: LoadedConfig, plan: Plan): string[] {
  const names = (["k3s", "helm", "kubectl"] as const).filter(
    (name) => name !== "k3s" || config.cluster.kind === "k3s",
  );
  const tools = names.flatMap((name) => {
    const { path } = config[name];
    const images = name === "k3s" ? " and the images that it starts" : "";
    return path === undefined ? [] : [`${name}${images}: ${showPath(cwd, path)}`];
  });
  const charts = plan.apps.flatMap(({ name, chart }) => {
    if (chart.kind === "path" || chart.kind === "kustomize")
      return [`app ${name}: ${showPath(cwd, chart.path)}`];
    return chart.kind === "manifests"
      ? [`app ${name}: ${chart.paths.map((path) => showPath(cwd, path)).join(", ")}`]
      : [];
  });
  const dashboards = config.dashboards.flatMap(({ source }) =>
    source.kind === "file" ? [`dashboard ${showPath(cwd, source.path)}`] : [],
  );
  return [...tools, ...charts, ...dashboards];
}

function listTools(loaded: LoadedConfig): WantedTool[] {
  const { config, origins } = loaded;
  const names: ToolName[] = [...(config.cluster.kind === "k3s" ? (["k3s"] as const) : []), "helm", "kubectl"];
  return names
    .filter((name) => config[name].path === undefined)
    .map((name) => {
      const setting = `${name}-version` as const;
      const asked = origins[setting] === "default" ? byDefault : config[name].version;
      return { name, asked, at: placeOfSetting(loaded, setting) };
    });
}

function findChart(loaded: LoadedConfig, app: PlannedApp): WantedChart[] {
  const { chart } = app;
  if (chart.kind !== "repo" && chart.kind !== "oci") return [];
  const place = (key: string) => placeInFile(loaded, ["apps", app.name, key]);
  return [
    {
      app: app.name,
      chart: chart.kind === "oci" ? chart.url : `${chart.repo}/${chart.name}`,
      from: chart.kind === "oci" ? chart.url : normalizeRepoUrl(chart.repoUrl),
      name: chart.kind === "oci" ? "" : chart.name,
      asked: isDefault(loaded, app.name) ? byDefault : chart.version,
      at: place("version") ?? place("chart"),
    },
  ];
}

/** monstack's own choice of a chart and its version. */
function isDefault({ config }: LoadedConfig, app: string): boolean {
  const defaults = getDefaultApps(config.stack);
  return Object.hasOwn(defaults, app) && isDeepStrictEqual(defaults[app]?.source, config.apps[app]?.source);
}

function listDashboards(loaded: LoadedConfig): WantedDashboard[] {
  return loaded.config.dashboards.flatMap(({ source, index }): WantedDashboard[] => {
    if (source.kind === "file") return [];
    const at = placeInFile(loaded, ["dashboards", index]);
    return source.kind === "id"
      ? [{ from: String(source.id), asked: source.revision, sha256: undefined, at }]
      : [{ from: showUrl(source.url), url: source.url, asked: undefined, sha256: source.sha256, at }];
  });
}

function listChartDashboards(loaded: LoadedConfig, { apps }: Plan): WantedDashboard[] {
  return findDashboardsToTakeOver(loaded.config, apps).map(({ app, path, id, revision }) => ({
    from: String(id),
    asked: revision,
    sha256: undefined,
    at: placeInValues(loaded, app, [...path, "gnetId"]),
  }));
}

/** The plan with the versions of charts that the lock has, for what the plan wants. */
export function pinCharts(plan: Plan, lock: Lock, { charts }: Wanted): Plan {
  const pin = (app: string, chart: ChartRef): ChartRef => {
    if (chart.kind !== "repo" && chart.kind !== "oci") return chart;
    const wanted = charts.find((one) => one.app === app);
    const locked = wanted && findLockedChart(lock, wanted);
    return locked ? { ...chart, version: locked.version } : chart;
  };
  return { ...plan, apps: plan.apps.map((app) => ({ ...app, chart: pin(app.name, app.chart) })) };
}
