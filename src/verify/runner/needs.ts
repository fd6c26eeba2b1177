import { getOwnValue } from "../../lib/object.ts";
import { matchesGlob } from "../../lib/path.ts";
import type { Server } from "../access/server-access.ts";

/** A deployment that may still be in progress. */
export interface Readiness {
  /** Resolves when every workload of the stack is ready; never, if the deployment fails. */
  readonly complete: Promise<void>;
  /** Resolves when the workloads of these servers are ready. */
  waitFor(servers: readonly Server[]): Promise<void>;
}

/**
 * The servers that a check needs, for each check that may pass before the whole stack is ready: the rest of the deployment
 * cannot change its result. Every other check waits for the whole stack: checks of absence, and checks of all targets, pods,
 * rules or dashboards, which would pass on the part that is ready.
 */
const needsOfEarlyChecks: Readonly<Record<string, readonly Server[]>> = {
  "values-known": [],
  "prometheus-ready": ["prometheus"],
  "prometheus-retention": ["prometheus"],
  "prometheus-config-loaded": ["prometheus"],
  "scrape-settings-effective": ["prometheus"],
  "prometheus-settings-effective": ["prometheus"],
  "alertmanager-config-effective": ["alertmanager"],
  "alert-delivery": ["alertmanager"],
  "alert-inhibition": ["prometheus", "alertmanager"],
  "rule-delivery": ["prometheus", "alertmanager"],
  "grafana-healthy": ["grafana"],
  "grafana-settings-effective": ["grafana"],
  "grafana-plugins": ["grafana"],
  "grafana-datasource": ["prometheus", "grafana"],
  "grafana-query": ["prometheus", "grafana"],
};

/** Returns the servers that a check needs; undefined if it needs the whole stack. */
export function findNeededServers(id: string): readonly Server[] | undefined {
  return getOwnValue(needsOfEarlyChecks, id);
}

/**
 * Ids and patterns of the checks that read what Prometheus has scraped. A trace shows the scrapes that they waited for.
 */
const readsSamples: readonly string[] = [
  "targets-up",
  "federation-arrives",
  "monitors-scraped",
  "samples-kept",
  "scraped-once",
  "node-exporter-on-every-node",
  "kube-node-info",
  "cadvisor-containers",
  "query-*",
  "rules-healthy",
  "recorded-values",
  "alerts-quiet",
  "series-budget",
  "remote-write-delivers",
  "alertmanager-wired",
  "rule-delivery",
  "dashboard-panels",
  "own/*",
];

/** True if a check depends on the samples that Prometheus has scraped. */
export function isAboutSamples(id: string): boolean {
  return readsSamples.some((pattern) => matchesGlob(pattern, id));
}
