import type { KubeObject } from "../../src/kube/manifest.ts";
import type { Stack } from "../../src/stack/stack.ts";
import { target, type World } from "./healthy-world.ts";
import { app } from "./rendered-stack.ts";

const apiVersion = "monitoring.coreos.com/v1";
const namespace = "monitoring";

/** The scrape pool that the operator makes of `monitor`. */
export const pool = "serviceMonitor/monitoring/my-app-monitor/0";

export const monitor: KubeObject = {
  apiVersion,
  kind: "ServiceMonitor",
  metadata: { name: "my-app-monitor", namespace },
  spec: { selector: { matchLabels: { app: "my-app" } }, endpoints: [{ port: "metrics" }] },
};

/** The operator's Prometheus, which takes in what the selector says. */
export function server(serviceMonitorSelector: Record<string, unknown> = {}): KubeObject {
  return {
    apiVersion,
    kind: "Prometheus",
    metadata: { name: "kps", namespace },
    spec: { serviceMonitorSelector, serviceMonitorNamespaceSelector: {} },
  };
}

/** A stack of the operator's with the user's monitor. */
export function operated(prometheus = server()): (stack: Stack) => Stack {
  return (stack) => ({ ...stack, rendered: [app("kps", [prometheus]), app("monitors", [monitor])] });
}

/** The monitor is in force, and its target was scraped. */
export function scraped({ prometheus }: World, changes: Record<string, unknown> = {}): void {
  prometheus.config = `scrape_configs:\n  - job_name: ${pool}\n`;
  prometheus.targets.push({ ...target(pool, "http://10.42.0.9:9091/metrics", {}), ...changes });
}
