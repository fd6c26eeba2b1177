import { isStale } from "../deploy/judge.ts";
import { parseNetworkError } from "../deploy/pod-network.ts";
import { matchFailure } from "../failures/failure.ts";
import { judgeClaim, judgeCreators } from "../failures/judge-claim.ts";
import { judgePod } from "../failures/judge-pod.ts";
import { policyFailures } from "../failures/scheduling.ts";
import type { Symptom } from "../failures/symptom.ts";
import { noProvisioner } from "../failures/volumes.ts";
import { type Claim, getEventTime, type KubeEvent, type Pod, type Workload } from "../kube/objects.ts";
import type { Evidence } from "./evidence.ts";

/** A workload that does not get ready, and why. */
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
  /** How long the failure may last before it is final, in milliseconds; 0 for one that ended the deployment. */
  readonly graceMs: number;
  /** True if only one event reports the failure: the workload may have recovered since. */
  readonly isSingleEvent?: true | undefined;
  /** `after 15 s`, where the deployment waited for the workload no longer than that. */
  readonly givenUp?: string | undefined;
}

/**
 * Returns the workloads that ended the deployment, else those that don't get ready now, both judged by the same catalogue. For
 * a workload that only ran out of time, its present state is judged instead.
 */
export function findFailedWorkloads(evidence: Evidence): readonly FailedWorkload[] {
  // All pods wait for the network then.
  if (parseNetworkError(evidence.failure?.message ?? "") !== undefined) return [];
  const failed = (evidence.failure?.workloads ?? []).map(
    (failure): FailedWorkload => ({
      ...failure,
      pod: failure.pod,
      container: failure.container,
      rule: failure.rule ?? "timeout",
      graceMs: 0,
    }),
  );
  if (failed.some(({ rule }) => rule !== "timeout")) return failed;
  const refused = failed.length === 0 ? findRefusedByApi(evidence) : [];
  if (refused.length > 0) return refused;
  const now = findFailingNow(evidence).map((one): FailedWorkload => {
    const late = failed.find(({ workload }) => workload === one.workload);
    return { ...one, givenUp: /^after \d+ s/.exec(late?.message ?? "")?.[0] };
  });
  const unexplained = failed.filter(({ workload }) => !now.some((one) => one.workload === workload));
  return [...now, ...unexplained];
}

/** Returns what an object of a release was refused by a quota, policy or webhook, as a controller may be. */
function findRefusedByApi({ failure }: Evidence): readonly FailedWorkload[] {
  const message = failure?.message ?? "";
  const refusal = matchFailure(policyFailures, message);
  const app = /\bapp (\S+) \(chart/.exec(message)?.[1];
  if (refusal === undefined || app === undefined) return [];
  const where = { workload: `App ${app}`, pod: undefined, container: undefined };
  return [{ ...where, rule: refusal.id, reason: "helm", message, fix: refusal.fix, graceMs: 0 }];
}

function findFailingNow(evidence: Evidence): readonly FailedWorkload[] {
  const { cluster } = evidence;
  if (cluster === undefined) return [];
  const { pods, claims, workloads, namespaces } = cluster;
  const events = filterRecentEvents(evidence);
  const classes = readClasses(evidence);
  const isOurs = ({ metadata }: { metadata: { namespace?: string } }) =>
    namespaces.includes(metadata.namespace ?? "");
  // A workload that is being deleted, or was replaced, isn't judged by its state.
  const isHere = ({ metadata, status }: Pod) =>
    metadata.deletionTimestamp === undefined && status?.reason !== "Evicted";
  const ofClaims = claims
    .filter(isOurs)
    .flatMap((one) =>
      judgeClaim(one, events, classes).map(toFailedWorkload(formatId("PersistentVolumeClaim", one.metadata))),
    );
  const ofPods = pods
    .filter((pod) => isOurs(pod) && isHere(pod))
    .flatMap((pod) =>
      judgePod(pod, events)
        .filter((symptom) => !isStale(symptom, findClaims(pod, claims)))
        .map(toFailedWorkload(findPodOwner(pod, workloads))),
    );
  return [
    ...workloads
      .filter(isOurs)
      .flatMap((one) => judgeCreators([one], events).map(toFailedWorkload(findWorkloadOwner(one)))),
    ...ofClaims,
    // A pod that waits for its claim is reported as the claim's failure.
    ...ofPods.filter(({ rule }) => rule !== noProvisioner.id || ofClaims.length === 0),
  ];
}

/** Milliseconds; longer than any of upstream's own rounds (failures/symptom.ts): a persistent problem has been reported again by then. */
const eventLifeMs = 330_000;

/** Returns the events whose cause may persist: an event remains in the cluster for an hour, even when its cause has gone. */
export function filterRecentEvents({ cluster, takenAt }: Evidence): readonly KubeEvent[] {
  const now = Date.parse(takenAt);
  return (cluster?.events ?? []).filter(
    (event) => !(now - getEventTime(event) > eventLifeMs) || getEventTime(event) === 0,
  );
}

/** Returns undefined if they could not be read: an empty list would mean that there are none. */
function readClasses({ cluster, unread }: Evidence) {
  return unread.some(({ what }) => what === "storage classes") ? undefined : cluster?.storageClasses;
}

function findClaims({ metadata, spec }: Pod, claims: readonly Claim[]): Claim[] {
  const names = (spec?.volumes ?? []).flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? []);
  return claims.filter(
    (claim) => claim.metadata.namespace === metadata.namespace && names.includes(claim.metadata.name),
  );
}

function toFailedWorkload(workload: string): (symptom: Symptom) => FailedWorkload {
  return ({ recurrence: _, occurrences, lastingMs: __, variant: ___, ...symptom }) => ({
    ...symptom,
    workload,
    ...(occurrences === 1 ? { isSingleEvent: true as const } : {}),
  });
}

/** A Deployment reports the same as its ReplicaSet: it is reported once, for the Deployment. */
function findWorkloadOwner({ kind, metadata }: Workload): string {
  const above = metadata.ownerReferences?.find(({ controller }) => controller);
  const { namespace = "" } = metadata;
  return above === undefined
    ? formatId(kind, metadata)
    : formatId(above.kind, { namespace, name: above.name });
}

function formatId(kind: string, { namespace = "", name }: { namespace?: string; name: string }): string {
  return `${kind} ${namespace}/${name}`;
}

/** A Deployment's pods belong to its ReplicaSet. */
export function findPodOwner({ metadata }: Pod, workloads: readonly Workload[]): string {
  const direct =
    metadata.ownerReferences?.find(({ controller }) => controller) ?? metadata.ownerReferences?.[0];
  if (direct === undefined) return formatId("Pod", metadata);
  const set = workloads.find(({ metadata: { uid } }) => uid === direct.uid);
  const above = set?.metadata.ownerReferences?.[0];
  const { kind, name } = above ?? direct;
  const { namespace } = metadata;
  return formatId(kind, { name, ...(namespace === undefined ? {} : { namespace }) });
}
