import * as z from "zod";
import { type Mistake, parseWith, readPath } from "../../yaml/mistakes.ts";
import { type Context, createRefusedKeySchema, resolveSchema } from "../../yaml/primitives.ts";
import { readYaml, type YamlFile } from "../../yaml/read.ts";
import { type AppInFile, createAppSchema } from "../apps/app-schema.ts";
import { createChecksSchema, type OwnCheck } from "../checks/own-checks.ts";
import {
  createFederationsSchema,
  createRemoteWritesSchema,
  type Federation,
  type RemoteWrite,
} from "../endpoints.ts";
import { createRegistriesSchema, createRepoSchema } from "../registries.ts";
import { type Resources, resources } from "../resources.ts";
import type { Registries, Repo } from "../schema.ts";
import { describeInput, listSettingNames, type SettingName, type Settings, settings } from "../settings.ts";

/** The parts of monstack.yaml that are not in the table of settings. */
export interface ConfigSections {
  readonly repos: Readonly<Record<string, Repo>>;
  readonly registries: Registries;
  readonly apps: Readonly<Record<string, AppInFile>>;
  readonly checks: readonly OwnCheck[];
  readonly resources: Resources;
  readonly federate: readonly Federation[];
  readonly remoteWrite: readonly RemoteWrite[];
}

/** The content of monstack.yaml, parsed, without defaults. */
export interface ConfigFile extends ConfigSections {
  readonly settings: Settings;
  /** True if all keys and values are valid. References to apps, repositories and files are not checked yet. */
  readonly isValid: boolean;
  /** The parsed YAML, which gives the places of mistakes that are found later. */
  readonly yaml: YamlFile;
}

/** The sections of an empty file, also used if there is no file. */
export const withoutSections: ConfigSections = {
  repos: {},
  registries: {},
  apps: {},
  checks: [],
  resources: {},
  federate: [],
  remoteWrite: [],
};

/** Parses the text of a configuration file. Every mistake in it goes to `mistakes`. */
export function parseConfigFile(
  content: string,
  shownAs: string,
  context: Context,
  mistakes: Mistake[],
): ConfigFile {
  const yaml = readYaml(content);
  const parsed = parseWith(createFileSchema(context), yaml, shownAs, mistakes);
  if (parsed === undefined) return { settings: {}, ...withoutSections, isValid: false, yaml };
  return {
    settings: pickSettings(parsed),
    ...withoutSections,
    ...pickSections(parsed),
    isValid: true,
    yaml,
  };
}

/** Returns the sections in a parsed file. A section that is not there is left out. */
export function pickSections(data: z.output<ReturnType<typeof createFileSchema>>): Partial<ConfigSections> {
  const { repos, registries, apps, checks, resources, federate, "remote-write": remoteWrite } = data;
  const sections: { [K in keyof ConfigSections]: ConfigSections[K] | undefined | null } = {
    repos,
    registries,
    apps: apps && Object.fromEntries(Object.entries(apps).map(([name, app]) => [name, app ?? {}])),
    checks,
    // A component without a value has no key at all.
    resources: resources as Resources | undefined,
    federate,
    remoteWrite,
  };
  const given = Object.entries(sections).filter(([, section]) => section !== undefined && section !== null);
  // The cast is safe: only undefined and null were removed.
  return Object.fromEntries(given) as Partial<ConfigSections>;
}

/** Returns the schema of monstack.yaml. */
export function createFileSchema(context: Context) {
  return z.strictObject({
    ...createSettingSchemas(context),
    ...refusedShape,
    repos: z.record(z.string(), createRepoSchema(context)).nullish(),
    registries: createRegistriesSchema(context).optional(),
    apps: z.record(z.string(), createAppSchema(context).nullish()).nullish(),
    checks: createChecksSchema(context).optional(),
    resources: resources.optional(),
    federate: createFederationsSchema(context).optional(),
    "remote-write": createRemoteWritesSchema(context).optional(),
  });
}

/** Returns the part of the schema that the table of settings describes. */
function createSettingSchemas(context: Context): Record<string, z.ZodType> {
  const shape: Record<string, z.ZodType> = {};
  const sections: Record<string, Record<string, z.ZodType>> = {};
  for (const name of listSettingNames()) {
    const [topKey, innerKey] = settings[name].inFile ?? [];
    if (topKey === undefined) continue;
    const schema = createSettingSchema(name, context).optional();
    if (innerKey === undefined) shape[topKey] = schema;
    else sections[topKey] = { ...sections[topKey], [innerKey]: schema };
  }
  for (const [name, section] of Object.entries(sections)) shape[name] = z.strictObject(section).nullish();
  return shape;
}

/**
 * Returns the schema of one setting. With restricted trust, a setting that only inputs and flags may set is refused,
 * unless one of them overrides it anyway.
 */
function createSettingSchema(name: SettingName, context: Context): z.ZodType {
  const { inRestricted, schema } = settings[name];
  const { limits, ...unlimited } = context;
  if (!limits?.isRestricted || inRestricted.kind !== "refused") return resolveSchema(schema, context);
  if (limits.isOverridden(name)) return resolveSchema(schema, unlimited);
  return createRefusedKeySchema(`${inRestricted.because}; ${limits.instead(name, describeInput(name))}`);
}

/** Keys that no file can contain. The schema knows them so that the message can say where to set them. */
const refusedShape = {
  trust: createRefusedKeySchema(
    "can't be set in a file; expected --trust, the input trust or MONSTACK_TRUST",
  ),
  env: createRefusedKeySchema("can't be set in a file; expected --env or the input env"),
  "state-dir": createRefusedKeySchema(
    "can't be set in a file, because teardown obeys the journal in that folder; expected --state-dir or MONSTACK_STATE_DIR",
  ),
};

/** Returns the settings in a parsed file. */
export function pickSettings(data: Readonly<Record<string, unknown>>): Settings {
  const pickedSettings: Partial<Record<SettingName, unknown>> = {};
  for (const name of listSettingNames()) {
    const { inFile } = settings[name];
    const value = inFile === undefined ? undefined : readPath(data, inFile);
    if (value !== undefined) pickedSettings[name] = value;
  }
  // The cast is safe: each value is the output of its own setting's schema.
  return pickedSettings as Settings;
}

const noContext: Context = { folder: "/", home: undefined };

/** Returns the keys that only files can contain, as `trust/limits.ts` names them. */
export function listSectionKeys(): string[] {
  const settingKeys = new Set(Object.keys(createSettingSchemas(noContext)));
  const sectionKeys = Object.keys(createFileSchema(noContext).shape).filter(
    (key) => !settingKeys.has(key) && key !== "apps",
  );
  return [...sectionKeys, ...Object.keys(createAppSchema(noContext).shape).map((key) => `apps.*.${key}`)];
}

/** Returns the top-level keys that the file can contain. */
export function listFileKeys(): string[] {
  return Object.keys(createFileSchema(noContext).shape).filter((key) => !Object.hasOwn(refusedShape, key));
}
