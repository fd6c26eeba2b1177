import type { KubeObject } from "../kube/manifest.ts";
import { getStorageClassName } from "../kube/objects.ts";
import type { RenderedApp } from "../model/rendered.ts";

/** A volume that a rendered object claims, itself or by a template. */
interface RenderedClaim {
  /** `StatefulSet monitoring/alertmanager`; for a claim itself `PersistentVolumeClaim monitoring/grafana`. */
  readonly object: string;
  /** The StorageClass that it names; undefined: the default one, empty: none. */
  readonly className: string | undefined;
}

type ClaimSpec = Parameters<typeof getStorageClassName>[0] & { spec?: { volumeName?: string } };

/** Returns the claims in an object, with those of templates at any depth: an operator's custom resource has one too. */
export function findClaims(object: KubeObject): RenderedClaim[] {
  const { kind, metadata, spec } = object;
  const id = `${kind} ${metadata.namespace ?? "default"}/${metadata.name}`;
  const specs = kind === "PersistentVolumeClaim" ? [object as ClaimSpec] : findTemplates(spec);
  return specs.map((one) => ({
    object: id,
    // A claim that names its volume needs no class to make one.
    className: one.spec?.volumeName ? "" : getStorageClassName(one),
  }));
}

function findTemplates(value: unknown): ClaimSpec[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (!/^volumeClaimTemplates?$/.test(key)) return findTemplates(inner);
    const templates: readonly unknown[] = Array.isArray(inner) ? inner : [inner];
    return templates.filter((one): one is ClaimSpec => typeof one === "object" && one !== null);
  });
}

/** Something that a release needs and k3s brings, some seconds after its API responds. */
export type Need =
  | { readonly kind: "StorageClass"; readonly name: string | undefined; readonly object: string }
  | { readonly kind: "RuntimeClass"; readonly name: string; readonly object: string }
  | { readonly kind: "API"; readonly name: string; readonly object: string };

/** k3s' own custom resources; those of the charts that it packages come by its helm controller, which is off. */
const k3sGroups: readonly string[] = ["helm.cattle.io", "k3s.cattle.io"];

/**
 * Returns what the API server or a controller requires for an app's objects and none of the apps brings. Leaves out
 * IngressClasses and the metrics API: an Ingress and an autoscaler start to work when these exist.
 */
export function findNeeds(app: RenderedApp, all: readonly RenderedApp[]): Need[] {
  const objects = [...app.objects, ...(app.hooks ?? [])];
  const brought = all.flatMap((one) => [...one.objects, ...(one.hooks ?? [])]);
  const isBrought = (kind: string, name: string | undefined) =>
    brought.some((one) => one.kind === kind && one.metadata.name === name);
  const hasVolume = (name: string | undefined) =>
    brought.some(
      (one) =>
        one.kind === "PersistentVolume" &&
        name !== undefined &&
        getStorageClassName(one as ClaimSpec) === name,
    );
  const classes = objects
    .flatMap(findClaims)
    .filter(
      ({ className }) => className !== "" && !isBrought("StorageClass", className) && !hasVolume(className),
    )
    .map(({ object, className }): Need => ({ kind: "StorageClass", name: className, object }));
  const others = objects.flatMap((object): Need[] => {
    const id = `${object.kind} ${object.metadata.namespace ?? "default"}/${object.metadata.name}`;
    const group = object.apiVersion.split("/")[0] ?? "";
    const runtimes = findRuntimeClasses(object["spec"]).filter((name) => !isBrought("RuntimeClass", name));
    return [
      ...runtimes.map((name) => ({ kind: "RuntimeClass" as const, name, object: id })),
      ...(k3sGroups.includes(group) ? [{ kind: "API" as const, name: object.apiVersion, object: id }] : []),
    ];
  });
  return removeDuplicates([...classes, ...others]);
}

function findRuntimeClasses(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "runtimeClassName" && typeof inner === "string" && inner !== ""
      ? [inner]
      : findRuntimeClasses(inner),
  );
}

function removeDuplicates(needs: readonly Need[]): Need[] {
  return [...new Map(needs.map((need) => [JSON.stringify(need), need])).values()].reverse().reverse();
}
