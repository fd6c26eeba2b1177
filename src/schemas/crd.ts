import { isMapping } from "../lib/object.ts";

type Schema = Record<string, unknown>;

/** The JSON schemas of a kind of object, one for each version that an API server accepts. */
export interface KindSchema {
  readonly kind: string;
  /** `monitoring.coreos.com` */
  readonly group: string;
  readonly versions: Readonly<Record<string, Schema>>;
}

/** Characters. A smaller part is not longer than a reference to it. */
const worthSharing = 120;

/** Returns the JSON schemas of a CustomResourceDefinition without descriptions; undefined if it is not one. */
export function extractKindSchema(definition: unknown): KindSchema | undefined {
  if (!isMapping(definition) || definition["kind"] !== "CustomResourceDefinition") return undefined;
  const { spec } = definition;
  if (!isMapping(spec) || !isMapping(spec["names"]) || !Array.isArray(spec["versions"])) return undefined;
  const versions = spec["versions"].filter(isMapping).flatMap(({ name, schema, served }) => {
    const whole = isMapping(schema) ? schema["openAPIV3Schema"] : undefined;
    return isMapping(whole) && served !== false ? [[String(name), createObjectSchema(whole)] as const] : [];
  });
  return {
    kind: String(spec["names"]["kind"]),
    group: String(spec["group"]),
    versions: Object.fromEntries(versions),
  };
}

/** Returns the schema of a whole object: its own keys and the keys of every Kubernetes object. */
function createObjectSchema(whole: Schema): Schema {
  const { properties = {}, required = [] } = convert(whole) as { properties?: Schema; required?: string[] };
  const { status: _, ...ownProperties } = properties;
  const schema = {
    type: "object",
    properties: { ...ownProperties, apiVersion: text, kind: text, metadata, status: true },
    required: [...new Set([...required, "metadata"])],
    additionalProperties: false,
  };
  return share(schema);
}

/** A keyword with the text that a message shows instead of the pattern. */
export const expected = "x-expected";
const duration = "a duration, for example 30s, 5m or 1h30m";

const text = { type: "string" };
const name = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const qualified = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

/** The metadata that an API server accepts for an object with a namespace. */
const metadata: Schema = {
  type: "object",
  properties: {
    name: {
      type: "string",
      pattern: `^${name}(\\.${name})*$`,
      maxLength: 253,
      [expected]: "lower-case letters, digits, - and .",
    },
    generateName: text,
    namespace: {
      type: "string",
      pattern: `^${name}$`,
      maxLength: 63,
      [expected]: "lower-case letters, digits and -",
    },
    labels: {
      type: "object",
      additionalProperties: { type: "string", pattern: `^(${qualified})?$`, maxLength: 63 },
      propertyNames: { pattern: `^(${name}(\\.${name})*/)?${qualified}$` },
    },
    annotations: {
      type: "object",
      additionalProperties: text,
      propertyNames: { pattern: `^([A-Za-z0-9][-A-Za-z0-9.]*/)?${qualified}$` },
    },
    ...Object.fromEntries(
      [
        "creationTimestamp",
        "deletionGracePeriodSeconds",
        "deletionTimestamp",
        "finalizers",
        "generation",
        "managedFields",
        "ownerReferences",
        "resourceVersion",
        "selfLink",
        "uid",
      ].map((key) => [key, true]),
    ),
  },
  additionalProperties: false,
};

const kept = [
  "enum",
  "exclusiveMaximum",
  "exclusiveMinimum",
  "maxItems",
  "maxLength",
  "maxProperties",
  "maximum",
  "minItems",
  "minLength",
  "minProperties",
  "minimum",
  "multipleOf",
  "pattern",
  "required",
  "type",
  "uniqueItems",
];

/**
 * Converts a structural schema (apiextensions.k8s.io/v1) so that unknown keys are refused, as an API server refuses them.
 */
function convert(structural: unknown, isNested = false): Schema {
  if (!isMapping(structural)) return {};
  const schema: Schema = Object.fromEntries(
    kept.flatMap((key) => (key in structural ? [[key, structural[key]]] : [])),
  );
  if (structural["x-kubernetes-int-or-string"] === true) schema["type"] = ["integer", "string"];
  if (structural["nullable"] === true && schema["type"] !== undefined)
    schema["type"] = [schema["type"], "null"].flat();
  if (structural["x-kubernetes-list-type"] === "set") schema["uniqueItems"] = true;
  const keys = structural["x-kubernetes-list-map-keys"];
  if (structural["x-kubernetes-list-type"] === "map" && Array.isArray(keys)) schema["uniqueBy"] = keys;
  if (String(structural["pattern"]).startsWith("^(0|(([0-9]+)y)?")) schema[expected] = duration;
  for (const key of ["allOf", "anyOf", "oneOf"]) {
    const parts: unknown = structural[key];
    if (Array.isArray(parts) && structural["x-kubernetes-int-or-string"] !== true)
      schema[key] = parts.map((part) => convert(part, true));
  }
  if (isMapping(structural["not"])) schema["not"] = convert(structural["not"], true);
  if (isMapping(structural["items"])) schema["items"] = convert(structural["items"], isNested);
  addProperties(schema, structural, isNested);
  return { ...schema, ...convertRules(structural["x-kubernetes-validations"]) };
}

