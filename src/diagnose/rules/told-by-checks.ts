import { quoteCheck, withFault } from "../failed.ts";
import type { DiagnosisRule, Layer, Sureness } from "../types.ts";

interface Told {
  readonly fault: string;
  readonly layer: Layer;
  readonly title: string;
  /** In front of what the check saw. */
  readonly what: string;
  readonly mend: string;
  readonly sureness: Sureness;
  readonly keys: readonly string[];
}

/** What a check knows for sure, so that no other evidence is needed. */
const told: readonly Told[] = [
  {
    fault: "rule-failing",
    layer: "prometheus",
    title: "A rule fails when Prometheus evaluates it",
    what: "A rule fails when Prometheus evaluates it",
    mend: "Correct the rule's expression: the message is Prometheus' own. `many-to-many matching` and `duplicate series` want more labels in on() or a sum by ().",
    sureness: "certain",
    keys: ["serverFiles"],
  },
  {
    fault: "alert-not-finite",
    layer: "prometheus",
    title: "An alert's value is infinite or NaN",
    what: "An alert has no finite value",
    mend: "Guard the divisor, as in `a / (b > 0)`: a pod without a limit divides by 0.",
    sureness: "certain",
    keys: ["serverFiles"],
  },
  {
    fault: "too-many-series",
    layer: "prometheus",
    title: "Prometheus holds more series than allowed",
    what: "Prometheus holds more series than max-series allows",
    mend: "Drop the metrics with the most series (metric_relabel_configs), or raise max-series.",
    sureness: "certain",
    keys: ["max-series"],
  },
  {
    fault: "retention-exceeds-volume",
    layer: "configuration",
    title: "Prometheus may keep more than its volume holds",
    what: "Prometheus may keep more than its volume holds",
    mend: "Set server.retentionSize to at most 80 % of server.persistentVolume.size.",
    sureness: "certain",
    keys: ["server.retentionSize", "retentionSize", "persistentVolume.size"],
  },
  {
    fault: "disk-nearly-full",
    layer: "host",
    title: "A disk that Prometheus or the cluster writes to is nearly full",
    what: "A disk is nearly full",
    mend: "Free space there, make the volume larger, or keep less (server.retention, server.retentionSize).",
    sureness: "certain",
    keys: ["persistentVolume.size", "retentionSize", "retention"],
  },
  {
    fault: "scraped-twice",
    layer: "targets",
    title: "The same is scraped twice",
    what: "The same is scraped twice, so sums over it come out too high",
    mend: "Take away one of the two ways to find it: an annotation, a job, or a ServiceMonitor.",
    sureness: "certain",
    keys: ["prometheus.io/scrape", "extraScrapeConfigs", "scrapeConfigs"],
  },
];

export const toldByChecks: readonly DiagnosisRule[] = told.map(
  ({ fault, layer, title, what, mend, sureness, keys }) => ({
    id: fault,
    layer,
    title,
    evidence: "the check that found it",
    find: (evidence) =>
      withFault(evidence, fault).map((check) => ({
        what: `${what}: ${check.seen}`,
        how: [quoteCheck(check), ...(check.cause === undefined ? [] : [check.cause])],
        mend,
        sureness,
        explains: [check.id],
        blame: { app: undefined, keys, values: [] },
      })),
  }),
);
