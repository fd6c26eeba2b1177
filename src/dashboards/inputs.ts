import { ownValue } from "../lib/own.ts";
import type { Datasource } from "./types.ts";

/** What an export leaves open: a datasource, or a constant. */
interface DeclaredInput {
  readonly name: string;
  readonly type: string;
  readonly pluginId: string | undefined;
  readonly value: string | undefined;
}

/** What the placeholders of an export stand for here. */
export interface Filling {
  /** From an input's name to the text that takes its place. */
  readonly values: ReadonlyMap<string, string>;
  /** Why it can't be imported; empty when it can. */
  readonly problems: readonly string[];
}

const prometheusTypes = [
  "prometheus",
  "grafana-amazonprometheus-datasource",
  "grafana-azureprometheus-datasource",
];

/**
 * Finds a value for each input of an export, whatever it is called, and for placeholders that nobody declared.
 * @param given the user's values by the names of inputs: a datasource's uid or name, or a constant
 */
export function fillInputs(
  model: Readonly<Record<string, unknown>>,
  given: Readonly<Record<string, string>>,
  datasources: readonly Datasource[],
): Filling {
  const declared = declaredIn(model);
  const all = [...declared, ...undeclaredIn(model, declared)];
  const values = new Map<string, string>();
  const problems: string[] = [];
  for (const input of all) {
    const value = textOf(input, ownValue(given, input.name), datasources);
    if ("value" in value) values.set(input.name, value.value);
    else problems.push(value.problem);
  }
  return { values, problems };
}

/** Names of a dashboard's inputs. */
export function inputNames(model: Readonly<Record<string, unknown>>): string[] {
  const declared = declaredIn(model);
  return [...declared, ...undeclaredIn(model, declared)].map(({ name }) => name);
}

function declaredIn({ __inputs }: Readonly<Record<string, unknown>>): DeclaredInput[] {
  if (!Array.isArray(__inputs)) return [];
  return __inputs.flatMap((one: unknown) => {
    const { name, type, pluginId, value } = (one ?? {}) as Record<string, unknown>;
    if (typeof name !== "string") return [];
    return [
      {
        name,
        type: typeof type === "string" ? type : "datasource",
        pluginId: typeof pluginId === "string" ? pluginId : undefined,
        value: value === undefined || value === null ? undefined : String(value),
      },
    ];
  });
}

/** `${DS_X}` that is neither declared nor a variable: somebody copied a part of an export. */
function undeclaredIn(
  model: Readonly<Record<string, unknown>>,
  declared: readonly DeclaredInput[],
): DeclaredInput[] {
  const known = new Set([...declared.map(({ name }) => name), ...variableNames(model)]);
  const { __inputs: _, ...rest } = model;
  const found = new Map<string, string | undefined>();
  walk(rest, (text, type) => {
    for (const [, name = ""] of text.matchAll(/\$\{(DS_[A-Z0-9_-]+)\}/g))
      if (!known.has(name)) found.set(name, found.get(name) ?? type);
  });
  return [...found].map(([name, type]) => ({
    name,
    type: "datasource",
    pluginId: type ?? "prometheus",
    value: undefined,
  }));
}

function variableNames({ templating }: Readonly<Record<string, unknown>>): string[] {
  const list = (templating as { list?: unknown } | undefined)?.list;
  if (!Array.isArray(list)) return [];
  return list.flatMap((one: unknown) => {
    const name = (one as { name?: unknown } | null)?.name;
    return typeof name === "string" ? [name] : [];
  });
}

/** Every text, with the type of the datasource reference that it is a part of. */
function walk(node: unknown, visit: (text: string, type: string | undefined) => void, type?: string): void {
  if (typeof node === "string") visit(node, type);
  if (typeof node !== "object" || node === null) return;
  const own = (node as { type?: unknown }).type;
  const isRef = "uid" in node && typeof own === "string";
  for (const inner of Object.values(node)) walk(inner, visit, isRef ? own : undefined);
}

function textOf(
  { name, type, pluginId, value }: DeclaredInput,
  given: string | undefined,
  datasources: readonly Datasource[],
): { value: string } | { problem: string } {
  if (type !== "datasource") {
    const text = given ?? value;
    if (text !== undefined) return { value: text };
    return { problem: `its input ${name} has no value; give it one: inputs: {${name}: ...}` };
  }
  if (given !== undefined) return { value: named(given, datasources)?.uid ?? given };
  if (pluginId === "__expr__") return { value: "__expr__" };
  if (pluginId === "grafana" || pluginId === "datasource") return { value: "-- Grafana --" };
  const wanted = pluginId ?? "prometheus";
  const found = defaultOf(wanted, datasources);
  if (found) return { value: found.uid };
  const have =
    datasources.map((one) => `${one.name} (${one.type}, uid ${one.uid})`).join(", ") || "none known";
  return {
    problem: `its input ${name} wants a datasource of type ${wanted}; Grafana's are: ${have}. Name one: inputs: {${name}: UID}`,
  };
}

/** The default one if it is of this type, else the first of them. */
export function defaultOf(type: string, datasources: readonly Datasource[]): Datasource | undefined {
  const wanted = prometheusTypes.includes(type) ? prometheusTypes : [type];
  const fitting = datasources.filter((one) => wanted.includes(one.type));
  return fitting.find(({ isDefault }) => isDefault) ?? fitting[0];
}

/** By its uid, or by its name. */
export function named(text: string, datasources: readonly Datasource[]): Datasource | undefined {
  return datasources.find(({ uid }) => uid === text) ?? datasources.find(({ name }) => name === text);
}
