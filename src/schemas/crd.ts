import { isMapping } from "../lib/object.ts";

type Schema = Record<string, unknown>;

/** The JSON schemas of a kind of object, one for each version that an API server accepts. */
export interface KindSchema {
  readonly kind: string;
  /** `monitoring.coreos.com` */
  readonly group: string;
  readonly versions: Readonly<Record<string, Schema>>;
}

/** Minimum size of a shared part as JSON, in characters. A smaller part is hardly longer than the reference to it. */
const minimumSharedSize = 120;

/** Returns the JSON schemas of a CustomResourceDefinition without descriptions; undefined if it is not one. */
export function extractKindSchema(definition: unknown): KindSchema | undefined {
  if (!isMapping(definition) || definition["kind"] !== "CustomResourceDefinition") return undefined;
  const { spec } = definition;
  if (!isMapping(spec) || !isMapping(spec["names"]) || !Array.isArray(spec["versions"])) return undefined;
  const versions = spec["versions"].filter(isMapping).flatMap(({ name, schema, served }) => {
    const openApiSchema = isMapping(schema) ? schema["openAPIV3Schema"] : undefined;
    return isMapping(openApiSchema) && served !== false
      ? [[String(name), createObjectSchema(openApiSchema)] as const]
      : [];
  });
  return {
    kind: String(spec["names"]["kind"]),
    group: String(spec["group"]),
    versions: Object.fromEntries(versions),
  };
}

/**
 * Returns the schema of a whole object: the keys of its kind, and the keys of every Kubernetes object (apiVersion, kind,
 * metadata, status). Repeated parts are moved into `$defs`.
 */
function createObjectSchema(openApiSchema: Schema): Schema {
  const { properties = {}, required = [] } = convertStructuralSchema(openApiSchema) as {
    properties?: Schema;
    required?: string[];
  };
  const { status: _, ...propertiesOfKind } = properties;
  const schema = {
    type: "object",
    properties: {
      ...propertiesOfKind,
      apiVersion: textSchema,
      kind: textSchema,
      metadata: metadataSchema,
      // Any content is accepted: the operator writes the status, and ignores the one in a manifest.
      status: true,
    },
    required: [...new Set([...required, "metadata"])],
    additionalProperties: false,
  };
  return shareParts(schema);
}

/** A keyword of monstack's own: the text that a message shows instead of the pattern. */
export const expected = "x-expected";
const durationHint = "a duration, for example 30s, 5m or 1h30m";

const textSchema = { type: "string" };
const dnsLabel = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const qualifiedName = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

