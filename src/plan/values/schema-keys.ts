import { isMapping } from "../../lib/values.ts";
import { type KnownValues, nodeAt, type ValueKind } from "./known-tree.ts";

/** Schemas may hold themselves. */
const deepest = 20;

/**
 * Adds the keys that a JSON schema names. That it allows others (`additionalProperties: true`, or nothing said) doesn't
 * make them known: nearly all charts' schemas allow what their templates ignore.
 * @param subcharts keys whose values somebody else knows better
 */
export function addSchemaKeys(known: KnownValues, schema: unknown, subcharts: ReadonlySet<string>): void {
  if (!isMapping(schema)) return;
  addPart(known, schema, { root: schema, depth: 0, isOthers: false, subcharts });
}

interface Within {
  readonly root: unknown;
  readonly depth: number;
  /** The values here are a subchart's. */
  readonly isOthers: boolean;
  readonly subcharts: ReadonlySet<string>;
}

function addPart(known: KnownValues, given: unknown, within: Within): void {
  const schema = followed(given, within.root);
  if (!isMapping(schema) || within.depth > deepest) {
    if (!within.isOthers) known.anything = true;
    return;
  }
  const { properties, patternProperties, additionalProperties } = schema;
  known.kind ??= kindIn(schema.type);
  const named = Object.entries(isMapping(properties) ? properties : {});
  const parts = partsOf(schema);
  const saysNothing = named.length === 0 && parts.length === 0 && within.depth > 0 && !within.isOthers;
  if (isMapping(patternProperties) || isMapping(additionalProperties) || saysNothing) known.anything = true;
  for (const [key, one] of named) {
    const isOthers = within.depth === 0 && within.subcharts.has(key);
    addPart(nodeAt(known, [key]), one, { ...within, depth: within.depth + 1, isOthers });
  }
  // A part of the same place: no deeper in the values, but a step on the way of a schema that holds itself.
  for (const part of parts) addPart(known, part, { ...within, depth: within.depth + 0.1 });
}

const kinds: Readonly<Record<string, ValueKind>> = {
  array: "list",
  object: "mapping",
  boolean: "boolean",
  integer: "number",
  number: "number",
  string: "text",
};

/** Returns undefined where a schema allows several types. */
function kindIn(type: unknown): ValueKind | undefined {
  const named = [type].flat().filter((one) => one !== "null");
  const [only, second] = named;
  return second === undefined && typeof only === "string" ? kinds[only] : undefined;
}

function partsOf(schema: Record<string, unknown>): unknown[] {
  const lists = [schema.allOf, schema.anyOf, schema.oneOf].flatMap((one) => (Array.isArray(one) ? one : []));
  return [...lists, schema.if, schema.then, schema.else].filter(isMapping);
}

/** A `$ref` within the schema; undefined for one that leads elsewhere, or to nothing. */
function followed(schema: unknown, root: unknown): unknown {
  let node = schema;
  for (let steps = 0; isMapping(node) && typeof node.$ref === "string"; steps++) {
    const { $ref } = node;
    if (!$ref.startsWith("#") || steps > deepest) return undefined;
    node = $ref
      .slice(1)
      .split("/")
      .filter((part) => part !== "")
      .map((part) => decoded(part).replaceAll("~1", "/").replaceAll("~0", "~"))
      .reduce<unknown>((at, part) => (isMapping(at) && Object.hasOwn(at, part) ? at[part] : undefined), root);
  }
  return node;
}

/** A part of a reference that is not encoded as it should be leads to the key of that very name, if there is one. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
