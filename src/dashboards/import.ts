import { isTooDeep, maxLevels } from "../lib/object.ts";
import { type Datasource, readDashboard } from "./dashboard.ts";
import { canFillInput, fillInputs, findDatasource, listInputNames } from "./inputs.ts";
import {
  detectSourceLanguages,
  guessTypeFromName,
  isSameType,
  type Language,
  prometheusTypes,
} from "./languages.ts";
import { listUnansweredQueries } from "./unanswered.ts";

type Model = Record<string, unknown>;

interface ImportOptions {
  /** The user's values, by the names of inputs or of data sources in the dashboard. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Names in `inputs` that the dashboard doesn't have are allowed. */
  readonly mayNameOthers: boolean;
  /** The data sources that Grafana will have; empty if they are not known. */
  readonly datasources: readonly Datasource[];
  /** The uid of a dashboard that has none, or one that Grafana does not accept. */
  readonly fallbackUid: string;
}

/** A dashboard that Grafana can read from a file. */
export interface ImportedDashboard {
  readonly model: Model;
  readonly uid: string;
  readonly title: string;
  readonly panels: number;
  /** Names that are allowed in `inputs`: the dashboard's inputs and the data sources that it names. */
  readonly inputs: readonly string[];
  /** The changes to the author's dashboard, in sentences. */
  readonly changes: readonly string[];
  /** The queries that this Grafana cannot answer, in sentences. */
  readonly unanswered: readonly string[];
}

/**
 * Returns an exported dashboard as a model that Grafana can read from a file; a list of problems if that is not
 * possible. Fills in inputs and removes the keys that exist only for the export, as Grafana's own import does. Replaces
 * library panels that came with the export by their models, and data sources of another Grafana by the only one of the
 * same type. Pure.
 */
export function importDashboard(
  file: unknown,
  options: ImportOptions,
): ImportedDashboard | { readonly problems: readonly string[] } {
  if (isTooDeep(file)) return { problems: [`it is nested deeper than ${maxLevels} levels`] };
  const exported = removeEnvelope(file);
  const { inputs } = options;
  const inputValues = fillInputs(exported, inputs, options.datasources);
  const knownNames = listKnownInputs(exported);
  const problems = [
    ...inputValues.problems,
    ...(options.mayNameOthers ? [] : findUnknownInputs(inputs, knownNames)),
  ];
  if (problems.length > 0) return { problems };
  const changes = new Set<string>();
  // These keys exist only for the export. `id` is the dashboard's number in the other Grafana's database.
  const { __inputs: _, __requires: __, __elements: elements, id: ___, ...rest } = exported;
  const filledModel = insertLibraryPanels(rest, elements, (node) => fillTexts(node, inputValues.values));
  const languages = detectSourceLanguages(filledModel);
  const model = replaceSources(filledModel, (ref) =>
    resolveReference(ref, { ...options, languages }, changes),
  ) as Model;
  const uid =
    typeof model["uid"] === "string" && /^[\w-]{1,40}$/.test(model["uid"]) ? model["uid"] : undefined;
  model["uid"] = uid ?? options.fallbackUid;
  const result = readDashboard(model);
  if ("problem" in result) return { problems: [result.problem] };
  const { title, panels, unfilled } = result.dashboard;
  if (title.trim() === "") return { problems: ["it has no title"] };
  if (panels.length === 0) return { problems: ["it has no panels"] };
  if (unfilled.length > 0) return { problems: [`${unfilled.join(", ")} was not filled in`] };
  return {
    model,
    uid: String(model["uid"]),
    title,
    panels: panels.length,
    inputs: knownNames,
    changes: [...changes],
    unanswered: listUnansweredQueries(model, {
      datasources: options.datasources,
      given: Object.values(inputs),
    }),
  };
}

/** Returns the dashboard's model without the object around it that Grafana's API adds. */
export function removeEnvelope(file: unknown): Model {
  const outer = file as Model;
  const isResource = typeof outer["apiVersion"] === "string";
  const inner = outer["dashboard"] ?? (isResource ? outer["spec"] : undefined);
  const isEnvelope =
    typeof inner === "object" && inner !== null && !("panels" in outer) && !("rows" in outer);
  if (!isEnvelope) return outer;
  // A resource's name is the dashboard's uid.
  const uid = isResource ? (outer["metadata"] as Model | undefined)?.["name"] : undefined;
  return uid === undefined ? (inner as Model) : { uid, ...(inner as Model) };
}

