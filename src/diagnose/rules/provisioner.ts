import { judgePod } from "../../failures/judge-pod.ts";
import { brokenBy } from "../dependents.ts";
import { ownerOf, recentEvents } from "../failed-workloads.ts";
import { shorten } from "../log-lines.ts";
import type { DiagnosisRule } from "../rule.ts";

export const provisionerDown: DiagnosisRule = {
  id: "provisioner-down",
  layer: "storage",
  title: "What provisions volumes does not run",
  evidence: "claims that are pending, and the pods of provisioners in kube-system",
  find: (evidence) => {
    const { claims = [], pods = [], workloads = [], namespaces = [] } = evidence.cluster ?? {};
    const events = recentEvents(evidence);
    const pending = claims.filter(
      ({ metadata, status }) => status?.phase === "Pending" && namespaces.includes(metadata.namespace ?? ""),
    );
    const first = pending[0];
    if (first === undefined) return [];
    const name = `${first.metadata.namespace}/${first.metadata.name}`;
    return pods
      .filter(({ metadata }) => metadata.namespace === "kube-system" && isProvisioner(metadata.name))
      .flatMap((pod) => judgePod(pod, events).map((symptom) => ({ pod, symptom })))
      .slice(0, 1)
      .map(({ pod, symptom }) => ({
        what: `${ownerOf(pod, workloads)}, which makes the volumes, does not run, so the claim ${name} is pending`,
        how: [
          `${symptom.reason}, pod kube-system/${pod.metadata.name}: ${shorten(symptom.message)}`,
          ...pending.map(
            ({ metadata }) => `PersistentVolumeClaim ${metadata.namespace}/${metadata.name} is Pending`,
          ),
        ],
        fix: symptom.fix,
        explains: brokenBy(evidence, `PersistentVolumeClaim ${name}`),
      }));
  },
};

/** `local-path-provisioner-7c9`, a helper pod of it (`helper-pod-create-pvc-...`), a CSI driver's controller. */
function isProvisioner(pod: string): boolean {
  return /provisioner|^helper-pod-|csi/.test(pod);
}
