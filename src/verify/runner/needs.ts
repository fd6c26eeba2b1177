import { matchesGlob } from "../../lib/path.ts";

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

/** Returns whether a check depends on what Prometheus has scraped. */
export function isAboutSamples(id: string): boolean {
  return readsSamples.some((pattern) => matchesGlob(pattern, id));
}
