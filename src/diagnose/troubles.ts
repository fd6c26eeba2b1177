import { judgeClaim, judgeCreator, judgePod } from "../deploy/failures.ts";
import type { Pod, Workload } from "../deploy/objects.ts";
import type { Symptom } from "../deploy/symptoms.ts";
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
  readonly mend: string;
}

/** What ended the deployment, else what is wrong with the pods now. Judged by the same words in both cases. */
export function troublesOf(evidence: Evidence): readonly Trouble[] {
  const failed = (evidence.failure?.workloads ?? []).map((failure) => ({
    ...failure,
    rule: failure.rule ?? "timeout",
  }));
  return failed.length > 0 ? failed : troublesNow(evidence);
}

function troublesNow({ cluster }: Evidence): readonly Trouble[] {
  if (cluster === undefined) return [];
  const { pods, events, claims, workloads, namespaces } = cluster;
  const isOurs = ({ metadata }: { metadata: { namespace?: string } }) =>
    namespaces.includes(metadata.namespace ?? "");
  const toTrouble = (workload: string) => (symptom: Symptom) => ({ ...symptom, workload });
  return [
    ...workloads
      .filter(isOurs)
      .flatMap((one) => judgeCreator(one, events).map(toTrouble(idOf(one.kind, one.metadata)))),
    ...claims
      .filter(isOurs)
      .flatMap((one) => judgeClaim(one, events).map(toTrouble(idOf("PersistentVolumeClaim", one.metadata)))),
    ...pods.filter(isOurs).flatMap((pod) => judgePod(pod, events).map(toTrouble(ownerOf(pod, workloads)))),
  ];
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
