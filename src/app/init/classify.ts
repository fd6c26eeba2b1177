import { resolveReferences } from "../../alerting/references.ts";
import { isMapping, type Values } from "../../lib/object.ts";
import { parseDocuments } from "../../lib/yaml-text.ts";
import { operatorGroup } from "../../monitors/monitors.ts";

/** The apps of the default stacks whose values files can be recognized. */
export type ValuesOf = "prometheus" | "grafana" | "kube-prometheus-stack";

/** What a file is for monstack, and how it was recognized. */
export type FoundFile = { readonly file: string; readonly why: string } & (
  | { readonly kind: "rules" | "rule-tests" | "dashboard" | "monitors" | "manifests" | "unclear-values" }
  | { readonly kind: "values"; readonly of: ValuesOf }
  /** `variables`: the environment variables that it names as `${NAME}`. */
  | { readonly kind: "alertmanager"; readonly variables: readonly string[] }
  /** `names`: every text in its apps, the names of their files among them. */
  | { readonly kind: "sbkube"; readonly charts: readonly string[]; readonly names: readonly string[] }
);

/**
 * Returns what a file is; undefined if monstack has no use for it.
 * @param file path relative to the folder, with `/`
 */
export function classifyFile(file: string, text: string): FoundFile | undefined {
  if (file.endsWith(".json")) return classifyDashboard(file, text);
  const documents = readDocuments(text);
  const [data] = documents;
  if (data === undefined) return undefined;
  if (documents.every(({ apiVersion, kind }) => typeof apiVersion === "string" && typeof kind === "string"))
    return classifySbkube(file, data) ?? classifyObjects(file, documents);
  if (documents.length > 1) return undefined;
  return (
    classifySbkube(file, data) ??
    classifyRules(file, data) ??
    classifyAlertmanager(file, data) ??
    classifyValues(file, data)
  );
}

/** Returns the mappings in a YAML text; empty if it is not valid YAML, for example a template. */
function readDocuments(text: string): Values[] {
  const documents = parseDocuments(text).filter(({ contents }) => contents !== null);
  if (documents.some(({ errors }) => errors.length > 0)) return [];
  const data: unknown[] = documents.map((document) => document.toJS());
  return data.every(isMapping) ? data : [];
}

function classifyDashboard(file: string, text: string): FoundFile | undefined {
  try {
    const data: unknown = JSON.parse(text);
    if (!isMapping(data) || typeof data.title !== "string") return undefined;
    if (!Array.isArray(data.panels) && !Array.isArray(data.rows)) return undefined;
    return { kind: "dashboard", file, why: "JSON with a title and panels" };
  } catch {
    return undefined;
  }
}

function classifySbkube(file: string, { apps, apiVersion }: Values): FoundFile | undefined {
  const isSbkubeFile =
    /(^|\/)sbkube\.ya?ml$/.test(file) && (apiVersion === undefined || apiVersion === "sbkube/v1");
  const isOldFile = /(^|\/)config\.ya?ml$/.test(file) && isMapping(apps);
  if (!isSbkubeFile && !isOldFile) return undefined;
  const charts = Object.values(isMapping(apps) ? apps : {}).flatMap((app) =>
    isMapping(app) && typeof app.chart === "string" ? [app.chart] : [],
  );
  return { kind: "sbkube", file, charts, names: listTexts(apps), why: "sbkube's file of apps" };
}

/** Returns every text in some data, keys not included. */
function listTexts(data: unknown): string[] {
  if (typeof data === "string") return [data];
  return typeof data === "object" && data !== null ? Object.values(data).flatMap(listTexts) : [];
}

function classifyObjects(file: string, documents: readonly Values[]): FoundFile {
  const isOperators = documents.every(({ apiVersion }) => String(apiVersion).startsWith(`${operatorGroup}/`));
  const kinds = [...new Set(documents.map(({ kind }) => String(kind)))].join(", ");
  return { kind: isOperators ? "monitors" : "manifests", file, why: `Kubernetes objects: ${kinds}` };
}

function classifyRules(file: string, { groups, tests, rule_files }: Values): FoundFile | undefined {
  if (Array.isArray(tests) && Array.isArray(rule_files))
    return { kind: "rule-tests", file, why: "unit tests in promtool's format" };
  const isGroup = (group: unknown) => isMapping(group) && Array.isArray(group.rules);
  if (!Array.isArray(groups) || groups.length === 0 || !groups.every(isGroup)) return undefined;
  return { kind: "rules", file, why: "groups of Prometheus rules" };
}

function classifyAlertmanager(file: string, data: Values): FoundFile | undefined {
  const isReceiver = (receiver: unknown) => isMapping(receiver) && typeof receiver.name === "string";
  const { receivers } = data;
  if (!Array.isArray(receivers) || receivers.length === 0 || !receivers.every(isReceiver)) return undefined;
  const variables = resolveReferences(data, () => undefined)
    .missing.filter(({ kind }) => kind === "env")
    .map(({ name }) => name);
  return {
    kind: "alertmanager",
    file,
    variables: [...new Set(variables)],
    why: "receivers in Alertmanager's format",
  };
}

/** Returns a values file, by its name and by the keys that only one of the charts has. */
function classifyValues(file: string, data: Values): FoundFile | undefined {
  if (!/(^|[/._-])values([/._-]|$)/.test(file)) return undefined;
  const byName = (["kube-prometheus-stack", "grafana", "prometheus"] as const).find((name) =>
    file.includes(name),
  );
  if (byName !== undefined)
    return { kind: "values", of: byName, file, why: `a values file with ${byName} in its name` };
  const has = (key: string) => Object.hasOwn(data, key);
  const byKeys = [
    { of: "kube-prometheus-stack", keys: ["prometheusOperator", "prometheus"] },
    { of: "grafana", keys: ["grafana.ini", "adminPassword", "datasources"] },
    { of: "prometheus", keys: ["serverFiles", "server"] },
  ] as const;
  for (const { of, keys } of byKeys) {
    const key = keys.find(has);
    if (key !== undefined) return { kind: "values", of, file, why: `a values file with the key ${key}` };
  }
  return { kind: "unclear-values", file, why: "a values file of a chart that is not recognized" };
}
