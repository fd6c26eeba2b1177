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

/** Keywords whose value is one schema. */
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
/** Keywords whose value is a list of schemas. */
const listKeywords = ["allOf", "anyOf", "items", "oneOf", "prefixItems"];
/** Keywords whose value is a mapping of schemas. Those in `definitionKeywords` only define schemas for other places. */
const definitionKeywords = ["$defs", "definitions"];
const mapKeywords = [
  ...definitionKeywords,
  "dependencies",
  "dependentSchemas",
  "patternProperties",
  "properties",
];

/**
 * Keywords that can refuse data because one of their schemas accepts it. A schema that accepts everything must not be
 * inserted below them.
 */
const reversingKeywords = [
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
  const isOldDraft = draft === "4" || draft === "6" || draft === "7";
  const isInOtherDocument = (ref: unknown) =>
    typeof ref === "string" && !ref.startsWith("#") && !ids.has(ref.replace(/#.*$/s, ""));
  let hasOtherDocuments = false;

  function preparePart(part: unknown): Prepared {
    if (!isMapping(part)) return { schema: part, isOpen: false };
    if ([part["$ref"], part["$dynamicRef"], part["$recursiveRef"]].some(isInOtherDocument)) {
      hasOtherDocuments = true;
      return { schema: {}, isOpen: true };
    }
    const hasOnlyReference = isOldDraft && typeof part["$ref"] === "string";
    const preparedSchema: Schema = {};
    let isOpen = false;
    for (const [key, value] of Object.entries(part)) {
      // The older drafts ignore everything beside a $ref. ajv knows keywords that JSON Schema doesn't have.
      if (hasOnlyReference && !["$ref", "$id", "definitions", "$defs"].includes(key)) continue;
      if (["$schema", "nullable", "discriminator", "$async", "$data"].includes(key)) continue;
      if (key === "id" && draft !== "4") continue;
      const prepared = prepareKeyword(key, value, preparePart);
      if (prepared.isOpen && reversingKeywords.includes(key)) continue;
      isOpen ||= prepared.isOpen && !definitionKeywords.includes(key);
      preparedSchema[key] = prepared.schema;
    }
    return { schema: preparedSchema, isOpen };
  }

  const { schema: preparedSchema } = preparePart(schema);
  return hasOtherDocuments
    ? (removeKeys(preparedSchema, ["unevaluatedItems", "unevaluatedProperties"]) as Schema)
    : (preparedSchema as Schema);
}

/**
 * A prepared schema. It is open if a part of it accepts everything, because a reference to another document was
 * replaced.
 */
type Prepared = { readonly schema: unknown; readonly isOpen: boolean };

/** Returns a keyword's value with its schemas prepared. It is open if one of them allows everything. */
function prepareKeyword(key: string, value: unknown, preparePart: (schema: unknown) => Prepared): Prepared {
  if (listKeywords.includes(key) && Array.isArray(value)) {
    const items = value.map(preparePart);
    return { schema: items.map(({ schema }) => schema), isOpen: items.some(({ isOpen }) => isOpen) };
  }
  if (mapKeywords.includes(key) && isMapping(value)) {
    const entries = Object.entries(value).map(
      ([name, partSchema]) => [name, preparePart(partSchema)] as const,
    );
    return {
      schema: Object.fromEntries(entries.map(([name, { schema }]) => [name, schema])),
      isOpen: entries.some(([, { isOpen }]) => isOpen),
    };
  }
  return schemaKeywords.includes(key) ? preparePart(value) : { schema: value, isOpen: false };
}

function removeKeys(node: unknown, keys: readonly string[]): unknown {
  if (Array.isArray(node)) return node.map((child) => removeKeys(child, keys));
  if (!isMapping(node)) return node;
  const remainingEntries = Object.entries(node).filter(([key]) => !keys.includes(key));
  return Object.fromEntries(remainingEntries.map(([key, child]) => [key, removeKeys(child, keys)]));
}

/** Returns the ids of the schema and its parts. */
function collectIds(node: unknown): Set<string> {
  const ids = new Set<string>();
  const addIds = (part: unknown): void => {
    if (Array.isArray(part)) for (const item of part) addIds(item);
    if (!isMapping(part)) return;
    for (const id of [part["$id"], part["id"]]) if (typeof id === "string") ids.add(id.replace(/#.*$/s, ""));
    for (const value of Object.values(part)) addIds(value);
  };
  addIds(node);
  return ids;
}
