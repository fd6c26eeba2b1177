import { z } from "zod";
import { ruleGroup } from "../alerting/own-alerts.ts";
import { describeError } from "../lib/errors.ts";
import { isMapping } from "../lib/object.ts";
import { matchesGlob } from "../lib/path.ts";
import { parseYaml } from "../lib/yaml-text.ts";
import { findDeployedPrometheus, hasLegacyNames } from "../model/prometheus-server.ts";
import { listFiles, type RenderedApp, type RenderedFile } from "../model/rendered.ts";
import { listPrometheusFiles } from "../model/rendered-rules.ts";
import type { Judge } from "../upstream/protocol.ts";
import {
  isNewerThanJudge,
  judgeAlertmanager,
  judgeNotifications,
  type NotificationTemplates,
} from "./alertmanager.ts";
import { findDeployedAlertmanager } from "./alertmanager-versions.ts";
import type { Complain, FileMistake } from "./check-rendered.ts";
import { createRuleFile, judgeRuleTexts, type RuleText } from "./rule-errors.ts";

/** Returns the mistakes for which Alertmanager's own code refuses the configurations that the charts render. */
export async function judgeRenderedAlertmanager(
  judge: Pick<Judge, "ask">,
  rendered: readonly RenderedApp[],
): Promise<FileMistake[]> {
  const mistakes = rendered.flatMap((app) =>
    findAlertmanagerFiles(app).map((file) => judgeFile(judge, app, file)),
  );
  return (await Promise.all(mistakes)).flat();
}

/**
 * Returns the mistakes in one rendered configuration of Alertmanager. Templates are tested only if the configuration is
 * valid.
 */
async function judgeFile(
  judge: Pick<Judge, "ask">,
  app: RenderedApp,
  file: RenderedFile,
): Promise<FileMistake[]> {
  const mistakes: [path: readonly (string | number)[], problem: string][] = [];
  const syntaxMistakes = lintFile(app, file, () => undefined);
  if (syntaxMistakes.length > 0) return syntaxMistakes;
  const content = parseYaml(file.content, { logLevel: "error", merge: true });
  const version = findDeployedAlertmanager([app]);
  // A deployed Alertmanager that is newer than the checking code may know the key.
  for (const { path, problem, isUnknownKey } of await judgeAlertmanager(judge, content))
    if (!isUnknownKey || !isNewerThanJudge(version)) mistakes.push([path, problem]);
  if (mistakes.length === 0)
    for (const fault of await judgeNotifications(judge, content, findTemplatesBeside(app, file)))
      if (!fault.isUncertain)
        mistakes.push([
          fault.path ?? [],
          `${fault.file ? `${fault.file}, line ${fault.line}: ` : ""}${fault.problem}`,
        ]);
  return lintFile(app, file, (_, complain) => {
    for (const [path, problem] of mistakes) complain(path, problem);
  });
}

/**
 * Returns the files in the same ConfigMap or Secret, which are mounted beside the configuration. Other template files may
 * be mounted as well.
 */
function findTemplatesBeside(app: RenderedApp, { object, content }: RenderedFile): NotificationTemplates {
  const patterns =
    z.looseObject({ templates: z.array(z.string()).nullish() }).safeParse(parseFile(content)).data
      ?.templates ?? [];
  const files = listFiles([app]).filter((file) => file.object === object && !/\.ya?ml$/.test(file.key));
  const folders = patterns.map((pattern) => pattern.slice(0, pattern.lastIndexOf("/") + 1));
  return {
    files: files.map(({ key, content: text }) => ({
      name: `${folders[0] ?? "/etc/alertmanager/"}${key}`,
      text,
    })),
    isComplete: false,
  };
}

/** Returns the rule files that Prometheus loads: those that `rule_files` of the prometheus.yml beside them names. */
export function findRuleFiles(app: RenderedApp): RenderedFile[] {
  const files = listPrometheusFiles([app]);
  const patterns = files
    .filter(({ key }) => /prometheus\.ya?ml$/.test(key))
    .flatMap(({ content }) => ruleFilesSchema.safeParse(parseFile(content)).data?.rule_files ?? [])
    .map((pattern) => pattern.split("/").at(-1) ?? "");
  return files.filter(
    ({ key }) => !/prometheus\.ya?ml$/.test(key) && patterns.some((pattern) => matchesGlob(pattern, key)),
  );
}

const ruleFilesSchema = z.looseObject({ rule_files: z.array(z.string()).nullish() });

/** Returns the rendered files that are Alertmanager's configuration. */
function findAlertmanagerFiles(app: RenderedApp): RenderedFile[] {
  return listFiles([app]).filter(
    ({ object, key }) => /^alertmanager\.ya?ml$/.test(key) && belongsToAlertmanager(object),
  );
}

