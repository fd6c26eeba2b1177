import type { V1PersistentVolumeClaim, V1Pod } from "@kubernetes/client-node";
import { z } from "zod";
import type { StorageSizes } from "../../../config/settings/storage.ts";
import type { KubeObject } from "../../../kube/manifest.ts";
import { parseQuantity } from "../../../lib/quantity.ts";
import { formatCount, formatList } from "../../../lib/text.ts";
import { listRenderedObjects, type RenderedApp } from "../../../model/rendered.ts";
import { type Check, judgeProblems, type Problem, skip, type Verdict } from "../../../stack/check.ts";
import { listOwnClaims, listOwnPods } from "../../../stack/kube.ts";
import { createPrometheusClient } from "../../../stack/prometheus.ts";
import type { Stack } from "../../../stack/stack.ts";
import { listComponentPods } from "../../access/components.ts";

export const storageEffective: Check = {
  id: "storage-effective",
  title: "The volumes are as large as requested, and in use",
  severity: "error",
  meaning: "What should be kept is lost with its pod, or the disk is full sooner than was planned.",
  fix: "set storage and storage-class in one place only; a claim that is there already must be enlarged, or deleted and made anew",
  run: checkStorageEffective,
};

/** The pods and PVCs of the stack. */
interface PodsAndClaims {
  readonly pods: readonly V1Pod[];
  readonly claims: readonly V1PersistentVolumeClaim[];
}

/** The requirements of a volume. `size` is a Kubernetes quantity. Without a storage class, every class is accepted. */
interface VolumeRequirements {
  readonly size: string;
  readonly storageClass: string | undefined;
}

/** Fails if a requested volume is missing, unbound, too small, of another class, or not mounted. */
async function checkStorageEffective(stack: Stack): Promise<Verdict> {
  const { sizes, storageClass } = stack.plan.config.storage;
  const renderedVolumes = listRequestedVolumes(stack.rendered);
  const sizesOfSettings = Object.entries(sizes) as [keyof StorageSizes, string][];
  if (renderedVolumes.length === 0 && sizesOfSettings.length === 0)
    return skip("no volume is requested: what is kept is lost with its pod");
  const podsAndClaims: PodsAndClaims = {
    pods: await listOwnPods(stack),
    claims: await listOwnClaims(stack),
  };
  const problems = [
    ...renderedVolumes.flatMap((volume) =>
      findVolumeProblems(volume.namespace, volume.claim, volume, podsAndClaims),
    ),
    ...(
      await Promise.all(
        sizesOfSettings.map(([name, size]) =>
          findSettingProblems(stack, name, { size, storageClass }, podsAndClaims),
        ),
      )
    ).flat(),
    ...(await findMisplacedData(
      stack,
      sizesOfSettings.some(([name]) => name === "prometheus"),
    )),
  ];
  const fault = { id: "storage-ignored", graceMs: 12_000 };
  return judgeProblems(
    problems.map((problem) => ({ ...problem, fault })),
    "every requested volume is bound, as large as requested, of its class, and mounted where it is written to",
    () => {
      const sizes = renderedVolumes.map(
        ({ claim }) => `${claim} ${formatCapacity(findClaim(podsAndClaims, claim))}`,
      );
      return `${formatCount(renderedVolumes.length, "PVC")} bound and mounted: ${formatList(sizes)}`;
    },
  );
}

/** Returns the problems of one PVC; empty if it is bound, large enough, of the requested class and mounted. */
function findVolumeProblems(
  namespace: string,
  name: string,
  requirements: VolumeRequirements,
  podsAndClaims: PodsAndClaims,
): Problem[] {
  const claim = podsAndClaims.claims.find(
    ({ metadata }) => metadata?.namespace === namespace && metadata.name === name,
  );
  const claimText = `PVC ${namespace}/${name}`;
  if (claim === undefined)
    return [{ line: `${claimText} is missing`, cause: "it was deleted, or what makes it does not run" }];
  const phase = claim.status?.phase ?? "Pending";
  if (phase !== "Bound")
    return [{ line: `${claimText} is ${phase}`, cause: "no volume was found or made for it" }];
  const problems = [
    ...findSizeProblems(claimText, claim, requirements),
    ...findClassProblems(claimText, claim, requirements),
  ];
  if (listMountPaths(podsAndClaims.pods, namespace, name).length > 0) return problems;
  const cause = "no running container mounts it: what is written goes elsewhere, and is lost with the pod";
  return [...problems, { line: `${claimText} is mounted by no container`, cause }];
}

