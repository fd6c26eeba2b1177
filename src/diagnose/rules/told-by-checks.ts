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
    fault: "storage-ignored",
    layer: "storage",
    title: "A volume is not what was asked for",
    what: "A volume is not what was asked for",
    mend: "Set storage in one place only. A claim that is there already keeps its size and class: enlarge it, or delete it and deploy again.",
    sureness: "certain",
    keys: ["storagePath", "persistentVolume", "persistence", "storageSpec", "storage", "storage-class"],
  },
  {
    fault: "resources-ignored",
    layer: "workload",
    title: "A container has other requests or limits than were asked",
    what: "A container has other requests or limits than were asked",
    mend: "Set resources in one place only, and look for a LimitRange or an admission webhook in the namespace.",
    sureness: "certain",
    keys: ["resources"],
  },
  {
    fault: "scrape-settings-ignored",
    layer: "configuration",
    title: "Prometheus scrapes or evaluates in another rhythm than was asked",
    what: "Prometheus' rhythm is not what was asked",
    mend: "Set the intervals in one place only, and see that Prometheus loads its configuration.",
    sureness: "certain",
    keys: ["scrape-interval", "scrape-timeout", "evaluation-interval", "server.global"],
  },
  {
    fault: "federation-empty",
    layer: "targets",
    title: "A federated source gives no series",
    what: "A federated source gives no series",
    mend: "Ask the source by hand with the same match[]; its job and instance labels are those of its own targets.",
    sureness: "certain",
    keys: ["federate"],
  },
  {
    fault: "federation-matches-nothing",
    layer: "targets",
    title: "A matcher of federate brings nothing",
    what: "A matcher of federate brings nothing",
    mend: "Correct the matcher, or take it out: it selects by the labels that the series have at the source.",
    sureness: "certain",
    keys: ["federate"],
  },
  {
    fault: "federation-collides",
    layer: "configuration",
    title: "Federated series have the same labels as this server's own",
    what: "Federated series collide with this server's own",
    mend: "Give each source labels of its own (global.external_labels), or take such jobs out of match.",
    sureness: "likely",
    keys: ["federate"],
  },
  {
    fault: "remote-write-refused",
    layer: "prometheus",
    title: "A remote store refuses samples",
    what: "A remote store refuses samples",
    mend: "Compare url, tenant header and login with what the store wants; its own log says more.",
    sureness: "certain",
    keys: ["remote-write", "remoteWrite"],
  },
  {
    fault: "remote-write-unreachable",
    layer: "prometheus",
    title: "A remote store takes nothing",
    what: "A remote store takes nothing",
    mend: "See that the store runs, and that Prometheus' pod reaches its url (name, port, network policy, TLS).",
    sureness: "certain",
    keys: ["remote-write", "remoteWrite"],
  },
  {
    fault: "remote-write-behind",
    layer: "prometheus",
    title: "A remote store falls behind",
    what: "A remote store falls behind",
    mend: "Allow more shards (queue.max-shards), or make the store or the way to it faster.",
    sureness: "likely",
    keys: ["remote-write", "remoteWrite"],
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
