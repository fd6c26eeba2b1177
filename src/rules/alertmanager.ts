import { isMapping } from "../lib/object.ts";
import { matchesPath } from "../lib/path.ts";
import { didYouMean, findNearestWord } from "../lib/suggest.ts";
import { judgedBy as versions } from "../upstream/judge.ts";
import type { Judge, TemplateText, UpstreamError } from "../upstream/protocol.ts";
import { isNewer } from "./alertmanager-versions.ts";

type Path = readonly (string | number)[];

/** A mistake in Alertmanager's configuration with which Alertmanager does not start. */
export interface ConfigFault {
  /** The place of the mistake: keys, and indices from 0. */
  readonly path: Path;
  readonly problem: string;
  /** True if Alertmanager doesn't know the key. Then the key is wrong, not its value. */
  readonly isUnknownKey: boolean;
  /** The expected type, if the value is a text instead. */
  readonly wanted?: "number" | "boolean";
}

/** Name and version of the Alertmanager whose code checks configurations. */
export const judgedBy = `Alertmanager ${versions.alertmanager}`;

/** True if the deployed version is newer than the version whose code checks: it may know more keys. */
export function isNewerThanJudge(version: string | undefined): boolean {
  return version !== undefined && isNewer(version, versions.alertmanager);
}

/** Returns the faults for which upstream's own code refuses a configuration as it would be deployed. */
export async function judgeAlertmanager(
  judge: Pick<Judge, "ask">,
  config: unknown,
  features: readonly string[] = [],
): Promise<ConfigFault[]> {
  // JSON is YAML in which a text is never read as a number or a boolean.
  const [verdict] = await judge.ask("alertmanager", [{ text: JSON.stringify(config ?? {}), features }]);
  return (verdict?.errors ?? []).map((error) => createFault(error, config));
}

/** Converts upstream's error to a fault with its path and an explanation. */
function createFault(error: UpstreamError, config: unknown): ConfigFault {
  const { message, path = [], known = [] } = error;
  const key = /^field (.+) not found in type /.exec(message)?.[1];
  if (key !== undefined) {
    const problem = `the key ${key} is not known to ${judgedBy}; ${didYouMean(key, known)}`;
    return { path, problem, isUnknownKey: true };
  }
  const [, foundTag = "", type = ""] =
    /^cannot unmarshal !!(\w+) (?:`[\s\S]*` )?into (\S+)$/.exec(message) ?? [];
  if (type === "") return { path, problem: explainMessage(message, config), isUnknownKey: false };
  const wantedType = describeWantedType(type, foundTag);
  const problem = `expected ${wantedType}, found ${foundTypeNames[foundTag] ?? "something else"}; ${judgedBy} refuses it`;
  const plainType = wantedType.includes("number")
    ? "number"
    : wantedType === booleanName
      ? "boolean"
      : undefined;
  return {
    path,
    problem,
    isUnknownKey: false,
    ...(foundTag === "str" && plainType ? { wanted: plainType } : {}),
  };
}

const booleanName = "true or false";

const foundTypeNames: Readonly<Record<string, string>> = {
  str: "a text",
  int: "another number",
  float: "another number",
  bool: booleanName,
  seq: "a list",
  map: "a mapping",
  null: "nothing",
};

/**
 * Returns the name of an expected Go type for messages. A type of Alertmanager's own is usually a mapping. If a
 * mapping was found, the type must be another one: a text.
 */
function describeWantedType(type: string, foundTag: string): string {
  if (type === "bool") return booleanName;
  if (type === "time.Duration") return "a duration, for example 30s or 5m";
  if (/^uint\d*$/.test(type)) return "a whole number from 0";
  if (/^int\d*$/.test(type)) return "a whole number";
  if (type.startsWith("float")) return "a number";
  if (type.startsWith("[]")) return "a list";
  if (foundTag === "seq" && !type.startsWith("map[") && type !== "string")
    return "a single value or a mapping";
  return type === "string" || foundTag === "map" ? "a text" : "a mapping";
}

/**
 * Returns the problem of an error: with suggestions for an undefined receiver or time interval, else with upstream's
 * message.
 */
function explainMessage(message: string, config: unknown): string {
  const [, subject = "", quotedName = ""] =
    /^undefined (receiver|time interval) ("[\s\S]*") used in route$/.exec(message) ?? [];
  if (subject === "") return `${judgedBy} refuses it: ${message}`;
  const name = unquote(quotedName);
  // mute_time_intervals is the older key, which Alertmanager still reads.
  const sections = subject === "receiver" ? ["receivers"] : ["time_intervals", "mute_time_intervals"];
  return `no ${subject} is called ${name}; ${didYouMean(name, listDefinedNames(config, sections))} (${judgedBy} refuses it)`;
}

/** Returns the text in quotes of Go; the text between the quotes if it is not valid JSON. */
function unquote(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text.slice(1, -1);
  }
}

/**
 * Returns the `name` of each entry in some sections of Alertmanager's configuration.
 * @param sections keys of lists at the top of the configuration: `receivers`
 */
