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
  /** Values below those of every chart, the later over the earlier. */
  readonly globals: readonly AppValues[];
  /** Absolute; the same for the files. */
  readonly folder: string;
  readonly files: readonly string[];
  /** False if it has mistakes: which apps it would have is then unknown. */
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
  const read = createReader(from);
  const sbkubeFile = (await read(join(folder, "sbkube.yaml"))) ?? (await read(join(folder, "sbkube.yml")));
  const apps =
    sbkubeFile ?? (await read(join(folder, "config.yaml"))) ?? (await read(join(folder, "config.yml")));
  if (apps === undefined)
    throw new UserError(
      `${showPath(from.cwd, folder)} is not an app directory: it has neither sbkube.yaml nor config.yaml`,
      {
        fix: "name a folder that has one with --app-dir, or leave it out to get the default stack",
      },
    );
  const sources = sbkubeFile
    ? undefined
    : ((await read(join(folder, "sources.yaml"))) ?? (await read(join(dirname(folder), "sources.yaml"))));
  const mistakesBefore = mistakes.length;
  const parsed = parseAppDir(apps, sources, from.contextOf(folder), mistakes, warnings);
  const globals = await readGlobalValues(parsed.globals, from, mistakes, warnings);
  const customarySettings = await findCustomaryFiles(folder, from, warnings);
  return {
    repos: parsed.repos,
    registries: parsed.registries,
    globals,
    folder,
    files: [apps.path, ...(sources ? [sources.path] : [])],
    apps: await findInValuesFolder(parsed.apps, folder, from),
    settings: { ...customarySettings, ...parsed.settings },
    yaml: apps.yaml,
    shownAs: apps.shownAs,
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
  const isWhole = /sbkube\.ya?ml$/.test(file.path);
  const settingsFile = sources ?? file;
  const section = isWhole ? ["settings"] : [];
  const types = parseAppTypes(file, mistakes);
  const data = parseWith(createSbkubeFileSchema(types, isWhole, context), file.yaml, file.shownAs, mistakes);
  reportRefusedKeys(file, mistakes);
  const settings: SbkubeSettings =
    (sources === undefined
      ? data?.settings
      : parseWith(z.strictObject(createSettingSchemas(context)), sources.yaml, sources.shownAs, mistakes)) ??
    {};
  if (isWhole || sources !== undefined)
    warnAboutIgnoredKeys(settingsFile, section, ignoredSettings, warnings);
  warnAboutIgnoredKeys(file, [], ignoredKeys, warnings);
  const charts = settings.oci_registries ?? {};
  const logins = collectLogins(charts);
  const placeOf = (path: readonly string[]) => `${settingsFile.shownAs}:${settingsFile.yaml.valueAt(path)}`;
  for (const { name, host } of logins.contradicting) {
    const path = [...section, "oci_registries", name];
    const problem = `${host} has another login above; a registry is logged in to once`;
    mistakes.push({ where: placeOf(path), path: formatPath(path), problem });
  }
  const apps = convertApps({
    apps: data?.apps ?? {},
    types,
    registries: new Map(Object.entries(charts).map(([name, { url }]) => [name, url])),
    warn: (path, text) =>
      warnings.push(`${file.shownAs}:${file.yaml.valueAt(path)}: ${formatPath(path)}: ${text}`),
  });
  const timeouts = [settings.timeout, findLongestChainMs(apps)].filter((one) => one !== undefined);
  return {
    apps,
    repos: settings.helm_repos ?? {},
    registries: logins.registries,
    globals: {
      file: settings.cluster_values_file,
      at: placeOf([...section, "cluster_values_file"]),
      inline: settings.global_values,
    },
    settings: {
      // sbkube's own default.
      namespace: data?.namespace ?? settings.namespace ?? "default",
      // Never less than without any of them.
      ...(timeouts.length === 0 ? {} : { "deploy-timeout": Math.max(300_000, ...timeouts) }),
    },
  };
}

type SbkubeSettings = z.infer<z.ZodObject<ReturnType<typeof createSettingSchemas>>>;

/** The parts of sbkube.yaml or config.yaml that are read. */
interface SbkubeFile {
  readonly apps?: Readonly<Record<string, SbkubeApp>> | null | undefined;
  /** In sbkube.yaml. */
  readonly settings?: SbkubeSettings | null | undefined;
  /** In config.yaml. */
  readonly namespace?: string | undefined;
}

/**
 * Returns the schema of the main file of an app directory.
 * @param isWhole true if the file is sbkube.yaml, which contains the settings too
 */
function createSbkubeFileSchema(
  types: ReadonlyMap<string, AppType | undefined>,
  isWhole: boolean,
  context: Context,
): z.ZodType<SbkubeFile> {
  const shape = createSettingSchemas(context);
  const anything = z.unknown().optional();
  const apps = [...types].map(([name, type]) => [
    name,
    type ? createSbkubeAppSchema(type, context) : z.unknown(),
  ]);
  const top = isWhole
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
    ...top,
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
    // An app that is switched off needs no way to be deployed.
    const isOff = readPath(app, ["enabled"]) === false && isRefusedType(given);
    const parsed = parseData(appType, isOff ? "noop" : given);
    types.set(name, "value" in parsed ? parsed.value : undefined);
    if ("value" in parsed) continue;
    const where = `${file.shownAs}:${file.yaml.valueAt(["apps", name, "type"])}`;
    mistakes.push({ where, path: `apps.${name}.type`, problem: parsed.problems[0]?.message ?? "" });
  }
  return types;
}
