import { getValueAt, isMapping, type Values } from "../lib/object.ts";
import type { ChartSource } from "../model/chart.ts";
import type { SchemaProblem } from "./explain.ts";
import { compileSchema, isBefore } from "./json-schema.ts";

/** A chart with the subcharts that the values enable, as helm renders it. */
interface EnabledChart {
  /** The chart's alias if it has one, else its name. */
  readonly name: string;
  readonly source: ChartSource;
  /** The chart's defaults, and the values that it imports from its subcharts. */
  readonly values: Values;
  readonly charts: readonly EnabledChart[];
}

/** Differences between versions of helm. */
interface HelmTraits {
  /** helm up to 3.20.0 and 4.1: a null among a chart's defaults stays, and overrides a subchart's own default. */
  readonly keepsNulls?: boolean;
}

/** The error for a subchart's values that are not a mapping. helm refuses them. */
export class NoMappingForSubchart extends Error {
  readonly path: readonly string[];

  constructor(path: readonly string[]) {
    super(`${path.join(".")} is not a mapping`);
    this.path = path;
  }
}

/**
 * Returns the chart with the subcharts that conditions and tags enable (helm's ProcessDependencies).
 * @throws NoMappingForSubchart if a subchart's values are not a mapping
 */
export function enableCharts(source: ChartSource, userValues: Values, traits: HelmTraits = {}): EnabledChart {
  return addImports(
    enableSubcharts(source, source.name, userValues, { tags: undefined, at: [], traits }),
    traits,
  );
}

interface Within extends Required<Pick<Coalescing, "at" | "traits">> {
  /** The tags in the top chart's values. */
  readonly tags: unknown;
}

/**
 * Returns a chart with its enabled subcharts, each with its defaults. Conditions and tags are evaluated with the
 * values of all levels above.
 */
function enableSubcharts(
  source: ChartSource,
  name: string,
  userValues: Values,
  { tags, at, traits }: Within,
): EnabledChart {
  const allSubcharts = findSubcharts(source);
  const values = readDefaults(source);
  const chartWithAll = { name, source, values, charts: allSubcharts.map(({ chart }) => chart) };
  const coalescedValues = coalesceValues(chartWithAll, userValues, { at, traits });
  const topTags = tags ?? coalescedValues["tags"];
  const charts = allSubcharts
    .filter(({ conditions, tags: ownTags }) => isEnabled(conditions, ownTags, coalescedValues, topTags))
    .map(({ chart }) => {
      const subchartValues = coalescedValues[chart.name];
      const within = { tags: topTags ?? {}, at: [...at, chart.name], traits };
      return enableSubcharts(
        chart.source,
        chart.name,
        isMapping(subchartValues) ? subchartValues : {},
        within,
      );
    });
  return { name, source, values, charts };
}

interface Subchart {
  readonly chart: EnabledChart;
  readonly conditions: readonly string[];
  readonly tags: readonly string[];
}

/** Returns the subcharts with their conditions. Those that Chart.yaml doesn't list are always enabled. */
function findSubcharts({ charts, dependencies }: ChartSource): Subchart[] {
  const createChart = (source: ChartSource, name: string): EnabledChart => ({
    name,
    source,
    values: readDefaults(source),
    charts: findSubcharts(source).map(({ chart }) => chart),
  });
  const unlistedCharts = charts.filter((chart) => !dependencies.some(({ name }) => name === chart.name));
  const listedSubcharts = dependencies.flatMap(({ name, alias, conditions, tags }): Subchart[] => {
    const source = charts.find((chart) => chart.name === name);
    return source === undefined ? [] : [{ chart: createChart(source, alias ?? name), conditions, tags }];
  });
  return [
    ...unlistedCharts.map((chart) => ({ chart: createChart(chart, chart.name), conditions: [], tags: [] })),
    ...listedSubcharts,
  ];
}

/**
 * True if a subchart is enabled. The first condition that is true or false decides. Without such a condition the tags
 * decide: one that is true enables the subchart, else one that is false disables it, and by default it is enabled.
 */
