import * as z from "zod";
import { getOwnValue, isMapping } from "../../lib/object.ts";
import { createFileSchema } from "../load/monstack-file.ts";
import { listSettingNames, settings } from "../settings.ts";
import { descriptions } from "./descriptions.ts";

/** The address of the published schema, which the first line of a monstack.yaml names. */
export const configSchemaUrl =
  "https://raw.githubusercontent.com/org/monstack-action/v1/docs/monstack.schema.json";

type JsonSchema = Record<string, unknown>;

/** Returns the JSON Schema of monstack.yaml, for editors: with descriptions and defaults. */
export function toConfigJsonSchema(): JsonSchema {
  const fileSchema = createFileSchema({ folder: "/", home: undefined, env: {} });
  // draft-07 is what the YAML language server reads best.
  const schema = z.toJSONSchema(fileSchema, { io: "input", target: "draft-07", unrepresentable: "any" });
  const described = describeNode(schema, []) as JsonSchema;
  return {
    ...described,
    title: "monstack.yaml",
    description: "Configuration of monstack. Every key is optional.",
  };
}

/** Returns a schema and those inside it with descriptions, and with the forms that only the code accepts. */
function describeNode(node: unknown, path: readonly string[]): unknown {
  if (!isMapping(node)) return node;
  const {
    "x-single": isSingle,
    "x-also": otherForm,
    properties,
    items,
    additionalProperties,
    anyOf,
    ...rest
  } = node;
  const inner: JsonSchema = { ...rest };
  if (isMapping(properties)) inner.properties = describeProperties(properties, path);
  if (items !== undefined) inner.items = describeNode(items, [...path, "*"]);
  if (additionalProperties !== undefined)
    inner.additionalProperties = describeNode(additionalProperties, [...path, "*"]);
  if (Array.isArray(anyOf)) inner.anyOf = anyOf.map((choice) => describeNode(choice, path));
  const forms = [
    inner,
    ...(isSingle === true && isMapping(inner.items) ? [inner.items] : []),
    ...(isMapping(otherForm) ? [otherForm] : []),
  ];
  return forms.length === 1 ? inner : { anyOf: forms };
}

/** Returns the properties of a mapping with their descriptions. A key that no file can contain is left out. */
function describeProperties(properties: JsonSchema, path: readonly string[]): JsonSchema {
  const described = Object.entries(properties).flatMap(([key, property]) => {
    if (isMapping(property) && property.not !== undefined) return [];
    const keyPath = [...path, key];
    return [[key, { ...findDescription(keyPath), ...(describeNode(property, keyPath) as JsonSchema) }]];
  });
  return Object.fromEntries(described);
}

/** Returns the description and the default of a key; empty if there is none. */
function findDescription(path: readonly string[]): {
  readonly description?: string;
  readonly default?: unknown;
} {
  const name = listSettingNames().find(
    (candidate) => settings[candidate].inFile?.join(".") === path.join("."),
  );
  if (name !== undefined) {
    const { help, byDefault } = settings[name];
    const value = readDefault(byDefault);
    return {
      description: `${help.split("; separated by")[0]}.${byDefault === undefined ? "" : ` Default: ${byDefault}.`}`,
      ...(value === undefined ? {} : { default: value }),
    };
  }
  const [whole = "", ...ends] = path.map((_, start) => path.slice(start).join("."));
  const candidates = [whole, [...path.slice(0, -1), "*"].join("."), ...ends];
  const description = candidates
    .map((candidate) => getOwnValue(descriptions, candidate))
    .find((text) => text !== undefined);
  return description === undefined ? {} : { description };
}

/** Returns a default as a value if its words are one: `9090`, `false`, `2m`; undefined for a sentence. */
function readDefault(byDefault: string | undefined): unknown {
  if (byDefault === undefined || byDefault === "all" || !/^[\w./+-]+$/.test(byDefault)) return undefined;
  if (byDefault === "true" || byDefault === "false") return byDefault === "true";
  return /^\d+$/.test(byDefault) ? Number(byDefault) : byDefault;
}
