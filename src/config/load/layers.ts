import { formatPath, type Mistake, readPath } from "../../yaml/mistakes.ts";
import type { Context } from "../../yaml/primitives.ts";
import { findPlace } from "../set/lines.ts";
import type { SetFile } from "../set/settings-file.ts";
import {
  type ConfigOverrides,
  listSettingNames,
  parseSetting,
  type SettingName,
  type Settings,
  settings,
} from "../settings.ts";
import type { ConfigFile } from "./monstack-file.ts";

/** Where a setting came from, in rising order of precedence. */
export type Origin = "default" | "profile" | "file" | "env" | "input" | "flag";

/** The settings from one place, for example the file or the flags. */
export interface Layer {
  readonly origin: Origin;
  readonly settings: Settings;
  /** Returns the name of a setting of this layer for messages. */
  readonly label: (name: SettingName) => string;
}

/** The environment variables that are settings. */
export const environmentSettings: readonly (readonly [SettingName, string])[] = [
  ["mirrors", "MONSTACK_MIRRORS"],
  ["state-dir", "MONSTACK_STATE_DIR"],
  ["trust", "MONSTACK_TRUST"],
];

/** Returns the settings that the environment, the inputs or the flags set. Their values in a file have no effect. */
export function listOverriddenSettings({
  env,
  inputs = {},
  flags = {},
}: OverrideSources): ReadonlySet<SettingName> {
  const inEnvironment = environmentSettings
    .filter(([, variable]) => env[variable]?.trim())
    .map(([name]) => name);
  const inInputsOrFlags = listSettingNames().filter(
    (name) => inputs[name]?.trim() || flags[name] !== undefined,
  );
  return new Set([...inEnvironment, ...inInputsOrFlags]);
}

/** The places other than files where settings can be given. */
export interface OverrideSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly inputs?: Partial<ConfigOverrides>;
  readonly flags?: Partial<ConfigOverrides>;
}

/** Returns the settings of every place, the strongest last. Mistakes go to `mistakes`. */
export function readLayers(
  sources: OverrideSources,
  file: ConfigFile | undefined,
  set: { readonly input: SetFile; readonly flag: SetFile },
  context: Context,
  mistakes: Mistake[],
): Layer[] {
  const parseLayer = (
    origin: Origin,
    overrides: Partial<ConfigOverrides>,
    label: (name: SettingName) => string,
  ): Layer => ({
    origin,
    label,
    settings: parseTexts(overrides, label, context, mistakes),
  });
  const environmentTexts = Object.fromEntries(
    environmentSettings.map(([name, variable]) => [name, sources.env[variable]]),
  );
  const variables = new Map(environmentSettings);
  const inputs = parseLayer("input", removeEmptyTexts(sources.inputs ?? {}), (name) => `input ${name}`);
  const flags = parseLayer("flag", sources.flags ?? {}, (name) => `--${name}`);
  const layers: Layer[] = [
    { origin: "file", settings: file?.settings ?? {}, label: (name) => name },
    parseLayer("env", removeEmptyTexts(environmentTexts), (name) => variables.get(name) ?? name),
    inputs,
    createSetLayer("input", set.input, inputs, mistakes),
    flags,
    createSetLayer("flag", set.flag, flags, mistakes),
  ];
  return layers;
}

/** Returns the layer of the lines in `set`. A setting that has an input or flag of its own too is a mistake. */
function createSetLayer(
  origin: Origin,
  { settings: given, lines }: SetFile,
  own: Layer,
  mistakes: Mistake[],
): Layer {
  const label = (name: SettingName) => {
    const path = settings[name].inFile ?? [];
    return `${findPlace(lines, path)}: ${formatPath(path)}`;
  };
  const names = listSettingNames().filter(
    (name) => given[name] !== undefined && own.settings[name] !== undefined,
  );
  for (const name of names)
    mistakes.push({
      where: label(name),
      path: "",
      problem: `${own.label(name)} sets it too; keep one of them`,
    });
  return { origin, settings: given, label };
}

/** Returns the settings that are not empty. The runner passes an input that is not given as an empty text. */
function removeEmptyTexts(overrides: Partial<ConfigOverrides>): Partial<ConfigOverrides> {
  return Object.fromEntries(Object.entries(overrides).filter(([, text]) => text?.trim() !== ""));
}

/** Parses the texts of inputs, flags or variables. Mistakes go to `mistakes`. */
function parseTexts(
  overrides: Partial<ConfigOverrides>,
  label: (name: SettingName) => string,
  context: Context,
  mistakes: Mistake[],
): Settings {
  const parsedSettings: Partial<Record<SettingName, unknown>> = {};
  for (const name of listSettingNames()) {
    if (overrides[name] === undefined) continue;
    const parsed = parseSetting(name, overrides[name], context);
    if ("value" in parsed) parsedSettings[name] = parsed.value;
    else
      for (const { path, message } of parsed.problems) {
        // An index in the parsed list means nothing to a user who wrote one text.
        const keys = path.filter((part) => typeof part === "string");
        mistakes.push({ where: label(name), path: formatPath(keys), problem: message });
      }
  }
  // The cast is safe: each value is the output of its own setting's schema.
  return parsedSettings as Settings;
}

/** Returns each setting from the strongest layer that has it, and its origin. */
export function mergeLayers(layers: readonly Layer[]): {
  merged: Settings;
  origins: Record<SettingName, Origin>;
} {
  const merged: Settings = Object.assign({}, ...layers.map((layer) => layer.settings));
  const findOrigin = (name: SettingName): Origin =>
    layers.findLast((layer) => layer.settings[name] !== undefined)?.origin ?? "default";
  const origins = Object.fromEntries(listSettingNames().map((name) => [name, findOrigin(name)])) as Record<
    SettingName,
    Origin
  >;
  return { merged, origins };
}

/** Returns the place where the effective value of a setting was written, for messages. */
export function findSettingPlace(
  name: SettingName,
  layers: readonly Layer[],
  file: ConfigFile | undefined,
  shownAs: string,
  /** The path of an item, if the setting is a list in the file. */
  item: readonly number[] = [],
): Pick<Mistake, "where" | "path"> {
  const layer = layers.findLast(({ settings }) => settings[name] !== undefined);
  const path = settings[name].inFile;
  if (layer?.origin !== "file" || file === undefined || path === undefined)
    return { where: layer?.label(name) ?? name, path: "" };
  const fullPath = Array.isArray(readPath(file.yaml.data, path)) ? [...path, ...item] : path;
  return { where: `${shownAs}:${file.yaml.valueAt(fullPath)}`, path: formatPath(fullPath) };
}
