import { lt, major } from "semver";
import { isMapping } from "../lib/object.ts";
import { explainErrors, type Validate } from "./explain.ts";

/**
 * Compiles a JSON schema to a function that refuses the same data as helm (santhosh-tekuri/jsonschema; before 3.18.5
 * xeipuuv/gojsonschema, which reads the newer drafts as draft-07). Undefined if the schema's draft is unknown, so that
 * only helm can judge by it.
 */
export async function compileSchema(
  schema: unknown,
  { helm }: { readonly helm?: string | undefined } = {},
): Promise<Validate | undefined> {
  if (!isMapping(schema)) return undefined;
  const declaredDraft = detectDraft(schema);
  if (declaredDraft === undefined) return undefined;
  const draft = declaredDraft.startsWith("20") && isBefore(helm, "3.18.5") ? "7" : declaredDraft;
  const { compile } = await import("./ajv.ts");
  try {
    const validate = compile(prepareSchema(schema, draft), draft);
    return (data) => (validate(data) ? [] : explainErrors(validate.errors ?? [], data));
  } catch {
    // helm reports what is wrong with the schema, or accepts it.
    return undefined;
  }
}

/**
 * True if helm's version is before another version of the same major. An unknown or incomplete version counts as newer; a
 * pre-release counts as its release.
 */
export function isBefore(helm: string | undefined, version: string): boolean {
  const release = /^v?(\d+\.\d+\.\d+)/.exec(helm ?? "")?.[1];
  return release !== undefined && major(release) === major(version) && lt(release, version);
}

/** A version of JSON Schema. */
export type Draft = "4" | "6" | "7" | "2019" | "2020";

type Schema = Record<string, unknown>;

/**
 * Returns the draft that helm's library detects from `$schema`: the newest one if it is missing, undefined for an unknown
 * dialect.
 */
function detectDraft(schema: Schema): Draft | undefined {
  const { $schema } = schema;
  if (typeof $schema !== "string") return "2020";
  const name = /^https?:\/\/json-schema\.org\/(?:draft[-/])?([\d-]+\/)?schema#?$/.exec($schema)?.[1];
  if (name === undefined) return /^https?:\/\/json-schema\.org\/schema#?$/.test($schema) ? "2020" : undefined;
  return drafts[name.slice(0, -1)];
}

const drafts: Readonly<Record<string, Draft>> = {
  "04": "4",
  "06": "6",
  "07": "7",
  "2019-09": "2019",
  "2020-12": "2020",
};

/** Keywords with one schema, with a list of them, and with a mapping of them. */
const schemaKeywords = [
  "additionalItems",
  "additionalProperties",
  "contains",
  "else",
  "if",
  "items",
  "not",
  "propertyNames",
  "then",
  "unevaluatedItems",
  "unevaluatedProperties",
];
const lists = ["allOf", "anyOf", "items", "oneOf", "prefixItems"];
const maps = ["$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"];

/** Keywords below which a part that allows everything would reverse the result. */
const sensitive = [
  "contains",
  "if",
  "not",
  "oneOf",
  "propertyNames",
  "unevaluatedItems",
  "unevaluatedProperties",
];

/**
 * Returns the schema rewritten so that each keyword means the same to ajv as to helm's library. A reference to another
 * document allows everything, because a plan downloads nothing.
 */
function prepareSchema(schema: Schema, draft: Draft): Schema {
  const ids = collectIds(schema);
  const isOld = draft === "4" || draft === "6" || draft === "7";
  const isElsewhere = (ref: unknown) =>
    typeof ref === "string" && !ref.startsWith("#") && !ids.has(ref.replace(/#.*$/s, ""));
  let refersElsewhere = false;

  function prepare(part: unknown): { readonly schema: unknown; readonly isOpen: boolean } {
    if (!isMapping(part)) return { schema: part, isOpen: false };
    if ([part["$ref"], part["$dynamicRef"], part["$recursiveRef"]].some(isElsewhere)) {
      refersElsewhere = true;
      return { schema: {}, isOpen: true };
    }
    const isRef = isOld && typeof part["$ref"] === "string";
    const made: Schema = {};
    let isOpen = false;
    for (const [key, value] of Object.entries(part)) {
      // The older drafts ignore everything beside a $ref. ajv knows keywords that JSON Schema doesn't have.
      if (isRef && !["$ref", "$id", "definitions", "$defs"].includes(key)) continue;
      if (["$schema", "nullable", "discriminator", "$async", "$data"].includes(key)) continue;
      if (key === "id" && draft !== "4") continue;
      const prepared = prepareKeyword(key, value, prepare);
      if (prepared.isOpen && sensitive.includes(key)) continue;
      isOpen ||= prepared.isOpen && !maps.slice(0, 2).includes(key);
      made[key] = prepared.schema;
    }
    return { schema: made, isOpen };
  }

  const { schema: made } = prepare(schema);
  return refersElsewhere
    ? (removeKeys(made, ["unevaluatedItems", "unevaluatedProperties"]) as Schema)
    : (made as Schema);
}

type Prepared = { readonly schema: unknown; readonly isOpen: boolean };

/** Returns a keyword's value with its schemas prepared. It is open if one of them allows everything. */
function prepareKeyword(key: string, value: unknown, prepare: (schema: unknown) => Prepared): Prepared {
  if (lists.includes(key) && Array.isArray(value)) {
    const items = value.map(prepare);
    return { schema: items.map(({ schema }) => schema), isOpen: items.some(({ isOpen }) => isOpen) };
  }
  if (maps.includes(key) && isMapping(value)) {
    const entries = Object.entries(value).map(([name, inner]) => [name, prepare(inner)] as const);
    return {
      schema: Object.fromEntries(entries.map(([name, { schema }]) => [name, schema])),
      isOpen: entries.some(([, { isOpen }]) => isOpen),
    };
  }
  return schemaKeywords.includes(key) ? prepare(value) : { schema: value, isOpen: false };
}

function removeKeys(node: unknown, keys: readonly string[]): unknown {
  if (Array.isArray(node)) return node.map((inner) => removeKeys(inner, keys));
  if (!isMapping(node)) return node;
  const kept = Object.entries(node).filter(([key]) => !keys.includes(key));
  return Object.fromEntries(kept.map(([key, inner]) => [key, removeKeys(inner, keys)]));
}

/** Returns the ids of the schema and its parts. */
function collectIds(node: unknown): Set<string> {
  const ids = new Set<string>();
  const walk = (inner: unknown): void => {
    if (Array.isArray(inner)) for (const item of inner) walk(item);
    if (!isMapping(inner)) return;
    for (const id of [inner["$id"], inner["id"]])
      if (typeof id === "string") ids.add(id.replace(/#.*$/s, ""));
    for (const value of Object.values(inner)) walk(value);
  };
  walk(node);
  return ids;
}
