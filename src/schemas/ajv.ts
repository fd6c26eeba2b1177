// The only module that imports ajv. It is loaded when a schema is applied.
import { Ajv, type Options, type ValidateFunction } from "ajv";
import { Ajv2019 } from "ajv/dist/2019.js";
import { Ajv2020 } from "ajv/dist/2020.js";
import draft6 from "ajv/dist/refs/json-schema-draft-06.json" with { type: "json" };
import Ajv04 from "ajv-draft-04";
import { fullFormats } from "ajv-formats/dist/formats.js";
import { RE2JS } from "re2js";
import type { Draft } from "./json-schema.ts";

/** The formats that mean the same to helm's library and to ajv. */
const formatNames = [
  "date",
  "time",
  "date-time",
  "duration",
  "email",
  "hostname",
  "ipv4",
  "ipv6",
  "uuid",
] as const;

const formats: NonNullable<Options["formats"]> = {
  ...Object.fromEntries(formatNames.map((name) => [name, fullFormats[name]])),
  "json-pointer": fullFormats["json-pointer"],
  // Go's parser of URLs accepts nearly everything.
  uri: (text: string) => /^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text),
  iri: (text: string) => /^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text),
  regex: (text: string) => isGoPattern(text),
};

/** True if a text is a valid regular expression of Go (RE2). */
function isGoPattern(text: string): boolean {
  try {
    RE2JS.compile(text);
    return true;
  } catch {
    return false;
  }
}

/** Helm and Kubernetes use Go's patterns, which run in linear time. */
const regExp = Object.assign(
  (pattern: string) => {
    const compiled = RE2JS.compile(pattern);
    // ajv caches patterns by their text.
    return { test: (text: string) => compiled.matcher(text).find(), toString: () => `/${pattern}/` };
  },
  { code: "undefined" },
);

/** Options that make ajv report all errors, and validate numbers and patterns as helm's library does. */
const commonOptions: Options = {
  strict: false,
  allErrors: true,
  verbose: true,
  logger: false,
  ownProperties: true,
  // helm's library computes with fractions.
  multipleOfPrecision: 9,
  addUsedSchema: false,
  validateSchema: false,
  code: { regExp },
};

/**
 * Compiles a JSON schema to a function that validates data.
 * @throws Error if it is not a valid schema of this draft
 */
export function compile(schema: object, draft: Draft): ValidateFunction {
  // In the newer drafts a format is only an annotation.
  const isNewDraft = draft === "2019" || draft === "2020";
  return createAjv(draft, {
    ...commonOptions,
    ...(isNewDraft ? { validateFormats: false } : { formats }),
  }).compile(schema);
}

/** Returns ajv for a draft of JSON Schema. */
function createAjv(draft: Draft, options: Options) {
  if (draft === "2020") return new Ajv2020(options);
  if (draft === "2019") return new Ajv2019(options);
  if (draft === "4") return new Ajv04.default(options);
  const ajv = new Ajv(options);
  if (draft === "6") ajv.addMetaSchema(draft6);
  return ajv;
}

/** Compiles a definition from `crd.ts`, which uses two keywords that JSON Schema does not have. */
export function compileDefinition(schema: object): ValidateFunction {
  const ajv = new Ajv2020({ ...commonOptions, validateFormats: false });
  ajv.addKeyword({ keyword: "uniqueBy", type: "array", schemaType: "array", compile: createUniqueCheck });
  ajv.addKeyword({
    keyword: "atMostOne",
    type: "object",
    schemaType: "array",
    compile: createAtMostOneCheck,
  });
  return ajv.compile(schema);
}

/**
 * Returns a function that is true if no two items of a list have the same values of these keys. Used for `uniqueBy`.
 */
function createUniqueCheck(keys: readonly string[]): (items: readonly unknown[]) => boolean {
  const formatKeyValues = (item: unknown) =>
    JSON.stringify(keys.map((key) => (item as Record<string, unknown> | null)?.[key]));
  return (items) => new Set(items.map(formatKeyValues)).size === items.length;
}

/** Returns a function that is true if an object has at most one key of each group. Used for `atMostOne`. */
function createAtMostOneCheck(groups: readonly (readonly string[])[]): (data: object) => boolean {
  return (data) => groups.every((keys) => keys.filter((key) => Object.hasOwn(data, key)).length <= 1);
}
