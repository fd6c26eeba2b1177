import type { Layer, Sureness } from "../../failures/failure.ts";
import { type FailedCheck, quoteCheck, withFault } from "../failed.ts";
import type { Blame, DiagnosisRule } from "../types.ts";
import { silentFaults } from "./silent-faults.ts";

export interface Told {
  readonly fault: string;
  readonly layer: Layer;
  readonly title: string;
  /** In front of what the check saw. */
  readonly what: string;
  readonly fix: string;
  readonly sureness: Sureness;
  readonly keys: readonly string[];
  /** What the check's words say of the place: keys before the others, and what stands near the key that is meant. */
  readonly names?: (check: FailedCheck) => Partial<Blame> & Pick<Blame, "values">;
  /** What stands after `what`; default: what the check saw. */
  readonly detail?: (check: FailedCheck) => string;
}

/** What a check knows for sure, so that no other evidence is needed. */
const told: readonly Told[] = [
  {
    fault: "access-refused",
    layer: "configuration",
    title: "A server of the stack requires a login that the configuration doesn't have",
    what: "monstack can't log in",
    fix: "Set the user and the password where monstack finds them: basicAuthUser and secureJsonData.basicAuthPassword of Grafana's data source for Prometheus, basic_auth of alerting.alertmanagers for Alertmanager, or an Authorization header of the readiness probe.",
    sureness: "certain",
    keys: ["web.config.file", "web.yml", "basic_auth_users"],
  },
  {
    fault: "alertmanager-not-clustered",
    layer: "alerting",
    title: "Replicas of Alertmanager do not know each other",
    what: "Alertmanager's replicas form no cluster, so that each sends every notification and a silence holds in one only",
    fix: "Let the replicas find each other (--cluster.peer and --cluster.listen-address, which the chart sets for replicaCount above 1), or run one replica.",
    sureness: "certain",
    keys: ["cluster.listen-address", "replicaCount", "replicas", "extraArgs"],
  },
  {
    fault: "rule-failing",
    layer: "prometheus",
    title: "A rule fails when Prometheus evaluates it",
    what: "A rule fails when Prometheus evaluates it",
    fix: "Correct the rule's expression: the message is Prometheus' own. `many-to-many matching` and `duplicate series` want more labels in on() or a sum by ().",
    sureness: "certain",
    keys: ["serverFiles"],
  },
  {
    fault: "alert-not-finite",
    layer: "prometheus",
    title: "An alert's value is infinite or NaN",
    what: "An alert has no finite value",
    fix: "Guard the divisor, as in `a / (b > 0)`: a pod without a limit divides by 0.",
    sureness: "certain",
    keys: ["serverFiles"],
  },
  {
    fault: "too-many-series",
    layer: "prometheus",
    title: "Prometheus holds more series than allowed",
    what: "Prometheus holds more series than max-series allows",
    fix: "Drop the metrics with the most series (metric_relabel_configs), or raise max-series.",
    sureness: "certain",
    keys: ["max-series"],
  },
  {
    fault: "retention-exceeds-volume",
    layer: "configuration",
    title: "Prometheus may keep more than its volume holds",
    what: "Prometheus may keep more than its volume holds",
    fix: "Set server.retentionSize to at most 80 % of server.persistentVolume.size.",
    sureness: "certain",
    keys: ["server.retentionSize", "retentionSize", "persistentVolume.size"],
  },
  {
    fault: "disk-nearly-full",
    layer: "host",
    title: "A disk that Prometheus or the cluster writes to is nearly full",
    what: "A disk is nearly full",
    fix: "Free space there, make the volume larger, or keep less (server.retention, server.retentionSize).",
    sureness: "certain",
    keys: ["persistentVolume.size", "retentionSize", "retention"],
  },
  {
    fault: "storage-ignored",
    layer: "storage",
    title: "A volume is not what was asked for",
    what: "A volume is not what was asked for",
    fix: "Set storage in one place only. A claim that is there already keeps its size and class: enlarge it, or delete it and deploy again.",
    sureness: "certain",
    keys: ["storagePath", "persistentVolume", "persistence", "storageSpec", "storage", "storage-class"],
  },
  {
    fault: "resources-ignored",
    layer: "workload",
    title: "A container has other requests or limits than were asked",
    what: "A container has other requests or limits than were asked",
    fix: "Set resources in one place only, and look for a LimitRange or an admission webhook in the namespace.",
    sureness: "certain",
    keys: ["resources"],
  },
  {
    fault: "scrape-settings-ignored",
    layer: "configuration",
    title: "Prometheus scrapes or evaluates in another rhythm than was asked",
    what: "Prometheus' rhythm is not what was asked",
    fix: "Set the intervals in one place only, and see that Prometheus loads its configuration.",
    sureness: "certain",
    keys: ["scrape-interval", "scrape-timeout", "evaluation-interval", "server.global"],
  },
  {
    fault: "environment-ignored",
    layer: "workload",
    title: "A container runs with other arguments or variables than the chart renders",
    what: "A container runs with other arguments or variables than the chart renders",
    fix: "Let the pod be replaced, and look for an admission webhook or an operator that changes it.",
    sureness: "certain",
    keys: ["env", "extraArgs", "extraFlags"],
  },
  {
    fault: "scrape-job-missing",
    layer: "configuration",
    title: "A scrape job that the values request is not in Prometheus' configuration",
    what: "A scrape job that the values request is not in force",
    fix: "Put it where the chart reads it (extraScrapeConfigs; for the operator prometheus.prometheusSpec.additionalScrapeConfigs), and remove what replaces the file.",
    sureness: "certain",
    keys: ["extraScrapeConfigs", "additionalScrapeConfigs", "scrapeConfigs", "scrape_configs"],
  },
  {
    fault: "prometheus-flag-ignored",
    layer: "configuration",
    title: "A flag that the values request is not Prometheus'",
    what: "A flag that the values request has no effect",
    fix: "Set it in one place, and remove what replaces Prometheus' arguments (server.defaultFlagsOverride).",
    sureness: "certain",
    keys: ["defaultFlagsOverride", "extraFlags", "extraArgs", "additionalArgs"],
  },
  {
    fault: "alertmanager-config-ignored",
    layer: "configuration",
    title: "Alertmanager uses another configuration than was requested",
    what: "Alertmanager uses another configuration than was requested",
    fix: "Set Alertmanager's configuration in one place only, and read in its log whether it refuses the new one.",
    sureness: "certain",
    keys: ["alertmanager.config", "alerting.config", "receivers"],
  },
  {
    fault: "grafana-setting-ignored",
    layer: "grafana",
    title: "A setting of Grafana's has no effect",
    what: "A setting of Grafana's has no effect",
    fix: "Set the key in one place only (a GF_ variable overrides grafana.ini), put a value with # or ; into backquotes, and correct the variable's name.",
    sureness: "certain",
    keys: ["grafana.ini", "env"],
  },
  {
    fault: "grafana-plugin-missing",
    layer: "grafana",
    title: "A plugin that was requested is not in Grafana",
    what: "A plugin that was requested is not in Grafana",
    fix: "Correct its ID and version, let the pod reach grafana.com, and leave plugins.preinstall_disabled unset.",
    sureness: "certain",
    keys: [
      "preinstall_disabled",
      "plugins",
      "GF_INSTALL_PLUGINS",
      "GF_PLUGINS_PREINSTALL_SYNC",
      "GF_PLUGINS_PREINSTALL",
    ],
  },
  {
    fault: "grafana-alerting-missing",
    layer: "grafana",
    title: "Grafana lacks alerting that was requested",
    what: "Grafana lacks alerting that was requested",
    fix: "Correct `alerting` in the values of Grafana's chart: its log names the file and the key that it refuses.",
    sureness: "certain",
    keys: ["alerting"],
  },
  {
    fault: "datasource-not-provisioned",
    layer: "grafana",
    title: "A data source that was requested is not in Grafana",
    what: "A data source that was requested is not in Grafana",
    fix: "Correct `datasources` in the values of Grafana's chart: its log names the file that it refuses.",
    sureness: "certain",
    keys: ["datasources", "additionalDataSources"],
  },
  {
    fault: "datasource-differs",
    layer: "grafana",
    title: "A data source is not the one that was requested",
    what: "A data source is not the one that was requested",
    fix: "Provision each data source once, and delete a volume that holds an older one.",
    sureness: "certain",
    keys: ["datasources", "additionalDataSources"],
  },
  {
    fault: "federation-empty",
    layer: "targets",
    title: "A federated source gives no series",
    what: "A federated source gives no series",
    fix: "Ask the source by hand with the same match[]; its job and instance labels are those of its own targets.",
    sureness: "certain",
    keys: ["federate"],
  },
  {
    fault: "federation-matches-nothing",
    layer: "targets",
    title: "A matcher of federate brings nothing",
    what: "A matcher of federate brings nothing",
    fix: "Correct the matcher, or take it out: it selects by the labels that the series have at the source.",
    sureness: "certain",
    keys: ["federate"],
  },
  {
    fault: "federation-collides",
    layer: "configuration",
    title: "Federated series have the same labels as this server's own",
    what: "Federated series collide with this server's own",
    fix: "Give each source labels of its own (global.external_labels), or take such jobs out of match.",
    sureness: "likely",
    keys: ["federate"],
  },
  {
    fault: "remote-write-refused",
    layer: "prometheus",
    title: "A remote store refuses samples",
    what: "A remote store refuses samples",
    fix: "Compare url, tenant header and login with what the store wants; its own log says more.",
    sureness: "certain",
    keys: ["remote-write", "remoteWrite"],
  },
  {
    fault: "remote-write-unreachable",
    layer: "prometheus",
    title: "A remote store takes nothing",
    what: "A remote store takes nothing",
    fix: "See that the store runs, and that Prometheus' pod reaches its url (name, port, network policy, TLS).",
    sureness: "certain",
    keys: ["remote-write", "remoteWrite"],
  },
  {
    fault: "remote-write-behind",
    layer: "prometheus",
    title: "A remote store falls behind",
    what: "A remote store falls behind",
    fix: "Allow more shards (queue.max-shards), or make the store or the way to it faster.",
    sureness: "likely",
    keys: ["remote-write", "remoteWrite"],
  },
  {
    fault: "scraped-twice",
    layer: "targets",
    title: "The same is scraped twice",
    what: "The same is scraped twice, so sums over it come out too high",
    fix: "Take away one of the two ways to find it: an annotation, a job, or a ServiceMonitor.",
    sureness: "certain",
    keys: ["prometheus.io/scrape", "extraScrapeConfigs", "scrapeConfigs"],
  },
];

const all: readonly Told[] = [...told, ...silentFaults];

export const toldByChecks: readonly DiagnosisRule[] = all.map((one) => ({
  id: one.fault,
  layer: one.layer,
  title: one.title,
  evidence: "the check that found it",
  find: (evidence) =>
    withFault(evidence, one.fault).map((check) => ({
      what: `${one.what}: ${one.detail?.(check) ?? check.seen}`,
      how: [quoteCheck(check), ...(check.cause === undefined ? [] : [check.cause])],
      fix: one.fix,
      sureness: one.sureness,
      explains: [check.id],
      blame: blameOf(one, check),
    })),
}));

function blameOf({ keys, names }: Told, check: FailedCheck): Blame {
  const found = names?.(check);
  return { app: undefined, values: [], ...found, keys: [...(found?.keys ?? []), ...keys] };
}

/** What to look for in the user's files for a check's known fault; undefined for one that the table doesn't have. */
export function blameFor(check: FailedCheck): Blame | undefined {
  const one = all.find(({ fault }) => fault === check.fault);
  return one && blameOf(one, check);
}
