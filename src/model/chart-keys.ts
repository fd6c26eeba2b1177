import type { Component } from "../config/resources.ts";
import type { StorageSizes } from "../config/settings/storage.ts";
import { getValueAt } from "../lib/object.ts";
import { getChartName, isStackChart } from "./chart.ts";
import type { ChartRef, PlannedApp } from "./plan.ts";
import type { RenderedApp } from "./rendered.ts";

type Path = readonly string[];

/** Key paths of a chart's values that configure the volume of a component. */
export interface StorageKeys {
  /** The switch of the volume; undefined: a size switches it on. */
  readonly enabled: Path | undefined;
  /** The chart creates a volume even if no value requests one. */
  readonly byDefault: boolean;
  readonly size: Path;
  readonly storageClass: Path;
  /** Undefined: the chart has a default. */
  readonly accessModes: Path | undefined;
}

/** Key paths of a chart's values that configure Prometheus. */
export interface PrometheusKeys {
  readonly retention: Path;
  readonly retentionSize: Path;
  readonly scrapeInterval: Path;
  readonly scrapeTimeout: Path;
  readonly evaluationInterval: Path;
  /** The chart's own defaults. */
  readonly defaults: { readonly scrapeInterval: string; readonly scrapeTimeout: string };
  readonly scrapeConfigs: Path;
  readonly remoteWrite: Path;
}

/**
 * Key paths of a chart's values for the settings. They are the same in all versions of the chart, except those that
 * findChartKeys changes.
 */
interface ChartKeys {
  readonly prometheus?: PrometheusKeys;
  readonly storage: Readonly<Partial<Record<keyof StorageSizes, StorageKeys>>>;
  readonly resources: Readonly<Partial<Record<Component, Path>>>;
  /** Keys that switch a component off with `false`. */
  readonly switches?: Readonly<Partial<Record<Component, Path>>>;
}

const getServerPath = (...rest: string[]) => ["server", ...rest];
const getPrometheusSpecPath = (...rest: string[]) => ["prometheus", "prometheusSpec", ...rest];

/** Returns Grafana's keys. In kube-prometheus-stack they are below the prefix `grafana`. */
const createGrafanaKeys = (...prefix: string[]): ChartKeys => ({
  storage: {
    grafana: {
      enabled: [...prefix, "persistence", "enabled"],
      byDefault: false,
      size: [...prefix, "persistence", "size"],
      storageClass: [...prefix, "persistence", "storageClassName"],
      accessModes: undefined,
    },
  },
  resources: { grafana: [...prefix, "resources"] },
});

/** Returns the keys of a volume that a claim template of the operator configures. */
const createClaimKeys = (...prefix: string[]): StorageKeys => ({
  enabled: undefined,
  byDefault: false,
  size: [...prefix, "volumeClaimTemplate", "spec", "resources", "requests", "storage"],
  storageClass: [...prefix, "volumeClaimTemplate", "spec", "storageClassName"],
  accessModes: [...prefix, "volumeClaimTemplate", "spec", "accessModes"],
});

const exporterResources = {
  "node-exporter": ["prometheus-node-exporter", "resources"],
  "kube-state-metrics": ["kube-state-metrics", "resources"],
};