/** The metadata that an API server accepts for an object with a namespace. */
const metadataSchema: Schema = {
  type: "object",
  properties: {
    name: {
      type: "string",
      pattern: `^${dnsLabel}(\\.${dnsLabel})*$`,
      maxLength: 253,
      [expected]: "lower-case letters, digits, - and .",
    },
    generateName: textSchema,
    namespace: {
      type: "string",
      pattern: `^${dnsLabel}$`,
      maxLength: 63,
      [expected]: "lower-case letters, digits and -",
    },
    labels: {
      type: "object",
      additionalProperties: { type: "string", pattern: `^(${qualifiedName})?$`, maxLength: 63 },
      propertyNames: { pattern: `^(${dnsLabel}(\\.${dnsLabel})*/)?${qualifiedName}$` },
    },
    annotations: {
      type: "object",
      additionalProperties: textSchema,
      propertyNames: { pattern: `^([A-Za-z0-9][-A-Za-z0-9.]*/)?${qualifiedName}$` },
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

/** Keywords that mean the same in a structural schema and in JSON Schema. */
const commonKeywords = [
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

/** The beginning of the patterns that prometheus-operator's definitions have for durations. */
const durationPatternStart = "^(0|(([0-9]+)y)?";

/**
 * Returns the JSON schema for a structural schema (apiextensions.k8s.io/v1), with the extensions of Kubernetes as
 * keywords. Unknown keys are refused, as an API server refuses them.
 * @param isAlternative true within allOf, anyOf, oneOf and not: such a part names only some of the object's keys, so
 * it refuses no unknown ones
 */
function convertStructuralSchema(structural: unknown, isAlternative = false): Schema {
  if (!isMapping(structural)) return {};
  const schema: Schema = Object.fromEntries(
    commonKeywords.flatMap((key) => (key in structural ? [[key, structural[key]]] : [])),
  );
  if (structural["x-kubernetes-int-or-string"] === true) schema["type"] = ["integer", "string"];
  if (structural["nullable"] === true && schema["type"] !== undefined)
    schema["type"] = [schema["type"], "null"].flat();
  if (structural["x-kubernetes-list-type"] === "set") schema["uniqueItems"] = true;
  const keys = structural["x-kubernetes-list-map-keys"];
  if (structural["x-kubernetes-list-type"] === "map" && Array.isArray(keys)) schema["uniqueBy"] = keys;
  if (String(structural["pattern"]).startsWith(durationPatternStart)) schema[expected] = durationHint;
  for (const key of ["allOf", "anyOf", "oneOf"]) {
    const parts: unknown = structural[key];
    if (Array.isArray(parts) && structural["x-kubernetes-int-or-string"] !== true)
      schema[key] = parts.map((part) => convertStructuralSchema(part, true));
  }
  if (isMapping(structural["not"])) schema["not"] = convertStructuralSchema(structural["not"], true);
  if (isMapping(structural["items"]))
    schema["items"] = convertStructuralSchema(structural["items"], isAlternative);
  addKeysOfObject(schema, structural, isAlternative);
  return { ...schema, ...convertValidations(structural["x-kubernetes-validations"]) };
}

/**
 * Adds to a JSON schema (changed in place) the keywords about an object's keys: `properties`, `required` and
 * `additionalProperties`.
 * @param structural the structural schema that is converted
 * @param isAlternative true within allOf, anyOf, oneOf and not: such a part refuses no unknown keys
 */
function addKeysOfObject(schema: Schema, structural: Schema, isAlternative: boolean): void {
  const { properties, additionalProperties } = structural;
  if (isMapping(properties)) {
    schema["properties"] = convertProperties(properties, isAlternative);
    if (Array.isArray(schema["required"]))
      schema["required"] = removeDefaultedKeys(schema["required"], properties);
  }
  if (isMapping(additionalProperties))
    schema["additionalProperties"] = convertStructuralSchema(additionalProperties, isAlternative);
  else if (isMapping(properties) && additionalProperties !== true && !isAlternative)
    schema["additionalProperties"] = structural["x-kubernetes-preserve-unknown-fields"] === true;
}

/** Returns the JSON schemas of an object's keys. */
function convertProperties(properties: Schema, isAlternative: boolean): Schema {
  const converted: Schema = Object.fromEntries(
    Object.entries(properties).map(([key, property]) => [
      key,
      key === "matchExpressions"
        ? restrictOperators(convertStructuralSchema(property))
        : convertStructuralSchema(property, isAlternative),
    ]),
  );
  addPortHint(converted);
  return converted;
}

/**
 * Adds a hint for messages to the schema of `port` (changed in place), if that key takes only a port's name and another
 * key takes its number. Users often write the number under `port`.
 */
function addPortHint(properties: Schema): void {
  const { port } = properties;
  const numberKey = "portNumber" in properties ? "portNumber" : "targetPort";
  if (isMapping(port) && port["type"] === "string" && numberKey in properties)
    port[expected] = `the name of a port; its number belongs in ${numberKey}`;
}

/**
 * Returns the required keys that have no default. The API server fills in defaults before it validates, so a key with a
 * default is never missing.
 */
function removeDefaultedKeys(requiredKeys: readonly unknown[], properties: Schema): unknown[] {
  const hasDefault = (key: unknown) => {
    const property = properties[String(key)];
    return isMapping(property) && "default" in property;
  };
  return requiredKeys.filter((key) => !hasDefault(key));
}

/**
 * Returns the schema of `matchExpressions` with only the operators that a label selector knows. The CRD allows any text
 * there, but prometheus-operator then refuses the object.
 */
function restrictOperators(schema: Schema): Schema {
  const { items } = schema as { items?: { properties?: Schema } };
  const operator = { type: "string", enum: ["In", "NotIn", "Exists", "DoesNotExist"] };
  return items?.properties === undefined
    ? schema
    : { ...schema, items: { ...items, properties: { ...items.properties, operator } } };
}

/**
 * Returns JSON Schema keywords for the CEL rules about keys that go together: `b` is required if `a` is set, and at
 * most one of several keys may be set. Only the API server can check other rules.
 */
function convertValidations(validations: unknown): Schema {
  if (!Array.isArray(validations)) return {};
  const schema: { dependentRequired?: Record<string, string[]>; atMostOne?: string[][] } = {};
  for (const validation of validations.filter(isMapping)) {
    const rule = String(validation["rule"]).replaceAll(/\s+/g, " ");
    // `!has(self.a) || has(self.b)`
    const [, dependentKey, requiredKey] = /^!has\(self\.(\w+)\) \|\| has\(self\.(\w+)\)$/.exec(rule) ?? [];
    if (dependentKey && requiredKey)
      schema.dependentRequired = {
        ...schema.dependentRequired,
        [dependentKey]: [...(schema.dependentRequired?.[dependentKey] ?? []), requiredKey],
      };
    // `[has(self.a), has(self.b)].filter(x, x).size() <= 1`
    const alternatives = /^\[([^\]]*)\]\.filter\((\w), \2\)\.size\(\) <= 1$/.exec(rule)?.[1];
    const names = [...(alternatives ?? "").matchAll(/has\(self\.(\w+)\)/g)].map(([, field = ""]) => field);
    if (names.length > 1) schema.atMostOne = [...(schema.atMostOne ?? []), names];
  }
  return schema;
}

/** Returns the schema with each part that occurs more than once moved into `$defs`, so that ajv compiles it once. */
function shareParts(schema: Schema): Schema {
  const occurrences = new Map<string, number>();
  const countParts = (node: unknown): void => {
    if (Array.isArray(node)) for (const child of node) countParts(child);
    if (!isMapping(node)) return;
    if (isShareable(node)) {
      const key = JSON.stringify(node);
      const timesSeen = (occurrences.get(key) ?? 0) + 1;
      occurrences.set(key, timesSeen);
      // Its own parts were counted with its first occurrence.
      if (timesSeen > 1) return;
    }
    for (const child of Object.values(node)) countParts(child);
  };
  countParts(schema);
  const nameByJson = new Map<string, string>();
  const $defs: Schema = {};
  const replaceRepeated = (node: unknown, isRoot = false): unknown => {
    if (Array.isArray(node)) return node.map((child) => replaceRepeated(child));
    if (!isMapping(node)) return node;
    const key = isShareable(node) && !isRoot ? JSON.stringify(node) : "";
    if ((occurrences.get(key) ?? 0) < 2)
      return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, replaceRepeated(child)]));
    const existingName = nameByJson.get(key);
    if (existingName !== undefined) return { $ref: `#/$defs/${existingName}` };
    const newName = `d${nameByJson.size}`;
    nameByJson.set(key, newName);
    $defs[newName] = Object.fromEntries(
      Object.entries(node).map(([key, child]) => [key, replaceRepeated(child)]),
    );
    return { $ref: `#/$defs/${newName}` };
  };
  const shared = replaceRepeated(schema, true) as Schema;
  return { ...shared, $defs };
}

/** True if a part is an object or a list, and large enough for a reference to save space. */
function isShareable(node: Schema): boolean {
  const { type } = node;
  return (type === "object" || type === "array") && JSON.stringify(node).length >= minimumSharedSize;
}
