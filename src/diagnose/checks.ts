import type { CheckResult } from "../stack/check.ts";
import { isPrometheus } from "../stack/discover.ts";
import type { Evidence } from "./evidence.ts";

/** A check that found something wrong. */
export type FailedCheck = Extract<CheckResult, { status: "fail" | "warn" }>;

export function findFailedChecks(evidence: Evidence): readonly FailedCheck[] {
  return evidence.checks.filter(
    (check): check is FailedCheck => check.status === "fail" || check.status === "warn",
  );
}

/** Returns the failed checks with one of these faults. */
export function withFault(evidence: Evidence, ...ids: readonly string[]): readonly FailedCheck[] {
  return findFailedChecks(evidence).filter(({ fault }) => fault !== undefined && ids.includes(fault));
}

/** Returns the ids of the checks that did not pass, with those that ended in an error. */
export function listNotPassed(evidence: Evidence, matches = /(?:)/): readonly string[] {
  return evidence.checks
    .filter(({ id, status }) => ["fail", "warn", "error"].includes(status) && matches.test(id))
    .map(({ id }) => id);
}

/** Returns what a failed check expected and saw. */
export function quoteCheck({ id, expected, seen }: FailedCheck): string {
  return `check ${id}: expected ${expected}, saw ${seen}`;
}

/** All checks that query Prometheus, or need its data: without it none of them can pass. */
export const needPrometheus =
  /^(?!grafana-(healthy|datasource|plugins|(settings|alerting)-effective)$|alertmanager-config-effective$|environment-effective$|values-known$)/;
export const needAlertmanager = /^(alertmanager-|alert-|rule-delivery|workloads-)/;
export const needGrafana = /^(grafana-|dashboard|workloads-)/;

type Labels = Readonly<Record<string, string>>;

/** The checks that need a part of the stack, by the name that its chart gives the part. */
const parts: readonly { readonly name: RegExp; readonly checks: RegExp }[] = [
  { name: /grafana/, checks: needGrafana },
  { name: /alertmanager/, checks: needAlertmanager },
  { name: /kube-state-metrics/, checks: /^(workloads|targets|kube-|query-pod|dashboard|rule)/ },
  { name: /node-exporter/, checks: /^(workloads|targets|node-|query-node|dashboard|rule)/ },
  { name: /pushgateway/, checks: /^(workloads|targets)/ },
];

/** Returns the ids of the checks that can't pass as long as this workload doesn't run, and did not. */
export function listBrokenChecks(evidence: Evidence, workload: string, pod?: string): readonly string[] {
  const name = workload.split("/").at(-1) ?? "";
  const labels = findLabels(evidence, workload, pod);
  const named = labels?.["app.kubernetes.io/name"] ?? name;
  const part = parts.find((one) => one.name.test(named));
  if (part !== undefined) return listNotPassed(evidence, part.checks);
  const prometheus = labels === undefined ? /prometheus/.test(name) : isPrometheus(labels);
  return listNotPassed(evidence, prometheus ? needPrometheus : /^(workloads|targets)/);
}

function findLabels({ cluster }: Evidence, workload: string, pod: string | undefined): Labels | undefined {
  const [, kind, namespace, name] = /^(\w+) ([^/]+)\/(.+)$/.exec(workload) ?? [];
  const found =
    cluster?.pods.find(({ metadata }) => metadata.name === pod && metadata.namespace === namespace) ??
    cluster?.workloads.find(
      (one) => one.kind === kind && one.metadata.name === name && one.metadata.namespace === namespace,
    );
  return found?.metadata.labels;
}
