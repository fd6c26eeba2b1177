import { isStale } from "../deploy/judge.ts";
import { parseNetworkError } from "../deploy/pod-network.ts";
import { matchFailure } from "../failures/failure.ts";
import { judgeClaim, judgeCreators } from "../failures/judge-claim.ts";
import { judgePod } from "../failures/judge-pod.ts";
import { policyFailures } from "../failures/scheduling.ts";
import type { Symptom } from "../failures/symptom.ts";
import { noProvisioner } from "../failures/volumes.ts";
import { type Claim, getEventTime, type KubeEvent, type Pod, type Workload } from "../kube/objects.ts";
import type { ClusterEvidence, Evidence } from "./evidence.ts";

/** A workload that does not get ready, and the reason. */
export interface FailedWorkload {
  /** `Deployment monitoring/grafana`. */
  readonly workload: string;
  readonly pod: string | undefined;
  readonly container: string | undefined;
  /** Id of the failure in the catalogue; `timeout` if the catalogue has no match. */
  readonly rule: string;
  readonly reason: string;
  readonly message: string;
  readonly fix: string;
  /** Milliseconds that the failure may last before it is final; 0 for a failure that ended the deployment. */
  readonly graceMs: number;
  /** True if only one event reports the failure, so that the workload may have recovered since. */
  readonly isSingleEvent?: true | undefined;
  /** `after 15 s`, if the deployment stopped waiting for the workload then. */
  readonly givenUp?: string | undefined;
}

/**
 * Returns the workloads that ended the deployment; otherwise those that fail now. Both are judged by the same
 * catalogue. A workload that only exceeded its time is judged by its current state.
 */
export function findFailedWorkloads(evidence: Evidence): readonly FailedWorkload[] {
  // Without a pod network all pods wait for it, so none of them is the cause.
  if (parseNetworkError(evidence.failure?.message ?? "") !== undefined) return [];
  const deploymentFailures = (evidence.failure?.workloads ?? []).map(
    (failure): FailedWorkload => ({
      ...failure,
      pod: failure.pod,
      container: failure.container,
      rule: failure.rule ?? "timeout",
      graceMs: 0,
    }),
  );
  if (deploymentFailures.some(({ rule }) => rule !== "timeout")) return deploymentFailures;
  const refusedApps = deploymentFailures.length === 0 ? findRefusedByApi(evidence) : [];
  if (refusedApps.length > 0) return refusedApps;
  const currentFailures = findFailingNow(evidence).map((current): FailedWorkload => {
    const timedOut = deploymentFailures.find(({ workload }) => workload === current.workload);
    return { ...current, givenUp: /^after \d+ s/.exec(timedOut?.message ?? "")?.[0] };
  });
  const unexplainedFailures = deploymentFailures.filter(
    ({ workload }) => !currentFailures.some((current) => current.workload === workload),
  );
  return [...currentFailures, ...unexplainedFailures];
}

