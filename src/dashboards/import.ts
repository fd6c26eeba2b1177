import { isTooDeep, mostLevels } from "../lib/object.ts";
import { type Datasource, readDashboard } from "./dashboard.ts";
import { canFillInput, fillInputs, findDatasource, listInputNames } from "./inputs.ts";
import {
  detectSourceLanguages,
  guessTypeFromName,
  isSameType,
  type Language,
  prometheusTypes,
} from "./languages.ts";
import { findUnanswered } from "./unanswered.ts";

type Model = Record<string, unknown>;

export interface ImportOptions {
  /** By the names of inputs, or of datasources that the dashboard names. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Names in `inputs` that the dashboard doesn't have are allowed. */
  readonly mayNameOthers: boolean;
  /** What Grafana will have; empty when that is not known. */
  readonly datasources: readonly Datasource[];
  /** Of one that has none, or none that Grafana takes. */
  readonly fallbackUid: string;
}

/** A dashboard as Grafana can be given it in a file. */
export interface Imported {
  readonly model: Model;
  readonly uid: string;
  readonly title: string;
  readonly panels: number;
  /** Names that `inputs` can have: its inputs, and the datasources that it names. */
  readonly inputs: readonly string[];
  /** What was made of it that its author did not write, in sentences. */
  readonly changes: readonly string[];
  /** What it asks that this Grafana cannot answer, in sentences. */
  readonly unanswered: readonly string[];
}

/**
 * Does what Grafana's own import does, and Grafana leaves out for files: fills in inputs and removes what is only for the export.
 * Library panels that came along become panels. Datasources of another Grafana become this one's, where there is only one
 * that it can be. Pure.
 */
export function importDashboard(
  file: unknown,
  options: ImportOptions,
): Imported | { readonly problems: readonly string[] } {
  if (isTooDeep(file)) return { problems: [`it is nested deeper than ${mostLevels} levels`] };
  const exported = removeEnvelope(file);
  const { inputs } = options;
  const filling = fillInputs(exported, inputs, options.datasources);
  const known = listKnownInputs(exported);
  const problems = [...filling.problems, ...(options.mayNameOthers ? [] : findUnknownInputs(inputs, known))];
  if (problems.length > 0) return { problems };
  const changes = new Set<string>();
  const { __inputs: _, __requires: __, __elements: elements, id: ___, ...rest } = exported;
  const filled = insertLibraryPanels(rest, elements, (node) => fillTexts(node, filling.values));
  const spoken = detectSourceLanguages(filled);
  const model = replaceSources(filled, (ref) =>
    resolveReference(ref, { ...options, spoken }, changes),
  ) as Model;
  const uid =
    typeof model["uid"] === "string" && /^[\w-]{1,40}$/.test(model["uid"]) ? model["uid"] : undefined;
  model["uid"] = uid ?? options.fallbackUid;
  const read = readDashboard(model);
  if ("problem" in read) return { problems: [read.problem] };
  const { title, panels, unfilled } = read.dashboard;
  if (title.trim() === "") return { problems: ["it has no title"] };
  if (panels.length === 0) return { problems: ["it has no panels"] };
  if (unfilled.length > 0) return { problems: [`${unfilled.join(", ")} was not filled in`] };
  return {
    model,
    uid: String(model["uid"]),
    title,
    panels: panels.length,
    inputs: known,
    changes: [...changes],
    unanswered: findUnanswered(model, { datasources: options.datasources, given: Object.values(inputs) }),
  };
}

/** Grafana's API gives a dashboard out with what it knows about it around it. */
export function removeEnvelope(file: unknown): Model {
  const outer = file as Model;
  const isResource = typeof outer["apiVersion"] === "string";
  const inner = outer["dashboard"] ?? (isResource ? outer["spec"] : undefined);
  const isInside = typeof inner === "object" && inner !== null && !("panels" in outer) && !("rows" in outer);
  if (!isInside) return outer;
  // A resource's name is the dashboard's uid.
  const uid = isResource ? (outer["metadata"] as Model | undefined)?.["name"] : undefined;
  return uid === undefined ? (inner as Model) : { uid, ...(inner as Model) };
}

function listKnownInputs(model: Model): string[] {
  const names = new Set(listInputNames(model));
  replaceSources(model, (ref) => {
    const name = typeof ref === "string" ? ref : ref?.uid;
    if (name !== undefined && !isBuiltInSource(name)) names.add(name);
    return ref;
  });
  return [...names];
}

function findUnknownInputs(given: ImportOptions["inputs"], known: readonly string[]): string[] {
  const unknown = Object.keys(given).filter((name) => !known.includes(name));
  if (unknown.length === 0) return [];
  return [`it has no input ${unknown.join(", ")}; it has ${known.join(", ") || "none"}`];
}

function fillTexts(node: unknown, values: ReadonlyMap<string, string>): unknown {
  if (typeof node === "string")
    return node.replaceAll(/\$\{([\w-]+)\}/g, (whole, name: string) => values.get(name) ?? whole);
  if (Array.isArray(node)) return node.map((one) => fillTexts(one, values));
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, fillTexts(value, values)]));
}

