import { isAbsolute, relative } from "node:path";
import * as z from "zod";
import { UserError } from "../lib/errors.ts";
import { hideUrlCredentials } from "../lib/redact/urls.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { YamlFile } from "./read.ts";

/** Something wrong in the configuration, an input or a flag. */
export interface Mistake {
  /** `monstack.yaml:3:5`, `--grafana-port`, `input grafana-port` or `MONSTACK_MIRRORS`. */
  readonly where: string;
  /** Key path in the file; empty for anything that has none. */
  readonly path: string;
  /** What is wrong, and what is expected. */
  readonly problem: string;
}

const maxShownMistakes = 20;

/**
 * Throws one error for all mistakes, which describes at most 20 of them. Returns without an error if there are none.
 * @throws UserError if there is one
 */
export function throwIfAny(mistakes: readonly Mistake[]): void {
  if (mistakes.length === 0) return;
  const lines = mistakes
    .slice(0, maxShownMistakes)
    .map(({ where, path, problem }) => `${where}: ${path && `${path}: `}${problem}`);
  if (lines.length === 1 && lines[0] !== undefined) throw new UserError(lines[0]);
  const more = mistakes.length - lines.length;
  if (more > 0) lines.push(`... and ${more} more`);
  throw new UserError(
    `${mistakes.length} mistakes in the configuration:\n${lines.map((line) => `  ${line}`).join("\n")}`,
  );
}

/** Returns a key path as a message shows it: `apps.grafana.values[0]`; a key with a dot is put in quotes. */
export function formatPath(path: readonly (string | number)[]): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else text += `${text && "."}${/[.\s]/.test(part) ? JSON.stringify(part) : part}`;
  }
  return text;
}

/** Returns a file's path as a message shows it: relative if it is below the working folder. */
export function showPath(cwd: string, path: string): string {
  const short = relative(cwd, path);
  return short === "" || short.startsWith("..") || isAbsolute(short) ? path : short;
}

/** Returns the message for a value that is missing or has the wrong type, for example `5 is not a text`. */
export function describeMismatch(value: unknown, expectedType: string, expected?: string): string {
  if (value === undefined) return `missing; expected ${expected ?? expectedType}`;
  return `${formatValue(value)} is not ${expectedType}${expected === undefined ? "" : `; expected ${expected}`}`;
}

/** Returns a value as a message shows it: short, and named as in YAML. */
export function formatValue(value: unknown): string {
  if (value === null || value === undefined || value === "") return "an empty value";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  if (typeof value !== "string") return String(value);
  const safe = hideUrlCredentials(value, "***");
  return JSON.stringify(safe.length > 60 ? `${safe.slice(0, 57)}...` : safe);
}

type Path = readonly (string | number)[];
type Issue = z.core.$ZodIssue;

/** Something wrong with a value, or with the part of it that `path` leads to. */
export interface Problem {
  readonly path: Path;
  readonly message: string;
  /** Whether the key that the path ends with is wrong, or its value. */
  readonly on: "key" | "value";
  /** The character of a text that is wrong, from 0. */
  readonly character?: number | undefined;
  readonly isUnknownKey?: boolean;
}

export type Parsed<T> = { readonly value: T } | { readonly problems: readonly Problem[] };

/** Parses data by a schema. Returns its value, or every problem with it. */
export function parseData<T>(schema: z.ZodType<T>, data: unknown): Parsed<T> {
  const parsed = schema.safeParse(data, { error: describeIssue });
  if (parsed.success) return { value: parsed.data };
  const problems = parsed.error.issues
    .flatMap((issue) => splitIssue(issue))
    .map((problem) => ({ ...problem, path: removeMissingIndexes(problem.path, data) }));
  return { problems: removeExplainedProblems(problems) };
}

