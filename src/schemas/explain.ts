import type { ErrorObject } from "ajv";
import { isCredentialKey } from "../lib/redact/data.ts";
import { findNearestWord } from "../lib/suggest.ts";
import { formatValue } from "../yaml/mistakes.ts";

/** A message lists at most this number of allowed keys. */
const maxNames = 15;

/**
 * Returns ajv's errors as messages, each with its path. The errors of alternatives are joined into one message, and
 * equal messages are reported once.
 */
export function explainErrors(errors: readonly ErrorObject[], data: unknown): SchemaProblem[] {
  const explainedErrors: Explained[] = [];
  for (const error of errors) {
    // The error below `then` or `else` is reported too, and describes the problem.
    if (error.keyword === "if") continue;
    const isComposed = ["anyOf", "oneOf", "contains", "propertyNames"].includes(error.keyword);
    const alternatives = isComposed ? takeAlternatives(explainedErrors, error.instancePath) : [];
    const path = parsePointer(error.instancePath, data);
    explainedErrors.push({
      error,
      problem: isComposed ? explainComposed(error, path, alternatives) : describeError(error, path),
    });
  }
  const problems = explainedErrors.map(({ problem }) => problem);
  const createId = ({ path, problem }: SchemaProblem) => JSON.stringify([path, problem]);
  const ids = problems.map(createId);
  return problems.filter((_, index) => ids.indexOf(ids[index] ?? "") === index);
}

interface Explained {
  readonly error: ErrorObject;
  readonly problem: SchemaProblem;
}

/** Removes and returns the errors of the alternatives. They come directly before the error that none of them fits. */
function takeAlternatives(explainedErrors: Explained[], instancePath: string): Explained[] {
  let start = explainedErrors.length;
  while (start > 0 && explainedErrors[start - 1]?.error.instancePath.startsWith(instancePath)) start--;
  return explainedErrors.splice(start);
}

/** A message describes at most this number of alternatives. */
const maximumAlternatives = 3;

/**
 * Returns the problem of a keyword that combines schemas.
 * @param alternatives the errors of the combined schemas
 */
function explainComposed(error: ErrorObject, path: Path, alternatives: readonly Explained[]): SchemaProblem {
  if (error.keyword === "propertyNames") {
    const key = String(error.params["propertyName"]);
    const reasons = alternatives.map(({ problem }) => problem.problem.replace(/^".*?" /s, "")).join("; ");
    return {
      path: [...path, key],
      on: "key",
      problem: `the key ${formatValue(key)} ${reasons || "is not allowed"}`,
    };
  }
  if (error.keyword === "contains")
    return { path, on: "value", problem: "no item of the list has the required form" };
  if (error.keyword === "oneOf" && error.params["passingSchemas"])
    return { path, on: "value", problem: "fits more than one of the alternatives, and may fit only one" };
  const wrongTypes = alternatives.filter(
    (alternative) =>
      alternative.error.keyword === "type" && alternative.error.instancePath === error.instancePath,
  );
  const otherProblems = alternatives.filter((alternative) => !wrongTypes.includes(alternative));
  if (otherProblems.length === 0 && wrongTypes.length > 0) {
    const names = wrongTypes.flatMap((type) => listTypes(type.error));
    return { path, on: "value", problem: describeWrongType(error, path, names) };
  }
  const [firstOther] = otherProblems;
  if (firstOther === undefined) return { path, on: "value", problem: "fits none of the alternatives" };
  // All alternatives refuse the same part, so the message is about that part.
  if (otherProblems.every(({ problem }) => haveSamePath(problem, firstOther.problem))) {
    const problems = [...new Set(otherProblems.map(({ problem }) => problem.problem))];
    return {
      ...firstOther.problem,
      problem:
        problems.length === 1
          ? (problems[0] ?? "")
          : `fits none of the alternatives: ${problems.join("; or ")}`,
    };
  }
  const problems = otherProblems
    .slice(0, maximumAlternatives)
    .map(({ problem }) => `${formatBelow(problem.path, path)}${problem.problem}`);
  return { path, on: "value", problem: `fits none of the alternatives: ${problems.join("; or ")}` };
}

