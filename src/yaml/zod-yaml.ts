import * as z from "zod";
import { didYouMean } from "../lib/suggest.ts";
import { formatPath, type Mistake, shown } from "./mistakes.ts";
import type { Base, Parser } from "./parsers.ts";
import type { YamlFile } from "./read.ts";

type Issue = z.core.$ZodIssue;

/** A leaf of a file: a parser tells what is wrong with it in its own words. */
export function field<T>(parse: Parser<T>, base: Base) {
  return z.unknown().transform((given, context): T => {
    const parsed = parse(given, base);
    if ("value" in parsed) return parsed.value;
    for (const { at, text, ...params } of parsed.problems)
      context.issues.push({ code: "custom", message: text, path: [...at], input: given, params });
    return z.NEVER;
  });
}

/** What a YAML file holds by a schema; undefined when it is wrong, and everything that is goes to `mistakes`. */
export function parseWith<T extends z.ZodType>(
  schema: T,
  yaml: YamlFile,
  shownAs: string,
  mistakes: Mistake[],
): z.infer<T> | undefined {
  mistakes.push(
    ...yaml.errors.map(({ position, problem }) => ({ where: `${shownAs}:${position}`, path: "", problem })),
  );
  if (yaml.errors.length > 0) return undefined;
  const parsed = schema.safeParse(yaml.data ?? {});
  if (parsed.success) return parsed.data;
  const explained = parsed.error.issues.flatMap((issue) => explain(issue, schema, yaml, shownAs));
  // zod tells of unknown keys last; a reader goes from top to bottom.
  mistakes.push(...explained.sort((a, b) => a.where.localeCompare(b.where, "en", { numeric: true })));
  return undefined;
}

/** What stands at a path of mappings; undefined when nothing does. */
export function at(data: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (node, key) => (node as Record<string, unknown> | null | undefined)?.[key],
    data,
  );
}

function explain(issue: Issue, schema: z.ZodType, yaml: YamlFile, shownAs: string): Mistake[] {
  const path = issue.path.map((part) => (typeof part === "number" ? part : String(part)));
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      where: `${shownAs}:${yaml.keyAt([...path, key])}`,
      path: formatPath([...path, key]),
      problem: `unknown key; ${didYouMean(key, knownKeys(schema, path))}`,
    }));
  }
  const given = at(yaml.data, path.map(String));
  const problem =
    issue.code === "invalid_type"
      ? issue.expected === "array"
        ? `${shown(given)} is not a list; right would be lines that begin with -`
        : notAMapping(given)
      : issue.message;
  const { offset, inKey } = (issue.code === "custom" ? issue.params : undefined) ?? {};
  const where =
    inKey === true || problem.startsWith("unknown key")
      ? yaml.keyAt(path)
      : yaml.valueAt(path, typeof offset === "number" ? offset : undefined);
  return [{ where: `${shownAs}:${where}`, path: formatPath(path), problem }];
}

function notAMapping(given: unknown): string {
  return `${shown(given)} is not a mapping; right would be keys with values, each on a line of its own`;
}

/** The keys that the schema knows at a path. */
function knownKeys(schema: z.ZodType, path: readonly (string | number)[]): string[] {
  let node: unknown = schema;
  for (const part of [...path, undefined]) {
    for (;;) {
      if (node instanceof z.ZodOptional || node instanceof z.ZodNullable) node = node.unwrap();
      else if (node instanceof z.ZodPipe) node = node.in;
      else break;
    }
    if (part === undefined) break;
    if (node instanceof z.ZodObject) node = node.shape[String(part)];
    else if (node instanceof z.ZodRecord) node = node.valueType;
  }
  return node instanceof z.ZodObject ? Object.keys(node.shape) : [];
}
