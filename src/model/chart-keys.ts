import type { Component } from "../config/resources.ts";
import type { StorageSizes } from "../config/settings/storage.ts";
import { getValueAt } from "../lib/object.ts";
import { getChartName, isStackChart } from "./chart.ts";
import type { ChartRef, PlannedApp } from "./plan.ts";
import type { RenderedApp } from "./rendered.ts";

type Path = readonly string[];

/** Where a chart takes a component's volume. */
export interface StorageKeys {
  /** Undefined: to name a size is to switch it on. */
  readonly enabled: Path | undefined;
  /** The chart creates a volume even if no value requests one. */
  readonly byDefault: boolean;
  readonly size: Path;
  readonly storageClass: Path;
  /** Undefined: the chart has a default. */
  readonly accessModes: Path | undefined;
}

/** Where a chart takes what Prometheus is started and configured with. */
export interface PrometheusKeys {
  readonly retention: Path;
  readonly retentionSize: Path;
  readonly scrapeInterval: Path;
  readonly scrapeTimeout: Path;
  readonly evaluationInterval: Path;
  /** When the values say nothing. */
  readonly defaults: { readonly scrapeInterval: string; readonly scrapeTimeout: string };
  readonly scrapeConfigs: Path;
  readonly remoteWrite: Path;
}

/** Where a chart takes the settings: key paths in its values, the same in all its versions unless said here. */
interface ChartKeys {
  readonly prometheus?: PrometheusKeys;
  readonly storage: Readonly<Partial<Record<keyof StorageSizes, StorageKeys>>>;
  readonly resources: Readonly<Partial<Record<Component, Path>>>;
  /** What the values leave a component out with: `false` there. */
  readonly switches?: Readonly<Partial<Record<Component, Path>>>;
}

const server = (...rest: string[]) => ["server", ...rest];
const spec = (...rest: string[]) => ["prometheus", "prometheusSpec", ...rest];

const grafana = (...prefix: string[]): ChartKeys => ({
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

const claim = (...prefix: string[]): StorageKeys => ({
  enabled: undefined,
  byDefault: false,
  size: [...prefix, "volumeClaimTemplate", "spec", "resources", "requests", "storage"],
  storageClass: [...prefix, "volumeClaimTemplate", "spec", "storageClassName"],
  accessModes: [...prefix, "volumeClaimTemplate", "spec", "accessModes"],
});

const exporters = {
  "node-exporter": ["prometheus-node-exporter", "resources"],
  "kube-state-metrics": ["kube-state-metrics", "resources"],
};

const byChart: Readonly<Record<string, ChartKeys>> = {
  prometheus: {
    prometheus: {
      retention: server("retention"),
      retentionSize: server("retentionSize"),
      scrapeInterval: server("global", "scrape_interval"),
      scrapeTimeout: server("global", "scrape_timeout"),
      evaluationInterval: server("global", "evaluation_interval"),
      defaults: { scrapeInterval: "1m", scrapeTimeout: "10s" },
      scrapeConfigs: ["extraScrapeConfigs"],
      remoteWrite: server("remoteWrite"),
    },
    storage: {
      prometheus: {
        enabled: server("persistentVolume", "enabled"),
        byDefault: true,
        size: server("persistentVolume", "size"),
        storageClass: server("persistentVolume", "storageClass"),
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
    resources: { prometheus: server("resources"), alertmanager: ["alertmanager", "resources"], ...exporters },
    switches: {
      alertmanager: ["alertmanager", "enabled"],
      "node-exporter": ["prometheus-node-exporter", "enabled"],
      "kube-state-metrics": ["kube-state-metrics", "enabled"],
    },
  },
  grafana: grafana(),
  "kube-prometheus-stack": {
    prometheus: {
      retention: spec("retention"),
      retentionSize: spec("retentionSize"),
      scrapeInterval: spec("scrapeInterval"),
      scrapeTimeout: spec("scrapeTimeout"),
      evaluationInterval: spec("evaluationInterval"),
      defaults: { scrapeInterval: "30s", scrapeTimeout: "10s" },
      scrapeConfigs: spec("additionalScrapeConfigs"),
      remoteWrite: spec("remoteWrite"),
    },
    storage: {
      prometheus: claim(...spec("storageSpec")),
      alertmanager: claim("alertmanager", "alertmanagerSpec", "storage"),
      ...grafana("grafana").storage,
    },
    resources: {
      prometheus: spec("resources"),
      alertmanager: ["alertmanager", "alertmanagerSpec", "resources"],
      ...grafana("grafana").resources,
      ...exporters,
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
  const keys = Object.hasOwn(byChart, name) ? byChart[name] : undefined;
  if (keys?.prometheus === undefined || !isBeforeVersion(chart, 25, 6)) return keys;
  // The key came with prometheus 25.6.0 (prometheus-community/helm-charts#3985).
  const retentionSize = server("extraArgs", "storage.tsdb.retention.size");
  return name === "prometheus" ? { ...keys, prometheus: { ...keys.prometheus, retentionSize } } : keys;
}

function isBeforeVersion(chart: ChartRef, major: number, minor: number): boolean {
  const version = chart.kind === "repo" || chart.kind === "oci" ? chart.version : undefined;
  const [, ownMajor, ownMinor] = /^v?(\d+)\.(\d+)/.exec(version ?? "") ?? [];
  const isSameMajor = Number(ownMajor) === major;
  return ownMajor !== undefined && (Number(ownMajor) < major || (isSameMajor && Number(ownMinor) < minor));
}

/**
 * Returns the app that brings a component. Of several apps that is the one with the component's name, else the operator's
 * whole stack, else an app whose chart has the component's name, else the first one. This app is also verified.
 */
export function findComponentApp(component: Component, apps: readonly PlannedApp[]): PlannedApp | undefined {
  const homes = apps.filter((app) => bringsComponent(component, app));
  const isOn = (app: PlannedApp) => findSwitchedOff(component, app) === undefined;
  return (
    homes.find(({ name }) => name === component) ??
    homes.find((app) => isStackChart(app) && isOn(app)) ??
    homes.find(({ chart }) => getChartName(chart) === component) ??
    homes.find(isOn) ??
    homes[0]
  );
}

/** True if the app's chart is known to contain a component. */
function bringsComponent(component: Component, { chart }: Pick<PlannedApp, "chart">): boolean {
  return findChartKeys(chart)?.resources[component] !== undefined;
}

/**
 * Returns the key in the app's values that switches a component off; undefined if the component is on or the chart can't
 * bring it.
 */
export function findSwitchedOff(component: Component, { chart, values }: PlannedApp): Path | undefined {
  const switchPath = findChartKeys(chart)?.switches?.[component];
  return switchPath !== undefined && getValueAt(values, switchPath) === false ? switchPath : undefined;
}

/**
 * Returns the apps with the one that brings the stack's own component first. Other apps that bring the same component are
 * left out, because their component is not the stack's.
 */
export function sortByComponentApp(component: Component, rendered: readonly RenderedApp[]): RenderedApp[] {
  const home = findComponentApp(
    component,
    rendered.map(({ app }) => app),
  );
  return rendered
    .filter(({ app }) => app === home || !bringsComponent(component, app))
    .toSorted((a, b) => Number(b.app === home) - Number(a.app === home));
}
