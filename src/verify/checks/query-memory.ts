import type { Check } from "../../stack/types.ts";
import { judgePodQuery } from "../pod-series.ts";

export const queryMemory: Check = {
  id: "query-memory",
  title: "Memory usage of pods can be queried",
  severity: "error",
  meaning: "Dashboards and alerts on the memory of pods stay empty.",
  fix: "see whether the targets of kubernetes-nodes-cadvisor are up",
  run: (stack) =>
    judgePodQuery(stack, {
      expression: "sum(container_memory_usage_bytes) by (pod)",
      metric: "container_memory_usage_bytes",
      cause: "the kubelet's cAdvisor has not been scraped since the pod started",
    }),
};
