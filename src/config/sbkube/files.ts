import { join } from "node:path";
import { type Mistake, showPath } from "../../yaml/mistakes.ts";
import type { Base } from "../../yaml/parsers.ts";
import type { AppsFile } from "../apps/build-apps.ts";
import { parseValues, readOrExplain } from "../apps/values-files.ts";
import type { AppInFile } from "../load/monstack-file.ts";
import type { AppValues } from "../schema.ts";
import type { Settings } from "../settings.ts";

/** What reading a folder needs. */
export interface From {
  readonly cwd: string;
  readonly base: (folder: string) => Base;
  readonly readFile: (path: string) => Promise<string | undefined>;
}

/** Values below those of every chart. */
export interface Globals {
  /** Absolute. */
  readonly file: string | undefined;
  /** Where it is named, as shown. */
  readonly at: string;
  readonly inline: Readonly<Record<string, unknown>> | undefined;
}

/** What stands in the settings themselves goes over the file that they name. */
export async function globalValues(
  { file, at, inline }: Globals,
  { cwd, readFile }: From,
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

/** sbkube also looks for values files in the folder `values`. */
export async function inValuesFolder(
  apps: AppsFile["apps"],
  folder: string,
  { readFile }: From,
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

/** Files that such a folder has by custom, and that no app names. */
export async function besides(
  folder: string,
  { cwd, readFile }: From,
  warnings: string[],
): Promise<Settings> {
  const there = async (name: string) => {
    const path = join(folder, name);
    return (await readFile(path).catch(() => undefined)) === undefined ? undefined : path;
  };
  const receivers = await there("alertmanager-config.yaml");
  const rules = await there("custom-rules.yaml");
  const tell = (path: string, setting: string) =>
    warnings.push(`${showPath(cwd, path)} is taken as ${setting}: it is there, and no app names it`);
  if (receivers !== undefined) tell(receivers, "alerting.config");
  if (rules !== undefined) tell(rules, "a file of rules");
  return {
    ...(receivers === undefined ? {} : { "alertmanager-config": { file: receivers } }),
    ...(rules === undefined ? {} : { rules: [rules] }),
  } as Settings;
}
