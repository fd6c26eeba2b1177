import type { CheckResult } from "../stack/check.ts";
import { isPrometheus } from "../stack/discover.ts";
import type { Evidence } from "./evidence.ts";

/** A check that failed or warned. */
export type FailedCheck = Extract<CheckResult, { status: "fail" | "warn" }>;

/** Returns the checks that failed or warned. */
export function findFailedChecks(evidence: Evidence): readonly FailedCheck[] {
  return evidence.checks.filter(
    (check): check is FailedCheck => check.status === "fail" || check.status === "warn",
  );
}

/** Returns the failed checks that report one of these faults. */
export function findChecksWithFault(evidence: Evidence, ...ids: readonly string[]): readonly FailedCheck[] {
  return findFailedChecks(evidence).filter(({ fault }) => fault !== undefined && ids.includes(fault));
}

/**
 * Returns the ids of the checks that failed, warned, or ended in an error.
 * @param matches selects the ids; all by default
 */
export function listUnpassedCheckIds(evidence: Evidence, matches = /(?:)/): readonly string[] {
  return evidence.checks
    .filter(({ id, status }) => ["fail", "warn", "error"].includes(status) && matches.test(id))
    .map(({ id }) => id);
}

/** Returns what a failed check expected and saw. */
export function quoteCheck({ id, expected, seen }: FailedCheck): string {
  return `check ${id}: expected ${expected}, saw ${seen}`;
}

/** Matches the ids of all checks that query Prometheus or need its data. None of them can pass without Prometheus. */
export const prometheusChecks =
  /^(?!grafana-(healthy|datasource|plugins|(settings|alerting)-effective)$|alertmanager-config-effective$|environment-effective$|values-known$)/;
/** Matches the ids of the checks that need Alertmanager. */
export const alertmanagerChecks = /^(alertmanager-|alert-|rule-delivery|workloads-)/;
/** Matches the ids of the checks that need Grafana. */
export const grafanaChecks = /^(grafana-|dashboard|workloads-)/;

/** The labels of a Kubernetes object. */
type Labels = Readonly<Record<string, string>>;

/** The checks that need a component of the stack, by the name that the component's chart gives it. */
const componentChecks: readonly { readonly name: RegExp; readonly checks: RegExp }[] = [
  { name: /grafana/, checks: grafanaChecks },
  { name: /alertmanager/, checks: alertmanagerChecks },
  { name: /kube-state-metrics/, checks: /^(workloads|targets|kube-|query-pod|dashboard|rule)/ },
  { name: /node-exporter/, checks: /^(workloads|targets|node-|query-node|dashboard|rule)/ },
  { name: /pushgateway/, checks: /^(workloads|targets)/ },
];

/** Returns the ids of the checks that did not pass and can't pass while this workload doesn't run. */
export function listBrokenChecks(evidence: Evidence, workload: string, pod?: string): readonly string[] {
  const name = workload.split("/").at(-1) ?? "";
  const labels = findLabels(evidence, workload, pod);
  const appName = labels?.["app.kubernetes.io/name"] ?? name;
  const component = componentChecks.find((candidate) => candidate.name.test(appName));
  if (component !== undefined) return listUnpassedCheckIds(evidence, component.checks);
  const runsPrometheus = labels === undefined ? /prometheus/.test(name) : isPrometheus(labels);
  return listUnpassedCheckIds(evidence, runsPrometheus ? prometheusChecks : /^(workloads|targets)/);
}

/** Returns the labels of a pod, or of the workload if the pod does not exist; undefined if neither exists. */
function findLabels({ cluster }: Evidence, workload: string, pod: string | undefined): Labels | undefined {
  const [, kind, namespace, name] = /^(\w+) ([^/]+)\/(.+)$/.exec(workload) ?? [];
  const object =
    cluster?.pods.find(({ metadata }) => metadata.name === pod && metadata.namespace === namespace) ??
    cluster?.workloads.find(
      (candidate) =>
        candidate.kind === kind &&
        candidate.metadata.name === name &&
        candidate.metadata.namespace === namespace,
    );
  return object?.metadata.labels;
}
