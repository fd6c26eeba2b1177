import { isMapping, type Values } from "../../lib/values.ts";
import { stackChart } from "../../model/stack-chart.ts";
import { ciGrafana } from "./ci-grafana.ts";
import type { OverlaySetting } from "./overlay.ts";
import { ciScraping } from "./scrape-intervals.ts";
import { ciStackSettings } from "./stack-chart.ts";

export interface CiOptions {
  /** The user's files of monitors. */
  readonly texts?: readonly string[];
  /** The volumes outlive the stack, so the charts' own volumes stay. */
  readonly keepsData?: boolean | undefined;
}

/**
 * What profile ci sets for a chart, by the chart's name; every key is one that the upstream chart has. It takes nothing
 * away that the user set, under whatever key.
 */
export function ciSettings(
  chart: string,
  values: Values,
  { texts = [], keepsData = false }: CiOptions = {},
): readonly OverlaySetting[] {
  const grafanaOf = (own: unknown) => ciGrafana(isMapping(own) ? own : {}, everySecond, small);
  if (chart === "prometheus")
    return [...prometheus, ...(keepsData ? [] : withoutVolumes), ...ciScraping(values)];
  if (chart === "grafana") return grafanaOf(values);
  if (chart === stackChart) return ciStackSettings(values, texts, grafanaOf(values["grafana"]));
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
    path: ["server", "resources", "requests"],
    value: { cpu: "50m", memory: "64Mi" },
    why: small,
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

const withoutVolumes: readonly OverlaySetting[] = [
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
