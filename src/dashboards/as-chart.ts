import { fillsInput, inputNames } from "./inputs.ts";
import type { Datasource } from "./types.ts";

type Model = Record<string, unknown>;

/** What the values of Grafana's chart say of a dashboard that it downloads. */
export interface ChartChanges {
  readonly datasource: string | readonly { readonly name: string; readonly value: string }[] | undefined;
  readonly title: string | undefined;
}

/**
 * What the chart's `sed` makes of an export, and the inputs that are left for an import: a text takes the place of every
 * data source that is a name, a list that of placeholders. The chart does so line by line, which breaks minified JSON and
 * leaves references with a uid as they are; here they are filled in. Pure.
 */
export function asChart(
  exported: Readonly<Model>,
  { datasource, title }: ChartChanges,
  datasources: readonly Datasource[] = [],
): { model: Model; inputs: Record<string, string> } {
  const named = title === undefined ? { ...exported } : { ...exported, title };
  if (datasource === undefined) return { model: named, inputs: {} };
  if (typeof datasource === "string") {
    // Those of another kind of data source keep what they ask for.
    const open = inputNames(exported).filter((name) => fillsInput(exported, name, datasource, datasources));
    return {
      model: replaceNames(named, datasource) as Model,
      inputs: Object.fromEntries(open.map((name) => [name, datasource])),
    };
  }
  const values = new Map(datasource.map(({ name, value }) => [name, value]));
  const known = inputNames(exported);
  return {
    model: replaceTexts(named, values) as Model,
    inputs: Object.fromEntries([...values].filter(([name]) => known.includes(name))),
  };
}

/** Every `datasource` that is a text or null, but Grafana's own (`-- Mixed --`). */
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
