import { dirname, join } from "node:path";
import * as z from "zod";
import { describeError, UserError } from "../../lib/errors.ts";
import { isMapping } from "../../lib/object.ts";
import { formatPath, type Mistake, parseData, parseWith, readPath, showPath } from "../../yaml/mistakes.ts";
import { type Context, createTextSchema } from "../../yaml/primitives.ts";
import { readYaml } from "../../yaml/read.ts";
import type { AppsFile } from "../apps/build-apps.ts";
import type { AppValues, Registries, Repo } from "../schema.ts";
import type { Settings } from "../settings.ts";
import {
  type AppDirSources,
  convertApps,
  findCustomaryFiles,
  findInValuesFolder,
  findLongestChainMs,
  type Globals,
  readGlobalValues,
} from "./apps.ts";
import {
  type AppDirFile,
  ignoredKeys,
  ignoredSettings,
  refusedShape,
  reportRefusedKeys,
  warnAboutIgnoredKeys,
} from "./ignored-keys.ts";
import { collectLogins } from "./oci-registries.ts";
import {
  type AppType,
  appType,
  createSbkubeAppSchema,
  createSettingSchemas,
  isRefusedType,
  makeOptional,
  type SbkubeApp,
} from "./schema.ts";

/** The content of an app directory of sbkube, in the format of monstack.yaml. */
export interface AppDir extends AppsFile {
  readonly settings: Settings;
  readonly repos: Readonly<Record<string, Repo>>;
  /** The logins of `oci_registries`. */
  readonly registries: Registries;
  /** Values that every chart gets. Later ones override earlier ones, and a chart's own values override all of them. */
  readonly globals: readonly AppValues[];
  /** The folder and the files have absolute paths. */
  readonly folder: string;
  readonly files: readonly string[];
  /** False if it has mistakes: then some of its apps may be unknown. */
  readonly isValid: boolean;
}

/**
 * Reads an app directory in the format of sbkube 0.11: sbkube.yaml, or the older config.yaml with sources.yaml.
 * Mistakes go to `mistakes`, keys without effect to `warnings`.
 * @throws UserError if there is neither, or a file can't be read
 */
export async function readAppDir(
  folder: string,
  from: AppDirSources,
  mistakes: Mistake[],
  warnings: string[],
): Promise<AppDir> {
  const readYamlFile = createReader(from);
  const sbkubeFile =
    (await readYamlFile(join(folder, "sbkube.yaml"))) ?? (await readYamlFile(join(folder, "sbkube.yml")));
  const appsFile =
    sbkubeFile ??
    (await readYamlFile(join(folder, "config.yaml"))) ??
    (await readYamlFile(join(folder, "config.yml")));
  if (appsFile === undefined)
    throw new UserError(
      `${showPath(from.cwd, folder)} is not an app directory: it has neither sbkube.yaml nor config.yaml`,
      {
        fix: "name a folder that has one with --app-dir, or leave it out to get the default stack",
      },
    );
  const sources = sbkubeFile
    ? undefined
    : ((await readYamlFile(join(folder, "sources.yaml"))) ??
      (await readYamlFile(join(dirname(folder), "sources.yaml"))));
  const mistakesBefore = mistakes.length;
  const parsed = parseAppDir(appsFile, sources, from.contextOf(folder), mistakes, warnings);
  const globals = await readGlobalValues(parsed.globals, from, mistakes, warnings);
  const customarySettings = await findCustomaryFiles(folder, from, warnings);
  return {
    repos: parsed.repos,
    registries: parsed.registries,
    globals,
    folder,
    files: [appsFile.path, ...(sources ? [sources.path] : [])],
    apps: await findInValuesFolder(parsed.apps, folder, from),
    settings: { ...customarySettings, ...parsed.settings },
    yaml: appsFile.yaml,
    shownAs: appsFile.shownAs,
    words: { kustomize: "path", repos: "helm_repos" },
    isValid: mistakes.length === mistakesBefore,
  };
}

/**
 * Returns a function that reads and parses a file; it returns undefined if there is no such file.
 * @throws UserError if a file can't be read
 */
function createReader({ cwd, readFile }: AppDirSources) {
  return async (path: string): Promise<AppDirFile | undefined> => {
    const shownAs = showPath(cwd, path);
    const text = await readFile(path).catch((cause: unknown) => {
      throw new UserError(`${shownAs} can't be read: ${describeError(cause)}`, { cause });
    });
    return text === undefined ? undefined : { path, shownAs, yaml: readYaml(text) };
  };
}

const apiVersion = createTextSchema("the format's name, which is sbkube/v1", /^sbkube\/v1$/);