function haveSamePath(a: SchemaProblem, b: SchemaProblem): boolean {
  return a.on === b.on && JSON.stringify(a.path) === JSON.stringify(b.path);
}

/** Returns the part of a path below another path, followed by a colon; empty if both are the same. */
function formatBelow(path: Path, parentPath: Path): string {
  const rest = path.slice(parentPath.length).join(".");
  return rest === "" ? "" : `${rest}: `;
}

/** Returns the problem that one of ajv's errors reports, with its path. */
function describeError(error: ErrorObject, path: Path): SchemaProblem {
  const { keyword, params } = error;
  if (keyword === "additionalProperties" || keyword === "unevaluatedProperties") {
    const key = String(params["additionalProperty"] ?? params["unevaluatedProperty"]);
    return { path: [...path, key], on: "key", ...describeUnknownKey(key, error) };
  }
  if (keyword === "required" || keyword === "dependentRequired" || keyword === "dependencies") {
    const key = String(params["missingProperty"]);
    const because = keyword === "required" ? "" : `, which ${String(params["property"])} needs`;
    return { path, on: "key", problem: `the key ${key} is missing${because}` };
  }
  const itemPath = keyword === "uniqueBy" ? [...path, ...findDuplicateItem(error)] : path;
  return {
    path: itemPath,
    on: keyword === "atMostOne" ? "key" : "value",
    problem: describeValueProblem(error, path),
  };
}

/** Returns the problem of a key that the schema does not allow, with a similar allowed key. */
function describeUnknownKey(
  key: string,
  { parentSchema }: ErrorObject,
): Pick<SchemaProblem, "problem" | "meant"> {
  const known = Object.keys((parentSchema as { properties?: object } | undefined)?.properties ?? {});
  const meant = findNearestWord(key, known);
  if (meant !== undefined) return { problem: `unknown key; did you mean ${meant}?`, meant };
  if (known.length === 0) return { problem: "unknown key; expected no keys here" };
  return {
    problem: known.length > maxNames ? "unknown key" : `unknown key; expected one of: ${known.join(", ")}`,
  };
}

/** Returns the text for an error about a value: what is expected, and what was found. */
function describeValueProblem(error: ErrorObject, path: Path): string {
  const { keyword, params, schema } = error;
  const value = maskValue(error, path);
  switch (keyword) {
    case "type":
      return describeWrongType(error, path, listTypes(error));
    case "enum":
      return `${value} is not allowed; expected one of: ${(schema as unknown[]).map(formatPlain).join(", ")}`;
    case "const":
      return `${value} is not allowed; expected ${formatPlain(schema)}`;
    case "pattern": {
      const expected = findExpectation(error);
      return expected === undefined
        ? `${value} does not match the pattern ${String(schema)}`
        : `${value} is not valid; expected ${expected}`;
    }
    case "uniqueBy":
      return `two items of the list have the same ${(schema as string[]).join(" and ")}`;
    case "atMostOne":
      return `only one of these keys may be set: ${(schema as string[][]).map((keys) => keys.join(", ")).join("; ")}`;
    case "format":
      return `${value} is not a valid ${String(schema)}`;
    case "minLength":
      return `${value} is too short; expected at least ${formatLimit(params)} characters`;
    case "maxLength":
      return `${value} is too long; expected at most ${formatLimit(params)} characters`;
    case "minItems":
    case "minProperties":
      return `${value} has too few entries; expected at least ${formatLimit(params)}`;
    case "maxItems":
    case "maxProperties":
      return `${value} has too many entries; expected at most ${formatLimit(params)}`;
    case "minimum":
    case "maximum":
    case "exclusiveMinimum":
    case "exclusiveMaximum":
      return `${value} is out of range; expected ${String(params["comparison"])} ${formatLimit(params)}`;
    case "multipleOf":
      return `${value} is not a multiple of ${String(schema)}`;
    case "uniqueItems":
      return `two items of the list are equal, the items ${String(params["j"])} and ${String(params["i"])}`;
    case "not":
      return "has a form that is not allowed";
    case "false schema":
      return "nothing may be set here";
    default:
      return `${value} ${error.message ?? "is not allowed"}`;
  }
}

