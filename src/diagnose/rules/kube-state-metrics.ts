import type { Evidence, EvidenceTarget } from "../evidence.ts";
import { failedChecks, quoteCheck } from "../failed.ts";
import type { DiagnosisRule } from "../rule.ts";
import { targetsSeen } from "../targets-seen.ts";

export const kubeStateMetricsTwice: DiagnosisRule = {
  id: "kube-state-metrics-twice",
  layer: "targets",
  title: "kube-state-metrics is scraped twice, or another cluster's is",
  evidence: "the checks kube-state-metrics-once, scraped-once and kube-node-info; Prometheus' targets",
  find: (evidence) => {
    const checks = failedChecks(evidence).filter(({ id }) =>
      ["kube-state-metrics-once", "scraped-once", "kube-node-info"].includes(id),
    );
    const targets = targetsOf(evidence);
    if (checks.length === 0 || targets.length < 2) return [];
    const sources = targets.map(describe);
    const foreign = targets.filter((target) => isForeign(target));
    const services = new Set(targets.map(serviceOf));
    return [
      {
        what:
          foreign.length > 0
            ? `kube-state-metrics of somebody else is scraped too: ${foreign.map(describe).join(", ")}`
            : `kube-state-metrics is scraped ${targets.length} times, ${services.size > 1 ? "because more than one of it runs" : "because more than one job or port finds it"}: sums over its metrics come out too high`,
        how: [`Prometheus' targets: ${sources.join("; ")}`, ...checks.map(quoteCheck)],
        fix:
          services.size > 1
            ? "Turn one of them off (kube-state-metrics.enabled: false), or let Prometheus keep only its own (a relabelling by service and namespace)."
            : "Take away one way to find it: the annotation prometheus.io/scrape, or the job or ServiceMonitor of its own.",
        explains: checks.map(({ id }) => id),
        keys: ["kube-state-metrics.enabled", "kube-state-metrics"],
      },
    ];
  },
};

function targetsOf(evidence: Evidence): readonly EvidenceTarget[] {
  return targetsSeen(evidence).filter((target) => {
    const telemetry = /:8081\//.test(target.url);
    return !telemetry && /kube-state-metrics/.test(`${serviceOf(target)} ${podOf(target)} ${target.job}`);
  });
}

function serviceOf({ discovered, labels }: EvidenceTarget): string {
  const namespace = discovered["__meta_kubernetes_namespace"] ?? labels["namespace"] ?? "";
  return `${namespace}/${discovered["__meta_kubernetes_service_name"] ?? labels["service"] ?? ""}`;
}

function podOf({ discovered }: EvidenceTarget): string {
  return discovered["__meta_kubernetes_pod_name"] ?? "";
}

/** Not found through this cluster's API: an address that somebody wrote down. */
function isForeign({ discovered }: EvidenceTarget): boolean {
  return discovered["__meta_kubernetes_namespace"] === undefined;
}

function describe(target: EvidenceTarget): string {
  const service = serviceOf(target);
  return `${target.url} (job ${target.job}${service.length > 1 ? `, service ${service}` : ""})`;
}
