import type { Config } from "../../../src/config/schema.ts";

/** Only what the cluster room reads matters; the rest is there for the type. */
export function testConfig(stateDir: string, changes: Partial<Config> = {}): Config {
  return {
    profile: "ci",
    namespace: "monitoring",
    cluster: { kind: "k3s" },
    k3s: { version: "stable", path: undefined, args: [], images: [] },
    helm: { version: "stable", path: undefined },
    kubectl: { version: "stable", path: undefined },
    mirrors: {},
    repos: {},
    apps: {},
    select: [],
    grafana: { user: "admin", password: undefined },
    verify: {
      only: [],
      skip: {},
      atEnd: false,
      expectAlerts: [],
      maxSeries: 1,
      maxDeadPanels: undefined,
      dashboardBaseline: `${stateDir}/monstack-dashboards.json`,
      updateBaseline: false,
    },
    alerting: { receivers: undefined, ruleTests: [], promtool: undefined },
    prometheus: {
      retention: undefined,
      retentionSize: undefined,
      scrapeInterval: undefined,
      scrapeTimeout: undefined,
      evaluationInterval: undefined,
    },
    storage: { sizes: {}, storageClass: undefined },
    resources: {},
    federate: [],
    remoteWrite: [],
    keep: { metrics: false, data: undefined },
    checks: [],
    ports: { prometheus: 9090, grafana: 3000, alertmanager: 9093, whenBusy: "fail" },
    timeouts: { deployMs: 1, verifyMs: 1, clusterMs: 10_000 },
    reportDir: stateDir,
    stateDir,
    file: undefined,
    ...changes,
  };
}
