import { basename, dirname, join, resolve } from "node:path";
import { listReferencedFiles } from "../../alerting/references.ts";
import { describeError } from "../../lib/errors.ts";
import { matchesGlob } from "../../lib/path.ts";
import { formatPath, type Mistake, showPath } from "../../yaml/mistakes.ts";
import type { Limits } from "../../yaml/primitives.ts";
import { readYaml, type YamlFile } from "../../yaml/read.ts";
import type { AskedDashboard, DashboardEntry } from "../dashboards.ts";
import type { Config } from "../schema.ts";
import { findRefusedReferences } from "../trust/limits.ts";

/** Functions that return the files which settings name. Their texts are in `LoadedConfig.texts`. */
const namedFiles: readonly ((config: Config) => readonly NamedFile[])[] = [
  listAlertmanagerFiles,
  listRuleFiles,
  listDashboardFiles,
  ({ monitors }) =>
    monitors.map((path, index) => ({ path, what: "file of monitors", at: ["monitors", index] as const })),
];

/**
 * Reads every file that a setting names, so that its text is stored. A missing or unreadable file goes to `mistakes`.
 */
export async function readUserFiles(
  config: Config,
  from: {
    readonly cwd: string;
    readonly readFile: (path: string) => Promise<string | undefined>;
    /** The configuration file, where there is one. */
    readonly file: { readonly yaml: YamlFile; readonly shownAs: string } | undefined;
    readonly limits: Limits;
  },
  mistakes: Mistake[],
): Promise<void> {
  for (const file of namedFiles.flatMap((files) => files(config))) await readNamedFile(file);

  async function readNamedFile({ path, what, at, optional, names, refused }: NamedFile): Promise<void> {
    const addMistake = (problem: string) => {
      if (optional) return;
      const fileWithSetting = from.file && hasPath(from.file.yaml.data, at) ? from.file : undefined;
      const where = fileWithSetting
        ? `${fileWithSetting.shownAs}:${fileWithSetting.yaml.valueAt(at)}`
        : at[0];
      mistakes.push({ where, path: fileWithSetting ? formatPath(at) : "", problem });
    };
    try {
      const text = await from.readFile(path);
      if (text === undefined) addMistake(`there is no ${what} ${showPath(from.cwd, path)}`);
      if (text === undefined) return;
      const refusedNames = refused?.(text, from.limits, showPath(from.cwd, path)) ?? [];
      mistakes.push(...refusedNames);
      // A file with references that it may not have is not followed further.
      for (const namedFile of refusedNames.length > 0 ? [] : (names?.(text) ?? []))
        await readNamedFile(namedFile);
    } catch (error) {
      addMistake(`the ${what} ${showPath(from.cwd, path)} can't be read: ${describeError(error)}`);
    }
  }
}

/** True if the data has a value at the path. */
function hasPath(data: unknown, path: readonly (string | number)[]): boolean {
  let node = data;
  for (const key of path) {
    if (typeof node !== "object" || node === null || !Object.hasOwn(node, key)) return false;
    node = (node as Record<string | number, unknown>)[key];
  }
  return true;
}

/** A file of the user's that a setting names, and whose text the plan needs. */
interface NamedFile {
  /** Absolute. */
  readonly path: string;
  /** The kind of file in messages: `rule file`. */
  readonly what: string;
  /** Key path in monstack.yaml, for example `["rules", 0]`. If a flag named the file, only the first key is used. */
  readonly at: readonly [string, ...(string | number)[]];
  /** True if a missing file is not a mistake here, because the code that uses the file reports it. */
  readonly optional?: boolean;
  /** Returns the files that its text names. */
  readonly names?: (text: string) => readonly NamedFile[];
  /** Returns a mistake for each name in its text that a file may not name. */
  readonly refused?: (text: string, limits: Limits, shownAs: string) => readonly Mistake[];
}

/** Returns the file of Alertmanager's configuration, and the files that hold its secrets. */
function listAlertmanagerFiles({ alerting, file }: Config): readonly NamedFile[] {
  const { config } = alerting;
  const at = ["alerting", "config"] as const;
  if (config === undefined) return [];
  const listSecretFiles = (text: string, folder: string): NamedFile[] =>
    listReferencedFiles(text).map((path) => ({
      path: resolve(folder, path),
      what: "file of a secret",
      at,
      optional: true,
    }));
  if ("inline" in config) return listSecretFiles(JSON.stringify(config.inline), dirname(file ?? "/"));
  const folder = dirname(config.file);
  return [
    {
      path: config.file,
      what: "configuration of Alertmanager",
      at,
      names: (text) => listSecretFiles(text, folder),
      refused: (text, limits, shownAs) => {
        const yaml = readYaml(text);
        return findRefusedReferences(yaml.data, { folder, limits }).map(({ path, message, params }) => ({
          where: `${shownAs}:${yaml.valueAt(path, params.character)}`,
          path: formatPath(path),
          problem: message,
        }));
      },
    },
  ];
}

