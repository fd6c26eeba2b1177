import type { ClusterObject } from "../journal/types.ts";
import { encodeUrlPart } from "../lib/text.ts";
import { isClusterScoped, type KubeObject } from "./manifest.ts";

/** The API server's resource for a kind of objects. */
export interface Resource {
  readonly group: string;
  /** e.g. `deployments`. */
  readonly plural: string;
  readonly isNamespaced: boolean;
}

/** The parts of a custom resource definition's spec that name its resource. */
interface DefinitionSpec {
  group?: string;
  scope?: string;
  names?: { kind?: string; plural?: string };
}

/** Returns the custom resource definitions among these objects. */
export function filterDefinitions(objects: readonly KubeObject[]): KubeObject[] {
  return objects.filter(({ kind }) => kind === "CustomResourceDefinition");
}

/** Returns the resource that a custom resource definition defines; undefined if an API server would refuse the definition. */
export function getDefinedResource(definition: KubeObject): Resource | undefined {
  const { group, scope, names } = (definition["spec"] ?? {}) as DefinitionSpec;
  if (group === undefined || names?.plural === undefined) return undefined;
  return { group, plural: names.plural, isNamespaced: scope !== "Cluster" };
}

/** Returns the resource of an object's kind: from the definition that comes with it, else by the rule that all built-in kinds follow. */
export function findResource(object: KubeObject, definitions: readonly KubeObject[]): Resource {
  const { apiVersion, kind } = object;
  const group = getApiGroup(apiVersion);
  const definition = definitions.find(({ spec }) => {
    const { group: definedGroup, names } = (spec ?? {}) as DefinitionSpec;
    return definedGroup === group && names?.kind === kind;
  });
  return (
    (definition && getDefinedResource(definition)) ?? {
      group,
      plural: guessPlural(kind),
      isNamespaced: !isClusterScoped(kind),
    }
  );
}

/** Returns an app's objects outside namespaces, except custom resource definitions: other apps may have objects of those. */
export function listClusterObjects({
  objects,
  hooks = [],
}: {
  readonly objects: readonly KubeObject[];
  readonly hooks?: readonly KubeObject[];
}): ClusterObject[] {
  const definitions = filterDefinitions(objects);
  return [...objects, ...hooks].flatMap((object) => {
    const { apiVersion, kind, metadata } = object;
    const { plural, isNamespaced } = findResource(object, definitions);
    if (isNamespaced || kind === "CustomResourceDefinition" || kind === "Namespace") return [];
    const base = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    return [{ kind, path: `${base}/${plural}/${encodeUrlPart(metadata.name)}` }];
  });
}

/** Returns the group of an API version: `apps` of `apps/v1`; empty for `v1`. */
export function getApiGroup(apiVersion: string): string {
  return apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
}

/** Returns the plural of a kind by kubectl's rule (UnsafeGuessKindToResource of apimachinery). */
export function guessPlural(kind: string): string {
  const word = kind.toLowerCase();
  if (word === "endpoints") return word;
  if (word.endsWith("s")) return `${word}es`;
  return word.endsWith("y") ? `${word.slice(0, -1)}ies` : `${word}s`;
}
