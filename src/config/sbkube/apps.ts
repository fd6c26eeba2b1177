import { join } from "node:path";
import { type Mistake, showPath } from "../../yaml/mistakes.ts";
import type { Context } from "../../yaml/primitives.ts";
import type { AppInFile } from "../apps/app-schema.ts";
import type { AppsFile } from "../apps/build-apps.ts";
import { parseValues, readValuesFile } from "../apps/values-files.ts";
import type { AppValues } from "../schema.ts";
import type { Settings } from "../settings.ts";
import type { AppType, SbkubeApp } from "./schema.ts";

type Dependency = NonNullable<AppInFile["depends_on"]>[number];

interface SbkubeApps {
  readonly apps: Readonly<Record<string, SbkubeApp>>;
  /** The type of each app; undefined if it is invalid. `parseAppTypes` has already reported that mistake. */
  readonly types: ReadonlyMap<string, AppType | undefined>;
  /** The URL (`oci://...`) of each registry, by its name. */
  readonly registries: ReadonlyMap<string, string>;
  readonly warn: (path: readonly (string | number)[], text: string) => void;
}

/** Returns the apps that are deployed, in the format of monstack.yaml. */
export function convertApps(all: SbkubeApps): Record<string, AppInFile> {
  const deployedApps = Object.entries(all.apps).filter(([name]) => isDeployed(all, name));
  return Object.fromEntries(
    deployedApps.map(([name, { app, atomic }]) => {
      if (atomic === false)
        all.warn(
          ["apps", name, "atomic"],
          "a failed run is taken down whole all the same, unless --keep is given",
        );
      if (app.chart !== undefined && Object.keys(app.annotations ?? {}).length > 0)
        all.warn(
          ["apps", name, "annotations"],
          "sbkube sets those of a chart's app nowhere, nor does monstack",
        );
      const depends_on = listDependencies(all, name);
      const [repo = "", ...chartPath] = (app.chart ?? "").split("/");
      const registry = all.registries.get(repo);
      const chart = registry === undefined ? app.chart : `${registry}/${chartPath.join("/")}`;
      return [name, { ...app, ...(chart === undefined ? {} : { chart }), depends_on }];
    }),
  );
}

/** True if the app has a valid type and is not a noop. */
function isDeployed({ types }: SbkubeApps, name: string): boolean {
  const type = types.get(name);
  return type !== undefined && type !== "noop";
}

/**
 * Returns the apps that an app waits for. A noop app is replaced by its own dependencies. As in sbkube, a disabled
 * app is not waited for, and one with `wait: false` only until it is applied.
 */
function listDependencies(all: SbkubeApps, name: string): Dependency[] {
  const dependencies = new Map<string, Dependency>();
  const visitedNames = new Set<string>();
  const addDependenciesOf = (appName: string) => {
    if (visitedNames.has(appName)) return;
    visitedNames.add(appName);
    for (const [index, entry] of (all.apps[appName]?.app.depends_on ?? []).entries()) {
      const dependency = Object.hasOwn(all.apps, entry.app) ? all.apps[entry.app] : undefined;
      // The invalid type is reported already. A mistake about this dependency would only confuse.
      if (dependency !== undefined && all.types.get(entry.app) === undefined) continue;
      if (all.types.get(entry.app) === "noop") addDependenciesOf(entry.app);
      else if (dependency?.app.enabled !== false)
        dependencies.set(entry.app, dependency?.wait === false ? { ...entry, until: "applied" } : entry);
      else if (appName === name && all.apps[name]?.app.enabled !== false)
        all.warn(["apps", appName, "depends_on", index], `${entry.app} is switched off, and not waited for`);
    }
  };
  addDependenciesOf(name);
  return [...dependencies.values()];
}

/**
 * Returns the longest time in milliseconds that a chain of dependent apps may take by their own timeouts; undefined
 * if no app has a timeout. A shorter timeout for all apps together would interrupt the chain.
 */