function isEnabled(
  conditions: readonly string[],
  ownTags: readonly string[],
  values: Values,
  tags: unknown,
): boolean {
  for (const condition of conditions) {
    const value = getValueAt(values, condition.split("."));
    if (typeof value === "boolean") return value;
  }
  const tagValues = ownTags.map((tag) => (isMapping(tags) ? tags[tag] : undefined));
  return tagValues.includes(true) || !tagValues.includes(false);
}

/** Returns a copy of a chart's default values. */
function readDefaults({ values }: ChartSource): Values {
  return isMapping(values) ? structuredClone(values) : {};
}

/**
 * Returns a chart with the values that it and its subcharts import from their own subcharts. A chart's own values
 * override imported ones (helm's processImportValues).
 */
function addImports(chart: EnabledChart, traits: HelmTraits): EnabledChart {
  const charts = chart.charts.map((subchart) => addImports(subchart, traits));
  const chartWithImports = { ...chart, charts };
  const imports = chart.source.dependencies.flatMap(({ name, alias, importValues }) =>
    importValues.map((importEntry) => ({ from: alias ?? name, importEntry })),
  );
  if (imports.length === 0) return chartWithImports;
  const coalescedValues = coalesceValues(chartWithImports, {}, { traits });
  const imported = imports.reduce<Values>((result, { from: subchartKey, importEntry }) => {
    const [childPath, parentPath] =
      typeof importEntry === "string"
        ? [`exports.${importEntry}`, "."]
        : [importEntry.child, importEntry.parent];
    const importedValue = getValueAt(coalescedValues, [subchartKey, ...childPath.split(".")]);
    if (!isMapping(importedValue)) return result;
    const placedValue = parentPath === "." ? importedValue : nestValue(parentPath.split("."), importedValue);
    return mergeMissing(result, structuredClone(placedValue), "kept");
  }, {});
  return { ...chartWithImports, values: mergeMissing(structuredClone(chart.values), imported, "kept") };
}

/** Returns mappings with a value at a key path. */
function nestValue(path: readonly string[], value: Values): Values {
  return path.reduceRight<Values>((inner, key) => ({ [key]: inner }), value);
}

interface Coalescing {
  /** Key path of the chart's values in the values of the top chart. */
  readonly at?: readonly string[];
  readonly traits?: HelmTraits;
}

/**
 * Returns the values that the chart's templates get: the user's values override the defaults of the chart and its
 * subcharts, and null removes a default (helm's CoalesceValues).
 * @throws NoMappingForSubchart if a subchart's values are not a mapping
 */
export function coalesceValues(
  chart: EnabledChart,
  userValues: Readonly<Values>,
  { at = [], traits = {} }: Coalescing = {},
): Values {
  return coalesce(chart, structuredClone(userValues), { at, traits });
}

/** Adds the defaults of a chart and its subcharts to the values, which are changed in place. */
function coalesce(chart: EnabledChart, values: Values, { at, traits }: Required<Coalescing>): Values {
  mergeDefaults(chart, values, traits);
  for (const subchart of chart.charts) {
    const subchartPath = [...at, subchart.name];
    if (!Object.hasOwn(values, subchart.name)) values[subchart.name] = {};
    const subchartValues = values[subchart.name];
    if (!isMapping(subchartValues)) throw new NoMappingForSubchart(subchartPath);
    mergeGlobals(subchartValues, values);
    values[subchart.name] = coalesce(subchart, subchartValues, { at: subchartPath, traits });
  }
  return values;
}

/** Adds a chart's defaults to the values, which are changed in place. A null in the values removes a default. */
function mergeDefaults(chart: EnabledChart, values: Values, { keepsNulls = false }: HelmTraits): void {
  const defaults = structuredClone(chart.values);
  for (const [key, value] of Object.entries(keepsNulls ? defaults : (removeNulls(defaults) as Values))) {
    const userValue = values[key];
    if (!Object.hasOwn(values, key)) values[key] = value;
    else if (userValue === null) delete values[key];
    else if (isMapping(userValue) && isMapping(value)) {
      const isSubchart = chart.charts.some(({ name }) => name === key);
      mergeMissing(userValue, value, isSubchart ? "kept" : keepsNulls ? "dropped" : "dropped over a value");
    }
  }
}

