import { evicted as evictedFailure } from "../../failures/scheduling.ts";
import { countOccurrences, getEventTime, type KubeEvent, type Pod } from "../../kube/objects.ts";
import { listBrokenChecks } from "../checks.ts";
import type { Evidence } from "../evidence.ts";
import { filterRecentEvents, findPodOwner } from "../failed-workloads.ts";
import { shortenToLine } from "../log-lines.ts";
import type { DiagnosisRule } from "../rule.ts";

/** Returns the objects in the stack's namespaces. */
function filterStackObjects<T extends { metadata: { namespace?: string } }>(
  evidence: Evidence,
  items: readonly T[],
): T[] {
  const namespaces = evidence.cluster?.namespaces ?? [];
  return items.filter(({ metadata }) => namespaces.includes(metadata.namespace ?? ""));
}

export const workloadShort: DiagnosisRule = {
  id: "workload-short",
  layer: "workload",
  title: "A workload of the stack is scaled to nothing",
  evidence: "spec.replicas of Deployments and StatefulSets; a DaemonSet that no node wants",
  find: (evidence) =>
    filterStackObjects(evidence, evidence.cluster?.workloads ?? []).flatMap(
      ({ kind, metadata, spec, status }) => {
        const id = `${kind} ${metadata.namespace}/${metadata.name}`;
        const isZero = ["Deployment", "StatefulSet"].includes(kind) && spec?.replicas === 0;
        const isNowhere = kind === "DaemonSet" && status?.desiredNumberScheduled === 0;
        // A chart may request 0 replicas. That is a fault only if a check misses the workload.
        const explains = isZero || isNowhere ? listBrokenChecks(evidence, id) : [];
        if (explains.length === 0) return [];
        const name = `${kind.toLowerCase()} ${metadata.name}`;
        return [
          {
            what: isZero
              ? `${id} is scaled to 0, so nothing of it runs`
              : `${id} runs on no node: none fits its node selector and tolerations`,
            how: [
              `the API server, on ${id}: ${isZero ? "spec.replicas" : "status.desiredNumberScheduled"} is 0`,
            ],
            fix: isZero
              ? `kubectl -n ${metadata.namespace} scale ${name} --replicas=1, or correct replicas in the values.`
              : "Correct nodeSelector, affinity and tolerations in the values, or label the nodes.",
            explains,
            ...(isZero
              ? { keys: ["replicaCount", "replicas"], values: ["0"] }
              : { keys: ["nodeSelector", "affinity", "tolerations"] }),
          },
        ];
      },
    ),
};

/** Maximum length of the kubelet's message in the first line of a finding. `how` has more of it. */
const maxSummaryCharacters = 160;

export const evicted: DiagnosisRule = {
  ...evictedFailure,
  evidence: "pods that failed with the reason Evicted, and their events",
  find: (evidence) => {
    const { workloads = [] } = evidence.cluster ?? {};
    const pods = filterStackObjects(evidence, evidence.cluster?.pods ?? []);
    // A pod that was evicted before this deployment does not belong to it.
    const deployedAt = Date.parse(evidence.deployedAt ?? "") || 0;
    const events = filterStackObjects(evidence, filterRecentEvents(evidence)).filter(
      (event) => event.reason === "Evicted" && getEventTime(event) >= deployedAt,
    );
    const lastEvent = findNewest(events);
    const pod =
      pods.find(({ status }) => status?.reason === "Evicted") ??
      pods.find(({ metadata }) => metadata.uid === lastEvent?.involvedObject.uid);
    const message = pod?.status?.reason === "Evicted" ? pod.status.message : lastEvent?.message;
    if (message === undefined) return [];
    const name = pod?.metadata.name ?? lastEvent?.involvedObject.name ?? "";
    const owner = pod ? findPodOwner(pod, workloads) : `Pod ${lastEvent?.metadata.namespace}/${name}`;
    // An evicted pod remains in the cluster; its replacement may be ready.
    const isReplaced = pods.some(
      (candidate) => isReady(candidate) && findPodOwner(candidate, workloads) === owner,
    );
    // If the pod is gone, only the event remains.
    const currentSureness = pod?.status?.reason === "Evicted" ? "certain" : "likely";
    return [
      {
        what: `${owner}: the kubelet evicted its pod: ${shortenToLine(message, maxSummaryCharacters)}`,
        how: [`kubelet, on pod ${name}: ${shortenToLine(message)}`],
        fix: /emptyDir|ephemeral/i.test(message)
          ? "Raise the volume's sizeLimit (or the limit of ephemeral-storage), or let it hold less."
          : "Free what the node lacks (disk, memory, processes), or lower what the pod needs.",
        sureness: isReplaced ? "possible" : currentSureness,
        explains: listBrokenChecks(evidence, owner, pod?.metadata.name),
        keys: ["sizeLimit", "emptyDir", "ephemeral-storage"],
      },
    ];
  },
};

