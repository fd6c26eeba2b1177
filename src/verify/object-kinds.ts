import { z } from "zod";
import { createApi } from "../kube/api.ts";
import { ownValue } from "../lib/own.ts";
import { requestTimeoutMs, tryJson } from "../stack/http.ts";
import type { Stack } from "../stack/types.ts";

/** A kind whose objects kube-state-metrics reports, and of which a cluster may well have none. */
interface ReportedKind {
  readonly prefix: string;
  readonly kind: string;
  readonly group: string;
  readonly resource: string;
}

const of = (prefix: string, kind: string, group: string, resource: string): ReportedKind => ({
  prefix: `kube_${prefix}_`,
  kind,
  group,
  resource,
});

/** The longer prefix comes first where one begins with another. */
export const reportedKinds: readonly ReportedKind[] = [
  of("job", "Job", "batch", "jobs"),
  of("cronjob", "CronJob", "batch", "cronjobs"),
  of("ingressclass", "IngressClass", "networking.k8s.io", "ingressclasses"),
  of("ingress", "Ingress", "networking.k8s.io", "ingresses"),
  of("networkpolicy", "NetworkPolicy", "networking.k8s.io", "networkpolicies"),
  of("persistentvolumeclaim", "PersistentVolumeClaim", "", "persistentvolumeclaims"),
  of("persistentvolume", "PersistentVolume", "", "persistentvolumes"),
  of("horizontalpodautoscaler", "HorizontalPodAutoscaler", "autoscaling", "horizontalpodautoscalers"),
  of("statefulset", "StatefulSet", "apps", "statefulsets"),
  of("daemonset", "DaemonSet", "apps", "daemonsets"),
  of("deployment", "Deployment", "apps", "deployments"),
  of("replicaset", "ReplicaSet", "apps", "replicasets"),
  of("replicationcontroller", "ReplicationController", "", "replicationcontrollers"),
  of("poddisruptionbudget", "PodDisruptionBudget", "policy", "poddisruptionbudgets"),
  of("resourcequota", "ResourceQuota", "", "resourcequotas"),
  of("limitrange", "LimitRange", "", "limitranges"),
  of("storageclass", "StorageClass", "storage.k8s.io", "storageclasses"),
  of("volumeattachment", "VolumeAttachment", "storage.k8s.io", "volumeattachments"),
  of(
    "certificatesigningrequest",
    "CertificateSigningRequest",
    "certificates.k8s.io",
    "certificatesigningrequests",
  ),
];

const versions: Readonly<Record<string, string>> = { autoscaling: "v2" };
const list = z.object({ items: z.array(z.unknown()) });

/** Names the kind of which the cluster has no object, so that a metric of it can't exist; undefined: that is not the reason. */
export type FindAbsentKind = (metric: string, names: readonly string[]) => Promise<string | undefined>;

/** Asks the API server at most once for each kind. It only explains: whoever may not list them gets no such reason. */
export function createAbsentKindFinder({ kube, context }: Stack): FindAbsentKind {
  const asked = new Map<string, Promise<boolean>>();
  const isAbsent = async ({ group, resource }: ReportedKind): Promise<boolean> => {
    const base = group === "" ? "/api/v1" : `/apis/${group}/${ownValue(versions, group) ?? "v1"}`;
    const signal = AbortSignal.any([context.signal, AbortSignal.timeout(requestTimeoutMs)]);
    try {
      const { status, body } = await createApi(kube).ask(`${base}/${resource}?limit=1`, signal);
      return status === 200 && list.safeParse(tryJson(body)).data?.items.length === 0;
    } catch {
      return false;
    }
  };
  return async (metric, names) => {
    const found = reportedKinds.find(({ prefix }) => metric.startsWith(prefix));
    const isReporting = names.some((name) => name.startsWith("kube_"));
    if (found === undefined || !isReporting || names.some((name) => name.startsWith(found.prefix)))
      return undefined;
    const answer = asked.get(found.resource) ?? isAbsent(found);
    asked.set(found.resource, answer);
    return (await answer) ? found.kind : undefined;
  };
}
