import { isMapping, type Values } from "../../lib/values.ts";
import { parseDocuments } from "../../lib/yaml-text.ts";
import type { PlannedApp } from "../../model/plan.ts";

/** An object that the user brings along, and where it is written. */
export interface BroughtObject {
  readonly app: string;
  readonly namespace: string;
  readonly object: Values;
  /** Key path in the app's values; empty for one of a manifest. */
  readonly path: readonly (string | number)[];
  readonly where?: string | undefined;
}

const keys = ["extraObjects", "extraManifests", "extraDeploy"];

/** The objects among an app's values that charts take over as they are: mappings, or texts of YAML. */
export function extraObjects({ name: app, namespace, values }: PlannedApp): BroughtObject[] {
  const found: BroughtObject[] = [];
  const look = (node: unknown, path: readonly (string | number)[]): void => {
    if (!isMapping(node)) return;
    for (const [key, value] of Object.entries(node)) {
      if (!keys.includes(key)) {
        if (path.length < 2) look(value, [...path, key]);
        continue;
      }
      const items: [string | number, unknown][] = Array.isArray(value)
        ? [...value.entries()]
        : Object.entries(isMapping(value) ? value : {});
      for (const [at, item] of items)
        for (const object of objectsIn(item))
          found.push({ app, namespace: namespaceOf(object, namespace), object, path: [...path, key, at] });
    }
  };
  look(values, []);
  return found;
}

/** One that a template names is taken for the release's: only helm fills it in. */
export function namespaceOf(object: Values, release: string): string {
  const own = isMapping(object["metadata"]) ? object["metadata"]["namespace"] : undefined;
  return typeof own === "string" && own !== "" && !own.includes("{{") ? own : release;
}

function objectsIn(item: unknown): Values[] {
  if (isMapping(item)) return [item];
  return typeof item === "string" ? yamlIn(item).filter(isMapping) : [];
}

/** The documents of a text in values; none of one with templates, or that is no YAML. */
export function yamlIn(text: string): unknown[] {
  if (text.includes("{{")) return [];
  return parseDocuments(text).flatMap((one): unknown[] => (one.errors.length > 0 ? [] : [one.toJS()]));
}
