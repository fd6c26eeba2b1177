import { getValueAt, isMapping, type Values } from "../lib/object.ts";
import type { ChartSource } from "../model/chart.ts";
import type { SchemaProblem } from "./explain.ts";
import { compileSchema, isBefore } from "./json-schema.ts";

/** A chart as helm has it once the values have decided which subcharts are enabled. */
interface EnabledChart {
  /** By its alias, where it has one. */
  readonly name: string;
  readonly source: ChartSource;
  /** Its defaults, and the values that it imports from its subcharts. */
  readonly values: Values;
  readonly charts: readonly EnabledChart[];
}

interface HelmTraits {
  /** Up to 3.20.0 and 4.1: a null among a chart's defaults stays, and overrides a subchart's own default. */
  readonly keepsNulls?: boolean;
}

/** The values of a subchart are not a mapping, which helm refuses. */
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
  return addImports(enable(source, source.name, userValues, { tags: undefined, at: [], traits }), traits);
}

interface Within extends Required<Pick<Coalescing, "at" | "traits">> {
  /** The tags in the top chart's values. */
  readonly tags: unknown;
}

function enable(
  source: ChartSource,
  name: string,
  userValues: Values,
  { tags, at, traits }: Within,
): EnabledChart {
  const allSubcharts = findSubcharts(source);
  const values = readDefaults(source);
  const parts = { name, source, values, charts: allSubcharts.map(({ chart }) => chart) };
  const whole = coalesceValues(parts, userValues, { at, traits });
  const allTags = tags ?? whole["tags"];
  const charts = allSubcharts
    .filter(({ conditions, tags: own }) => isEnabled(conditions, own, whole, allTags))
    .map(({ chart }) => {
      const subchartValues = whole[chart.name];
      const within = { tags: allTags ?? {}, at: [...at, chart.name], traits };
      return enable(chart.source, chart.name, isMapping(subchartValues) ? subchartValues : {}, within);
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
  const make = (source: ChartSource, name: string): EnabledChart => ({
    name,
    source,
    values: readDefaults(source),
    charts: findSubcharts(source).map(({ chart }) => chart),
  });
  const unlisted = charts.filter((chart) => !dependencies.some(({ name }) => name === chart.name));
  const listed = dependencies.flatMap(({ name, alias, conditions, tags }): Subchart[] => {
    const source = charts.find((chart) => chart.name === name);
    return source === undefined ? [] : [{ chart: make(source, alias ?? name), conditions, tags }];
  });
  return [...unlisted.map((one) => ({ chart: make(one, one.name), conditions: [], tags: [] })), ...listed];
}

/** True if a subchart is enabled: the first condition that is true or false decides, else the tags. */
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
  const set = ownTags.map((tag) => (isMapping(tags) ? tags[tag] : undefined));
  return set.includes(true) || !set.includes(false);
}

function readDefaults({ values }: ChartSource): Values {
  return isMapping(values) ? structuredClone(values) : {};
}

/** Adds the values that a chart imports from its subcharts; its own values override them (helm's processImportValues). */
function addImports(chart: EnabledChart, traits: HelmTraits): EnabledChart {
  const charts = chart.charts.map((subchart) => addImports(subchart, traits));
  const made = { ...chart, charts };
  const imports = chart.source.dependencies.flatMap(({ name, alias, importValues }) =>
    importValues.map((importEntry) => ({ from: alias ?? name, importEntry })),
  );
  if (imports.length === 0) return made;
  const whole = coalesceValues(made, {}, { traits });
  const imported = imports.reduce<Values>((result, { from: subchartKey, importEntry }) => {
    const [child, parent] =
      typeof importEntry === "string"
        ? [`exports.${importEntry}`, "."]
        : [importEntry.child, importEntry.parent];
    const importedValue = getValueAt(whole, [subchartKey, ...child.split(".")]);
    if (!isMapping(importedValue)) return result;
    const placed = parent === "." ? importedValue : nest(parent.split("."), importedValue);
    return mergeMissing(result, structuredClone(placed), "kept");
  }, {});
  return { ...made, values: mergeMissing(structuredClone(chart.values), imported, "kept") };
}

function nest(path: readonly string[], value: Values): Values {
  return path.reduceRight<Values>((inner, key) => ({ [key]: inner }), value);
}

interface Coalescing {
  /** Path of the chart's values in the top chart's. */
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
  for (const [key, value] of Object.entries(keepsNulls ? defaults : (withoutNulls(defaults) as Values))) {
    const set = values[key];
    if (!Object.hasOwn(values, key)) values[key] = value;
    else if (set === null) delete values[key];
    else if (isMapping(set) && isMapping(value)) {
      const isSubchart = chart.charts.some(({ name }) => name === key);
      mergeMissing(set, value, isSubchart ? "kept" : keepsNulls ? "dropped" : "dropped over a value");
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

/** What happens to a null, and to the value that it overrides. */
type Nulls = "kept" | "dropped" | "dropped over a value";

/** Adds the keys that `over` lacks from `under`, at every level, and returns `over`. */
function mergeMissing(over: Values, under: Values, nulls: Nulls): Values {
  for (const [key, value] of Object.entries(under)) {
    if (!Object.hasOwn(over, key)) over[key] = value;
    else if (over[key] === null) {
      if (nulls === "dropped" || (nulls === "dropped over a value" && value !== null)) delete over[key];
    } else if (isMapping(over[key]) && isMapping(value)) mergeMissing(over[key], value, nulls);
  }
  return over;
}

function withoutNulls(value: unknown): unknown {
  if (!isMapping(value)) return value;
  const kept = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutNulls(inner)]));
}

/** A part of an app's values that a chart's values.schema.json refuses. The path is in the app's values. */
interface ValuesProblem extends SchemaProblem {
  /** The chart whose schema it is. */
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
      const inner = values[subchart.name];
      return isMapping(inner) ? validateChart(subchart, inner, [...at, subchart.name], helm) : [];
    }),
  );
  return [...ownProblems, ...subchartProblems.flat()];
}