function belongsToAlertmanager({ metadata }: RenderedFile["object"]): boolean {
  const name = metadata.labels?.["app.kubernetes.io/name"] ?? "";
  return /alertmanager/.test(`${name} ${metadata.name}`);
}

/** Parses a rendered file and returns the mistakes that the linter reports, or that it is not valid YAML. */
function lintFile(
  app: RenderedApp,
  { object, key, content }: RenderedFile,
  lint: (parsed: unknown, complain: Complain) => void,
): FileMistake[] {
  const file = formatFileName({ object, key });
  try {
    const parsed: unknown = parseYaml(content, { logLevel: "error", merge: true });
    return collectMistakes(app, file, parsed, (complain) => lint(parsed, complain));
  } catch (error) {
    return [
      { app: app.app.name, file, part: "", problem: `bad YAML: ${describeError(error)}`, path: [], content },
    ];
  }
}

/** Returns a file's name for a message: `alerting_rules.yml of ConfigMap monitoring/prometheus-server`. */
function formatFileName({ object, key }: Pick<RenderedFile, "object" | "key">): string {
  return `${key} of ${object.kind} ${object.metadata.namespace}/${object.metadata.name}`;
}

/** Returns a file's content; undefined if it is not valid YAML, which another check reports. */
function parseFile(content: string): unknown {
  try {
    return parseYaml(content, { logLevel: "error", merge: true });
  } catch {
    return undefined;
  }
}

/** Runs a linter and returns what it reports as mistakes in this file. */
function collectMistakes(
  { app }: RenderedApp,
  file: string,
  content: unknown,
  lint: (complain: Complain) => void,
): FileMistake[] {
  const mistakes: FileMistake[] = [];
  lint((path, problem, character) => {
    mistakes.push({
      app: app.name,
      file,
      part: describePart(content, path),
      problem,
      path,
      character,
      content,
    });
  });
  return mistakes;
}

/** Returns the names of the parts that a path leads through: `group custom, rule HighPodMemory`, `receiver slack`. */
function describePart(content: unknown, path: readonly (string | number)[]): string {
  const names: string[] = [];
  let node = content;
  for (const [index, step] of path.entries()) {
    node = (node as Record<string | number, unknown> | null | undefined)?.[step];
    if (typeof step !== "number") continue;
    const { name, alert, record } = (node ?? {}) as Record<string, unknown>;
    const kind = { groups: "group", rules: "rule", receivers: "receiver" }[String(path[index - 1])];
    if (kind) names.push(`${kind} ${name ?? alert ?? record ?? step + 1}`);
  }
  return names.join(", ");
}

interface RenderedRules extends RuleText {
  readonly app: string;
  readonly file: string;
  /** The parsed content of the file or of the object's spec. */
  readonly content: unknown;
}

/**
 * Returns the mistakes for which Prometheus would refuse the rendered rule files and PrometheusRules. Files that
 * Prometheus does not load are not judged.
 */
export async function judgeRenderedRules(
  judge: Pick<Judge, "ask">,
  rendered: readonly RenderedApp[],
): Promise<FileMistake[]> {
  const files = rendered.flatMap(readRules).filter(({ data }) => !isOwnOrEmpty(data));
  const deployed = findDeployedPrometheus(rendered);
  const judgedFiles = await judgeRuleTexts(judge, files, {
    features: deployed.features,
    legacyNames: hasLegacyNames(deployed),
    prometheus2: hasLegacyNames(deployed),
  });
  return files.flatMap(({ app, file, data, content }, index) =>
    (judgedFiles[index] ?? []).map(({ path, problem, character }) => ({
      app,
      file,
      part: describePart(data, path),
      problem,
      path,
      character,
      content,
    })),
  );
}

/**
 * True if a rendered file is empty or has only monstack's own rules. Then the judge is not needed, which takes a
 * second to start.
 */
function isOwnOrEmpty(data: unknown): boolean {
  if (!isMapping(data)) return data === null;
  const { groups = [], ...rest } = data;
  if (Object.keys(rest).length > 0 || !Array.isArray(groups)) return false;
  return groups.every((group: unknown) => isMapping(group) && group["name"] === ruleGroup.name);
}

/** Returns the rule files and PrometheusRules that an app deploys. */
function readRules(app: RenderedApp): RenderedRules[] {
  const { name } = app.app;
  const files = findRuleFiles(app).map((file) => {
    const { content: text } = file;
    const data = parseFile(text);
    return { app: name, file: formatFileName(file), text, data, content: data ?? text };
  });
  const resources = app.objects
    .filter(({ kind }) => kind === "PrometheusRule")
    .map(({ spec, metadata }) => ({
      app: name,
      file: `PrometheusRule ${metadata.namespace}/${metadata.name}`,
      ...createRuleFile(spec),
      content: spec,
    }));
  return [...files, ...resources];
}