/** Library panels are in an export as `__elements`, where a file's reader doesn't look. */
function insertLibraryPanels(model: Model, elements: unknown, fill: (node: unknown) => unknown): Model {
  const library = new Map(
    (Array.isArray(elements) ? elements : Object.values((elements as Model | undefined) ?? {})).flatMap(
      (one: unknown) => {
        const { uid, model: panel } = (one ?? {}) as Model;
        return typeof uid === "string" && typeof panel === "object" ? [[uid, panel as Model] as const] : [];
      },
    ),
  );
  const panel = (one: unknown): unknown => {
    const { libraryPanel, ...rest } = (one ?? {}) as Model;
    const found = library.get(String((libraryPanel as Model | undefined)?.["uid"]));
    if (found) return { ...found, ...rest };
    return Array.isArray(rest["panels"]) ? { ...(one as Model), panels: rest["panels"].map(panel) } : one;
  };
  const panels = model["panels"];
  return fill(Array.isArray(panels) ? { ...model, panels: panels.map(panel) } : model) as Model;
}

type Ref = string | { readonly uid: string; readonly type?: string } | null | undefined;

/** Returns the same with each `datasource` replaced; references without a uid mean the default one and stay. */
function replaceSources(node: unknown, replace: (ref: Ref) => unknown): unknown {
  if (Array.isArray(node)) return node.map((one) => replaceSources(one, replace));
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => {
      if (key === "datasource" && (typeof value === "string" || typeof value?.uid === "string"))
        return [key, replace(value as Ref)];
      return [key, replaceSources(value, replace)];
    }),
  );
}

/** True if a reference is a variable or one of Grafana's own data sources. */
function isBuiltInSource(name: string): boolean {
  return /\$/.test(name) || /^(-- .* --|__expr__|default|grafana|)$/.test(name);
}

interface Sources extends ImportOptions {
  readonly spoken: ReadonlyMap<string, Language>;
}

function resolveReference(ref: Ref, { inputs, datasources, spoken }: Sources, changes: Set<string>): unknown {
  const name = typeof ref === "string" ? ref : (ref?.uid ?? "");
  const type = typeof ref === "string" ? undefined : ref?.type;
  if (isBuiltInSource(name) || type === "datasource" || type === "grafana") return ref;
  // What the user names may be none of the values', e.g. one that a sidecar brings.
  const isGiven = Object.values(inputs).includes(name);
  const given = Object.hasOwn(inputs, name) ? inputs[name] : undefined;
  const found = findDatasource(given ?? name, datasources);
  if (found) return { type: found.type, uid: found.uid };
  if (isGiven) return ref;
  if (given !== undefined) return type === undefined ? given : { type, uid: given };
  const types = type === undefined ? guessTypes(name, spoken) : [type];
  const [only, second] = datasources.filter(
    (one) => types === undefined || types.some((wanted) => isSameType(one.type, wanted)),
  );
  if (only === undefined || second !== undefined) return ref;
  if (types === undefined && !prometheusTypes.includes(only.type)) return ref;
  changes.add(`its datasource ${name} is not this Grafana's: ${only.name} takes its place`);
  return { type: only.type, uid: only.uid };
}

/** Guesses the type of a data source of which an old dashboard has only the name: from the queries, else from the name. */
function guessTypes(name: string, spoken: Sources["spoken"]): readonly string[] | undefined {
  const kind = guessTypeFromName(name);
  const types = spoken.get(name)?.types;
  // SQL alone does not say whose.
  if (kind !== undefined && (types === undefined || types.includes(kind))) return [kind];
  return types;
}

/** What the values of Grafana's chart say of a dashboard that it downloads. */
export interface ChartChanges {
  readonly datasource: string | readonly { readonly name: string; readonly value: string }[] | undefined;
  readonly title: string | undefined;
}

/**
 * Returns what the chart's `sed` makes of an export, and the inputs that are left for an import: a text takes the place of every
 * data source that is a name, a list that of placeholders. The chart does so line by line, which breaks minified JSON and
 * leaves references with a uid as they are; here they are filled in. Pure.
 */
export function applyChartChanges(
  exported: Readonly<Model>,
  { datasource, title }: ChartChanges,
  datasources: readonly Datasource[] = [],
): { model: Model; inputs: Record<string, string> } {
  const named = title === undefined ? { ...exported } : { ...exported, title };
  if (datasource === undefined) return { model: named, inputs: {} };
  if (typeof datasource === "string") {
    // Those of another kind of data source keep what they ask for.
    const open = listInputNames(exported).filter((name) =>
      canFillInput(exported, name, datasource, datasources),
    );
    return {
      model: replaceNames(named, datasource) as Model,
      inputs: Object.fromEntries(open.map((name) => [name, datasource])),
    };
  }
  const values = new Map(datasource.map(({ name, value }) => [name, value]));
  const known = listInputNames(exported);
  return {
    model: replaceTexts(named, values) as Model,
    inputs: Object.fromEntries([...values].filter(([name]) => known.includes(name))),
  };
}

/** Replaces every `datasource` that is a text or null, except Grafana's own (`-- Mixed --`). */
function replaceNames(node: unknown, name: string): unknown {
  if (Array.isArray(node)) return node.map((one) => replaceNames(one, name));
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => {
      const isName = typeof value === "string" ? !/^-- .* --$/.test(value) : value === null;
      return [key, key === "datasource" && isName ? name : replaceNames(value, name)];
    }),
  );
}

/** `$NAME` without braces; with them it is an input, or a placeholder that nobody declared. */
function replaceTexts(node: unknown, values: ReadonlyMap<string, string>): unknown {
  if (typeof node === "string")
    return node.replaceAll(/\$(?:\{([\w-]+)\}|([\w-]+))/g, (whole, braced: string, bare: string) => {
      return values.get(braced ?? bare) ?? whole;
    });
  if (Array.isArray(node)) return node.map((one) => replaceTexts(one, values));
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, replaceTexts(value, values)]));
}