/** Returns a problem if the claim's capacity is less than requested. `claimText` names the claim in the message. */
function findSizeProblems(
  claimText: string,
  claim: V1PersistentVolumeClaim,
  { size }: VolumeRequirements,
): Problem[] {
  const capacity = formatCapacity(claim);
  if ((parseQuantity(capacity) ?? 0) >= (parseQuantity(size) ?? 0)) return [];
  const cause =
    "the claim was made with another size: an existing claim keeps it, unless its class has allowVolumeExpansion and the request is raised";
  return [{ line: `${claimText} has ${capacity} instead of ${size}`, cause }];
}

/** Returns a problem if the claim has another storage class than requested. */
function findClassProblems(
  claimText: string,
  claim: V1PersistentVolumeClaim,
  { storageClass }: VolumeRequirements,
): Problem[] {
  const liveClass = claim.spec?.storageClassName ?? "";
  if (storageClass === undefined || storageClass === liveClass) return [];
  const cause =
    "the claim was made with another class, which can't be changed: it must be deleted and made anew";
  return [
    { line: `${claimText} has storage class ${liveClass || "none"} instead of ${storageClass}`, cause },
  ];
}

/**
 * Returns the problems of a component whose size is in the settings: each of its pods must mount a volume that
 * meets the requirements. A pod may mount other volumes as well.
 */
async function findSettingProblems(
  stack: Stack,
  component: keyof StorageSizes,
  requirements: VolumeRequirements,
  podsAndClaims: PodsAndClaims,
): Promise<Problem[]> {
  const pods = await listComponentPods(stack, component);
  if (pods === undefined) return [];
  if (pods.length === 0)
    return [{ line: `no pod of ${component} runs`, cause: "nothing is there that could use the volume" }];
  return pods.flatMap((pod) => {
    const namespace = pod.metadata?.namespace ?? "";
    const claimNames = (pod.spec?.volumes ?? []).flatMap(
      (volume) => volume.persistentVolumeClaim?.claimName ?? [],
    );
    const problemsByClaim = claimNames.map((name) =>
      findVolumeProblems(namespace, name, requirements, podsAndClaims),
    );
    if (claimNames.length > 0)
      return problemsByClaim.some((problems) => problems.length === 0) ? [] : problemsByClaim.flat();
    const line = `pod ${namespace}/${pod.metadata?.name} has no volume, where storage requests ${requirements.size} for ${component}`;
    return [{ line, cause: "another of your values switches its persistence off, or replaces its volume" }];
  });
}

/**
 * Returns a problem if Prometheus' data folder is not on its volume.
 * @param isRequested true if the settings request such a volume
 */
async function findMisplacedData(stack: Stack, isRequested: boolean): Promise<Problem[]> {
  if (!isRequested || stack.prometheus === undefined) return [];
  const pods = (await listComponentPods(stack, "prometheus")) ?? [];
  const mounts = pods.flatMap((pod) =>
    (pod.spec?.volumes ?? [])
      .filter(({ persistentVolumeClaim }) => persistentVolumeClaim !== undefined)
      .flatMap(({ name }) => listVolumeMountPaths(pod, name)),
  );
  const flags = await createPrometheusClient(stack.context, stack.prometheus).flags();
  const folder = flags["storage.tsdb.path"] ?? "";
  const containsFolder = (mount: string) =>
    `${folder}/`.startsWith(mount.endsWith("/") ? mount : `${mount}/`);
  if (mounts.length === 0 || mounts.some(containsFolder)) return [];
  const line = `Prometheus writes to ${folder || "a folder that it does not name"}, and its volume is mounted at ${formatList(mounts)}`;
  return [{ line, cause: "another of your values names another folder (server.storagePath, a mount path)" }];
}

/** Returns the paths at which running containers mount a claim. */
function listMountPaths(pods: readonly V1Pod[], namespace: string, claim: string): string[] {
  return pods
    .filter(({ metadata, status }) => metadata?.namespace === namespace && status?.phase === "Running")
    .flatMap((pod) =>
      (pod.spec?.volumes ?? [])
        .filter(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === claim)
        .flatMap(({ name }) => listVolumeMountPaths(pod, name)),
    );
}

