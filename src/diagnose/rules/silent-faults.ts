import type { FailedCheck } from "../failed.ts";
import type { Blame } from "../types.ts";
import type { Told } from "./told-by-checks.ts";

/** The words that a pattern's groups find in what a check says. */
function wordsIn(pattern: RegExp, check: FailedCheck): string[] {
  const [, ...groups] = pattern.exec(`${check.seen}\n${check.cause ?? ""}`) ?? [];
  return groups.filter((one) => one !== undefined);
}

const cause = (check: FailedCheck) => check.cause ?? check.seen;
/** Several checks can fail for one setting: what it leaves out differs, and comes after a semicolon. */
const setting = (check: FailedCheck) => cause(check).split("; ")[0] ?? "";

/** A scrape job, or the monitor that the operator makes it of. */
const job = /\bjob (?:(?:service|pod)Monitor\/[^/\s]+\/)?([^/\s]+)/;
const relabelling = ["metric_relabel_configs", "metricRelabelings"];

/** By the words of the comparison: what is looked for elsewhere, or by other labels. */
function placeOf(
  check: FailedCheck,
  keys: { readonly labels: readonly string[]; readonly namespace: readonly string[] },
): Pick<Blame, "keys" | "otherwise"> {
  return /in namespace/.test(cause(check))
    ? { keys: keys.namespace, otherwise: ["metadata.namespace", "metadata.name"] }
    : { keys: keys.labels, otherwise: ["metadata.labels", "metadata.name"] };
}

function ofSidecar(what: "dashboards" | "datasources", check: FailedCheck) {
  const key = `sidecar.${what}`;
  const keys = {
    labels: [`${key}.labelValue`, `${key}.label`, `${key}.enabled`],
    namespace: [`${key}.searchNamespace`],
  };
  const values = wordsIn(/(?:ConfigMap|Secret) [^/\s]+\/([^:\s]+): /, check);
  return { values, ...placeOf(check, keys) };
}