const keysByChart: Readonly<Record<string, ChartKeys>> = {
  prometheus: {
    prometheus: {
      retention: getServerPath("retention"),
      retentionSize: getServerPath("retentionSize"),
      scrapeInterval: getServerPath("global", "scrape_interval"),
      scrapeTimeout: getServerPath("global", "scrape_timeout"),
      evaluationInterval: getServerPath("global", "evaluation_interval"),
      defaults: { scrapeInterval: "1m", scrapeTimeout: "10s" },
      scrapeConfigs: ["extraScrapeConfigs"],
      remoteWrite: getServerPath("remoteWrite"),
    },
    storage: {
      prometheus: {
        enabled: getServerPath("persistentVolume", "enabled"),
        byDefault: true,
        size: getServerPath("persistentVolume", "size"),
        storageClass: getServerPath("persistentVolume", "storageClass"),
        accessModes: undefined,
      },
      alertmanager: {
        enabled: ["alertmanager", "persistence", "enabled"],
        byDefault: true,
        size: ["alertmanager", "persistence", "size"],
        storageClass: ["alertmanager", "persistence", "storageClass"],
        accessModes: undefined,
      },
    },
    resources: {
      prometheus: getServerPath("resources"),
      alertmanager: ["alertmanager", "resources"],
      ...exporterResources,
    },
    switches: {
      alertmanager: ["alertmanager", "enabled"],
      "node-exporter": ["prometheus-node-exporter", "enabled"],
      "kube-state-metrics": ["kube-state-metrics", "enabled"],
    },
  },
  grafana: createGrafanaKeys(),
  "kube-prometheus-stack": {
    prometheus: {
      retention: getPrometheusSpecPath("retention"),
      retentionSize: getPrometheusSpecPath("retentionSize"),
      scrapeInterval: getPrometheusSpecPath("scrapeInterval"),
      scrapeTimeout: getPrometheusSpecPath("scrapeTimeout"),
      evaluationInterval: getPrometheusSpecPath("evaluationInterval"),
      defaults: { scrapeInterval: "30s", scrapeTimeout: "10s" },
      scrapeConfigs: getPrometheusSpecPath("additionalScrapeConfigs"),
      remoteWrite: getPrometheusSpecPath("remoteWrite"),
    },
    storage: {
      prometheus: createClaimKeys(...getPrometheusSpecPath("storageSpec")),
      alertmanager: createClaimKeys("alertmanager", "alertmanagerSpec", "storage"),
      ...createGrafanaKeys("grafana").storage,
    },
    resources: {
      prometheus: getPrometheusSpecPath("resources"),
      alertmanager: ["alertmanager", "alertmanagerSpec", "resources"],
      ...createGrafanaKeys("grafana").resources,
      ...exporterResources,
    },
    switches: {
      prometheus: ["prometheus", "enabled"],
      alertmanager: ["alertmanager", "enabled"],
      grafana: ["grafana", "enabled"],
      "node-exporter": ["nodeExporter", "enabled"],
      "kube-state-metrics": ["kubeStateMetrics", "enabled"],
    },
  },
};

/** Returns the keys of a chart; undefined if no setting supports the chart. */
export function findChartKeys(chart: ChartRef): ChartKeys | undefined {
  const name = getChartName(chart);
  const keys = Object.hasOwn(keysByChart, name) ? keysByChart[name] : undefined;
  if (keys?.prometheus === undefined || !isBeforeVersion(chart, 25, 6)) return keys;
  // The key came with prometheus 25.6.0 (prometheus-community/helm-charts#3985).
  const retentionSize = getServerPath("extraArgs", "storage.tsdb.retention.size");
  return name === "prometheus" ? { ...keys, prometheus: { ...keys.prometheus, retentionSize } } : keys;
}

function isBeforeVersion(chart: ChartRef, major: number, minor: number): boolean {
  const version = chart.kind === "repo" || chart.kind === "oci" ? chart.version : undefined;
  const [, ownMajor, ownMinor] = /^v?(\d+)\.(\d+)/.exec(version ?? "") ?? [];
  const isSameMajor = Number(ownMajor) === major;
  return ownMajor !== undefined && (Number(ownMajor) < major || (isSameMajor && Number(ownMinor) < minor));
}

/**
 * Returns the app that deploys a component of the stack; undefined if no app can. Of several apps that is the one
 * with the component's name, else the operator's whole stack, else an app whose chart has the component's name, else
 * the first one. The checks verify the component of this app.
 */
export function findComponentApp(component: Component, apps: readonly PlannedApp[]): PlannedApp | undefined {
  const candidates = apps.filter((app) => containsComponent(component, app));
  const isOn = (app: PlannedApp) => findSwitchedOff(component, app) === undefined;
  return (
    candidates.find(({ name }) => name === component) ??
    candidates.find((app) => isStackChart(app) && isOn(app)) ??
    candidates.find(({ chart }) => getChartName(chart) === component) ??
    candidates.find(isOn) ??
    candidates[0]
  );
}

/** True if the app's chart is known to contain a component. */
function containsComponent(component: Component, { chart }: Pick<PlannedApp, "chart">): boolean {
  return findChartKeys(chart)?.resources[component] !== undefined;
}

/**
 * Returns the key in the app's values that switches a component off; undefined if the component is on, or if the
 * chart has no such switch.
 */
export function findSwitchedOff(component: Component, { chart, values }: PlannedApp): Path | undefined {
  const switchPath = findChartKeys(chart)?.switches?.[component];
  return switchPath !== undefined && getValueAt(values, switchPath) === false ? switchPath : undefined;
}

/**
 * Returns the apps with the one that deploys the stack's component first. Other apps that contain the same component
 * are left out, because their component is not the stack's.
 */
export function sortByComponentApp(component: Component, rendered: readonly RenderedApp[]): RenderedApp[] {
  const componentApp = findComponentApp(
    component,
    rendered.map(({ app }) => app),
  );
  return rendered
    .filter(({ app }) => app === componentApp || !containsComponent(component, app))
    .toSorted((a, b) => Number(b.app === componentApp) - Number(a.app === componentApp));
}
