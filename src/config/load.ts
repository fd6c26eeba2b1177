import { dirname, resolve } from "node:path";
import type { Workspace } from "../host/workspace.ts";
import { describeError, UserError } from "../lib/errors.ts";
import { getOwnValue } from "../lib/object.ts";
import { didYouMean } from "../lib/suggest.ts";
import { type Mistake, showPath, throwIfAny } from "../yaml/mistakes.ts";
import type { Context, Limits } from "../yaml/primitives.ts";
import { buildApps, placeApps, reportCycles } from "./apps/build-apps.ts";
import { findManifests, readValuesFiles, type ValuesFiles } from "./apps/values-files.ts";
import { applyDefaults, defaultRepos, getDefaultApps } from "./defaults.ts";
import { findContradictions, listPlainHttpWarnings } from "./load/consistency.ts";
import {
  findSettingPlace,
  type Layer,
  listOverriddenSettings,
  mergeLayers,
  type Origin,
  readLayers,
} from "./load/layers.ts";
import { parseConfigFile } from "./load/monstack-file.ts";
import { findDashboards, findRuleFiles, readUserFiles } from "./load/named-files.ts";
import { combineSections, placeSetApps } from "./load/sections.ts";
import { type AppDir, readAppDir } from "./sbkube/folder.ts";
import type { AppConfig, AppValues, Config, Registries, RegistryAccess } from "./schema.ts";
import { readSetFlags, readSetInputs, type SetTexts } from "./set/lines.ts";
import { listSettingsInLines, parseSetLines } from "./set/settings-file.ts";
import type { ConfigOverrides, SettingName } from "./settings.ts";
import { fullTrust, type Trust } from "./trust/decide.ts";
import { createLimits } from "./trust/limits.ts";

/** A valid configuration, with the files that it was read from. */
export interface LoadedConfig {
  readonly config: Config;
  readonly warnings: readonly string[];
  readonly origins: Readonly<Record<SettingName | "repos", Origin>>;
  /** The values files that `config.apps` names, parsed. */
  readonly valuesFiles: ValuesFiles;
  /** The texts of monstack.yaml, the values files and every file that a setting names, by their absolute paths. */
  readonly texts: Readonly<Record<string, string>>;
  /** Absolute paths of the app directory's files, whose apps are below the key `apps` too. */
  readonly appDirFiles?: readonly string[];
  /** The limits for what the files may name, also for files that are read later. */
  readonly limits: Limits;
  /** The environment variables that the files may name. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Absolute. Messages show a path below it relative to it. */
  readonly cwd: string;
}

/**
 * Loads the configuration from the defaults, the file, the environment, the action's inputs and the CLI's flags. Each
 * of these overrides those before it.
 * @throws UserError that names every mistake with its place and what is expected
 */