/** Faults of a stack that runs without an error anywhere, and doesn't do what it is there for. */
export const silentFaults: readonly Told[] = [
  {
    fault: "samples-dropped",
    layer: "targets",
    title: "A job's relabelling drops every sample",
    what: "A job's relabelling drops every sample",
    fix: "Correct the regex of the keep or drop rule: it must match the whole name of a metric, as the target's /metrics has it.",
    sureness: "certain",
    keys: relabelling,
    names: (check) => ({ values: wordsIn(job, check) }),
  },
  {
    fault: "metric-dropped",
    layer: "targets",
    title: "Relabelling drops a metric that the checks and most dashboards need",
    what: "A metric is missing",
    fix: "Let the job's keep rules include it, and its drop rules leave it alone.",
    sureness: "certain",
    keys: relabelling,
    names: (check) => ({ values: wordsIn(job, check) }),
    detail: setting,
  },
  {
    fault: "metric-not-exposed",
    layer: "targets",
    title: "An exporter does not expose a metric that the checks and most dashboards need",
    what: "A metric is missing",
    fix: "Add it to metricAllowlist (or take it out of metricDenylist), name its resource in collectors, or enable node-exporter's collector again.",
    sureness: "certain",
    keys: ["metricAllowlist", "metricDenylist", "collectors", "extraArgs"],
    names: (check) => ({
      keys: wordsIn(/runs with --([\w-]+)/, check).flatMap((flag) => keyOf[flag] ?? []),
      values: wordsIn(/runs with (--[\w.-]+)/, check),
    }),
    detail: setting,
  },
  {
    fault: "rule-template-failing",
    layer: "prometheus",
    title: "The template of an alert's label or annotation fails",
    what: "An alert's template fails",
    fix: 'Guard what a query in the template may not find: {{ with query "..." }}{{ . | first | value }}{{ end }}.',
    sureness: "certain",
    keys: ["annotations", "labels", "serverFiles", "additionalPrometheusRulesMap"],
    names: (check) => {
      const [alert = "", kind, name] = wordsIn(
        /^(\S+): the template of (annotation|label) (\S+) fails/,
        check,
      );
      return { keys: [`${kind}s.${name}`], values: [alert] };
    },
  },
  {
    fault: "rules-not-selected",
    layer: "configuration",
    title: "No Prometheus of the operator selects a PrometheusRule",
    what: "A PrometheusRule has no effect",
    fix: "Give it the labels that the Prometheus selects by, or widen ruleSelector and ruleNamespaceSelector.",
    sureness: "certain",
    keys: [],
    names: (check) => ({
      values: wordsIn(/PrometheusRule [^/\s]+\/(\S+): /, check),
      ...placeOf(check, {
        labels: ["ruleSelector", "ruleSelectorNilUsesHelmValues"],
        namespace: ["ruleNamespaceSelector"],
      }),
    }),
    detail: cause,
  },
  {
    fault: "rules-refused",
    layer: "configuration",
    title: "The operator refuses a PrometheusRule",
    what: "A PrometheusRule has no effect",
    fix: "Correct it: the message is the operator's own.",
    sureness: "certain",
    keys: ["additionalPrometheusRulesMap"],
    detail: cause,
  },
  {
    fault: "monitor-not-selected",
    layer: "configuration",
    title: "No Prometheus of the operator selects a monitor",
    what: "A monitor has no effect",
    fix: "Give it the labels that the Prometheus selects by, or widen the selectors of the Prometheus.",
    sureness: "certain",
    keys: [],
    names: (check) => {
      const [kind = "", name = ""] = wordsIn(/(\w{1,60}) [^/\s]{1,253}\/(\S{1,253}) is not in/, check);
      const key = `${kind.charAt(0).toLowerCase()}${kind.slice(1)}`;
      const keys = {
        labels: [`${key}Selector`, `${key}SelectorNilUsesHelmValues`],
        namespace: [`${key}NamespaceSelector`],
      };
      return { values: [name], ...placeOf(check, keys) };
    },
  },
  {
    fault: "dashboard-not-collected",
    layer: "grafana",
    title: "Grafana's sidecar does not collect a ConfigMap with a dashboard",
    what: "A dashboard is not in Grafana",
    fix: "Give the ConfigMap the label and value that the sidecar looks for, in a namespace in which it looks (sidecar.dashboards.searchNamespace: ALL).",
    sureness: "certain",
    keys: [],
    names: (check) => ofSidecar("dashboards", check),
    detail: cause,
  },
  {
    fault: "datasource-not-collected",
    layer: "grafana",
    title: "Grafana's sidecar does not collect a ConfigMap with a data source",
    what: "A data source is not in Grafana",
    fix: "Give the ConfigMap or Secret the label and value that the sidecar looks for, in a namespace in which it looks (sidecar.datasources.searchNamespace: ALL).",
    sureness: "certain",
    keys: [],
    names: (check) => ofSidecar("datasources", check),
    detail: cause,
  },
  {
    fault: "load-balancer-unserved",
    layer: "cluster",
    title: "Nothing gives a Service of type LoadBalancer an address",
    what: "A Service of type LoadBalancer has no address",
    fix: "Let k3s run its service load balancer (a --disable without servicelb in k3s.args), deploy another one, or use the type ClusterIP or NodePort.",
    sureness: "certain",
    keys: ["service.type", "type"],
    names: () => ({ values: ["LoadBalancer"] }),
  },
  {
    fault: "inhibition-label-unknown",
    layer: "alerting",
    title: "An inhibition rule names a label that no alert has",
    what: "An inhibition rule names a label that no alert has",
    fix: "Correct the label's name in equal and in the matchers, or give the alerts this label.",
    sureness: "certain",
    keys: ["inhibit_rules"],
    names: (check) => ({ values: wordsIn(/no alert has the label (\S+)/, check) }),
  },
];

const keyOf: Readonly<Record<string, string>> = {
  "metric-allowlist": "metricAllowlist",
  "metric-denylist": "metricDenylist",
  resources: "collectors",
};
