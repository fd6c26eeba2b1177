import type { Symptom } from "../failures/symptoms.ts";
import type { Workload, WorkloadView } from "../kube/objects.ts";

/**
 * A refusal that a next attempt heals (an object that another one needs is being made) is gone after this: the operator
 * waits as every controller does, so that there was one after 5.1 and one after 10.2 s.
 */
const refusalMs = 11_000;

/** What the Prometheus operator says of an object that it can't make workloads of. */
export function judgeOperated(view: WorkloadView): Symptom[] {
  if (view.kind !== "Prometheus" && view.kind !== "Alertmanager") return [];
  const object = view.object as Workload | undefined;
  const refused = object?.status?.conditions?.find(
    ({ type, status }) => type === "Reconciled" && status === "False",
  );
  if (refused === undefined) return [];
  return [
    {
      rule: "operator-refused",
      graceMs: refusalMs,
      pod: undefined,
      container: undefined,
      reason: refused.reason ?? "ReconciliationFailed",
      message: refused.message ?? "the operator gives no reason",
      fix: `Correct the ${view.kind === "Prometheus" ? "prometheus.prometheusSpec" : "alertmanager.alertmanagerSpec"} (and what it names) that the operator complains about; its log says more.`,
    },
  ];
}
