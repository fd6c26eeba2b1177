import { getMappingAt, type Values } from "../../lib/object.ts";
import { getChartName, stackChart } from "../../model/chart.ts";
import type { ChartRef } from "../../model/plan.ts";
import { listCiGrafanaSettings } from "./grafana.ts";
import { type OverlaySetting, readinessReason, resourcesReason } from "./overlay.ts";
import { listScrapeSettings } from "./scrape-intervals.ts";
import { createCiStackSettings } from "./stack-chart.ts";
import { listFirstScrapeSettings, listGossipSettings } from "./upstream-timers.ts";

interface CiOptions {
  /** The user's files of monitors. */
  readonly texts?: readonly string[];
  /** All of the user's files: rules, dashboards and others. */
  readonly files?: readonly string[];
  /** The volumes outlive the stack, so the charts' own volumes stay. */
  readonly keepsData?: boolean | undefined;
}

/**
 * Returns the settings of profile ci for a chart. Every key exists in the upstream chart. No setting removes what the user
 * set, under whatever key.
 */
export function listCiSettings(
  chart: ChartRef,
  values: Values,
  { texts = [], files = [], keepsData = false }: CiOptions = {},
): readonly OverlaySetting[] {
  const name = getChartName(chart);
  if (name === "grafana") return listCiGrafanaSettings(values, { version: readVersion(chart), keepsData });
  if (name === stackChart) {
    const grafana = listCiGrafanaSettings(getMappingAt(values, ["grafana"]), { keepsData });
    return [...createCiStackSettings(values, texts, grafana), ...listFirstScrapeSettings(chart, values)];
  }
  if (name !== "prometheus") return [];
  return [
    ...prometheusSettings,
    ...(keepsData ? [] : volumeFreeSettings),
    ...listScrapeSettings(values),
    ...listGossipSettings(values, files),
    ...listFirstScrapeSettings(chart, values),
  ];
}

function readVersion(chart: ChartRef): string | undefined {
  return chart.kind === "repo" || chart.kind === "oci" ? chart.version : undefined;
}

const prometheusSettings: readonly OverlaySetting[] = [
  {
    path: ["server", "readinessProbeInitialDelay"],
    value: 0,
    why: "the chart waits 30 s before the first probe",
  },
  { path: ["server", "readinessProbePeriodSeconds"], value: 1, why: readinessReason },
  {
    path: ["configmapReload", "prometheus", "readinessProbe", "periodSeconds"],
    value: 1,
    why: readinessReason,
  },
  { path: ["alertmanager", "readinessProbe", "periodSeconds"], value: 1, why: readinessReason },
  {
    path: ["kube-state-metrics", "readinessProbe", "initialDelaySeconds"],
    value: 0,
    why: "the chart waits 5 s before the first probe",
  },
  { path: ["kube-state-metrics", "readinessProbe", "periodSeconds"], value: 1, why: readinessReason },
  { path: ["prometheus-node-exporter", "readinessProbe", "periodSeconds"], value: 1, why: readinessReason },
  {
    path: ["server", "resources", "requests"],
    value: { cpu: "50m", memory: "64Mi" },
    why: resourcesReason,
    unlessAny: [["server", "resources"]],
  },
  {
    path: ["server", "terminationGracePeriodSeconds"],
    value: 10,
    why: "the chart lets a shutdown take 5 minutes, and teardown waits for it",
    // What it waits for at a shutdown.
    unlessAny: [["server", "extraArgs", "storage.remote.flush-deadline"]],
  },
];

const volumeFreeSettings: readonly OverlaySetting[] = [
  {
    path: ["server", "persistentVolume", "enabled"],
    value: false,
    why: "a volume that dies with the job costs 5 to 10 s of provisioning",
    unlessAny: [
      ["server", "persistentVolume"],
      // Its claims come with persistentVolume.
      ["server", "statefulSet"],
    ],
  },
  {
    path: ["alertmanager", "persistence", "enabled"],
    value: false,
    why: "a volume that dies with the job costs 5 to 10 s of provisioning",
    unlessAny: [["alertmanager", "persistence"]],
  },
];
