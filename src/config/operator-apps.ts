import type { AppConfig } from "./schema.ts";

/** The apps of `stack: operator`. One chart holds all of it, Grafana too. */
export const operatorApps: Readonly<Record<string, AppConfig>> = {
  "kube-prometheus-stack": {
    source: { kind: "chart", chart: "prometheus-community/kube-prometheus-stack", version: "88.5.3" },
    enabled: true,
    namespace: undefined,
    // The chart takes a release of its own name as the base of all names: kube-prometheus-stack-prometheus.
    release: "kube-prometheus-stack",
    values: [],
    labels: {},
    annotations: {},
    dependsOn: [],
    timeoutMs: undefined,
  },
};
