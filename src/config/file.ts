import * as z from "zod";
import { chart, dependencies, enabled, releaseName, values } from "./app-parsers.ts";
import { isHttpUrl } from "./mirrors.ts";
import { formatPath, type Mistake, shown } from "./mistakes.ts";
import { type OwnCheck, ownChecks } from "./own-checks.ts";
import { type Base, duration, type Parser, text } from "./parsers.ts";
import { type Federation, federations } from "./remote/federate.ts";
import { type RemoteWrite, remoteWrites } from "./remote/remote-write.ts";
import { type Resources, resources } from "./resources.ts";
import { type SettingName, type Settings, settingNames, settings } from "./settings.ts";
import { didYouMean } from "./suggest.ts";
import { readYaml, type YamlFile } from "./yaml.ts";

/** What monstack.yaml holds, parsed, without defaults. */
export interface ConfigFile {
  readonly settings: Settings;
  readonly repos: Readonly<Record<string, string>>;
  readonly apps: Readonly<Record<string, AppInFile>>;
  readonly checks: readonly OwnCheck[];
  readonly resources: Resources;
  readonly federate: readonly Federation[];
  readonly remoteWrite: readonly RemoteWrite[];
  /** Its keys and values are right; what refers to something else is yet to be checked. */
  readonly isValid: boolean;
  /** Where the mistakes that are found later stand. */
  readonly yaml: YamlFile;
}

export type AppInFile = NonNullable<NonNullable<z.infer<ReturnType<typeof fileSchema>>["apps"]>[string]>;

type Issue = z.core.$ZodIssue;

/** A leaf of the file: a parser tells what is wrong with it in its own words. */
function field<T>(parse: Parser<T>, base: Base) {
  return z.unknown().transform((given, context): T => {
    const parsed = parse(given, base);
    if ("value" in parsed) return parsed.value;
    for (const { at, text, offset } of parsed.problems) {
      context.issues.push({ code: "custom", message: text, path: [...at], input: given, params: { offset } });
    }
    return z.NEVER;
  });
}

/** The file's schema; `base` is what its relative paths stand on. */
function fileSchema(base: Base) {
  const AppInFile = z.strictObject({
    chart: field(chart, base).optional(),
    version: field(text("a chart's version"), base).optional(),
    values: field(values, base).optional(),
    depends_on: field(dependencies, base).optional(),
    enabled: field(enabled, base).optional(),
    namespace: field(settings.namespace.fromFile, base).optional(),
    release: field(releaseName, base).optional(),
    timeout: field(duration, base).optional(),
  });
  const repoUrl = text("a chart repository; right would be a URL with https:// or http://", isHttpUrl);
  return z.strictObject({
    ...settingsShape(base),
    repos: z.record(z.string(), field(repoUrl, base)).nullish(),
    apps: z.record(z.string(), AppInFile.nullish()).nullish(),
    checks: field(ownChecks, base).optional(),
    resources: field(resources, base).optional(),
    federate: field(federations, base).optional(),
    "remote-write": field(remoteWrites, base).optional(),
  });
}

/** The part of the schema that the settings' table says. */
function settingsShape(base: Base): Record<string, z.ZodType> {
  const shape: Record<string, z.ZodType> = {};
  const sections: Record<string, Record<string, z.ZodType>> = {};
  for (const name of settingNames()) {
    const { inFile, fromFile } = settings[name];
    if (inFile === undefined) continue;
    const [first, second] = inFile;
    const leaf = field<unknown>(fromFile, base).optional();
    if (second === undefined) shape[first] = leaf;
    else sections[first] = { ...sections[first], [second]: leaf };
  }
  for (const [name, section] of Object.entries(sections)) shape[name] = z.strictObject(section).nullish();
  return shape;
}

/** Of a file that has none of them, and where there is no file. */
export const withoutSections = { resources: {}, federate: [], remoteWrite: [] } as const;

/** Reads the text of a configuration file; everything wrong with it goes to `mistakes`. */
export function parseConfigFile(
  content: string,
  shownAs: string,
  base: Base,
  mistakes: Mistake[],
): ConfigFile {
  const yaml = readYaml(content);
  const nothing = { settings: {}, repos: {}, apps: {}, checks: [], ...withoutSections };
  const empty: ConfigFile = { ...nothing, isValid: false, yaml };
  mistakes.push(
    ...yaml.errors.map(({ position, problem }) => ({ where: `${shownAs}:${position}`, path: "", problem })),
  );
  if (yaml.errors.length > 0) return empty;
  const schema = fileSchema(base);
  const parsed = schema.safeParse(yaml.data ?? {});
  if (!parsed.success) {
    const explained = parsed.error.issues.flatMap((issue) => explain(issue, schema, yaml, shownAs));
    // zod tells of unknown keys last; a reader goes from top to bottom.
    mistakes.push(...explained.sort((a, b) => a.where.localeCompare(b.where, "en", { numeric: true })));
    return empty;
  }
  const data: Record<string, unknown> = parsed.data;
  return {
    settings: settingsOf(data),
    repos: parsed.data.repos ?? {},
    apps: appsOf(parsed.data.apps ?? {}),
    checks: parsed.data.checks ?? [],
    resources: parsed.data.resources ?? withoutSections.resources,
    federate: parsed.data.federate ?? withoutSections.federate,
    remoteWrite: parsed.data["remote-write"] ?? withoutSections.remoteWrite,
    isValid: true,
    yaml,
  };
}

function appsOf(apps: Readonly<Record<string, AppInFile | null | undefined>>): Record<string, AppInFile> {
  return Object.fromEntries(Object.entries(apps).map(([name, app]) => [name, app ?? {}]));
}

function settingsOf(data: Record<string, unknown>): Settings {
  const found: Partial<Record<SettingName, unknown>> = {};
  for (const name of settingNames()) {
    const value = at(data, settings[name].inFile ?? []);
    if (value !== undefined && settings[name].inFile !== undefined) found[name] = value;
  }
  // Each value came out of the parser of its own setting.
  return found as Settings;
}

function at(data: unknown, path: readonly string[]): unknown {
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
  const problem =
    issue.code === "invalid_type" ? notAMapping(at(yaml.data, path.map(String))) : issue.message;
  const offset: unknown = issue.code === "custom" ? issue.params?.offset : undefined;
  const where = problem.startsWith("unknown key")
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
    while (node instanceof z.ZodOptional || node instanceof z.ZodNullable) node = node.unwrap();
    if (part === undefined) break;
    if (node instanceof z.ZodObject) node = node.shape[String(part)];
    else if (node instanceof z.ZodRecord) node = node.valueType;
  }
  return node instanceof z.ZodObject ? Object.keys(node.shape) : [];
}
