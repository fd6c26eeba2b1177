import type { Evidence, EvidenceTarget } from "./evidence.ts";

/** Prometheus' active targets as they were gathered; else as a check saw them, without what they were discovered by. */
export function targetsSeen({ prometheus, findings }: Evidence): readonly EvidenceTarget[] {
  return prometheus?.targets ?? (findings.targets ?? []).map((target) => ({ ...target, discovered: {} }));
}

/** Which checks need the metrics of a target, by what it is. */
const dependents: readonly { readonly match: RegExp; readonly checks: RegExp }[] = [
  { match: /kube-state-metrics/, checks: /^kube-|^query-pod-status$/ },
  { match: /node-exporter|:9100\//, checks: /^node-exporter-|^query-node-cpu$/ },
  { match: /cadvisor/, checks: /^cadvisor-|^query-(cpu|memory)$/ },
];

/** Whether a check can't pass as long as one of these targets is down. */
export function needsTargets(check: string, targets: readonly EvidenceTarget[]): boolean {
  if (/^(targets-|target-|own\/)/.test(check)) return true;
  return targets.some(({ url, job, discovered }) => {
    const words = [
      url,
      job,
      discovered["__meta_kubernetes_service_name"],
      discovered["__meta_kubernetes_pod_name"],
    ];
    return dependents.some(({ match, checks }) => match.test(words.join(" ")) && checks.test(check));
  });
}