/** Adds the global values of a chart to those of its subchart, which are changed in place. */
function mergeGlobals(target: Values, source: Values): void {
  const [targetGlobals = {}, sourceGlobals = {}] = [target["global"], source["global"]];
  if (!isMapping(targetGlobals) || !isMapping(sourceGlobals)) return;
  for (const [key, value] of Object.entries(sourceGlobals)) {
    const current = targetGlobals[key];
    if (!isMapping(value)) {
      if (!isMapping(current)) targetGlobals[key] = value;
    } else if (current === undefined) targetGlobals[key] = { ...value };
    else if (isMapping(current)) targetGlobals[key] = mergeMissing({ ...value }, current, "kept");
  }
  target["global"] = targetGlobals;
}

/**
 * What happens to a null that overrides another value: it stays, it is removed, or it is removed only if the other
 * value is not null.
 */
type Nulls = "kept" | "dropped" | "dropped over a value";

/**
 * Adds to `over` the keys that it lacks from `under`, at every level. Returns `over`, which is changed in place.
 * @param nulls what happens to a null in `over`
 */
function mergeMissing(over: Values, under: Values, nulls: Nulls): Values {
  for (const [key, value] of Object.entries(under)) {
    if (!Object.hasOwn(over, key)) over[key] = value;
    else if (over[key] === null) {
      if (nulls === "dropped" || (nulls === "dropped over a value" && value !== null)) delete over[key];
    } else if (isMapping(over[key]) && isMapping(value)) mergeMissing(over[key], value, nulls);
  }
  return over;
}

/** Returns a mapping without keys that are null, at every level. */
function removeNulls(value: unknown): unknown {
  if (!isMapping(value)) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(entries.map(([key, inner]) => [key, removeNulls(inner)]));
}

/** A part of an app's values that a chart's values.schema.json refuses. The path is in the app's values. */
interface ValuesProblem extends SchemaProblem {
  /** Name of the chart whose schema refuses it. */
  readonly chart: string;
}

/**
 * Returns the problems for which helm would refuse an app's values by the schemas of its chart and the enabled subcharts.
 * @param helm its version if known: older versions interpret schemas differently
 */
export async function validateChartValues(
  source: ChartSource,
  userValues: Values,
  helm?: string,
): Promise<ValuesProblem[]> {
  try {
    const traits = { keepsNulls: isBefore(helm, "3.20.1") || isBefore(helm, "4.2.0") };
    const chart = enableCharts(source, userValues, traits);
    return await validateChart(chart, coalesceValues(chart, userValues, { traits }), [], helm);
  } catch (error) {
    if (!(error instanceof NoMappingForSubchart)) throw error;
    const name = error.path.at(-1) ?? "";
    const problem = `the values of the subchart ${name} are not a mapping`;
    return [{ path: error.path, on: "value", problem, chart: source.name }];
  }
}

/** Returns the problems that the schemas of a chart and its subcharts find in the values. */
async function validateChart(
  chart: EnabledChart,
  values: Values,
  at: readonly string[],
  helm: string | undefined,
): Promise<ValuesProblem[]> {
  const validate = await compileSchema(chart.source.schema, { helm });
  const ownProblems = (validate?.(values) ?? []).map((problem) => ({
    ...problem,
    path: [...at, ...problem.path],
    chart: chart.source.name,
  }));
  const subchartProblems = await Promise.all(
    chart.charts.map((subchart) => {
      const subchartValues = values[subchart.name];
      return isMapping(subchartValues)
        ? validateChart(subchart, subchartValues, [...at, subchart.name], helm)
        : [];
    }),
  );
  return [...ownProblems, ...subchartProblems.flat()];
}
