import { join } from "node:path";
import { describeError } from "../../lib/errors.ts";
import { formatPath, formatValue, type Mistake, showPath } from "../../yaml/mistakes.ts";
import { readYaml, type YamlFile } from "../../yaml/read.ts";
import type { PlacedApps } from "./build-apps.ts";

/** Values files by their absolute path, parsed. */
export type ValuesFiles = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Returns every values file that the configuration names, parsed. Mistakes go to `mistakes`. */
export async function readValuesFiles(
  files: readonly PlacedApps[],
  from: { cwd: string; readFile: (path: string) => Promise<string | undefined> },
  mistakes: Mistake[],
  warnings: string[],
): Promise<ValuesFiles> {
  const parsedFiles: Record<string, Record<string, unknown>> = {};
  const apps = files.flatMap((file) => Object.entries(file.apps).map(([name, app]) => ({ file, name, app })));
  for (const { file, name, app } of apps) {
    for (const [index, source] of (app.values ?? []).entries()) {
      if (!("file" in source) || source.file in parsedFiles) continue;
      const where = file.placeOf(["apps", name, "values", index]);
      const addMistake = (problem: string) => mistakes.push({ where, path: `apps.${name}.values`, problem });
      const content = await readValuesFile(source.file, from.readFile, addMistake);
      if (content === undefined) continue;
      parsedFiles[source.file] = parseValues(content, showPath(from.cwd, source.file), mistakes, warnings);
    }
  }
  return parsedFiles;
}

/** Checks that every manifest and kustomization that an app names exists. A missing one goes to `mistakes`. */
export async function findManifests(
  files: readonly PlacedApps[],
  from: { cwd: string; readFile: (path: string) => Promise<string | undefined> },
  mistakes: Mistake[],
): Promise<void> {
  for (const file of files) {
    for (const [name, app] of Object.entries(file.apps)) {
      const checkExists = async (
        candidates: readonly string[],
        description: string,
        keyPath: readonly (string | number)[],
      ) => {
        const texts = await Promise.all(candidates.map((path) => from.readFile(path).catch(() => undefined)));
        if (texts.some((text) => text !== undefined)) return;
        const where = file.placeOf(["apps", name, ...keyPath]);
        mistakes.push({ where, path: `apps.${name}.${keyPath[0]}`, problem: `there is no ${description}` });
      };
      for (const [index, path] of (app.manifests ?? []).entries())
        await checkExists([path], `manifest ${showPath(from.cwd, path)}`, ["manifests", index]);
      if (app.kustomize === undefined) continue;
      const candidates = kustomizations.map((name) => join(app.kustomize ?? "", name));
      await checkExists(candidates, `${kustomizations[0]} in ${showPath(from.cwd, app.kustomize)}`, [
        file.words?.kustomize ?? "kustomize",
      ]);
    }
  }
}

/** File names of a kustomization, in kubectl's order. */
const kustomizations = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/**
 * Returns the text of a values file. If it is missing or can't be read, calls `reportProblem` and returns undefined.
 */
export async function readValuesFile(
  path: string,
  readFile: (path: string) => Promise<string | undefined>,
  reportProblem: (problem: string) => void,
): Promise<string | undefined> {
  try {
    const content = await readFile(path);
    if (content === undefined) reportProblem(`there is no values file ${path}`);
    return content;
  } catch (error) {
    reportProblem(`the values file ${path} can't be read: ${describeError(error)}`);
    return undefined;
  }
}

/**
 * Returns the values in a text. Errors go to `mistakes`: then, or if the text is empty, the values are empty. What
 * helm accepts but is probably not intended goes to `warnings`.
 */
export function parseValues(
  content: string,
  shownAs: string,
  mistakes: Mistake[],
  warnings: string[],
): Record<string, unknown> {
  const yaml = readYaml(content, { keysMayRepeat: true });
  const { data, errors, repeated, valueAt } = yaml;
  if (content.includes("{{")) warnings.push(...findUnfilledTemplates(yaml, shownAs));
  for (const { position, key } of repeated)
    warnings.push(
      `${shownAs}:${position}: the key ${key} is there twice; helm takes only the last one, so keep one of them`,
    );
  mistakes.push(
    ...errors.map(({ position, problem }) => ({ where: `${shownAs}:${position}`, path: "", problem })),
  );
  if (errors.length > 0 || data === null || data === undefined) return {};
  if (typeof data === "object" && !Array.isArray(data)) return data as Record<string, unknown>;
  mistakes.push({
    where: `${shownAs}:${valueAt([])}`,
    path: "",
    problem: `${formatValue(data)} is not values for a chart; expected a mapping`,
  });
  return {};
}

/**
 * Matches a value that is only `{{ retention }}` or `{{ retention | default('1d') }}`. Go's templates take a single
 * word for a function.
 */
const wordAlone = /^\{\{-? {0,9}([a-zA-Z_]\w{0,99}) {0,9}(?:\|[^{}]{0,200})?-?\}\}$/;
/** Words that can be alone in a template of helm's. */
const goWords = /^(?:end|else|nil|true|false|now|uuidv4)$/;
/** Keys in which Grafana itself fills in labels. */
const filledByGrafana = /^(?:legendFormat|alias|displayName|textFormat|titleFormat|tagKeys)$/;

/** Returns warnings about quoted values that are still templates of another tool, such as Jinja. */
function findUnfilledTemplates({ entries, valueAt }: YamlFile, shownAs: string): string[] {
  return entries().flatMap(({ path, scalar }) => {
    const text = typeof scalar?.value === "string" ? scalar.value.trim() : "";
    const word = wordAlone.exec(text)?.[1];
    if (word === undefined || goWords.test(word) || filledByGrafana.test(String(path.at(-1)))) return [];
    const problem = `${text} looks like a template of another tool, such as Jinja: helm has no function ${word}; expected the value itself, or the file after that tool has filled it in`;
    return [`${shownAs}:${valueAt(path)}: ${formatPath(path)}: ${problem}`];
  });
}
