import { isPrometheus } from "../stack/discover.ts";
import type { Evidence } from "./evidence.ts";
import { needAlertmanager, needGrafana, needPrometheus, notPassed } from "./failed.ts";

type Labels = Readonly<Record<string, string>>;

/** What needs a part of the stack, by the name that its chart gives it. */
const parts: readonly { readonly name: RegExp; readonly checks: RegExp }[] = [
  { name: /grafana/, checks: needGrafana },
  { name: /alertmanager/, checks: needAlertmanager },
  { name: /kube-state-metrics/, checks: /^(workloads|targets|kube-|query-pod|dashboard|rule)/ },
  { name: /node-exporter/, checks: /^(workloads|targets|node-|query-node|dashboard|rule)/ },
  { name: /pushgateway/, checks: /^(workloads|targets)/ },
];

/** Ids of the checks that did not pass and can't, as long as this workload doesn't run. */
export function brokenBy(evidence: Evidence, workload: string, pod?: string): readonly string[] {
  const name = workload.split("/").at(-1) ?? "";
  const labels = labelsOf(evidence, workload, pod);
  const named = labels?.["app.kubernetes.io/name"] ?? name;
  const part = parts.find((one) => one.name.test(named));
  if (part !== undefined) return notPassed(evidence, part.checks);
  const prometheus = labels === undefined ? /prometheus/.test(name) : isPrometheus(labels);
  return notPassed(evidence, prometheus ? needPrometheus : /^(workloads|targets)/);
}

function labelsOf({ cluster }: Evidence, workload: string, pod: string | undefined): Labels | undefined {
  const [, kind, namespace, name] = /^(\w+) ([^/]+)\/(.+)$/.exec(workload) ?? [];
  const found =
    cluster?.pods.find(({ metadata }) => metadata.name === pod && metadata.namespace === namespace) ??
    cluster?.workloads.find(
      (one) => one.kind === kind && one.metadata.name === name && one.metadata.namespace === namespace,
    );
  return found?.metadata.labels;
}
