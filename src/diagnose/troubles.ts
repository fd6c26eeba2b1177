import { isStale } from "../deploy/judge.ts";
import { nodeWithoutNetwork } from "../deploy/pod-network.ts";
import { judgeClaim, judgeCreators } from "../failures/claim-failures.ts";
import { judgePod } from "../failures/failures.ts";
import { admissionRules } from "../failures/pod-rules.ts";
import type { Symptom } from "../failures/symptoms.ts";
import { type Claim, eventTime, type KubeEvent, type Pod, type Workload } from "../kube/objects.ts";
import type { Evidence } from "./types.ts";

/** Something that is wrong with a workload, in the words of the deployment's own rules. */
export interface Trouble {
  /** `Deployment monitoring/grafana`. */
  readonly workload: string;
  readonly pod: string | undefined;
  readonly container: string | undefined;
  /** Id of the rule of `deploy` that knew it; `timeout` when none did. */
  readonly rule: string;
  readonly reason: string;
  readonly message: string;
  readonly fix: string;
  /** How long it may heal by itself, in milliseconds; 0 for what ended the deployment. */
  readonly graceMs: number;
  /** Only one event says so, which may be older than what healed it. */
  readonly isSingleEvent?: true | undefined;
  /** `after 15 s`, where the deployment waited for the workload no longer than that. */
  readonly givenUp?: string | undefined;
}

/**
 * What ended the deployment, else what is wrong with the pods now, judged by the same words in both cases. Of a workload
 * that only ran out of time, what is wrong with it now says more.
 */
export function troublesOf(evidence: Evidence): readonly Trouble[] {
  // Whatever the pods wait for, it is the network.
  if (nodeWithoutNetwork(evidence.failure?.message ?? "") !== undefined) return [];
  const failed = (evidence.failure?.workloads ?? []).map(
    (failure): Trouble => ({
      ...failure,
      pod: failure.pod,
      container: failure.container,
      rule: failure.rule ?? "timeout",
      graceMs: 0,
    }),
  );
  if (failed.some(({ rule }) => rule !== "timeout")) return failed;
  const refused = failed.length === 0 ? refusedByApi(evidence) : [];
  if (refused.length > 0) return refused;
  const now = troublesNow(evidence).map((trouble): Trouble => {
    const late = failed.find(({ workload }) => workload === trouble.workload);
    return { ...trouble, givenUp: /^after \d+ s/.exec(late?.message ?? "")?.[0] };
  });
  const unexplained = failed.filter(({ workload }) => !now.some((trouble) => trouble.workload === workload));
  return [...now, ...unexplained];
}

/** helm may be refused what a controller would be: an object of the release, by quota, policy or webhook. */
function refusedByApi({ failure }: Evidence): readonly Trouble[] {
  const message = failure?.message ?? "";
  const rule = admissionRules.find(({ id, match }) => refusals.includes(id) && match.test(message));
  const app = /\bapp (\S+) \(chart/.exec(message)?.[1];
  if (rule === undefined || app === undefined) return [];
  const { id, fix } = rule;
  const where = { workload: `App ${app}`, pod: undefined, container: undefined };
  return [{ ...where, rule: id, reason: "helm", message, fix, graceMs: 0 }];
}

const refusals: readonly string[] = [
  "webhook-down",
  "quota",
  "pod-security",
  "webhook-denied",
  "limit-range",
];

function troublesNow(evidence: Evidence): readonly Trouble[] {
  const { cluster } = evidence;
  if (cluster === undefined) return [];
  const { pods, claims, workloads, namespaces } = cluster;
  const events = recentEvents(evidence);
  const classes = classesOf(evidence);
  const isOurs = ({ metadata }: { metadata: { namespace?: string } }) =>
    namespaces.includes(metadata.namespace ?? "");
  // What is on its way out, or was replaced, isn't judged by how it stands.
  const isHere = ({ metadata, status }: Pod) =>
    metadata.deletionTimestamp === undefined && status?.reason !== "Evicted";
  const ofClaims = claims
    .filter(isOurs)
    .flatMap((one) =>
      judgeClaim(one, events, classes).map(toTrouble(idOf("PersistentVolumeClaim", one.metadata))),
    );
  const ofPods = pods
    .filter((pod) => isOurs(pod) && isHere(pod))
    .flatMap((pod) =>
      judgePod(pod, events)
        .filter((symptom) => !isStale(symptom, claimsOf(pod, claims)))
        .map(toTrouble(ownerOf(pod, workloads))),
    );
  return [
    ...workloads
      .filter(isOurs)
      .flatMap((one) => judgeCreators([one], events).map(toTrouble(ownerOfWorkload(one)))),
    ...ofClaims,
    // That a pod waits for its claim is the claim's own trouble, told from the other side.
    ...ofPods.filter(({ rule }) => rule !== "claim-unbound" || ofClaims.length === 0),
  ];
}

/** Longer than any of upstream's own rounds (deploy/symptoms.ts): what goes on has said so again since, in milliseconds. */
const eventLifeMs = 330_000;

/** What may still go on: an event stays in the cluster for an hour, also when its cause has gone. */
export function recentEvents({ cluster, takenAt }: Evidence): readonly KubeEvent[] {
  const now = Date.parse(takenAt);
  return (cluster?.events ?? []).filter(
    (event) => !(now - eventTime(event) > eventLifeMs) || eventTime(event) === 0,
  );
}

/** Undefined when they could not be read: an empty list would say that there are none. */
function classesOf({ cluster, unread }: Evidence) {
  return unread.some(({ what }) => what === "storage classes") ? undefined : cluster?.storageClasses;
}

function claimsOf({ metadata, spec }: Pod, claims: readonly Claim[]): Claim[] {
  const names = (spec?.volumes ?? []).flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? []);
  return claims.filter(
    (claim) => claim.metadata.namespace === metadata.namespace && names.includes(claim.metadata.name),
  );
}

function toTrouble(workload: string): (symptom: Symptom) => Trouble {
  return ({ recurrence: _, occurrences, lastingMs: __, ...symptom }) => ({
    ...symptom,
    workload,
    ...(occurrences === 1 ? { isSingleEvent: true as const } : {}),
  });
}

/** A Deployment says the same of its pods as its ReplicaSet: it is told once, for the Deployment. */
function ownerOfWorkload({ kind, metadata }: Workload): string {
  const above = metadata.ownerReferences?.find(({ controller }) => controller);
  const { namespace = "" } = metadata;
  return above === undefined ? idOf(kind, metadata) : idOf(above.kind, { namespace, name: above.name });
}

function idOf(kind: string, { namespace = "", name }: { namespace?: string; name: string }): string {
  return `${kind} ${namespace}/${name}`;
}

/** A Deployment's pods belong to its ReplicaSet. */
export function ownerOf({ metadata }: Pod, workloads: readonly Workload[]): string {
  const direct =
    metadata.ownerReferences?.find(({ controller }) => controller) ?? metadata.ownerReferences?.[0];
  if (direct === undefined) return idOf("Pod", metadata);
  const set = workloads.find(({ metadata: { uid } }) => uid === direct.uid);
  const above = set?.metadata.ownerReferences?.[0];
  const { kind, name } = above ?? direct;
  const { namespace } = metadata;
  return idOf(kind, { name, ...(namespace === undefined ? {} : { namespace }) });
}
