import { z } from "zod";
import type { KubeObject } from "../kube/object.ts";
import { objectsOf } from "../model/rendered.ts";
import type { RenderedApp } from "../model/rendered-app.ts";

/** A volume that the charts render, whoever asked for it. */
export interface AskedVolume {
  readonly namespace: string;
  /** Of the PVC. */
  readonly claim: string;
  /** A Kubernetes quantity. */
  readonly size: string;
  /** Undefined: the cluster's default. */
  readonly storageClass: string | undefined;
}

const claimSpec = z.looseObject({
  storageClassName: z.string().nullish(),
  resources: z.looseObject({
    requests: z.looseObject({ storage: z.union([z.string(), z.number()]).transform(String) }),
  }),
});
const statefulSetSpec = z.looseObject({
  replicas: z.number().nullish(),
  volumeClaimTemplates: z
    .array(z.looseObject({ metadata: z.looseObject({ name: z.string() }), spec: claimSpec }))
    .nullish(),
});
const operatorSpec = z.looseObject({
  replicas: z.number().nullish(),
  storage: z.looseObject({
    volumeClaimTemplate: z.looseObject({
      metadata: z.looseObject({ name: z.string().nullish() }).nullish(),
      spec: claimSpec,
    }),
  }),
});

/** The charts' PVCs, those that their StatefulSets make, and those that the operator makes of its objects. */
export function askedVolumes(rendered: readonly RenderedApp[]): AskedVolume[] {
  return objectsOf(rendered).flatMap((object) => {
    const namespace = object.metadata.namespace ?? "";
    return claimsOf(object).map(({ claim, spec }) => ({
      namespace,
      claim,
      size: spec.resources.requests.storage,
      storageClass: spec.storageClassName ?? undefined,
    }));
  });
}

interface Claim {
  readonly claim: string;
  readonly spec: z.infer<typeof claimSpec>;
}

function claimsOf({ kind, apiVersion, metadata, spec }: KubeObject): Claim[] {
  if (kind === "PersistentVolumeClaim") {
    const parsed = claimSpec.safeParse(spec).data;
    return parsed ? [{ claim: metadata.name, spec: parsed }] : [];
  }
  if (kind === "StatefulSet") {
    const parsed = statefulSetSpec.safeParse(spec).data;
    return (parsed?.volumeClaimTemplates ?? []).flatMap((template) =>
      ofPods(`${template.metadata.name}-${metadata.name}`, parsed?.replicas, template.spec),
    );
  }
  if (!apiVersion.startsWith("monitoring.coreos.com/")) return [];
  const parsed = operatorSpec.safeParse(spec).data;
  if (parsed === undefined) return [];
  // Its StatefulSet is called after the kind, and so is the claim's template unless it has a name.
  const set = `${kind.toLowerCase()}-${metadata.name}`;
  const { metadata: named, spec: claim } = parsed.storage.volumeClaimTemplate;
  return ofPods(`${named?.name ?? `${set}-db`}-${set}`, parsed.replicas, claim);
}

function ofPods(name: string, replicas: number | null | undefined, spec: Claim["spec"]): Claim[] {
  return Array.from({ length: replicas ?? 1 }, (_, ordinal) => ({ claim: `${name}-${ordinal}`, spec }));
}