/** Returns the latest event; undefined if there is none. */
function findNewest(events: readonly KubeEvent[]): KubeEvent | undefined {
  return [...events].sort((a, b) => getEventTime(a) - getEventTime(b)).at(-1);
}

export const livenessFailing: DiagnosisRule = {
  id: "liveness-failing",
  layer: "workload",
  title: "The kubelet restarts a container because its liveness probe fails",
  evidence: "events Killing and Unhealthy of the pods",
  find: (evidence) => {
    const { workloads = [] } = evidence.cluster ?? {};
    const events = filterStackObjects(evidence, filterRecentEvents(evidence));
    return filterStackObjects(evidence, evidence.cluster?.pods ?? []).flatMap((pod) => {
      const podEvents = events.filter(({ involvedObject }) => involvedObject.uid === pod.metadata.uid);
      const killEvents = podEvents.filter(({ message }) => /failed liveness probe/.test(message ?? ""));
      const lastKill = findNewest(killEvents);
      // A pod that is ready again has recovered.
      if (lastKill === undefined || isReady(pod)) return [];
      const probeEvent = findNewest(
        podEvents.filter(({ message }) => /^Liveness probe failed/.test(message ?? "")),
      );
      const owner = findPodOwner(pod, workloads);
      return [
        {
          what: `${owner}: the kubelet restarts it, because its liveness probe fails`,
          how: [lastKill, probeEvent].flatMap((event) =>
            event ? [`kubelet, on pod ${pod.metadata.name}: ${shortenToLine(event.message ?? "")}`] : [],
          ),
          fix: "Correct the liveness probe's path, port or time in the values, or find out why the program hangs.",
          // After a single restart something else may keep the pod from being ready.
          sureness: countOccurrences(killEvents) > 1 ? ("certain" as const) : ("likely" as const),
          explains: listBrokenChecks(evidence, owner, pod.metadata.name),
          keys: ["livenessProbe"],
        },
      ];
    });
  },
};

/** Two pods of one Deployment share a volume that only one node, or one process, may use. */
export const volumeDeadlock: DiagnosisRule = {
  id: "volume-deadlock",
  layer: "storage",
  title: "A rolling update waits for a volume that the old pod holds",
  evidence: "two pods of one workload with the same claim, one ready and one not; Multi-Attach events",
  find: (evidence) => {
    const { workloads = [] } = evidence.cluster ?? {};
    const events = filterRecentEvents(evidence);
    const pods = filterStackObjects(evidence, evidence.cluster?.pods ?? []).filter(
      ({ metadata }) => metadata.deletionTimestamp === undefined,
    );
    const waitingPods = pods.filter((pod) => !isReady(pod));
    return waitingPods.flatMap((pod) => {
      const owner = findPodOwner(pod, workloads);
      const claims = listSingleClaims(evidence, pod);
      const holder = pods.find(
        (candidate) =>
          isReady(candidate) &&
          findPodOwner(candidate, workloads) === owner &&
          listSingleClaims(evidence, candidate).some((claim) => claims.includes(claim)),
      );
      if (holder === undefined) return [];
      const attachEvent = events.find(
        ({ involvedObject, message }) =>
          involvedObject.uid === pod.metadata.uid && /Multi-Attach error/.test(message ?? ""),
      );
      return [
        {
          what: `${owner}: its new pod waits for a volume that its old pod holds, and the old one stays until the new one is ready`,
          how: [
            ...(attachEvent
              ? [`controller, on pod ${pod.metadata.name}: ${shortenToLine(attachEvent.message ?? "")}`]
              : []),
            `pods ${pod.metadata.name} (not ready) and ${holder.metadata.name} (ready) both use the claim ${claims.join(", ")}`,
          ],
          fix: "Set the update strategy to Recreate (prometheus: server.strategy.type, grafana: deploymentStrategy.type).",
          sureness: attachEvent ? ("certain" as const) : ("likely" as const),
          explains: listBrokenChecks(evidence, owner, pod.metadata.name),
          keys: ["deploymentStrategy", "strategy", "persistence"],
          values: ["RollingUpdate"],
        },
      ];
    });
  },
};

/** True if a pod has the condition Ready. */
function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
}

/** Returns the names of a pod's claims that can't be shared: those without an access mode like ReadWriteMany. */
function listSingleClaims({ cluster }: Evidence, { metadata, spec }: Pod): string[] {
  const sharedClaims = (cluster?.claims ?? [])
    .filter((claim) => claim.spec?.accessModes?.some((mode) => /Many$/.test(mode)))
    .filter((claim) => claim.metadata.namespace === metadata.namespace)
    .map((claim) => claim.metadata.name);
  return (spec?.volumes ?? [])
    .flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? [])
    .filter((name) => !sharedClaims.includes(name));
}
