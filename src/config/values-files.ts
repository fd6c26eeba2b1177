import { messageOf } from "../host/errors.ts";
import type { ConfigFile } from "./file.ts";
import { type Mistake, shown, showPath } from "./mistakes.ts";
import { readYaml } from "./yaml.ts";

/** Values files by their absolute path, parsed. */
export type ValuesFiles = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Reads every values file that the configuration names. What is wrong goes to `mistakes`. */
export async function readValuesFiles(
  file: ConfigFile,
  from: { cwd: string; shownAs: string; readFile: (path: string) => Promise<string | undefined> },
  mistakes: Mistake[],
): Promise<ValuesFiles> {
  const found: Record<string, Record<string, unknown>> = {};
  for (const [name, app] of Object.entries(file.apps)) {
    for (const [index, source] of (app.values ?? []).entries()) {
      if (!("file" in source) || source.file in found) continue;
      const where = `${from.shownAs}:${file.yaml.valueAt(["apps", name, "values", index])}`;
      const complain = (problem: string) => mistakes.push({ where, path: `apps.${name}.values`, problem });
      const content = await readOrExplain(source.file, from.readFile, complain);
      if (content === undefined) continue;
      found[source.file] = parseValues(content, showPath(from.cwd, source.file), mistakes);
    }
  }
  return found;
}

async function readOrExplain(
  path: string,
  readFile: (path: string) => Promise<string | undefined>,
  complain: (problem: string) => void,
): Promise<string | undefined> {
  try {
    const content = await readFile(path);
    if (content === undefined) complain(`there is no values file ${path}`);
    return content;
  } catch (error) {
    complain(`the values file ${path} can't be read: ${messageOf(error)}`);
    return undefined;
  }
}

function parseValues(content: string, shownAs: string, mistakes: Mistake[]): Record<string, unknown> {
  const { data, errors, valueAt } = readYaml(content);
  mistakes.push(
    ...errors.map(({ position, problem }) => ({ where: `${shownAs}:${position}`, path: "", problem })),
  );
  if (errors.length > 0 || data === null || data === undefined) return {};
  if (typeof data === "object" && !Array.isArray(data)) return data as Record<string, unknown>;
  mistakes.push({
    where: `${shownAs}:${valueAt([])}`,
    path: "",
    problem: `${shown(data)} is not values for a chart; right would be a mapping`,
  });
  return {};
}