function listDefinedNames(config: unknown, sections: readonly string[]): string[] {
  if (!isMapping(config)) return [];
  const entries = sections.flatMap((section) => (Array.isArray(config[section]) ? config[section] : []));
  return entries.flatMap((entry: unknown) =>
    isMapping(entry) && entry["name"] ? [String(entry["name"])] : [],
  );
}

/** The template files that Alertmanager's pods will have. */
export interface NotificationTemplates {
  /** The files' absolute paths in the pod, and their contents. */
  readonly files: readonly TemplateText[];
  /** False if further files may be mounted that are not known yet. */
  readonly isComplete: boolean;
}

/** A template that can't be filled in: the notification is not sent, or arrives without its text. */
export interface TemplateFault {
  /** Key path in Alertmanager's configuration; undefined if the fault is in a template file. */
  readonly path: Path | undefined;
  /** The template file with the fault, and its line from 1. */
  readonly file?: string;
  readonly line?: number;
  readonly problem: string;
  /** True if the template may work with other alerts, or with files that are not known yet. */
  readonly isUncertain: boolean;
}

/** Tests each template of an accepted configuration with sample alerts, by upstream's own code. Returns the faults. */
export async function judgeNotifications(
  judge: Pick<Judge, "ask">,
  config: unknown,
  { files, isComplete }: NotificationTemplates,
): Promise<TemplateFault[]> {
  const text = JSON.stringify(config ?? {});
  if (!text.includes("{{") && files.length === 0) return [];
  const patterns = listTemplatePatterns(config);
  const loadedFiles = files.filter(({ name }) => patterns.some((pattern) => matchesPath(pattern, name)));
  const [verdict] = await judge.ask("alertmanagerTemplates", [{ text, templates: loadedFiles }]);
  const templateFiles = { files, loaded: loadedFiles, isComplete };
  return removeRepeatedErrors(verdict?.errors ?? []).map((error) =>
    createTemplateFault(error, templateFiles),
  );
}

/** Returns the absolute patterns of template files. Relative patterns start at the configuration's folder. */
function listTemplatePatterns(config: unknown): string[] {
  const { templates } = (config ?? {}) as { templates?: unknown };
  if (!Array.isArray(templates)) return [];
  return templates
    .map(String)
    .map((pattern) => (pattern.startsWith("/") ? pattern : `/etc/alertmanager/${pattern}`));
}

/** Removes repeated errors. Every field that uses a faulty template file reports the same error. */
function removeRepeatedErrors(errors: readonly UpstreamError[]): UpstreamError[] {
  const reported = new Set<string>();
  return errors.filter(({ message, path, field, line }) => {
    const place = field ? `${field}:${line}` : JSON.stringify(path);
    const isNew = !reported.has(`${place} ${message}`);
    reported.add(`${place} ${message}`);
    return isNew;
  });
}

interface TemplateFiles extends NotificationTemplates {
  /** The files that a pattern of `templates` matches. */
  readonly loaded: readonly TemplateText[];
}

/** Converts upstream's error about a template to a fault with its place and an explanation. */
function createTemplateFault(error: UpstreamError, templateFiles: TemplateFiles): TemplateFault {
  const { message, path, field, line, template } = error;
  const place = { path: field ? undefined : path, ...(field ? { file: field, line: line ?? 1 } : {}) };
  if (template !== undefined && message.endsWith("not defined"))
    return {
      ...place,
      problem: explainUndefined(template, templateFiles),
      isUncertain: !templateFiles.isComplete,
    };
  if (template !== undefined) {
    const problem = `the template ${template} is called without the dot, so that it gets no alerts; expected {{ template ${JSON.stringify(template)} . }}`;
    return { ...place, problem, isUncertain: false };
  }
  // Alertmanager reads all template files when it starts, and the other templates only for a notification.
  const effect = path === undefined ? "does not start with it" : "can't send notifications with it";
  return {
    ...place,
    problem: `${judgedBy} ${effect}: ${message.replace(/^executing "" /, "")}`,
    isUncertain: error.uncertain === true,
  };
}

/** More template names than these would not help the reader of a message. */
const maximumListedNames = 10;

/**
 * Returns the problem of an undefined template: the file that defines it but is not loaded, else similar names. Many
 * names without a similar one are not listed.
 */
function explainUndefined(name: string, { files, loaded }: TemplateFiles): string {
  const effect = "the notification would not be sent, or without its text";
  const elsewhere = files.find((file) => !loaded.includes(file) && listDefinedTemplates(file).includes(name));
  if (elsewhere)
    return `the template ${name} is defined in ${elsewhere.name}, which no pattern of \`templates\` loads: ${effect}; expected templates: ['${elsewhere.name.slice(0, elsewhere.name.lastIndexOf("/") + 1)}*.tmpl']`;
  const names = loaded.flatMap(listDefinedTemplates);
  const hint =
    findNearestWord(name, names) === undefined && names.length > maximumListedNames
      ? ""
      : `; ${didYouMean(name, names)}`;
  return `the template ${name} is not defined: ${effect}${names.length === 0 ? "; no template file defines any" : hint}`;
}

/** Returns the names of the templates that a file defines. */
function listDefinedTemplates({ text }: TemplateText): string[] {
  return [...text.matchAll(/\{\{-?\s*(?:define|block)\s+"([^"\n]{1,200})"/g)].map(([, name = ""]) => name);
}
