import { operatorRefused } from "../failures/scheduling.ts";
import { createSymptom, expectFailure, type Symptom } from "../failures/symptom.ts";
import type { Workload, WorkloadView } from "../kube/objects.ts";

/** What the Prometheus operator says of an object that it can't make workloads of. */
export function judgeOperated(view: WorkloadView): Symptom[] {
  if (view.kind !== "Prometheus" && view.kind !== "Alertmanager") return [];
  const object = view.object as Workload | undefined;
  const refused = object?.status?.conditions?.find(
    ({ type, status }) => type === "Reconciled" && status === "False",
  );
  if (refused === undefined) return [];
  const message = refused.message ?? "the operator gives no reason";
  const key = view.kind === "Prometheus" ? "prometheus.prometheusSpec" : "alertmanager.alertmanagerSpec";
  return [
    {
      ...createSymptom(
        expectFailure([operatorRefused], message),
        refused.reason ?? "ReconciliationFailed",
        message,
      ),
      fix: `Correct the ${key} (and what it names) that the operator complains about; its log says more.`,
    },
  ];
}
