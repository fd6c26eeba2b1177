import { join } from "node:path";
import { type Mistake, showPath } from "../../yaml/mistakes.ts";
import type { Context } from "../../yaml/primitives.ts";
import type { AppInFile } from "../apps/app-schema.ts";
import type { AppsFile } from "../apps/build-apps.ts";
import { parseValues, readOrExplain } from "../apps/values-files.ts";
import type { AppValues } from "../schema.ts";
import type { Settings } from "../settings.ts";

/** Where an app directory is read from. */
export interface Sources {
  readonly cwd: string;
  readonly contextOf: (folder: string) => Context;
  readonly readFile: (path: string) => Promise<string | undefined>;
}

/** Values that every chart gets, below its own. */
export interface Globals {
  /** Absolute. */
  readonly file: string | undefined;
  /** Where the file is named: `app/sbkube.yaml:3:5`. */
  readonly at: string;
  readonly inline: Readonly<Record<string, unknown>> | undefined;
}

/** Reads the global values. Those in the settings themselves override the file that the settings name. */
export async function readGlobalValues(
  { file, at, inline }: Globals,
  { cwd, readFile }: Sources,
  mistakes: Mistake[],
  warnings: string[],
): Promise<AppValues[]> {
  const found: AppValues[] = [];
  if (file !== undefined) {
    const content = await readOrExplain(file, readFile, (problem) =>
      mistakes.push({ where: at, path: "cluster_values_file", problem }),
    );
    if (content !== undefined)
      found.push({ inline: parseValues(content, showPath(cwd, file), mistakes, warnings) });
  }
  if (inline !== undefined) found.push({ inline: { ...inline } });
  return found;
}

/** Resolves values files as sbkube does, which also looks in the folder `values`. */
export async function findInValuesFolder(
  apps: AppsFile["apps"],
  folder: string,
  { readFile }: Sources,
): Promise<AppsFile["apps"]> {
  const isThere = async (path: string) => (await readFile(path).catch(() => undefined)) !== undefined;
  const find = async (path: string) => {
    const inside = join(folder, "values", path.slice(folder.length + 1));
    return path.startsWith(`${folder}/`) && !(await isThere(path)) && (await isThere(inside)) ? inside : path;
  };
  const each = Object.entries(apps).map(async ([name, app]): Promise<[string, AppInFile]> => {
    if (app.values === undefined) return [name, app];
    const values = await Promise.all(
      app.values.map(async (one) => ("file" in one ? { file: await find(one.file) } : one)),
    );
    return [name, { ...app, values }];
  });
  return Object.fromEntries(await Promise.all(each));
}

/** Finds files that such a folder has by custom, and that no app names. */
export async function findCustomaryFiles(
  folder: string,
  { cwd, readFile }: Sources,
  warnings: string[],
): Promise<Settings> {
  const there = async (name: string) => {
    const path = join(folder, name);
    return (await readFile(path).catch(() => undefined)) === undefined ? undefined : path;
  };
  const receivers = await there("alertmanager-config.yaml");
  const rules = await there("custom-rules.yaml");
  const warn = (path: string, setting: string) =>
    warnings.push(`${showPath(cwd, path)} is taken as ${setting}: it is there, and no app names it`);
  if (receivers !== undefined) warn(receivers, "alerting.config");
  if (rules !== undefined) warn(rules, "a file of rules");
  return {
    ...(receivers === undefined ? {} : { "alertmanager-config": { file: receivers } }),
    ...(rules === undefined ? {} : { rules: [rules] }),
  } as Settings;
}
