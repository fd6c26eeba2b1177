import { eventTime, type KubeEvent, type Pod } from "../../deploy/objects.ts";
import { needPrometheus, notPassed } from "../failed.ts";
import { shorten } from "../log-lines.ts";
import { ownerOf } from "../troubles.ts";
import type { DiagnosisRule, Evidence } from "../types.ts";

function own<T extends { metadata: { namespace?: string } }>(evidence: Evidence, items: readonly T[]): T[] {
  const namespaces = evidence.cluster?.namespaces ?? [];
  return items.filter(({ metadata }) => namespaces.includes(metadata.namespace ?? ""));
}

export const workloadShort: DiagnosisRule = {
  id: "workload-short",
  layer: "workload",
  title: "A workload of the stack is scaled to nothing",
  evidence: "spec.replicas of Deployments and StatefulSets; a DaemonSet that no node wants",
  find: (evidence) =>
    own(evidence, evidence.cluster?.workloads ?? [])
      .filter(({ kind, spec }) => ["Deployment", "StatefulSet"].includes(kind) && spec?.replicas === 0)
      .map(({ kind, metadata }) => ({
        what: `${kind} ${metadata.namespace}/${metadata.name} is scaled to 0, so nothing of it runs`,
        how: [`the API server, on ${kind} ${metadata.namespace}/${metadata.name}: spec.replicas is 0`],
        mend: `kubectl -n ${metadata.namespace} scale ${kind.toLowerCase()} ${metadata.name} --replicas=1, or correct replicas in the values.`,
        sureness: "certain" as const,
        explains: notPassed(
          evidence,
          /state-metrics/.test(metadata.name)
            ? /^(workloads|targets|kube-|query-pod|dashboard|rule)/
            : needPrometheus,
        ),
        blame: { app: undefined, keys: ["replicaCount", "replicas"], values: ["0"] },
      })),
};

export const evicted: DiagnosisRule = {
  id: "evicted",
  layer: "workload",
  title: "The kubelet evicted a pod",
  evidence: "pods that failed with the reason Evicted, and their events",
  find: (evidence) => {
    const pods = own(evidence, evidence.cluster?.pods ?? []);
    const events = own(evidence, evidence.cluster?.events ?? []).filter(({ reason }) => reason === "Evicted");
    const ended = pods.filter(({ status }) => status?.reason === "Evicted");
    const said = ended[0]?.status?.message ?? newest(events)?.message;
    if (said === undefined) return [];
    const first = ended[0];
    const name = first?.metadata.name ?? newest(events)?.involvedObject.name ?? "";
    const who = first ? ownerOf(first, evidence.cluster?.workloads ?? []) : `Pod ${name}`;
    return [
      {
        what: `${who}: the kubelet evicted its pod: ${shorten(said, 160)}`,
        how: [`kubelet, on pod ${name}: ${shorten(said)}`],
        mend: /emptyDir|ephemeral/i.test(said)
          ? "Raise the volume's sizeLimit (or the limit of ephemeral-storage), or let it hold less."
          : "Free what the node lacks (disk, memory, processes), or lower what the pod needs.",
        sureness: "certain",
        explains: notPassed(evidence),
        blame: { app: undefined, keys: ["sizeLimit", "emptyDir", "ephemeral-storage"], values: [] },
      },
    ];
  },
};

function newest(events: readonly KubeEvent[]): KubeEvent | undefined {
  return [...events].sort((a, b) => eventTime(a) - eventTime(b)).at(-1);
}

export const livenessFailing: DiagnosisRule = {
  id: "liveness-failing",
  layer: "workload",
  title: "The kubelet restarts a container because its liveness probe fails",
  evidence: "events Killing and Unhealthy of the pods",
  find: (evidence) => {
    const events = own(evidence, evidence.cluster?.events ?? []);
    const kill = newest(events.filter(({ message }) => /failed liveness probe/.test(message ?? "")));
    const pod = own(evidence, evidence.cluster?.pods ?? []).find(
      ({ metadata }) => metadata.uid === kill?.involvedObject.uid,
    );
    const isRestarting = pod?.status?.containerStatuses?.some(({ restartCount }) => restartCount > 0);
    if (kill === undefined || pod === undefined || !isRestarting) return [];
    const why = newest(events.filter(({ message }) => /^Liveness probe failed/.test(message ?? "")));
    return [
      {
        what: `${ownerOf(pod, evidence.cluster?.workloads ?? [])}: the kubelet restarts it, because its liveness probe fails`,
        how: [kill, why].flatMap((event) =>
          event ? [`kubelet, on pod ${pod.metadata.name}: ${shorten(event.message ?? "")}`] : [],
        ),
        mend: "Correct the liveness probe's path, port or time in the values, or find out why the program hangs.",
        sureness: "certain",
        explains: notPassed(evidence),
        blame: { app: undefined, keys: ["livenessProbe"], values: [] },
      },
    ];
  },
};

/** Two pods of one Deployment that share a volume which only one node, or one process, may use. */
export const volumeDeadlock: DiagnosisRule = {
  id: "volume-deadlock",
  layer: "storage",
  title: "A rolling update waits for a volume that the old pod holds",
  evidence: "two pods of one workload with the same claim, one ready and one not; Multi-Attach events",
  find: (evidence) => {
    const { pods = [], events = [], workloads = [] } = evidence.cluster ?? {};
    return pods
      .filter((pod) => !isReady(pod))
      .flatMap((waiting) => {
        const claims = claimsOf(waiting);
        const owner = ownerOf(waiting, workloads);
        const holder = pods.find(
          (other) =>
            other !== waiting &&
            isReady(other) &&
            ownerOf(other, workloads) === owner &&
            claimsOf(other).some((claim) => claims.includes(claim)),
        );
        if (holder === undefined) return [];
        const attach = events.find(
          ({ involvedObject, message }) =>
            involvedObject.uid === waiting.metadata.uid && /Multi-Attach error/.test(message ?? ""),
        );
        return [
          {
            what: `${owner}: its new pod waits for a volume that its old pod holds, and the old one stays until the new one is ready`,
            how: [
              ...(attach
                ? [`controller, on pod ${waiting.metadata.name}: ${shorten(attach.message ?? "")}`]
                : []),
              `pods ${waiting.metadata.name} (not ready) and ${holder.metadata.name} (ready) both use the claim ${claims.join(", ")}`,
            ],
            mend: "Set the update strategy to Recreate (prometheus: server.strategy.type, grafana: deploymentStrategy.type).",
            sureness: attach ? ("certain" as const) : ("likely" as const),
            explains: notPassed(evidence, /^workloads/),
            blame: {
              app: undefined,
              keys: ["deploymentStrategy", "strategy", "persistence"],
              values: ["RollingUpdate"],
            },
          },
        ];
      });
  },
};

function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
}

function claimsOf(pod: Pod): string[] {
  return (pod.spec?.volumes ?? []).flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? []);
}