/** Parses a YAML file by a schema. Returns its value, or undefined if it is invalid: every problem goes to `mistakes`. */
export function parseWith<T>(
  schema: z.ZodType<T>,
  yaml: YamlFile,
  shownAs: string,
  mistakes: Mistake[],
): T | undefined {
  mistakes.push(
    ...yaml.errors.map(({ position, problem }) => ({ where: `${shownAs}:${position}`, path: "", problem })),
  );
  if (yaml.errors.length > 0) return undefined;
  const parsed = parseData(schema, yaml.data ?? {});
  if ("value" in parsed) return parsed.value;
  const foundMistakes = parsed.problems.map(({ path, message, on, character }) => {
    const position = on === "key" ? yaml.keyAt(path) : yaml.valueAt(path, character);
    return { where: `${shownAs}:${position}`, path: formatPath(path), problem: message };
  });
  // zod reports unknown keys last; a reader goes from top to bottom.
  mistakes.push(...foundMistakes.sort((a, b) => a.where.localeCompare(b.where, "en", { numeric: true })));
  return undefined;
}

/** Returns the value at a path of keys; undefined where there is none. */
export function readPath(data: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (node, key) => (node as Record<string | number, unknown> | null | undefined)?.[key],
    data,
  );
}

/** Returns the message for what zod itself finds: unknown keys (a line for each) and values of the wrong type. */
function describeIssue(issue: z.core.$ZodRawIssue): string | undefined {
  const keys = issue.inst instanceof z.ZodObject ? Object.keys(issue.inst.shape) : [];
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => `unknown key; ${didYouMean(key, keys)}`).join("\n");
  if (issue.code !== "invalid_type") return undefined;
  if (issue.expected === "array")
    return describeMismatch(issue.input, "a list", "a list with an item on each line that begins with -");
  if (issue.expected !== "object" && issue.expected !== "record")
    return describeMismatch(issue.input, "a text");
  const isShort = keys.length > 0 && keys.length < 12;
  return describeMismatch(
    issue.input,
    "a mapping",
    isShort ? `a mapping with the keys ${keys.join(", ")}` : "keys with values, each on a line of its own",
  );
}

/**
 * Returns one problem for each key of a zod issue. For a union, only the problems of the alternative with the value's
 * type are returned.
 */
function splitIssue(issue: Issue, parentPath: Path = []): Problem[] {
  const path = [...parentPath, ...issue.path.map((part) => (typeof part === "number" ? part : String(part)))];
  if (issue.code === "unrecognized_keys") {
    const messages = issue.message.split("\n");
    return issue.keys.map((key, index) => ({
      path: [...path, key],
      message: messages[index] ?? "",
      on: "key",
      isUnknownKey: true,
    }));
  }
  if (issue.code === "invalid_key") return issue.issues.map(({ message }) => ({ path, message, on: "key" }));
  if (issue.code === "invalid_union") {
    const matchingAlternative = issue.errors.find((issues) => !issues.some(isForOtherType));
    if (matchingAlternative !== undefined)
      return matchingAlternative.flatMap((innerIssue) => splitIssue(innerIssue, path));
  }
  const { on, character } = (issue.code === "custom" ? issue.params : undefined) ?? {};
  return [{ path, message: issue.message, on: on ?? "value", character }];
}

/**
 * Removes problems that an unknown key explains: that the intended key is missing, and those of the whole mapping.
 */
function removeExplainedProblems(problems: readonly Problem[]): Problem[] {
  const formatParent = (path: Path) => JSON.stringify(path.slice(0, -1));
  const unknownKeys = problems.filter(({ isUnknownKey }) => isUnknownKey);
  return problems.filter((problem) => {
    const { path, message } = problem;
    const isExplained = unknownKeys.some(
      (unknown) =>
        formatParent(unknown.path) === JSON.stringify(path) ||
        (formatParent(unknown.path) === formatParent(path) &&
          message.startsWith("missing; ") &&
          unknown.message.endsWith(`did you mean ${path.at(-1)}?`)),
    );
    return problem.isUnknownKey || !isExplained;
  });
}

/** True if an alternative of a union is for values of another type. */
function isForOtherType(issue: Issue): boolean {
  if (issue.path.length > 0) return false;
  if (issue.code === "invalid_union") return issue.errors.every((issues) => issues.some(isForOtherType));
  return issue.code === "invalid_type" || issue.code === "invalid_value";
}

/** Removes indexes of lists that the data does not have, because a single value counts as a list of one. */
function removeMissingIndexes(path: Path, data: unknown): Path {
  let node = data;
  return path.filter((part) => {
    if (typeof part === "number" && !Array.isArray(node)) return false;
    node = readPath(node, [part]);
    return true;
  });
}
