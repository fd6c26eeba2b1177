import * as z from "zod";
import { chart, dependencies, enabled, manifests, metadata, releaseName, values } from "./app-parsers.ts";
import type { Mistake } from "./mistakes.ts";
import { type OwnCheck, ownChecks } from "./own-checks.ts";
import { type Base, duration, path, text } from "./parsers.ts";
import { registries } from "./registries.ts";
import { type Federation, federations } from "./remote/federate.ts";
import { type RemoteWrite, remoteWrites } from "./remote/remote-write.ts";
import { repo } from "./repos.ts";
import { type Resources, resources } from "./resources.ts";
import type { Registries, Repo } from "./schema.ts";
import { setValues } from "./set-values.ts";
import { type SettingName, type Settings, settingNames, settings } from "./settings.ts";
import { readYaml, type YamlFile } from "./yaml.ts";
import { at, field, parseWith } from "./zod-yaml.ts";

/** What monstack.yaml holds, parsed, without defaults. */
export interface ConfigFile {
  readonly settings: Settings;
  readonly repos: Readonly<Record<string, Repo>>;
  readonly registries: Registries;
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
    manifests: field(manifests, base).optional(),
    kustomize: field(path, base).optional(),
    set: field(setValues, base).optional(),
    labels: field(metadata, base).optional(),
    annotations: field(metadata, base).optional(),
  });
  return z.strictObject({
    ...settingsShape(base),
    repos: z.record(z.string(), field(repo, base)).nullish(),
    registries: field(registries, base).optional(),
    apps: z.record(z.string(), AppInFile.nullish()).nullish(),
    checks: field(ownChecks, base).optional(),
    resources: field(resources, base).optional(),
    federate: field(federations, base).optional(),
    "remote-write": field(remoteWrites, base).optional(),
  });
}

/** The top-level keys of the file. */
export function fileKeys(): string[] {
  return Object.keys(fileSchema({ folder: "", home: undefined }).shape);
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
export const withoutSections = { registries: {}, resources: {}, federate: [], remoteWrite: [] } as const;

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
  const parsed = parseWith(fileSchema(base), yaml, shownAs, mistakes);
  if (parsed === undefined) return empty;
  const data: Record<string, unknown> = parsed;
  return {
    settings: settingsOf(data),
    repos: parsed.repos ?? {},
    registries: parsed.registries ?? withoutSections.registries,
    apps: appsOf(parsed.apps ?? {}),
    checks: parsed.checks ?? [],
    resources: parsed.resources ?? withoutSections.resources,
    federate: parsed.federate ?? withoutSections.federate,
    remoteWrite: parsed["remote-write"] ?? withoutSections.remoteWrite,
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
