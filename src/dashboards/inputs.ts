import { ownValue } from "../lib/object.ts";
import type { Datasource } from "./dashboard.ts";
import { detectSourceLanguages, isSameType } from "./languages.ts";

/** What an export leaves open: a datasource, or a constant. */
interface DeclaredInput {
  readonly name: string;
  readonly type: string;
  /** Of the data source: any of these types; empty: the export does not say which. */
  readonly types: readonly string[];
  readonly value: string | undefined;
}

/** What the placeholders of an export stand for here. */
export interface Filling {
  /** From an input's name to the text that takes its place. */
  readonly values: ReadonlyMap<string, string>;
  /** Why it can't be imported; empty when it can. */
  readonly problems: readonly string[];
}

/**
 * Finds a value for each input of an export, whatever it is called, and for placeholders that nobody declared.
 * @param given the user's values by the names of inputs: a datasource's uid or name, or a constant
 */
export function fillInputs(
  model: Readonly<Record<string, unknown>>,
  given: Readonly<Record<string, string>>,
  datasources: readonly Datasource[],
): Filling {
  const declared = readDeclaredInputs(model);
  const all = [...declared, ...findUndeclaredInputs(model, declared)];
  const values = new Map<string, string>();
  const problems: string[] = [];
  const { __inputs: _, ...rest } = model;
  const text = JSON.stringify(rest);
  for (const input of all) {
    const value = findInputValue(input, ownValue(given, input.name), datasources);
    if ("value" in value) values.set(input.name, value.value);
    // What nothing in the dashboard refers to may stay open.
    else if (text.includes(`\${${input.name}}`)) problems.push(value.problem);
  }
  return { values, problems };
}

/** Returns names of a dashboard's inputs. */
export function listInputNames(model: Readonly<Record<string, unknown>>): string[] {
  const declared = readDeclaredInputs(model);
  return [...declared, ...findUndeclaredInputs(model, declared)].map(({ name }) => name);
}

/** True if an input is for a data source of the kind that `wanted` names; one that nobody knows may be of any kind. */
export function canFillInput(
  model: Readonly<Record<string, unknown>>,
  name: string,
  wanted: string,
  datasources: readonly Datasource[],
): boolean {
  const declared = readDeclaredInputs(model);
  const input = [...declared, ...findUndeclaredInputs(model, declared)].find((one) => one.name === name);
  if (input === undefined || input.type !== "datasource") return false;
  if (input.types.some((type) => Object.hasOwn(builtIns, type))) return false;
  const type = findDatasource(wanted, datasources)?.type;
  return type === undefined || input.types.some((one) => isSameType(one, type));
}

function readDeclaredInputs(model: Readonly<Record<string, unknown>>): DeclaredInput[] {
  const { __inputs } = model;
  if (!Array.isArray(__inputs)) return [];
  const spoken = detectSourceLanguages(model);
  return __inputs.flatMap((one: unknown) => {
    const { name, type, pluginId, value } = (one ?? {}) as Record<string, unknown>;
    if (typeof name !== "string") return [];
    return [
      {
        name,
        type: typeof type === "string" ? type : "datasource",
        types: typeof pluginId === "string" ? [pluginId] : guessInputTypes(spoken, name),
        value: value === undefined || value === null ? undefined : String(value),
      },
    ];
  });
}

/** `${DS_X}` that is neither declared nor a variable: somebody copied a part of an export. */
function findUndeclaredInputs(
  model: Readonly<Record<string, unknown>>,
  declared: readonly DeclaredInput[],
): DeclaredInput[] {
  const known = new Set([...declared.map(({ name }) => name), ...listVariableNames(model)]);
  const { __inputs: _, ...rest } = model;
  const found = new Map<string, string | undefined>();
  visitTexts(rest, (text, type) => {
    for (const [, name = ""] of text.matchAll(/\$\{(DS_[A-Z0-9_-]+)\}/g))
      if (!known.has(name)) found.set(name, found.get(name) ?? type);
  });
  const spoken = detectSourceLanguages(model);
  return [...found].map(([name, type]) => ({
    name,
    type: "datasource",
    types: type === undefined ? guessInputTypes(spoken, name) : [type],
    value: undefined,
  }));
}

/** By the language of the queries that it gets; without any it is taken for a Prometheus. */
function guessInputTypes(spoken: ReturnType<typeof detectSourceLanguages>, name: string): readonly string[] {
  return spoken.get(`\${${name}}`)?.types ?? ["prometheus"];
}

function listVariableNames({ templating }: Readonly<Record<string, unknown>>): string[] {
  const list = (templating as { list?: unknown } | undefined)?.list;
  if (!Array.isArray(list)) return [];
  return list.flatMap((one: unknown) => {
    const name = (one as { name?: unknown } | null)?.name;
    return typeof name === "string" ? [name] : [];
  });
}

/** Visits every text, with the type of the data source reference that it is a part of. */
function visitTexts(
  node: unknown,
  visit: (text: string, type: string | undefined) => void,
  type?: string,
): void {
  if (typeof node === "string") visit(node, type);
  if (typeof node !== "object" || node === null) return;
  const own = (node as { type?: unknown }).type;
  const isRef = "uid" in node && typeof own === "string";
  for (const inner of Object.values(node)) visitTexts(inner, visit, isRef ? own : undefined);
}

/** Grafana's own, which every Grafana has, by the plugin that an export names for them. */
const builtIns: Readonly<Record<string, string>> = {
  __expr__: "__expr__",
  grafana: "-- Grafana --",
  datasource: "-- Grafana --",
  mixed: "-- Mixed --",
  dashboard: "-- Dashboard --",
};

function findInputValue(
  { name, type, types, value }: DeclaredInput,
  given: string | undefined,
  datasources: readonly Datasource[],
): { value: string } | { problem: string } {
  if (type !== "datasource") {
    const text = given ?? value;
    if (text !== undefined) return { value: text };
    return { problem: `its input ${name} has no value; give it one: inputs: {${name}: ...}` };
  }
  if (given !== undefined) return { value: findDatasource(given, datasources)?.uid ?? given };
  const [first = ""] = types;
  const builtIn = ownValue(builtIns, first);
  if (builtIn !== undefined) return { value: builtIn };
  const found = types.map((one) => findDefaultSource(one, datasources)).find((one) => one !== undefined);
  if (found) return { value: found.uid };
  const have =
    datasources.map((one) => `${one.name} (${one.type}, uid ${one.uid})`).join(", ") || "none known";
  return {
    problem: `its input ${name} wants a datasource${types.length > 0 ? ` of type ${types.join(" or ")}` : " for another language than PromQL"}; Grafana's are: ${have}. Name one: inputs: {${name}: UID}`,
  };
}

/** Returns the default one if it is of this type, else the first of them. */
export function findDefaultSource(type: string, datasources: readonly Datasource[]): Datasource | undefined {
  const fitting = datasources.filter((one) => isSameType(one.type, type));
  return fitting.find(({ isDefault }) => isDefault) ?? fitting[0];
}

/** By its uid, or by its name. */
export function findDatasource(text: string, datasources: readonly Datasource[]): Datasource | undefined {
  return datasources.find(({ uid }) => uid === text) ?? datasources.find(({ name }) => name === text);
}