/** Returns the paths at which the containers of a pod mount one of its volumes. */
function listVolumeMountPaths(pod: V1Pod, volume: string): string[] {
  return (pod.spec?.containers ?? []).flatMap(({ volumeMounts }) =>
    (volumeMounts ?? []).filter(({ name }) => name === volume).map(({ mountPath }) => mountPath),
  );
}

/** Returns the claim with this name; undefined if there is none. */
function findClaim({ claims }: PodsAndClaims, name: string): V1PersistentVolumeClaim | undefined {
  return claims.find(({ metadata }) => metadata?.name === name);
}

/** Returns the capacity of a claim for messages. */
function formatCapacity(claim: V1PersistentVolumeClaim | undefined): string {
  return claim?.status?.capacity?.["storage"] ?? "no capacity";
}

/** A volume that the charts render. */
interface RequestedVolume {
  readonly namespace: string;
  /** The name of the PVC. */
  readonly claim: string;
  /** A Kubernetes quantity. */
  readonly size: string;
  /** Undefined: the cluster's default. */
  readonly storageClass: string | undefined;
}

const claimSpecSchema = z.looseObject({
  storageClassName: z.string().nullish(),
  resources: z.looseObject({
    requests: z.looseObject({ storage: z.union([z.string(), z.number()]).transform(String) }),
  }),
});
const statefulSetSpecSchema = z.looseObject({
  replicas: z.number().nullish(),
  volumeClaimTemplates: z
    .array(z.looseObject({ metadata: z.looseObject({ name: z.string() }), spec: claimSpecSchema }))
    .nullish(),
});
const operatorSpecSchema = z.looseObject({
  replicas: z.number().nullish(),
  storage: z.looseObject({
    volumeClaimTemplate: z.looseObject({
      metadata: z.looseObject({ name: z.string().nullish() }).nullish(),
      spec: claimSpecSchema,
    }),
  }),
});

/** Returns the charts' PVCs, those of their StatefulSets, and those that the operator makes of its objects. */
function listRequestedVolumes(rendered: readonly RenderedApp[]): RequestedVolume[] {
  return listRenderedObjects(rendered).flatMap((object) => {
    const namespace = object.metadata.namespace ?? "";
    return listClaimTemplates(object).map(({ claim, spec }) => ({
      namespace,
      claim,
      size: spec.resources.requests.storage,
      storageClass: spec.storageClassName ?? undefined,
    }));
  });
}

/** A PVC that the charts render, or that the cluster creates for a rendered object. */
interface RenderedClaim {
  readonly claim: string;
  readonly spec: z.infer<typeof claimSpecSchema>;
}

/** Returns the PVCs that the cluster creates for an object: one for each replica and claim template. */
function listClaimTemplates({ kind, apiVersion, metadata, spec }: KubeObject): RenderedClaim[] {
  if (kind === "PersistentVolumeClaim") {
    const parsed = claimSpecSchema.safeParse(spec).data;
    return parsed ? [{ claim: metadata.name, spec: parsed }] : [];
  }
  if (kind === "StatefulSet") {
    const parsed = statefulSetSpecSchema.safeParse(spec).data;
    return (parsed?.volumeClaimTemplates ?? []).flatMap((template) =>
      expandReplicas(`${template.metadata.name}-${metadata.name}`, parsed?.replicas, template.spec),
    );
  }
  if (!apiVersion.startsWith("monitoring.coreos.com/")) return [];
  const parsed = operatorSpecSchema.safeParse(spec).data;
  if (parsed === undefined) return [];
  // The operator names the StatefulSet after the kind, and the claim template too unless it has a name.
  const statefulSet = `${kind.toLowerCase()}-${metadata.name}`;
  const { metadata: template, spec: claim } = parsed.storage.volumeClaimTemplate;
  return expandReplicas(`${template?.name ?? `${statefulSet}-db`}-${statefulSet}`, parsed.replicas, claim);
}

/** Returns one claim for each replica: `NAME-0`, `NAME-1`, ... */
function expandReplicas(
  name: string,
  replicas: number | null | undefined,
  spec: RenderedClaim["spec"],
): RenderedClaim[] {
  return Array.from({ length: replicas ?? 1 }, (_, ordinal) => ({ claim: `${name}-${ordinal}`, spec }));
}
