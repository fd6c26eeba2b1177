import type { KubeObject } from "../kube/manifest.ts";
import { getStorageClassName } from "../kube/objects.ts";
import type { RenderedApp } from "../model/rendered.ts";

/** A volume claim among the rendered objects: an object of its own, or a template within another object. */
interface RenderedClaim {
  /** `StatefulSet monitoring/alertmanager`; for a claim itself `PersistentVolumeClaim monitoring/grafana`. */
  readonly object: string;
  /** The StorageClass that the claim names; undefined: the cluster's default class, empty: no class is needed. */
  readonly className: string | undefined;
}

type ClaimSpec = Parameters<typeof getStorageClassName>[0] & { spec?: { volumeName?: string } };

/**
 * Returns the volume claims in an object, with those in templates at any depth: an operator's custom resource has
 * templates too.
 */
export function findClaims(object: KubeObject): RenderedClaim[] {
  const { kind, metadata, spec } = object;
  const id = `${kind} ${metadata.namespace ?? "default"}/${metadata.name}`;
  const specs = kind === "PersistentVolumeClaim" ? [object as ClaimSpec] : findClaimTemplates(spec);
  return specs.map((claimSpec) => ({
    object: id,
    // A claim that names an existing volume needs no class that provisions one.
    className: claimSpec.spec?.volumeName ? "" : getStorageClassName(claimSpec),
  }));
}

/** Returns the volume claim templates in a value, at any depth. */
function findClaimTemplates(value: unknown): ClaimSpec[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (!/^volumeClaimTemplates?$/.test(key)) return findClaimTemplates(inner);
    const templates: readonly unknown[] = Array.isArray(inner) ? inner : [inner];
    return templates.filter(
      (template): template is ClaimSpec => typeof template === "object" && template !== null,
    );
  });
}

/** Something that a release needs and k3s installs some seconds after its API responds. */
export type Need =
  | { readonly kind: "StorageClass"; readonly name: string | undefined; readonly object: string }
  | { readonly kind: "RuntimeClass"; readonly name: string; readonly object: string }
  | { readonly kind: "API"; readonly name: string; readonly object: string };

/** API groups of k3s' own custom resources. Those of its packaged charts are left out: its helm controller is disabled. */
const k3sGroups: readonly string[] = ["helm.cattle.io", "k3s.cattle.io"];

/**
 * Returns what an app's objects need from the cluster and none of the apps installs. Leaves out IngressClasses and the
 * metrics API: an Ingress and an autoscaler start to work once these exist.
 */
export function findNeeds(app: RenderedApp, apps: readonly RenderedApp[]): Need[] {
  const objects = [...app.objects, ...(app.hooks ?? [])];
  const installedObjects = apps.flatMap(({ objects, hooks = [] }) => [...objects, ...hooks]);
  const isInstalled = (kind: string, name: string | undefined) =>
    installedObjects.some((object) => object.kind === kind && object.metadata.name === name);
  const hasVolume = (name: string | undefined) =>
    installedObjects.some(
      (object) =>
        object.kind === "PersistentVolume" &&
        name !== undefined &&
        getStorageClassName(object as ClaimSpec) === name,
    );
  const classNeeds = objects
    .flatMap(findClaims)
    .filter(
      ({ className }) => className !== "" && !isInstalled("StorageClass", className) && !hasVolume(className),
    )
    .map(({ object, className }): Need => ({ kind: "StorageClass", name: className, object }));
  const otherNeeds = objects.flatMap((object): Need[] => {
    const id = `${object.kind} ${object.metadata.namespace ?? "default"}/${object.metadata.name}`;
    const group = object.apiVersion.split("/")[0] ?? "";
    const runtimeClasses = findRuntimeClasses(object["spec"]).filter(
      (name) => !isInstalled("RuntimeClass", name),
    );
    return [
      ...runtimeClasses.map((name) => ({ kind: "RuntimeClass" as const, name, object: id })),
      ...(k3sGroups.includes(group) ? [{ kind: "API" as const, name: object.apiVersion, object: id }] : []),
    ];
  });
  return removeDuplicates([...classNeeds, ...otherNeeds]);
}

/** Returns the names of the RuntimeClasses in a value, at any depth. */
function findRuntimeClasses(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "runtimeClassName" && typeof inner === "string" && inner !== ""
      ? [inner]
      : findRuntimeClasses(inner),
  );
}

/** Returns the needs without repeats. */
function removeDuplicates(needs: readonly Need[]): Need[] {
  return [...new Map(needs.map((need) => [JSON.stringify(need), need])).values()].reverse().reverse();
}