function listRuleFiles({ rules }: Config): readonly NamedFile[] {
  return rules.map((path, index) => ({ path, what: "rule file", at: ["rules", index] }));
}

/**
 * Returns each rule file once, in the order of the setting; the files of a folder or a pattern sorted by name. A path
 * without files goes to `mistakes`.
 */
export async function findRuleFiles(
  paths: readonly string[],
  from: { readonly cwd: string; readonly listFolder?: (path: string) => Promise<readonly string[]> },
  mistakes: Mistake[],
): Promise<string[]> {
  const ruleFiles: string[] = [];
  for (const path of paths) {
    try {
      const files = await expandRulePath(path, from.listFolder ?? (async () => []));
      ruleFiles.push(...files);
      if (files.length === 0)
        mistakes.push({
          where: "rules",
          path: "",
          problem: `no rule file matches ${showPath(from.cwd, path)}`,
        });
    } catch (error) {
      mistakes.push({
        where: "rules",
        path: "",
        problem: `${showPath(from.cwd, path)} can't be read: ${describeError(error)}`,
      });
    }
  }
  return [...new Set(ruleFiles)];
}

const ruleFilePattern = /\.(ya?ml|rules)$/;

/**
 * Returns the files that a path of rules stands for: those that match its pattern, those in the folder, or the file
 * itself.
 */
async function expandRulePath(
  path: string,
  listFolder: (path: string) => Promise<readonly string[]>,
): Promise<string[]> {
  const name = basename(path);
  if (/[*?]/.test(name)) {
    const names = (await listFolder(dirname(path))).filter((fileName) => matchesGlob(name, fileName));
    return names.sort().map((fileName) => join(dirname(path), fileName));
  }
  const names = ruleFilePattern.test(name)
    ? []
    : (await listFolder(path)).filter((fileName) => ruleFilePattern.test(fileName));
  return names.length > 0 ? names.sort().map((fileName) => join(path, fileName)) : [path];
}

type ListFolder = (path: string) => Promise<readonly string[]>;

/** Limit of nested sub-folders. It also ends a link that leads back. */
const maximumDepth = 8;

/**
 * Returns each requested dashboard: a folder's files sorted by name, those of its sub-folders in Grafana's folders of
 * these names. A folder without dashboards goes to `mistakes`.
 */
export async function findDashboards(
  entries: readonly DashboardEntry[],
  from: { readonly cwd: string; readonly listFolder?: ListFolder },
  where: (index: number) => Pick<Mistake, "where" | "path">,
  mistakes: Mistake[],
): Promise<AskedDashboard[]> {
  const dashboards: AskedDashboard[] = [];
  for (const [index, { source, folder, inputs }] of entries.entries()) {
    if (source.kind !== "dir") {
      dashboards.push({ source, folder, inputs, index, isOneOfMany: false });
      continue;
    }
    const addMistake = (problem: string) => mistakes.push({ ...where(index), problem });
    try {
      const files = await findFilesBelow(source.path, from.listFolder ?? (async () => []));
      if (files.length === 0)
        addMistake(
          `there is no dashboard (a file NAME.json) in the folder ${showPath(from.cwd, source.path)}`,
        );
      for (const { path, below } of files)
        dashboards.push({
          source: { kind: "file", path },
          folder: below.length > 0 ? below.join(" - ") : folder,
          inputs,
          index,
          isOneOfMany: true,
        });
    } catch (error) {
      addMistake(`the folder ${showPath(from.cwd, source.path)} can't be read: ${describeError(error)}`);
    }
  }
  return dashboards;
}

interface FoundDashboard {
  readonly path: string;
  /** The names of the sub-folders on the way to the file. */
  readonly below: readonly string[];
}

/** Returns the JSON files in a folder and its sub-folders. */
async function findFilesBelow(
  path: string,
  listFolder: ListFolder,
  parentFolders: readonly string[] = [],
): Promise<FoundDashboard[]> {
  const names = (await listFolder(path)).filter((name) => !name.startsWith(".")).sort();
  const files = names
    .filter((name) => name.endsWith(".json"))
    .map((name) => ({ path: join(path, name), below: parentFolders }));
  if (parentFolders.length >= maximumDepth) return files;
  const filesOfSubfolders = names
    .filter((name) => !name.endsWith(".json"))
    .map((name) => findFilesBelow(join(path, name), ignoreNonFolders(listFolder), [...parentFolders, name]));
  return [...files, ...(await Promise.all(filesOfSubfolders)).flat()];
}

/** Returns a function that lists a file as an empty folder. */
function ignoreNonFolders(list: ListFolder): ListFolder {
  return (path) =>
    list(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOTDIR") return [];
      throw error;
    });
}

function listDashboardFiles({ dashboards }: Config): readonly NamedFile[] {
  return dashboards.flatMap(({ source, index }) =>
    source.kind === "file"
      ? [{ path: source.path, what: "dashboard", at: ["dashboards", index] as const }]
      : [],
  );
}
