import { messageOf } from "../../lib/errors.ts";
import { formatPath, type Mistake, showPath } from "../../yaml/mistakes.ts";
import type { Limits } from "../../yaml/primitives.ts";
import type { YamlFile } from "../../yaml/read.ts";
import type { Config } from "../schema.ts";
import { alertmanagerFiles, ruleFiles } from "./alerting-files.ts";
import { dashboardFiles } from "./dashboard-files.ts";

/** The files that each family of settings names; their texts are in `LoadedConfig.texts`. */
export const namedFiles: readonly ((config: Config) => readonly NamedFile[])[] = [
  alertmanagerFiles,
  ruleFiles,
  dashboardFiles,
  ({ monitors }) =>
    monitors.map((path, index) => ({ path, what: "file of monitors", at: ["monitors", index] as const })),
];

/** Reads every file that a setting names. One that isn't there, or can't be read, goes to `mistakes`. */
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
  for (const file of namedFiles.flatMap((files) => files(config))) await readOne(file);

  async function readOne({ path, what, at, optional, names, refused }: NamedFile): Promise<void> {
    const complain = (problem: string) => {
      if (optional) return;
      const inFile = from.file && stands(from.file.yaml.data, at) ? from.file : undefined;
      const where = inFile ? `${inFile.shownAs}:${inFile.yaml.valueAt(at)}` : at[0];
      mistakes.push({ where, path: inFile ? formatPath(at) : "", problem });
    };
    try {
      const text = await from.readFile(path);
      if (text === undefined) complain(`there is no ${what} ${showPath(from.cwd, path)}`);
      if (text === undefined) return;
      const mistaken = refused?.(text, from.limits, showPath(from.cwd, path)) ?? [];
      mistakes.push(...mistaken);
      // What it may not name is not even read.
      for (const named of mistaken.length > 0 ? [] : (names?.(text) ?? [])) await readOne(named);
    } catch (error) {
      complain(`the ${what} ${showPath(from.cwd, path)} can't be read: ${messageOf(error)}`);
    }
  }
}

function stands(data: unknown, path: readonly (string | number)[]): boolean {
  let node = data;
  for (const key of path) {
    if (typeof node !== "object" || node === null || !Object.hasOwn(node, key)) return false;
    node = (node as Record<string | number, unknown>)[key];
  }
  return true;
}

/** A file of the user's that a setting names, and whose text the plan needs. */
export interface NamedFile {
  /** Absolute. */
  readonly path: string;
  /** What it is, for messages: `rule file`. */
  readonly what: string;
  /** Key path in monstack.yaml, for example `["rules", 0]`; where a flag named it, only the first part is used. */
  readonly at: readonly [string, ...(string | number)[]];
  /** Whoever uses it says when it isn't there. */
  readonly optional?: boolean;
  /** The files that its text names. */
  readonly names?: (text: string) => readonly NamedFile[];
  /** What its text names and may not. */
  readonly refused?: (text: string, limits: Limits, shownAs: string) => readonly Mistake[];
}
