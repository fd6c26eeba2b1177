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

/** A part of the configuration. */
interface Placed {
  /** The place in the configuration's file; undefined if no file sets it. */
  readonly at: Place | undefined;
}

export interface WantedTool extends Placed {
  readonly name: ToolName;
  readonly asked: string;
}

export interface WantedChart extends Placed {
  readonly app: string;
  /** The chart in the notation of the configuration. */
  readonly chart: string;
  readonly from: string;
  readonly name: string;
  readonly asked: string | undefined;
}

export interface WantedDashboard extends Placed {
  /** The source in the notation of the lock: an ID, or a URL without credentials. */
  readonly from: string;
  /** The URL to fetch, with credentials; undefined for a dashboard on grafana.com. */
  readonly url?: string;
  readonly asked: number | undefined;
  /** The checksum that the configuration requires. */
  readonly sha256: string | undefined;
}

/** The downloads that a configuration requests. Files on this machine are not among them, since no lock can contain them. */
export interface Wanted {
  readonly profile: Lock["profile"];
  readonly profileAt: Place | undefined;
  readonly tools: readonly WantedTool[];
  readonly charts: readonly WantedChart[];
  readonly dashboards: readonly WantedDashboard[];
  /** Repositories of the images that k3s itself starts: `docker.io/rancher/mirrored-pause`. */
  readonly k3sImages: readonly string[];
}

/** Returns the downloads that a plan requests, as long as no lock has changed it. */
export function collectWanted(loaded: LoadedConfig, plan: Plan): Wanted {
  const { config } = loaded;
  const tools = listWantedTools(loaded);
  return {
    profile: config.profile,
    profileAt: placeOfSetting(loaded, "profile"),
    tools,
    charts: plan.apps.flatMap((app) => findWantedChart(loaded, app)),
    dashboards: plan.apps.some(hasGrafana)
      ? [...listWantedDashboards(loaded), ...listChartDashboards(loaded, plan)]
      : [],
    k3sImages: tools.some(({ name }) => name === "k3s") ? listNeededImages(config.k3s.args) : [],
  };
}

/** Returns a line for each source on this machine that a run uses. No lock contains these sources. */
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

/** Returns the tools to download; a tool with a path is left out. */
function listWantedTools(loaded: LoadedConfig): WantedTool[] {
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

/** Returns the chart of an app if it comes from a repository or registry. */
function findWantedChart(loaded: LoadedConfig, app: PlannedApp): WantedChart[] {
  const { chart } = app;
  if (chart.kind !== "repo" && chart.kind !== "oci") return [];
  const findPlace = (key: string) => placeInFile(loaded, ["apps", app.name, key]);
  return [
    {
      app: app.name,
      chart: chart.kind === "oci" ? chart.url : `${chart.repo}/${chart.name}`,
      from: chart.kind === "oci" ? chart.url : normalizeRepoUrl(chart.repoUrl),
      name: chart.kind === "oci" ? "" : chart.name,
      asked: isDefaultChart(loaded, app.name) ? byDefault : chart.version,
      at: findPlace("version") ?? findPlace("chart"),
    },
  ];
}

/** True if an app's chart and version are monstack's defaults. */
function isDefaultChart({ config }: LoadedConfig, app: string): boolean {
  const defaults = getDefaultApps(config.stack);
  return Object.hasOwn(defaults, app) && isDeepStrictEqual(defaults[app]?.source, config.apps[app]?.source);
}

/** Returns the configured dashboards that are fetched. */
function listWantedDashboards(loaded: LoadedConfig): WantedDashboard[] {
  return loaded.config.dashboards.flatMap(({ source, index }): WantedDashboard[] => {
    if (source.kind === "file") return [];
    const at = placeInFile(loaded, ["dashboards", index]);
    return source.kind === "id"
      ? [{ from: String(source.id), asked: source.revision, sha256: undefined, at }]
      : [{ from: showUrl(source.url), url: source.url, asked: undefined, sha256: source.sha256, at }];
  });
}

/** Returns the dashboards on grafana.com that the charts' values request. */
function listChartDashboards(loaded: LoadedConfig, { apps }: Plan): WantedDashboard[] {
  return findDashboardsToTakeOver(loaded.config, apps).map(({ app, path, id, revision }) => ({
    from: String(id),
    asked: revision,
    sha256: undefined,
    at: placeInValues(loaded, app, [...path, "gnetId"]),
  }));
}

/** Returns the plan with the locked versions of the requested charts. */
export function pinCharts(plan: Plan, lock: Lock, { charts }: Wanted): Plan {
  const pinChart = (app: string, chart: ChartRef): ChartRef => {
    if (chart.kind !== "repo" && chart.kind !== "oci") return chart;
    const wanted = charts.find((candidate) => candidate.app === app);
    const locked = wanted && findLockedChart(lock, wanted);
    return locked ? { ...chart, version: locked.version } : chart;
  };
  return { ...plan, apps: plan.apps.map((app) => ({ ...app, chart: pinChart(app.name, app.chart) })) };
}
