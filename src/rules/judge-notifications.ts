import { matchesPath } from "../lib/glob.ts";
import { didYouMean, nearest } from "../lib/suggest.ts";
import type { Judge, TemplateText, UpstreamError } from "../upstream/types.ts";
import { judgedBy } from "./judge-alertmanager.ts";

type Path = readonly (string | number)[];

/** The template files that Alertmanager's pods will have. */
export interface NotificationTemplates {
  /** Absolute paths in the pod, with what the files hold. */
  readonly files: readonly TemplateText[];
  /** Others may be mounted that nobody knows yet. */
  readonly isComplete: boolean;
}

/** A template that can't be filled in: the notification is not sent, or arrives without its text. */
export interface TemplateFault {
  /** In Alertmanager's configuration; undefined: in a template file. */
  readonly path: Path | undefined;
  /** The template file it is about, and the line from 1. */
  readonly file?: string;
  readonly line?: number;
  readonly problem: string;
  /** Other alerts, or files that nobody knows yet, may make it right. */
  readonly isUncertain: boolean;
}

/** Tries each template of a configuration that Alertmanager accepts with sample alerts, by upstream's own code. */
export async function judgeNotifications(
  judge: Pick<Judge, "ask">,
  config: unknown,
  { files, isComplete }: NotificationTemplates,
): Promise<TemplateFault[]> {
  const text = JSON.stringify(config ?? {});
  if (!text.includes("{{") && files.length === 0) return [];
  const patterns = patternsIn(config);
  const loaded = files.filter(({ name }) => patterns.some((pattern) => matchesPath(pattern, name)));
  const [verdict] = await judge.ask("alertmanagerTemplates", [{ text, templates: loaded }]);
  const known = { files, loaded, isComplete };
  return unlike(verdict?.errors ?? []).map((error) => toFault(error, known));
}

/** Relative ones stand on the folder of the configuration. */
function patternsIn(config: unknown): string[] {
  const { templates } = (config ?? {}) as { templates?: unknown };
  if (!Array.isArray(templates)) return [];
  return templates.map(String).map((one) => (one.startsWith("/") ? one : `/etc/alertmanager/${one}`));
}

/** A fault in a template file is found by every field that uses it. */
function unlike(errors: readonly UpstreamError[]): UpstreamError[] {
  const seen = new Set<string>();
  return errors.filter(({ message, path, field, line }) => {
    const place = field ? `${field}:${line}` : JSON.stringify(path);
    const isNew = !seen.has(`${place} ${message}`);
    seen.add(`${place} ${message}`);
    return isNew;
  });
}

interface Known extends NotificationTemplates {
  readonly loaded: readonly TemplateText[];
}

function toFault(error: UpstreamError, known: Known): TemplateFault {
  const { message, path, field, line, template } = error;
  const place = { path: field ? undefined : path, ...(field ? { file: field, line: line ?? 1 } : {}) };
  if (template !== undefined && message.endsWith("not defined"))
    return { ...place, problem: undefinedIn(template, known), isUncertain: !known.isComplete };
  if (template !== undefined) {
    const problem = `the template ${template} is called without the dot, so that it gets no alerts; expected {{ template ${JSON.stringify(template)} . }}`;
    return { ...place, problem, isUncertain: false };
  }
  const effect = path === undefined ? "does not start with it" : "can't send notifications with it";
  return {
    ...place,
    problem: `${judgedBy} ${effect}: ${message.replace(/^executing "" /, "")}`,
    isUncertain: error.uncertain === true,
  };
}

function undefinedIn(name: string, { files, loaded }: Known): string {
  const effect = "the notification would not be sent, or without its text";
  const elsewhere = files.find((file) => !loaded.includes(file) && definedIn(file).includes(name));
  if (elsewhere)
    return `the template ${name} is defined in ${elsewhere.name}, which no pattern of \`templates\` loads: ${effect}; expected templates: ['${elsewhere.name.slice(0, elsewhere.name.lastIndexOf("/") + 1)}*.tmpl']`;
  const names = loaded.flatMap(definedIn);
  const hint = nearest(name, names) === undefined && names.length > 10 ? "" : `; ${didYouMean(name, names)}`;
  return `the template ${name} is not defined: ${effect}${names.length === 0 ? "; no template file defines any" : hint}`;
}

function definedIn({ text }: TemplateText): string[] {
  return [...text.matchAll(/\{\{-?\s*(?:define|block)\s+"([^"\n]{1,200})"/g)].map(([, name = ""]) => name);
}
