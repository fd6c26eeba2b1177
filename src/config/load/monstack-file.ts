import * as z from "zod";
import type { Mistake } from "../../yaml/mistakes.ts";
import { type Base, duration, type Parser, problem, text } from "../../yaml/parsers.ts";
import { readYaml, type YamlFile } from "../../yaml/read.ts";
import { at, field, parseWith } from "../../yaml/zod-yaml.ts";
import {
  chart,
  dependencies,
  enabled,
  kustomize,
  manifests,
  metadata,
  releaseName,
  values,
} from "../apps/app-schema.ts";
import { setValues } from "../apps/set-values.ts";
import { type OwnCheck, ownChecks } from "../checks/own-checks.ts";
import { type Federation, federations } from "../endpoints/federate.ts";
import { type RemoteWrite, remoteWrites } from "../endpoints/remote-write.ts";
import { registries } from "../registries/registries.ts";
import { repo } from "../registries/repos.ts";
import { type Resources, resources } from "../resources.ts";
import type { Registries, Repo } from "../schema.ts";
import { type SettingName, type Settings, settingNames, settings } from "../settings.ts";

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
  const AppInFile = appSchema(base);
  return z.strictObject({
    ...settingsShape(base),
    ...keysOfNoFile(base),
    repos: z.record(z.string(), field(repo, base)).nullish(),
    registries: field(registries, base).optional(),
    apps: z.record(z.string(), AppInFile.nullish()).nullish(),
    checks: field(ownChecks, base).optional(),
    resources: field(resources, base).optional(),
    federate: field(federations, base).optional(),
    "remote-write": field(remoteWrites, base).optional(),
  });
}

function appSchema(base: Base) {
  return z.strictObject({
    chart: field(chart, base).optional(),
    version: field(text("a chart's version"), base).optional(),
    values: field(values, base).optional(),
    depends_on: field(dependencies, base).optional(),
    enabled: field(enabled, base).optional(),
    namespace: field(settings.namespace.fromFile, base).optional(),
    release: field(releaseName, base).optional(),
    timeout: field(duration, base).optional(),
    manifests: field(manifests, base).optional(),
    kustomize: field(kustomize, base).optional(),
    set: field(setValues, base).optional(),
    labels: field(metadata, base).optional(),
    annotations: field(metadata, base).optional(),
  });
}

/** The keys that are in files only, as `sections.ts` calls them. */
export function sectionKeys(): string[] {
  const base = { folder: "/", home: undefined };
  const ofSettings = new Set(Object.keys(settingsShape(base)));
  const own = Object.keys(fileSchema(base).shape).filter((key) => !ofSettings.has(key) && key !== "apps");
  return [...own, ...Object.keys(appSchema(base).shape).map((key) => `apps.*.${key}`)];
}

/** The top-level keys that the file can hold. */
export function fileKeys(): string[] {
  const base = { folder: "/", home: undefined };
  const refused = keysOfNoFile(base);
  return Object.keys(fileSchema(base).shape).filter((key) => !Object.hasOwn(refused, key));
}

/** The part of the schema that the settings' table says. */
function settingsShape(base: Base): Record<string, z.ZodType> {
  const shape: Record<string, z.ZodType> = {};
  const sections: Record<string, Record<string, z.ZodType>> = {};
  for (const name of settingNames()) {
    const { inFile, fromFile } = settings[name];
    if (inFile === undefined) continue;
    const [first, second] = inFile;
    const leaf = field<unknown>(inLimits(name, fromFile), base).optional();
    if (second === undefined) shape[first] = leaf;
    else sections[first] = { ...sections[first], [second]: leaf };
  }
  for (const [name, section] of Object.entries(sections)) shape[name] = z.strictObject(section).nullish();
  return shape;
}

/** A setting that only inputs and flags may set where files are restricted; there it is overridden, it does nothing. */
function inLimits(name: SettingName, parse: Parser<unknown>): Parser<unknown> {
  const { inRestricted } = settings[name];
  return (given, base) => {
    const { limits, ...without } = base;
    if (!limits?.isRestricted || inRestricted.kind !== "refused") return parse(given, base);
    if (limits.isOverridden(name)) return parse(given, without);
    return problem(`${inRestricted.because}; ${limits.instead(name)}`);
  };
}

/** Keys that no file can hold; they are known, so that whoever writes one learns where it can be set. */
function keysOfNoFile(base: Base): Record<string, z.ZodType> {
  const ways: Partial<Record<SettingName, string>> = {
    trust: "can't be set in a file; expected --trust, the input trust or MONSTACK_TRUST",
    env: "can't be set in a file; expected --env or the input env",
    "state-dir":
      "can't be set in a file, because teardown obeys the journal in that folder; expected --state-dir, the input state-dir or MONSTACK_STATE_DIR",
  };
  const refuse =
    (why: string): Parser<undefined> =>
    () =>
      problem(why);
  return Object.fromEntries(
    Object.entries(ways).map(([name, why]) => [name, field(refuse(why), base).optional()]),
  );
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
