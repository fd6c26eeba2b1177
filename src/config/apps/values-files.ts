import { join } from "node:path";
import { describeError } from "../../lib/errors.ts";
import { formatPath, formatValue, type Mistake, showPath } from "../../yaml/mistakes.ts";
import { readYaml, type YamlFile } from "../../yaml/read.ts";
import type { AppsFile } from "./build-apps.ts";

/** Values files by their absolute path, parsed. */
export type ValuesFiles = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Reads every values file that the configuration names. What is wrong goes to `mistakes`. */
export async function readValuesFiles(
  named: readonly AppsFile[],
  from: { cwd: string; readFile: (path: string) => Promise<string | undefined> },
  mistakes: Mistake[],
  warnings: string[],
): Promise<ValuesFiles> {
  const found: Record<string, Record<string, unknown>> = {};
  const all = named.flatMap((file) => Object.entries(file.apps).map(([name, app]) => ({ file, name, app })));
  for (const { file, name, app } of all) {
    for (const [index, source] of (app.values ?? []).entries()) {
      if (!("file" in source) || source.file in found) continue;
      const where = `${file.shownAs}:${file.yaml.valueAt(["apps", name, "values", index])}`;
      const complain = (problem: string) => mistakes.push({ where, path: `apps.${name}.values`, problem });
      const content = await readValuesFile(source.file, from.readFile, complain);
      if (content === undefined) continue;
      found[source.file] = parseValues(content, showPath(from.cwd, source.file), mistakes, warnings);
    }
  }
  return found;
}

/** Looks for every manifest and kustomization that an app names. What isn't there goes to `mistakes`. */
export async function findManifests(
  named: readonly AppsFile[],
  from: { cwd: string; readFile: (path: string) => Promise<string | undefined> },
  mistakes: Mistake[],
): Promise<void> {
  for (const file of named) {
    for (const [name, app] of Object.entries(file.apps)) {
      const look = async (candidates: readonly string[], what: string, at: readonly (string | number)[]) => {
        const found = await Promise.all(candidates.map((path) => from.readFile(path).catch(() => undefined)));
        if (found.some((text) => text !== undefined)) return;
        const where = `${file.shownAs}:${file.yaml.valueAt(["apps", name, ...at])}`;
        mistakes.push({ where, path: `apps.${name}.${at[0]}`, problem: `there is no ${what}` });
      };
      for (const [index, path] of (app.manifests ?? []).entries())
        await look([path], `manifest ${showPath(from.cwd, path)}`, ["manifests", index]);
      if (app.kustomize === undefined) continue;
      const inside = kustomizations.map((one) => join(app.kustomize ?? "", one));
      await look(inside, `${kustomizations[0]} in ${showPath(from.cwd, app.kustomize)}`, [
        file.words?.kustomize ?? "kustomize",
      ]);
    }
  }
}

/** As kubectl looks for them. */
const kustomizations = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/** Undefined when it can't be read, which `complain` has heard. */
export async function readValuesFile(
  path: string,
  readFile: (path: string) => Promise<string | undefined>,
  complain: (problem: string) => void,
): Promise<string | undefined> {
  try {
    const content = await readFile(path);
    if (content === undefined) complain(`there is no values file ${path}`);
    return content;
  } catch (error) {
    complain(`the values file ${path} can't be read: ${describeError(error)}`);
    return undefined;
  }
}

/** What a text holds as values; what is wrong goes to `mistakes`, and what helm takes though it is odd to `warnings`. */
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

/** `{{ retention }}` or `{{ retention | default('1d') }}` and no more: to Go's templates a word alone is a function. */
const wordAlone = /^\{\{-? {0,9}([a-zA-Z_]\w{0,99}) {0,9}(?:\|[^{}]{0,200})?-?\}\}$/;
/** What can stand alone in a template of helm's. */
const goWords = /^(?:end|else|nil|true|false|now|uuidv4)$/;
/** Grafana fills in labels there. */
const filledByGrafana = /^(?:legendFormat|alias|displayName|textFormat|titleFormat|tagKeys)$/;

/** Values in quotes that a template of Jinja's should have become. */
function findUnfilledTemplates({ entries, valueAt }: YamlFile, shownAs: string): string[] {
  return entries().flatMap(({ path, scalar }) => {
    const text = typeof scalar?.value === "string" ? scalar.value.trim() : "";
    const word = wordAlone.exec(text)?.[1];
    if (word === undefined || goWords.test(word) || filledByGrafana.test(String(path.at(-1)))) return [];
    const problem = `${text} looks like a template of another tool, such as Jinja: helm has no function ${word}; expected the value itself, or the file after that tool has filled it in`;
    return [`${shownAs}:${valueAt(path)}: ${formatPath(path)}: ${problem}`];
  });
}