/** Returns the names that the user may give a value to: the inputs, and the data sources in the dashboard. */
function listKnownInputs(model: Model): string[] {
  const names = new Set(listInputNames(model));
  replaceSources(model, (ref) => {
    const name = typeof ref === "string" ? ref : ref?.uid;
    if (name !== undefined && !isBuiltInSource(name)) names.add(name);
    return ref;
  });
  return [...names];
}

/** Returns a problem if the user gave values to inputs that the dashboard does not have. */
function findUnknownInputs(userInputs: ImportOptions["inputs"], knownNames: readonly string[]): string[] {
  const unknown = Object.keys(userInputs).filter((name) => !knownNames.includes(name));
  if (unknown.length === 0) return [];
  return [`it has no input ${unknown.join(", ")}; it has ${knownNames.join(", ") || "none"}`];
}

/** Returns the data with `${name}` replaced by its value in every text. */
function fillTexts(node: unknown, values: ReadonlyMap<string, string>): unknown {
  if (typeof node === "string")
    return node.replaceAll(/\$\{([\w-]+)\}/g, (whole, name: string) => values.get(name) ?? whole);
  if (Array.isArray(node)) return node.map((child) => fillTexts(child, values));
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, fillTexts(value, values)]));
}

/**
 * Returns the model with each library panel replaced by its model from `__elements`, since Grafana ignores that key in
 * files.
 * @param fill replaces the inputs in the result, since the library panels contain inputs too
 */
function insertLibraryPanels(model: Model, elements: unknown, fill: (node: unknown) => unknown): Model {
  const library = new Map(
    (Array.isArray(elements) ? elements : Object.values((elements as Model | undefined) ?? {})).flatMap(
      (element: unknown) => {
        const { uid, model: panelModel } = (element ?? {}) as Model;
        return typeof uid === "string" && typeof panelModel === "object"
          ? [[uid, panelModel as Model] as const]
          : [];
      },
    ),
  );
  const insertPanel = (panel: unknown): unknown => {
    const { libraryPanel, ...rest } = (panel ?? {}) as Model;
    const libraryModel = library.get(String((libraryPanel as Model | undefined)?.["uid"]));
    if (libraryModel) return { ...libraryModel, ...rest };
    // A collapsed row contains its panels.
    if (Array.isArray(rest["panels"]))
      return { ...(panel as Model), panels: rest["panels"].map(insertPanel) };
    return panel;
  };
  const panels = model["panels"];
  return fill(Array.isArray(panels) ? { ...model, panels: panels.map(insertPanel) } : model) as Model;
}

type Ref = string | { readonly uid: string; readonly type?: string } | null | undefined;

/**
 * Returns the data with each `datasource` replaced. References without a uid mean the default data source and are kept.
 */
function replaceSources(node: unknown, replace: (ref: Ref) => unknown): unknown {
  if (Array.isArray(node)) return node.map((child) => replaceSources(child, replace));
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => {
      if (key === "datasource" && (typeof value === "string" || typeof value?.uid === "string"))
        return [key, replace(value as Ref)];
      return [key, replaceSources(value, replace)];
    }),
  );
}

/** True if a name is a variable or one of Grafana's own data sources. */
function isBuiltInSource(name: string): boolean {
  return /\$/.test(name) || /^(-- .* --|__expr__|default|grafana|)$/.test(name);
}

interface ReferenceContext extends ImportOptions {
  /** The language of the queries to each data source, by its name in the dashboard. */
  readonly languages: ReadonlyMap<string, Language>;
}

/**
 * Returns the reference to use instead: the user's data source, the one with this uid or name, or the only one of the
 * same type; a reference of unknown type only matches a Prometheus. Adds a sentence to `changes` in the last case.
 * Returns Grafana's own data sources, variables and everything else unchanged.
 */
