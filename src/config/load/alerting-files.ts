import { basename, dirname, join, resolve } from "node:path";
import { fileReferences } from "../../alerting/references.ts";
import { messageOf } from "../../lib/errors.ts";
import { matchesGlob } from "../../lib/path.ts";
import { formatPath, type Mistake, showPath } from "../../yaml/mistakes.ts";
import { readYaml } from "../../yaml/read.ts";
import type { Config } from "../schema.ts";
import { refusedReferences } from "../trust/limits.ts";
import type { NamedFile } from "./named-files.ts";

/** Alertmanager's configuration, and the files that hold its secrets. */
export function alertmanagerFiles({ alerting, file }: Config): readonly NamedFile[] {
  const { config } = alerting;
  const at = ["alerting", "config"] as const;
  if (config === undefined) return [];
  const secretsIn = (text: string, folder: string): NamedFile[] =>
    fileReferences(text).map((path) => ({
      path: resolve(folder, path),
      what: "file of a secret",
      at,
      optional: true,
    }));
  if ("inline" in config) return secretsIn(JSON.stringify(config.inline), dirname(file ?? "/"));
  const folder = dirname(config.file);
  return [
    {
      path: config.file,
      what: "configuration of Alertmanager",
      at,
      names: (text) => secretsIn(text, folder),
      refused: (text, limits, shownAs) => {
        const yaml = readYaml(text);
        return refusedReferences(yaml.data, { folder, limits }).map(({ path, message, params }) => ({
          where: `${shownAs}:${yaml.valueAt(path, params.character)}`,
          path: formatPath(path),
          problem: message,
        }));
      },
    },
  ];
}

export function ruleFiles({ rules }: Config): readonly NamedFile[] {
  return rules.map((path, index) => ({ path, what: "rule file", at: ["rules", index] }));
}

/** Each file once, in the order in which they are named; those of a folder or a pattern by their names. */
export async function findRuleFiles(
  named: readonly string[],
  from: { readonly cwd: string; readonly listFolder?: (path: string) => Promise<readonly string[]> },
  mistakes: Mistake[],
): Promise<string[]> {
  const found: string[] = [];
  for (const path of named) {
    try {
      const files = await expand(path, from.listFolder ?? (async () => []));
      found.push(...files);
      if (files.length === 0)
        mistakes.push({
          where: "rules",
          path: "",
          problem: `there is no rule file that fits ${showPath(from.cwd, path)}`,
        });
    } catch (error) {
      mistakes.push({
        where: "rules",
        path: "",
        problem: `${showPath(from.cwd, path)} can't be read: ${messageOf(error)}`,
      });
    }
  }
  return [...new Set(found)];
}

const ruleFile = /\.(ya?ml|rules)$/;

async function expand(path: string, list: (path: string) => Promise<readonly string[]>): Promise<string[]> {
  const name = basename(path);
  if (/[*?]/.test(name)) {
    const names = (await list(dirname(path))).filter((one) => matchesGlob(name, one));
    return names.sort().map((one) => join(dirname(path), one));
  }
  const names = ruleFile.test(name) ? [] : (await list(path)).filter((one) => ruleFile.test(one));
  return names.length > 0 ? names.sort().map((one) => join(path, one)) : [path];
}
