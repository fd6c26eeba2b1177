import type { OverlaySetting } from "./overlay.ts";
import { ciScraping } from "./scrape.ts";
import { ciStackSettings, stackChart } from "./stack-chart.ts";
import type { Values } from "./values.ts";

/**
 * What profile ci sets for a chart, by the chart's name; every key is one that the upstream chart has. `texts` are the
 * user's files of monitors.
 */
export function ciSettings(
  chart: string,
  values: Values,
  texts: readonly string[] = [],
): readonly OverlaySetting[] {
  if (chart === "prometheus") return [...prometheus, ...ciScraping(values)];
  if (chart === "grafana") return grafana;
  if (chart === stackChart) return ciStackSettings(values, texts, grafana);
  return [];
}

const everySecond = "a ready pod is noticed within a second instead of up to ten";
const small = "small enough for any runner, but not the first to starve or to be evicted on a busy one";

const prometheus: readonly OverlaySetting[] = [
  {
    path: ["server", "readinessProbeInitialDelay"],
    value: 0,
    why: "the chart waits 30 s before it asks for the first time",
  },
  { path: ["server", "readinessProbePeriodSeconds"], value: 1, why: everySecond },
  { path: ["configmapReload", "prometheus", "readinessProbe", "periodSeconds"], value: 1, why: everySecond },
  { path: ["alertmanager", "readinessProbe", "periodSeconds"], value: 1, why: everySecond },
  {
    path: ["kube-state-metrics", "readinessProbe", "initialDelaySeconds"],
    value: 0,
    why: "the chart waits 5 s before it asks for the first time",
  },
  { path: ["kube-state-metrics", "readinessProbe", "periodSeconds"], value: 1, why: everySecond },
  { path: ["prometheus-node-exporter", "readinessProbe", "periodSeconds"], value: 1, why: everySecond },
  {
    path: ["server", "persistentVolume", "enabled"],
    value: false,
    why: "a volume that dies with the job costs 5 to 10 s of provisioning",
    unlessAny: ["server", "persistentVolume"],
  },
  {
    path: ["alertmanager", "persistence", "enabled"],
    value: false,
    why: "a volume that dies with the job costs 5 to 10 s of provisioning",
    unlessAny: ["alertmanager", "persistence"],
  },
  {
    path: ["server", "resources", "requests"],
    value: { cpu: "50m", memory: "64Mi" },
    why: small,
    unlessAny: ["server", "resources"],
  },
  {
    path: ["server", "terminationGracePeriodSeconds"],
    value: 10,
    why: "the chart lets a shutdown take 5 minutes, and teardown waits for it",
  },
];

const noNetwork = "a test's Grafana calls nobody on the internet";

const grafana: readonly OverlaySetting[] = [
  { path: ["readinessProbe", "periodSeconds"], value: 1, why: everySecond },
  {
    path: ["resources", "requests"],
    value: { cpu: "50m", memory: "64Mi" },
    why: small,
    unlessAny: ["resources"],
  },
  { path: ["grafana.ini", "analytics", "check_for_updates"], value: false, why: noNetwork },
  { path: ["grafana.ini", "analytics", "check_for_plugin_updates"], value: false, why: noNetwork },
  { path: ["grafana.ini", "analytics", "reporting_enabled"], value: false, why: noNetwork },
  {
    path: ["grafana.ini", "plugins", "preinstall_disabled"],
    value: true,
    why: "Grafana 11.5 and later download plugins from grafana.com at each start",
  },
];