function resolveReference(
  ref: Ref,
  { inputs, datasources, languages }: ReferenceContext,
  changes: Set<string>,
): unknown {
  const name = typeof ref === "string" ? ref : (ref?.uid ?? "");
  const type = typeof ref === "string" ? undefined : ref?.type;
  if (isBuiltInSource(name) || type === "datasource" || type === "grafana") return ref;
  // A data source that the user names may be unknown here, for example if a sidecar adds it.
  const isUserValue = Object.values(inputs).includes(name);
  const userValue = Object.hasOwn(inputs, name) ? inputs[name] : undefined;
  const datasource = findDatasource(userValue ?? name, datasources);
  if (datasource) return { type: datasource.type, uid: datasource.uid };
  if (isUserValue) return ref;
  if (userValue !== undefined) return type === undefined ? userValue : { type, uid: userValue };
  const types = type === undefined ? guessTypes(name, languages) : [type];
  const [candidate, otherCandidate] = datasources.filter(
    (source) => types === undefined || types.some((expectedType) => isSameType(source.type, expectedType)),
  );
  if (candidate === undefined || otherCandidate !== undefined) return ref;
  if (types === undefined && !prometheusTypes.includes(candidate.type)) return ref;
  changes.add(`its datasource ${name} is not this Grafana's: ${candidate.name} takes its place`);
  return { type: candidate.type, uid: candidate.uid };
}

/**
 * Returns the possible types of a data source of which an old dashboard has only the name: from its queries, else from
 * its name. Undefined if neither shows it.
 */
function guessTypes(name: string, languages: ReferenceContext["languages"]): readonly string[] | undefined {
  const typeFromName = guessTypeFromName(name);
  const types = languages.get(name)?.types;
  // SQL alone does not show the type of the database.
  if (typeFromName !== undefined && (types === undefined || types.includes(typeFromName)))
    return [typeFromName];
  return types;
}

/** The changes that the values of Grafana's chart request for a dashboard that it downloads. */
interface ChartChanges {
  readonly datasource: string | readonly { readonly name: string; readonly value: string }[] | undefined;
  readonly title: string | undefined;
}

/**
 * Returns an export as the chart's `sed` changes it, and the inputs for its import. `datasource` as a text replaces
 * every data source that is a name; a list replaces placeholders. Differs from the chart on purpose: the chart works
 * line by line, which breaks minified JSON and leaves references with a uid unchanged. Pure.
 */
export function applyChartChanges(
  exported: Readonly<Model>,
  { datasource, title }: ChartChanges,
  datasources: readonly Datasource[] = [],
): { model: Model; inputs: Record<string, string> } {
  const titledModel = title === undefined ? { ...exported } : { ...exported, title };
  if (datasource === undefined) return { model: titledModel, inputs: {} };
  if (typeof datasource === "string") {
    // Inputs for another kind of data source stay open.
    const openInputs = listInputNames(exported).filter((name) =>
      canFillInput(exported, name, datasource, datasources),
    );
    return {
      model: replaceNames(titledModel, datasource) as Model,
      inputs: Object.fromEntries(openInputs.map((name) => [name, datasource])),
    };
  }
  const values = new Map(datasource.map(({ name, value }) => [name, value]));
  const knownInputs = listInputNames(exported);
  return {
    model: replaceTexts(titledModel, values) as Model,
    inputs: Object.fromEntries([...values].filter(([name]) => knownInputs.includes(name))),
  };
}

/** Returns the data with every `datasource` that is a text or null replaced, except Grafana's own (`-- Mixed --`). */
function replaceNames(node: unknown, name: string): unknown {
  if (Array.isArray(node)) return node.map((child) => replaceNames(child, name));
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => {
      const isName = typeof value === "string" ? !/^-- .* --$/.test(value) : value === null;
      return [key, key === "datasource" && isName ? name : replaceNames(value, name)];
    }),
  );
}

/** Returns the data with `$NAME` and `${NAME}` replaced in every text, where `values` has the name. */
function replaceTexts(node: unknown, values: ReadonlyMap<string, string>): unknown {
  if (typeof node === "string")
    return node.replaceAll(/\$(?:\{([\w-]+)\}|([\w-]+))/g, (whole, braced: string, bare: string) => {
      return values.get(braced ?? bare) ?? whole;
    });
  if (Array.isArray(node)) return node.map((child) => replaceTexts(child, values));
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, replaceTexts(value, values)]));
}