/** Adds the properties of a structural schema to a JSON schema, which is changed in place. */
function addProperties(schema: Schema, structural: Schema, isNested: boolean): void {
  const { properties, additionalProperties } = structural;
  if (isMapping(properties)) {
    const entries = Object.entries(properties);
    schema["properties"] = Object.fromEntries(
      entries.map(([key, inner]) => [
        key,
        key === "matchExpressions" ? withOperators(convert(inner)) : convert(inner, isNested),
      ]),
    );
    const port = (schema["properties"] as Schema)["port"];
    const number = "portNumber" in properties ? "portNumber" : "targetPort";
    if (isMapping(port) && port["type"] === "string" && number in properties)
      port[expected] = `the name of a port; its number belongs in ${number}`;
    // The API server fills in defaults before it validates.
    const open = entries.flatMap(([key, inner]) => (isMapping(inner) && "default" in inner ? [key] : []));
    if (Array.isArray(schema["required"]))
      schema["required"] = schema["required"].filter((key) => !open.includes(key));
  }
  if (isMapping(additionalProperties))
    schema["additionalProperties"] = convert(additionalProperties, isNested);
  else if (isMapping(properties) && additionalProperties !== true && !isNested)
    schema["additionalProperties"] = structural["x-kubernetes-preserve-unknown-fields"] === true;
}

/** Restricts the operators of a label selector. The API server accepts any text, the operator only these ones. */
function withOperators(schema: Schema): Schema {
  const { items } = schema as { items?: { properties?: Schema } };
  const operator = { type: "string", enum: ["In", "NotIn", "Exists", "DoesNotExist"] };
  return items?.properties === undefined
    ? schema
    : { ...schema, items: { ...items, properties: { ...items.properties, operator } } };
}

/** Converts the CEL rules about keys that go together. Other rules only the API server can check. */
function convertRules(validations: unknown): Schema {
  if (!Array.isArray(validations)) return {};
  const schema: { dependentRequired?: Record<string, string[]>; atMostOne?: string[][] } = {};
  for (const validation of validations.filter(isMapping)) {
    const rule = String(validation["rule"]).replaceAll(/\s+/g, " ");
    const [, needing, needed] = /^!has\(self\.(\w+)\) \|\| has\(self\.(\w+)\)$/.exec(rule) ?? [];
    if (needing && needed)
      schema.dependentRequired = {
        ...schema.dependentRequired,
        [needing]: [...(schema.dependentRequired?.[needing] ?? []), needed],
      };
    const list = /^\[([^\]]*)\]\.filter\((\w), \2\)\.size\(\) <= 1$/.exec(rule)?.[1];
    const names = [...(list ?? "").matchAll(/has\(self\.(\w+)\)/g)].map(([, field = ""]) => field);
    if (names.length > 1) schema.atMostOne = [...(schema.atMostOne ?? []), names];
  }
  return schema;
}

/** Moves the parts that occur more than once into definitions, so that each is compiled once. */
function share(schema: Schema): Schema {
  const counts = new Map<string, number>();
  const count = (node: unknown): void => {
    if (Array.isArray(node)) for (const inner of node) count(inner);
    if (!isMapping(node)) return;
    if (isPart(node)) {
      const key = JSON.stringify(node);
      const times = (counts.get(key) ?? 0) + 1;
      counts.set(key, times);
      // Its own parts were counted with its first occurrence.
      if (times > 1) return;
    }
    for (const inner of Object.values(node)) count(inner);
  };
  count(schema);
  const names = new Map<string, string>();
  const $defs: Schema = {};
  const replace = (node: unknown, isRoot = false): unknown => {
    if (Array.isArray(node)) return node.map((inner) => replace(inner));
    if (!isMapping(node)) return node;
    const key = isPart(node) && !isRoot ? JSON.stringify(node) : "";
    if ((counts.get(key) ?? 0) < 2)
      return Object.fromEntries(Object.entries(node).map(([name, inner]) => [name, replace(inner)]));
    const known = names.get(key);
    if (known !== undefined) return { $ref: `#/$defs/${known}` };
    const named = `d${names.size}`;
    names.set(key, named);
    $defs[named] = Object.fromEntries(Object.entries(node).map(([name, inner]) => [name, replace(inner)]));
    return { $ref: `#/$defs/${named}` };
  };
  const shared = replace(schema, true) as Schema;
  return { ...shared, $defs };
}

function isPart(node: Schema): boolean {
  const { type } = node;
  return (type === "object" || type === "array") && JSON.stringify(node).length >= worthSharing;
}