/** Returns the path of the first list item whose key values repeat those of an earlier item. */
function findDuplicateItem({ data, schema }: ErrorObject): Path {
  const keys = schema as string[];
  const identities = (data as Record<string, unknown>[]).map((item) =>
    JSON.stringify(keys.map((key) => item?.[key])),
  );
  const duplicateIndex = identities.findIndex((name, index) => identities.indexOf(name) < index);
  return duplicateIndex < 0 ? [] : [duplicateIndex, ...keys.slice(0, 1)];
}

function formatLimit(params: Readonly<Record<string, unknown>>): string {
  return String(params["limit"]);
}

/** Returns a value for a list of allowed values: a text without quotes, anything else as JSON. */
function formatPlain(value: unknown): string {
  return typeof value === "string" && value !== "" ? value : JSON.stringify(value);
}

/** Returns the types that the schema allows. */
function listTypes({ schema, params }: ErrorObject): string[] {
  const type: unknown = params["type"] ?? schema;
  return (Array.isArray(type) ? type : [type]).map(String);
}

const typeNames: Readonly<Record<string, string>> = {
  string: "a text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  object: "a mapping",
  array: "a list",
  null: "null",
};

/** Returns the message for a value of the wrong type. */
function describeWrongType(error: ErrorObject, path: Path, types: readonly string[]): string {
  const names = [...new Set(types.map((type) => typeNames[type] ?? type))];
  const expected = findExpectation(error);
  return `${maskValue(error, path)} is not ${names.join(" or ")}${expected === undefined ? "" : `; expected ${expected}`}`;
}

/** Returns the text with which `crd.ts` describes the expected value instead of a pattern. */
function findExpectation({ parentSchema }: ErrorObject): string | undefined {
  const expectation: unknown = parentSchema?.["x-expected"];
  return typeof expectation === "string" ? expectation : undefined;
}

/** Returns a value for a message; of a probable credential only its type. */
function maskValue({ data }: ErrorObject, path: Path): string {
  const key = path.findLast((part) => typeof part === "string");
  if (data === null || data === undefined) return "null";
  if (typeof data !== "object" && key !== undefined && isCredentialKey(key, {})) return nameKind(data);
  return data === "" ? "an empty text" : formatValue(data);
}

/** Returns the type of a value without the value. */
function nameKind(data: unknown): string {
  return typeof data === "string" ? "a text" : typeof data === "number" ? "a number" : "this value";
}

/** Returns the steps of a JSON pointer. A step in a list is an index. */
function parsePointer(pointer: string, data: unknown): (string | number)[] {
  let node = data;
  return pointer
    .split("/")
    .slice(1)
    .map((part) => {
      const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
      const step = Array.isArray(node) ? Number(name) : name;
      node = (node as Record<string | number, unknown> | null | undefined)?.[step];
      return step;
    });
}

export type Path = readonly (string | number)[];

/** A part of the data that a schema refuses. */
export interface SchemaProblem {
  /** In the data. If it ends in a key that the schema doesn't have, `on` is `key`. */
  readonly path: Path;
  /** What is at fault: the key that the path ends with, or the value there. */
  readonly on: "key" | "value";
  readonly problem: string;
  /** For an unknown key: the known key that was probably intended. */
  readonly meant?: string;
}

/** Validates data without the network: a reference to another document allows everything. */
export type Validate = (data: unknown) => readonly SchemaProblem[];