/** Returns the app whose object a quota, policy or webhook refused; empty if the error is another one. */
function findRefusedByApi({ failure }: Evidence): readonly FailedWorkload[] {
  const message = failure?.message ?? "";
  const refusal = matchFailure(policyFailures, message);
  const app = /\bapp (\S+) \(chart/.exec(message)?.[1];
  if (refusal === undefined || app === undefined) return [];
  const subject = { workload: `App ${app}`, pod: undefined, container: undefined };
  return [{ ...subject, rule: refusal.id, reason: "helm", message, fix: refusal.fix, graceMs: 0 }];
}

/** Returns the workloads, claims and pods that fail according to their current state and events. */
function findFailingNow(evidence: Evidence): readonly FailedWorkload[] {
  const { cluster } = evidence;
  if (cluster === undefined) return [];
  const { pods, claims, workloads, namespaces } = cluster;
  const events = filterRecentEvents(evidence);
  const classes = readClasses(evidence);
  const isInStack = ({ metadata }: { metadata: { namespace?: string } }) =>
    namespaces.includes(metadata.namespace ?? "");
  // A pod that is being deleted, or was replaced, is not judged.
  const isCurrent = ({ metadata, status }: Pod) =>
    metadata.deletionTimestamp === undefined && status?.reason !== "Evicted";
  const claimFailures = claims
    .filter(isInStack)
    .flatMap((item) =>
      judgeClaim(item, events, classes).map(
        createWorkloadConverter(formatId("PersistentVolumeClaim", item.metadata)),
      ),
    );
  const podFailures = pods
    .filter((pod) => isInStack(pod) && isCurrent(pod))
    .flatMap((pod) =>
      judgePod(pod, events)
        .filter((symptom) => !isStale(symptom, findClaims(pod, claims)))
        .map(createWorkloadConverter(findPodOwner(pod, workloads))),
    );
  return [
    ...workloads
      .filter(isInStack)
      .flatMap((item) => judgeCreators([item], events).map(createWorkloadConverter(findWorkloadOwner(item)))),
    ...claimFailures,
    // A pod that waits for its claim is reported as the claim's failure.
    ...podFailures.filter(({ rule }) => rule !== noProvisioner.id || claimFailures.length === 0),
  ];
}

/**
 * Milliseconds in which a persistent problem is certainly reported again: longer than any of upstream's own rounds
 * (failures/symptom.ts).
 */
const eventLifeMs = 330_000;

/**
 * Returns the events whose cause may persist. An event remains in the cluster for an hour, even if its cause has gone.
 */
export function filterRecentEvents({ cluster, takenAt }: Evidence): readonly KubeEvent[] {
  const now = Date.parse(takenAt);
  return (cluster?.events ?? []).filter(
    (event) => !(now - getEventTime(event) > eventLifeMs) || getEventTime(event) === 0,
  );
}

/**
 * Returns the StorageClasses; undefined if they could not be read, since an empty list would mean that there are none.
 */
function readClasses({ cluster, unread }: Evidence): ClusterEvidence["storageClasses"] | undefined {
  return unread.some(({ what }) => what === "storage classes") ? undefined : cluster?.storageClasses;
}

/** Returns the claims that a pod uses. */
function findClaims({ metadata, spec }: Pod, claims: readonly Claim[]): Claim[] {
  const names = (spec?.volumes ?? []).flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? []);
  return claims.filter(
    (claim) => claim.metadata.namespace === metadata.namespace && names.includes(claim.metadata.name),
  );
}

/** Returns a function that converts a symptom to a failure of this workload. */
function createWorkloadConverter(workload: string): (symptom: Symptom) => FailedWorkload {
  return ({ recurrence: _, occurrences, lastingMs: __, variant: ___, ...symptom }) => ({
    ...symptom,
    workload,
    ...(occurrences === 1 ? { isSingleEvent: true as const } : {}),
  });
}

/**
 * Returns the name of the workload's owner, or its own name: a Deployment reports the same as its ReplicaSet, so only
 * the Deployment is reported.
 */
function findWorkloadOwner({ kind, metadata }: Workload): string {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  const { namespace = "" } = metadata;
  return owner === undefined
    ? formatId(kind, metadata)
    : formatId(owner.kind, { namespace, name: owner.name });
}

/** Returns e.g. `Deployment monitoring/grafana`. */
function formatId(kind: string, { namespace = "", name }: { namespace?: string; name: string }): string {
  return `${kind} ${namespace}/${name}`;
}

/** Returns the name of the workload that owns a pod: for a Deployment's pod the Deployment, not its ReplicaSet. */
export function findPodOwner({ metadata }: Pod, workloads: readonly Workload[]): string {
  const podOwner =
    metadata.ownerReferences?.find(({ controller }) => controller) ?? metadata.ownerReferences?.[0];
  if (podOwner === undefined) return formatId("Pod", metadata);
  const replicaSet = workloads.find(({ metadata: { uid } }) => uid === podOwner.uid);
  const setOwner = replicaSet?.metadata.ownerReferences?.[0];
  const { kind, name } = setOwner ?? podOwner;
  const { namespace } = metadata;
  return formatId(kind, { name, ...(namespace === undefined ? {} : { namespace }) });
}