export async function loadConfig(from: ConfigSources): Promise<LoadedConfig> {
  const texts: Record<string, string> = {};
  const sources = { ...from, readFile: storeReadTexts(from.readFile, texts) };
  const mistakes: Mistake[] = [];
  const warnings: string[] = [];
  const foundFile = await findConfigFile(sources, warnings);
  const shownAs = foundFile ? showPath(sources.cwd, foundFile.path) : "";
  const inputLines = readSetInputs(from.set ?? {}, mistakes);
  const flagLines = readSetFlags(from.set ?? {}, mistakes);
  const overriddenSettings = new Set([
    ...listOverriddenSettings(sources),
    ...listSettingsInLines([...inputLines, ...flagLines]),
  ]);
  const limits = createLimits(from.trust ?? fullTrust, from.workspace, overriddenSettings);
  const variables = limits.variables(sources.env);
  const env = from.fetches === false ? {} : { env: variables };
  const home = sources.env.HOME;
  const createContext = (folder: string): Context => ({ folder, home, ...env, limits });
  const file =
    foundFile &&
    parseConfigFile(foundFile.content, shownAs, createContext(dirname(foundFile.path)), mistakes);
  const inputContext: Context = { folder: sources.cwd, home, env: sources.env };
  const setContext: Context = from.fetches === false ? { folder: sources.cwd, home } : inputContext;
  const set = {
    input: parseSetLines(inputLines, setContext, mistakes),
    flag: parseSetLines(flagLines, setContext, mistakes),
  };
  const inputLayers = readLayers(sources, file, set, inputContext, mistakes);
  const appDirFolder = mergeLayers(inputLayers).merged["app-dir"];
  const appDir =
    appDirFolder === undefined
      ? undefined
      : await readAppDir(appDirFolder, { ...sources, contextOf: createContext }, mistakes, warnings);
  if (appDir === undefined && from.fetches !== false) warnings.push(...(await findUnreadAppDir(from)));
  const layers = appDir
    ? [
        { origin: "file" as const, settings: appDir.settings, label: createSettingLabeler(appDir) },
        ...inputLayers,
      ]
    : inputLayers;
  const { merged, origins } = mergeLayers(layers);
  if (appDir && merged.stack !== undefined) {
    const { where, path } = findSettingPlace("stack", layers, file, shownAs);
    warnings.push(
      `${where}${path && `: ${path}`} has no effect: the apps come from ${showPath(sources.cwd, appDir.folder)}`,
    );
  }
  if (merged["amtool-path"] !== undefined) {
    const { where, path } = findSettingPlace("amtool-path", layers, file, shownAs);
    warnings.push(
      `${where}${path && `: ${path}`} has no effect and can be removed: Alertmanager's own code judges its configuration`,
    );
  }
  const sections = combineSections(file, [set.input, set.flag], mistakes);
  const repos = { ...defaultRepos, ...appDir?.repos, ...sections.repos };
  const repoNames = Object.keys(repos);
  // An app directory is the whole stack.
  const baseApps = appDir
    ? addGlobalValues(buildApps({}, placeApps(appDir), repoNames, mistakes), appDir.globals)
    : getDefaultApps(merged.stack);
  const mainFiles = [
    ...(file ? [placeApps({ ...file, shownAs })] : []),
    ...[set.input, set.flag].flatMap(placeSetApps),
  ];
  const apps = mainFiles.reduce<Record<string, AppConfig>>(
    (lowerApps, mainFile) => buildApps(lowerApps, mainFile, repoNames, mistakes),
    { ...baseApps },
  );
  const files = [...(appDir ? [placeApps(appDir)] : []), ...mainFiles];
  reportCycles(apps, files, mistakes);
  if (appDir?.isValid && Object.keys(apps).length === 0) mistakes.push(createNoAppsMistake(appDir));
  const valuesFiles = await readValuesFiles(files, sources, mistakes, warnings);
  await findManifests(files, sources, mistakes);
  // The apps of an invalid file are unknown, so a selected one may be among them.
  const names = Object.keys({ ...apps, ...appDir?.apps, ...file?.apps });
  if (file?.isValid !== false && appDir?.isValid !== false) reportUnknownSelection(layers, names, mistakes);
  mistakes.push(...findContradictions(merged, (name) => findSettingPlace(name, layers, file, shownAs)));
  throwIfAny(mistakes);
  const rules = await findRuleFiles(merged.rules ?? [], sources, mistakes);
  const dashboards = await findDashboards(
    merged.dashboards ?? [],
    sources,
    (index) => findSettingPlace("dashboards", layers, file, shownAs, [index]),
    mistakes,
  );
  const config = applyDefaults({ ...merged, rules }, sources, {
    ...sections,
    repos,
    registries: mergeRegistries(appDir?.registries, sections.registries),
    apps,
    dashboards,
    file: foundFile?.path,
  });
  const configFile = file && { yaml: file.yaml, shownAs };
  await readUserFiles(config, { ...sources, file: configFile, limits }, mistakes);
  warnings.push(...listPlainHttpWarnings(config));
  throwIfAny(mistakes);
  const reposOrigin: Origin =
    Object.keys({ ...appDir?.repos, ...sections.repos }).length > 0 ? "file" : "default";
  return {
    config,
    warnings,
    origins: { ...origins, repos: reposOrigin },
    valuesFiles,
    texts,
    limits,
    variables,
    ...(appDir ? { appDirFiles: appDir.files } : {}),
    cwd: sources.cwd,
  };
}

/**
 * Returns the apps with the app directory's global values before the own values of each chart, which override them.
 */
function addGlobalValues(
  apps: Readonly<Record<string, AppConfig>>,
  globals: readonly AppValues[],
): Record<string, AppConfig> {
  return Object.fromEntries(
    Object.entries(apps).map(([name, app]) => {
      const values = app.source.kind === "chart" ? [...globals, ...app.values] : app.values;
      return [name, { ...app, values }];
    }),
  );
}

/** Returns the registries of both files by host: monstack.yaml overrides the app directory. */
function mergeRegistries(appDirRegistries: Registries = {}, fileRegistries: Registries = {}): Registries {
  const appDirEntries = Object.entries(appDirRegistries).map(
    ([host, { credentials }]): [string, RegistryAccess] => {
      const access = getOwnValue(fileRegistries, host);
      return [host, { ...access, credentials: access?.credentials ?? credentials }];
    },
  );
  return { ...fileRegistries, ...Object.fromEntries(appDirEntries) };
}