export function findLongestChainMs(apps: Readonly<Record<string, AppInFile>>): number | undefined {
  if (Object.values(apps).every(({ timeout }) => timeout === undefined)) return undefined;
  const chainMsByName = new Map<string, number>();
  const computeChainMs = (name: string, visited: readonly string[]): number => {
    const app = Object.hasOwn(apps, name) ? apps[name] : undefined;
    // `reportCycles` reports a circle.
    if (app === undefined || visited.includes(name)) return 0;
    const cachedMs = chainMsByName.get(name);
    if (cachedMs !== undefined) return cachedMs;
    const dependencyTimes = (app.depends_on ?? []).map((dependency) =>
      computeChainMs(dependency.app, [...visited, name]),
    );
    const total = (app.timeout ?? 0) + Math.max(0, ...dependencyTimes);
    chainMsByName.set(name, total);
    return total;
  };
  return Math.max(...Object.keys(apps).map((name) => computeChainMs(name, [])));
}

/** The functions and folders with which an app directory is read. */
export interface AppDirSources {
  readonly cwd: string;
  readonly contextOf: (folder: string) => Context;
  readonly readFile: (path: string) => Promise<string | undefined>;
}

/** Values that every chart gets. The chart's own values override them. */
export interface Globals {
  /** Absolute. */
  readonly file: string | undefined;
  /** The place of the file's name: `app/sbkube.yaml:3:5`. */
  readonly at: string;
  readonly inline: Readonly<Record<string, unknown>> | undefined;
}

/** Reads the global values. Those in the settings themselves override the file that the settings name. */
export async function readGlobalValues(
  { file, at, inline }: Globals,
  { cwd, readFile }: AppDirSources,
  mistakes: Mistake[],
  warnings: string[],
): Promise<AppValues[]> {
  const globalValues: AppValues[] = [];
  if (file !== undefined) {
    const content = await readValuesFile(file, readFile, (problem) =>
      mistakes.push({ where: at, path: "cluster_values_file", problem }),
    );
    if (content !== undefined)
      globalValues.push({ inline: parseValues(content, showPath(cwd, file), mistakes, warnings) });
  }
  if (inline !== undefined) globalValues.push({ inline: { ...inline } });
  return globalValues;
}

/** Returns the apps with their values files resolved as in sbkube, which also looks in the folder `values`. */
export async function findInValuesFolder(
  apps: AppsFile["apps"],
  folder: string,
  { readFile }: AppDirSources,
): Promise<AppsFile["apps"]> {
  const fileExists = async (path: string) => (await readFile(path).catch(() => undefined)) !== undefined;
  const findFile = async (path: string) => {
    const pathInValues = join(folder, "values", path.slice(folder.length + 1));
    return path.startsWith(`${folder}/`) && !(await fileExists(path)) && (await fileExists(pathInValues))
      ? pathInValues
      : path;
  };
  const resolvedApps = Object.entries(apps).map(async ([name, app]): Promise<[string, AppInFile]> => {
    if (app.values === undefined) return [name, app];
    const values = await Promise.all(
      app.values.map(async (source) => ("file" in source ? { file: await findFile(source.file) } : source)),
    );
    return [name, { ...app, values }];
  });
  return Object.fromEntries(await Promise.all(resolvedApps));
}

/** Returns the settings for files that an app directory has by convention and that no app names. */
export async function findCustomaryFiles(
  folder: string,
  { cwd, readFile }: AppDirSources,
  warnings: string[],
): Promise<Settings> {
  const findExisting = async (name: string) => {
    const path = join(folder, name);
    return (await readFile(path).catch(() => undefined)) === undefined ? undefined : path;
  };
  const receivers = await findExisting("alertmanager-config.yaml");
  const rules = await findExisting("custom-rules.yaml");
  const warn = (path: string, setting: string) =>
    warnings.push(`${showPath(cwd, path)} is taken as ${setting}: it is there, and no app names it`);
  if (receivers !== undefined) warn(receivers, "alerting.config");
  if (rules !== undefined) warn(rules, "a file of rules");
  return {
    ...(receivers === undefined ? {} : { "alertmanager-config": { file: receivers } }),
    ...(rules === undefined ? {} : { rules: [rules] }),
  } as Settings;
}
