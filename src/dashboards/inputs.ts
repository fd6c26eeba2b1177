import { getOwnValue } from "../lib/object.ts";
import type { Datasource } from "./dashboard.ts";
import { detectSourceLanguages, isSameType, type Language } from "./languages.ts";

/** A placeholder of an export: a data source, or a constant. */
interface DeclaredInput {
  readonly name: string;
  readonly type: string;
  /** Of the data source: any of these types; empty: the export does not say which. */
  readonly types: readonly string[];
  readonly value: string | undefined;
}

/** The values for an export's placeholders. */
interface InputValues {
  /** From an input's name to the text that takes its place. */
  readonly values: ReadonlyMap<string, string>;
  /** Why the dashboard can't be imported; empty if it can. */
  readonly problems: readonly string[];
}

/**
 * Returns a value for each input of an export, declared or not, and a problem for each required input without one.
 * @param userValues the user's values by the names of inputs: a data source's uid or name, or a constant
 */
export function fillInputs(
  model: Readonly<Record<string, unknown>>,
  userValues: Readonly<Record<string, string>>,
  datasources: readonly Datasource[],
): InputValues {
  const declared = readDeclaredInputs(model);
  const inputs = [...declared, ...findUndeclaredInputs(model, declared)];
  const values = new Map<string, string>();
  const problems: string[] = [];
  const { __inputs: _, ...rest } = model;
  const text = JSON.stringify(rest);
  for (const input of inputs) {
    const result = findInputValue(input, getOwnValue(userValues, input.name), datasources);
    if ("value" in result) values.set(input.name, result.value);
    // An input that the dashboard does not use needs no value.
    else if (text.includes(`\${${input.name}}`)) problems.push(result.problem);
  }
  return { values, problems };
}

/** Returns the names of a dashboard's inputs. */
export function listInputNames(model: Readonly<Record<string, unknown>>): string[] {
  const declared = readDeclaredInputs(model);
  return [...declared, ...findUndeclaredInputs(model, declared)].map(({ name }) => name);
}

/**
 * True if an input is for a data source of the same type as `sourceName`, which may be a uid too. A data source that
 * is unknown here may be of any type.
 */
export function canFillInput(
  model: Readonly<Record<string, unknown>>,
  name: string,
  sourceName: string,
  datasources: readonly Datasource[],
): boolean {
  const declared = readDeclaredInputs(model);
  const input = [...declared, ...findUndeclaredInputs(model, declared)].find((entry) => entry.name === name);
  if (input === undefined || input.type !== "datasource") return false;
  if (input.types.some((type) => Object.hasOwn(builtInSources, type))) return false;
  const type = findDatasource(sourceName, datasources)?.type;
  return type === undefined || input.types.some((inputType) => isSameType(inputType, type));
}

/** Returns the inputs that the export declares in `__inputs`. */
function readDeclaredInputs(model: Readonly<Record<string, unknown>>): DeclaredInput[] {
  const { __inputs } = model;
  if (!Array.isArray(__inputs)) return [];
  const languages = detectSourceLanguages(model);
  return __inputs.flatMap((input: unknown) => {
    const { name, type, pluginId, value } = (input ?? {}) as Record<string, unknown>;
    if (typeof name !== "string") return [];
    return [
      {
        name,
        type: typeof type === "string" ? type : "datasource",
        types: typeof pluginId === "string" ? [pluginId] : guessInputTypes(languages, name),
        value: value === undefined || value === null ? undefined : String(value),
      },
    ];
  });
}

