import { type CheckFault, findGroups, getCause, type Observation } from "./check-fault.ts";

/**
 * Returns the cause up to the first semicolon, where it names the setting: several checks can fail because of one
 * setting.
 */
const getSettingCause = (check: Observation) => getCause(check).split("; ")[0] ?? "";

/** Matches a scrape job, or the monitor from which the operator makes the job. */
const jobPattern = /\bjob (?:(?:service|pod)Monitor\/[^/\s]+\/)?([^/\s]+)/;
const relabellingKeys = ["metric_relabel_configs", "metricRelabelings"];
/** Returns the scrape job that a check names. */
const locateJob = (check: Observation) => ({ values: findGroups(jobPattern, check) });

/** The setting of kube-state-metrics' chart for each flag. */
const settingsByFlag: Readonly<Record<string, string>> = {
  "metric-allowlist": "metricAllowlist",
  "metric-denylist": "metricDenylist",
  resources: "collectors",
};

/** Faults of a stack that runs but lacks a part of its function. */
export const stackFaults: readonly CheckFault[] = [
  {
    id: "access-refused",
    layer: "configuration",
    title: "A server of the stack requires a login that the configuration doesn't have",
    explanation: "monstack can't log in",
    fix: "Set the user and the password where monstack finds them: basicAuthUser and secureJsonData.basicAuthPassword of Grafana's data source for Prometheus, basic_auth of alerting.alertmanagers for Alertmanager, or an Authorization header of the readiness probe.",
    keys: ["web.config.file", "web.yml", "basic_auth_users"],
  },
  {
    id: "alertmanager-not-clustered",
    layer: "alerting",
    title: "Replicas of Alertmanager do not know each other",
    explanation:
      "Alertmanager's replicas form no cluster, so that each sends every notification and a silence holds in one only",
    fix: "Let the replicas find each other (--cluster.peer and --cluster.listen-address, which the chart sets for replicaCount above 1), or run one replica.",
    keys: ["cluster.listen-address", "replicaCount", "replicas", "extraArgs"],
  },
  {
    id: "rule-failing",
    layer: "prometheus",
    title: "A rule fails when Prometheus evaluates it",
    fix: "Correct the rule's expression: the message is Prometheus' own. `many-to-many matching` and `duplicate series` want more labels in on() or a sum by ().",
    keys: ["serverFiles"],
  },
  {
    id: "alert-not-finite",
    layer: "prometheus",
    title: "An alert's value is infinite or NaN",
    explanation: "An alert has no finite value",
    fix: "Guard the divisor, as in `a / (b > 0)`: a pod without a limit divides by 0.",
    keys: ["serverFiles"],
  },
  {
    id: "too-many-series",
    layer: "prometheus",
    title: "Prometheus holds more series than allowed",
    explanation: "Prometheus holds more series than max-series allows",
    fix: "Drop the metrics with the most series (metric_relabel_configs), or raise max-series.",
    keys: ["max-series"],
  },
  {
    id: "retention-exceeds-volume",
    layer: "configuration",
    title: "Prometheus may keep more than its volume holds",
    fix: "Set server.retentionSize to at most 80 % of server.persistentVolume.size.",
    keys: ["server.retentionSize", "retentionSize", "persistentVolume.size"],
  },
  {
    id: "disk-nearly-full",
    layer: "host",
    title: "A disk that Prometheus or the cluster writes to is nearly full",
    explanation: "A disk is nearly full",
    fix: "Free space there, make the volume larger, or keep less (server.retention, server.retentionSize).",
    keys: ["persistentVolume.size", "retentionSize", "retention"],
  },
  {
    id: "federation-empty",
    layer: "targets",
    title: "A federated source gives no series",
    fix: "Ask the source by hand with the same match[]; its job and instance labels are those of its own targets.",
    keys: ["federate"],
  },
  {
    id: "federation-matches-nothing",
    layer: "targets",
    title: "A matcher of federate brings nothing",
    fix: "Correct the matcher, or take it out: it selects by the labels that the series have at the source.",
    keys: ["federate"],
  },
  {
    id: "federation-collides",
    layer: "configuration",
    title: "Federated series have the same labels as this server's own",
    explanation: "Federated series collide with this server's own",
    fix: "Give each source labels of its own (global.external_labels), or take such jobs out of match.",
    sureness: "likely",
    keys: ["federate"],
  },
  {
    id: "remote-write-refused",
    layer: "prometheus",
    title: "A remote store refuses samples",
    fix: "Compare url, tenant header and login with what the store expects; its log has the details.",
    keys: ["remote-write", "remoteWrite"],
  },
  {
    id: "remote-write-unreachable",
    layer: "prometheus",
    title: "A remote store takes nothing",
    fix: "See that the store runs, and that Prometheus' pod reaches its url (name, port, network policy, TLS).",
    keys: ["remote-write", "remoteWrite"],
  },
  {
    id: "remote-write-behind",
    layer: "prometheus",
    title: "A remote store falls behind",
    fix: "Allow more shards (queue.max-shards), or make the store or the way to it faster.",
    sureness: "likely",
    keys: ["remote-write", "remoteWrite"],
  },
  {
    id: "scraped-twice",
    layer: "targets",
    title: "The same is scraped twice",
    explanation: "The same is scraped twice, so sums over it come out too high",
    fix: "Take away one of the two ways to find it: an annotation, a job, or a ServiceMonitor.",
    keys: ["prometheus.io/scrape", "extraScrapeConfigs", "scrapeConfigs"],
  },
  {
    id: "samples-dropped",
    layer: "targets",
    title: "A job's relabelling drops every sample",
    fix: "Correct the regex of the keep or drop rule: it must match the whole name of a metric, as the target's /metrics has it.",
    keys: relabellingKeys,
    locate: locateJob,
  },
  {
    id: "metric-dropped",
    layer: "targets",
    title: "Relabelling drops a metric that the checks and most dashboards need",
    explanation: "A metric is missing",
    fix: "Let the job's keep rules include it, and its drop rules leave it alone.",
    keys: relabellingKeys,
    locate: locateJob,
    detail: getSettingCause,
  },
  {
    id: "metric-not-exposed",
    layer: "targets",
    title: "An exporter does not expose a metric that the checks and most dashboards need",
    explanation: "A metric is missing",
    fix: "Add it to metricAllowlist (or take it out of metricDenylist), name its resource in collectors, or enable node-exporter's collector again.",
    keys: ["metricAllowlist", "metricDenylist", "collectors", "extraArgs"],
    locate: (check) => ({
      keys: findGroups(/runs with --([\w-]+)/, check).flatMap((flag) => settingsByFlag[flag] ?? []),
      values: findGroups(/runs with (--[\w.-]+)/, check),
    }),
    detail: getSettingCause,
  },
  {
    id: "rule-template-failing",
    layer: "prometheus",
    title: "The template of an alert's label or annotation fails",
    explanation: "An alert's template fails",
    fix: 'Guard what a query in the template may not find: {{ with query "..." }}{{ . | first | value }}{{ end }}.',
    keys: ["annotations", "labels", "serverFiles", "additionalPrometheusRulesMap"],
    locate: (check) => {
      const [alert = "", kind, name] = findGroups(
        /^(\S+): the template of (annotation|label) (\S+) fails/,
        check,
      );
      return { keys: [`${kind}s.${name}`], values: [alert] };
    },
  },
  {
    id: "load-balancer-unserved",
    layer: "cluster",
    title: "Nothing gives a Service of type LoadBalancer an address",
    explanation: "A Service of type LoadBalancer has no address",
    fix: "Let k3s run its service load balancer (a --disable without servicelb in k3s.args), deploy another one, or use the type ClusterIP or NodePort.",
    keys: ["service.type", "type"],
    locate: () => ({ values: ["LoadBalancer"] }),
  },
  {
    id: "inhibition-label-unknown",
    layer: "alerting",
    title: "An inhibition rule names a label that no alert has",
    fix: "Correct the label's name in equal and in the matchers, or give the alerts this label.",
    keys: ["inhibit_rules"],
    locate: (check) => ({ values: findGroups(/no alert has the label (\S+)/, check) }),
  },
];