function createNoAppsMistake({ shownAs, yaml }: AppDir): Mistake {
  const problem = "there are no apps to deploy; expected at least one of type helm, yaml or kustomize";
  return { where: `${shownAs}:${yaml.keyAt(["apps"])}`, path: "apps", problem };
}

/** Returns a function that names a setting of the app directory in messages. */
function createSettingLabeler({ shownAs }: AppDir): (name: SettingName) => string {
  return (name) => `${shownAs}, ${name}`;
}

/** Returns a `readFile` that also stores each text by its path in `texts`. */
function storeReadTexts(
  readFile: ConfigSources["readFile"],
  texts: Record<string, string>,
): ConfigSources["readFile"] {
  return async (path) => {
    const text = await readFile(path);
    if (text !== undefined) texts[path] = text;
    return text;
  };
}

/** Reports each selected app that does not exist. */
function reportUnknownSelection(
  layers: readonly Layer[],
  names: readonly string[],
  mistakes: Mistake[],
): void {
  const layer = layers.findLast(({ settings }) => settings.apps !== undefined);
  for (const name of layer?.settings.apps ?? []) {
    if (names.includes(name)) continue;
    mistakes.push({
      where: layer?.label("apps") ?? "",
      path: "",
      problem: `there is no app ${name}; ${didYouMean(name, names)}`,
    });
  }
}

/** Everything that a configuration is read from. */
export interface ConfigSources {
  /** Absolute. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The path of the configuration file; undefined: monstack.yaml or monstack.yml in `cwd`, else in the app directory. */
  readonly file?: string | undefined;
  readonly inputs?: Partial<ConfigOverrides>;
  readonly flags?: Partial<ConfigOverrides>;
  /** Keys of the file that the input `set` and the flags `--set` override. */
  readonly set?: SetTexts | undefined;
  /** How far the files are trusted, as `decideTrust` returns it. Default: full. */
  readonly trust?: Trust;
  /** The folder that restricted files may read. */
  readonly workspace?: Workspace;
  /** False if nothing will be fetched: then variables for logins may be missing. Default: true. */
  readonly fetches?: boolean;
  /** Resolves with undefined if there is no such file. */
  readonly readFile: (path: string) => Promise<string | undefined>;
  /** Returns the names in a folder; empty if there is no such folder. Default: settings can't name folders and patterns. */
  readonly listFolder?: (path: string) => Promise<readonly string[]>;
}

/**
 * Returns a warning if the working folder is an app directory that nobody named: another stack than the user expects
 * would be deployed.
 */
async function findUnreadAppDir({ cwd, readFile }: ConfigSources): Promise<string[]> {
  const fileExists = async (name: string) =>
    (await readFile(resolve(cwd, name)).catch(() => undefined)) !== undefined;
  const [hasSbkubeFile, hasSources, hasConfig] = await Promise.all(
    ["sbkube.yaml", "sources.yaml", "config.yaml"].map(fileExists),
  );
  if (hasSbkubeFile) return ["sbkube.yaml is here and not read; --app-dir . takes it"];
  return hasSources && hasConfig
    ? ["sources.yaml and config.yaml are here and not read; --app-dir . takes them"]
    : [];
}

/**
 * Returns the configuration file that is named; else monstack.yaml or monstack.yml in the working folder, else in the
 * app directory. Undefined if there is none. Warns if there are two.
 * @throws UserError if the named file is missing, or a file can't be read
 */
async function findConfigFile(
  sources: ConfigSources,
  warnings: string[],
): Promise<{ path: string; content: string } | undefined> {
  const read = async (path: string) => {
    try {
      return await sources.readFile(path);
    } catch (error) {
      throw new UserError(`the configuration file ${path} can't be read: ${describeError(error)}`, {
        cause: error,
      });
    }
  };
  if (sources.file) {
    const path = resolve(sources.cwd, sources.file);
    const content = await read(path);
    if (content !== undefined) return { path, content };
    throw new UserError(`there is no configuration file ${path}`, {
      fix: "name one that exists, or none to get the defaults",
    });
  }
  const appDir = sources.flags?.["app-dir"] || sources.inputs?.["app-dir"];
  const folders = new Set([sources.cwd, ...(appDir ? [resolve(sources.cwd, appDir)] : [])]);
  const paths = [...folders].flatMap((folder) =>
    ["monstack.yaml", "monstack.yml"].map((name) => resolve(folder, name)),
  );
  const contents = await Promise.all(paths.map(async (path) => ({ path, content: await read(path) })));
  const [usedFile, ignoredFile] = contents.filter(
    (candidate): candidate is { path: string; content: string } => candidate.content !== undefined,
  );
  if (usedFile && ignoredFile)
    warnings.push(`${usedFile.path} is used; ${ignoredFile.path} is there too and is ignored`);
  return usedFile;
}
