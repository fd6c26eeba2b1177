import type { Check } from "../../stack/types.ts";
import { judgePodQuery } from "../pod-series.ts";

export const queryCpu: Check = {
  id: "query-cpu",
  title: "CPU usage of pods can be queried",
  severity: "error",
  meaning: "Dashboards and alerts on the CPU of pods stay empty.",
  fix: "see whether the targets of kubernetes-nodes-cadvisor are up, and whether scrape_interval is at most half of 5m",
  run: (stack) =>
    judgePodQuery(stack, {
      expression: "sum(rate(container_cpu_usage_seconds_total[5m])) by (pod)",
      metric: "container_cpu_usage_seconds_total",
      windowMs: 5 * 60_000,
      cause:
        "rate() needs two scrapes of the kubelet's cAdvisor since the pod started; until then a pod has no value",
    }),
};