/** Returns each `${DS_X}` that is neither declared nor a variable, as in a copied part of an export. */
function findUndeclaredInputs(
  model: Readonly<Record<string, unknown>>,
  declared: readonly DeclaredInput[],
): DeclaredInput[] {
  const knownNames = new Set([...declared.map(({ name }) => name), ...listVariableNames(model)]);
  const { __inputs: _, ...rest } = model;
  const typesByName = new Map<string, string | undefined>();
  visitTexts(rest, (text, type) => {
    for (const [, name = ""] of text.matchAll(/\$\{(DS_[A-Z0-9_-]+)\}/g))
      if (!knownNames.has(name)) typesByName.set(name, typesByName.get(name) ?? type);
  });
  const languages = detectSourceLanguages(model);
  return [...typesByName].map(([name, type]) => ({
    name,
    type: "datasource",
    types: type === undefined ? guessInputTypes(languages, name) : [type],
    value: undefined,
  }));
}

/**
 * Returns the types of data sources for an input, from the language of its queries; Prometheus if that is not known.
 */
function guessInputTypes(languages: ReadonlyMap<string, Language>, name: string): readonly string[] {
  return languages.get(`\${${name}}`)?.types ?? ["prometheus"];
}

/** Returns the names of the dashboard's variables. */
function listVariableNames({ templating }: Readonly<Record<string, unknown>>): string[] {
  const list = (templating as { list?: unknown } | undefined)?.list;
  if (!Array.isArray(list)) return [];
  return list.flatMap((variable: unknown) => {
    const name = (variable as { name?: unknown } | null)?.name;
    return typeof name === "string" ? [name] : [];
  });
}

/** Calls `visit` for every text, with the type of the data source reference that the text is a part of. */
function visitTexts(
  node: unknown,
  visit: (text: string, type: string | undefined) => void,
  type?: string,
): void {
  if (typeof node === "string") visit(node, type);
  if (typeof node !== "object" || node === null) return;
  const nodeType = (node as { type?: unknown }).type;
  const isRef = "uid" in node && typeof nodeType === "string";
  for (const child of Object.values(node)) visitTexts(child, visit, isRef ? nodeType : undefined);
}

/** Data sources that every Grafana has, by the plugin that an export names for them. */
const builtInSources: Readonly<Record<string, string>> = {
  __expr__: "__expr__",
  grafana: "-- Grafana --",
  datasource: "-- Grafana --",
  mixed: "-- Mixed --",
  dashboard: "-- Dashboard --",
};

/**
 * Returns the value of an input: the user's, a built-in data source, or the default one of its type. Else returns a
 * problem.
 */
function findInputValue(
  { name, type, types, value }: DeclaredInput,
  userValue: string | undefined,
  datasources: readonly Datasource[],
): { value: string } | { problem: string } {
  if (type !== "datasource") {
    const text = userValue ?? value;
    if (text !== undefined) return { value: text };
    return { problem: `its input ${name} has no value; give it one: inputs: {${name}: ...}` };
  }
  if (userValue !== undefined) return { value: findDatasource(userValue, datasources)?.uid ?? userValue };
  const [first = ""] = types;
  const builtIn = getOwnValue(builtInSources, first);
  if (builtIn !== undefined) return { value: builtIn };
  const datasource = types
    .map((inputType) => findDefaultSource(inputType, datasources))
    .find((source) => source !== undefined);
  if (datasource) return { value: datasource.uid };
  const available =
    datasources.map((source) => `${source.name} (${source.type}, uid ${source.uid})`).join(", ") ||
    "none known";
  return {
    problem: `its input ${name} wants a datasource${types.length > 0 ? ` of type ${types.join(" or ")}` : " for another language than PromQL"}; Grafana's are: ${available}. Name one: inputs: {${name}: UID}`,
  };
}

/**
 * Returns the default data source if it is of this type, else the first one of this type; undefined if there is none.
 */
function findDefaultSource(type: string, datasources: readonly Datasource[]): Datasource | undefined {
  const matching = datasources.filter((source) => isSameType(source.type, type));
  return matching.find(({ isDefault }) => isDefault) ?? matching[0];
}

/** Returns the data source with this uid, else the one with this name. */
export function findDatasource(text: string, datasources: readonly Datasource[]): Datasource | undefined {
  return datasources.find(({ uid }) => uid === text) ?? datasources.find(({ name }) => name === text);
}