/** Converts the files of an app directory to apps, repositories, registries and settings. */
function parseAppDir(
  file: AppDirFile,
  sources: AppDirFile | undefined,
  context: Context,
  mistakes: Mistake[],
  warnings: string[],
): Pick<AppDir, "apps" | "repos" | "registries" | "settings"> & { readonly globals: Globals } {
  const isSbkubeFile = /sbkube\.ya?ml$/.test(file.path);
  const settingsFile = sources ?? file;
  const section = isSbkubeFile ? ["settings"] : [];
  const types = parseAppTypes(file, mistakes);
  const data = parseWith(
    createSbkubeFileSchema(types, isSbkubeFile, context),
    file.yaml,
    file.shownAs,
    mistakes,
  );
  reportRefusedKeys(file, mistakes);
  const settings: SbkubeSettings =
    (sources === undefined
      ? data?.settings
      : parseWith(z.strictObject(createSettingSchemas(context)), sources.yaml, sources.shownAs, mistakes)) ??
    {};
  if (isSbkubeFile || sources !== undefined)
    warnAboutIgnoredKeys(settingsFile, section, ignoredSettings, warnings);
  warnAboutIgnoredKeys(file, [], ignoredKeys, warnings);
  const ociRegistries = settings.oci_registries ?? {};
  const logins = collectLogins(ociRegistries);
  const findPlace = (path: readonly string[]) => `${settingsFile.shownAs}:${settingsFile.yaml.valueAt(path)}`;
  for (const { name, host } of logins.contradicting) {
    const path = [...section, "oci_registries", name];
    const problem = `${host} has another login above; a registry is logged in to once`;
    mistakes.push({ where: findPlace(path), path: formatPath(path), problem });
  }
  const apps = convertApps({
    apps: data?.apps ?? {},
    types,
    registries: new Map(Object.entries(ociRegistries).map(([name, { url }]) => [name, url])),
    warn: (path, text) =>
      warnings.push(`${file.shownAs}:${file.yaml.valueAt(path)}: ${formatPath(path)}: ${text}`),
  });
  const timeouts = [settings.timeout, findLongestChainMs(apps)].filter(
    (milliseconds) => milliseconds !== undefined,
  );
  return {
    apps,
    repos: settings.helm_repos ?? {},
    registries: logins.registries,
    globals: {
      file: settings.cluster_values_file,
      at: findPlace([...section, "cluster_values_file"]),
      inline: settings.global_values,
    },
    settings: {
      // sbkube's own default.
      namespace: data?.namespace ?? settings.namespace ?? "default",
      // Not less than the default.
      ...(timeouts.length === 0 ? {} : { "deploy-timeout": Math.max(300_000, ...timeouts) }),
    },
  };
}

type SbkubeSettings = z.infer<z.ZodObject<ReturnType<typeof createSettingSchemas>>>;

/** The parts of sbkube.yaml or config.yaml that are read. */
interface SbkubeFile {
  readonly apps?: Readonly<Record<string, SbkubeApp>> | null | undefined;
  /** Only sbkube.yaml has this key. */
  readonly settings?: SbkubeSettings | null | undefined;
  /** Only config.yaml has this key. */
  readonly namespace?: string | undefined;
}

/**
 * Returns the schema of the main file of an app directory.
 * @param isSbkubeFile true if the file is sbkube.yaml, which contains the settings too
 */
function createSbkubeFileSchema(
  types: ReadonlyMap<string, AppType | undefined>,
  isSbkubeFile: boolean,
  context: Context,
): z.ZodType<SbkubeFile> {
  const shape = createSettingSchemas(context);
  const anything = z.unknown().optional();
  const apps = [...types].map(([name, type]) => [
    name,
    type ? createSbkubeAppSchema(type, context) : z.unknown(),
  ]);
  const topKeys = isSbkubeFile
    ? {
        apiVersion: makeOptional(apiVersion),
        metadata: anything,
        settings: z.strictObject(shape).nullish(),
      }
    : {
        namespace: shape.namespace,
        cluster: anything,
        global_labels: anything,
        global_annotations: anything,
      };
  const file = z.strictObject({
    ...topKeys,
    apps: z.strictObject(Object.fromEntries(apps)).nullish(),
    deps: anything,
    ...refusedShape,
  });
  return file as z.ZodType<SbkubeFile>;
}

/** Returns each app's type; undefined for an app with an invalid type, which goes to `mistakes`. */
function parseAppTypes(file: AppDirFile, mistakes: Mistake[]): Map<string, AppType | undefined> {
  const types = new Map<string, AppType | undefined>();
  const apps = readPath(file.yaml.data, ["apps"]);
  if (!isMapping(apps)) return types;
  for (const [name, app] of Object.entries(apps)) {
    const given = readPath(app, ["type"]) || "helm";
    // A disabled app is not deployed, so an unsupported type is not a mistake: it counts as a noop.
    const isDisabled = readPath(app, ["enabled"]) === false && isRefusedType(given);
    const parsed = parseData(appType, isDisabled ? "noop" : given);
    types.set(name, "value" in parsed ? parsed.value : undefined);
    if ("value" in parsed) continue;
    const where = `${file.shownAs}:${file.yaml.valueAt(["apps", name, "type"])}`;
    mistakes.push({ where, path: `apps.${name}.type`, problem: parsed.problems[0]?.message ?? "" });
  }
  return types;
}
