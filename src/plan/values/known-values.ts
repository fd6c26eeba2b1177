import { isMapping, type Values, valueAt } from "../../lib/values.ts";
import type { ChartDependency, ChartSource } from "../../model/chart-source.ts";
import { chartMentions } from "../templates/mentions.ts";
import { definesIn, type Templates } from "../templates/parts.ts";
import { copyTree, emptyTree, type KnownValues, kindOf, mergeTree, nodeAt } from "./known-tree.ts";
import { addSchemaKeys } from "./schema-keys.ts";

/** Reading a large chart's templates takes as long as all else together. */
const ofCharts = new WeakMap<ChartSource, KnownValues>();

/**
 * The keys that a chart and its subcharts know, from their default values, schemas and templates. `given` are the
 * user's own values: a template in one of them (`extraManifests`) may name keys of the user's own making.
 */
export function knownValues(chart: ChartSource, given: Readonly<Values>): KnownValues {
  const known = ofCharts.get(chart) ?? knownToChart(chart, definesIn(chart));
  ofCharts.set(chart, known);
  const copy = copyTree(known);
  addUserMentions(copy, chart, given);
  return copy;
}

/** @param defines the named templates of the whole chart: helm shares them between a chart and its subcharts */
function knownToChart(chart: ChartSource, defines: Templates): KnownValues {
  const known = emptyTree();
  const subcharts = subchartsOf(chart);
  addDefaults(known, chart.values, new Set(subcharts.keys()));
  addSchemaKeys(known, chart.schema, new Set(subcharts.keys()));
  for (const { path, whole } of chartMentions(chart, defines)) {
    const node = nodeAt(known, path);
    if (whole) node.anything = true;
  }
  nodeAt(known, ["global"]).anything = true;
  for (const [key, subchart] of subcharts) mergeTree(nodeAt(known, [key]), knownToChart(subchart, defines));
  for (const dependency of chart.dependencies) addSwitches(known, dependency, chart);
  return known;
}

function subchartsOf(chart: ChartSource): Map<string, ChartSource> {
  return new Map(chart.charts.flatMap((one) => keysOf(one, chart.dependencies).map((key) => [key, one])));
}

/** The keys below which a subchart gets its values: its name or its aliases. */
export function keysOf(subchart: ChartSource, dependencies: readonly ChartDependency[]): string[] {
  const listed = dependencies.filter(({ name }) => name === subchart.name);
  return listed.length === 0 ? [subchart.name] : listed.map(({ name, alias }) => alias ?? name);
}

/** What switches it on, and what of its values helm copies into those of the chart. */
function addSwitches(known: KnownValues, dependency: ChartDependency, chart: ChartSource): void {
  for (const condition of dependency.conditions) nodeAt(known, condition.split(".")).kind ??= "boolean";
  for (const tag of dependency.tags) nodeAt(known, ["tags", tag]);
  const values = chart.charts.find(({ name }) => name === dependency.name)?.values;
  if (!isMapping(values)) return;
  for (const one of dependency.importValues) {
    const [child, parent] = typeof one === "string" ? [`exports.${one}`, "."] : [one.child, one.parent];
    const into = parent === "." ? known : nodeAt(known, parent.split("."));
    addDefaults(into, valueAt(values, child.split(".")), new Set());
  }
}

function addUserMentions(known: KnownValues, chart: ChartSource, given: Readonly<Values>): void {
  for (const path of userMentions(given)) nodeAt(known, path).anything = true;
  for (const [key, subchart] of subchartsOf(chart)) {
    const below = given[key];
    if (isMapping(below)) addUserMentions(nodeAt(known, [key]), subchart, below);
  }
}

function userMentions(values: unknown): string[][] {
  if (typeof values === "string") {
    if (!values.includes("{{")) return [];
    return [...values.matchAll(/(?<![\w.])\$?\.Values\.(\w+(?:\.\w+)*)/g)].map(([, path = ""]) =>
      path.split("."),
    );
  }
  return typeof values === "object" && values !== null ? Object.values(values).flatMap(userMentions) : [];
}

/** An empty mapping, a list, a text or nothing says nothing about what may stand there. */
function addDefaults(known: KnownValues, values: unknown, subcharts: ReadonlySet<string>): void {
  if (!isMapping(values)) return;
  for (const [key, value] of Object.entries(values)) {
    const node = nodeAt(known, [key]);
    const says = isMapping(value) && Object.keys(value).length > 0;
    // Of a subchart's values, the subchart itself knows.
    if (!says && !subcharts.has(key)) node.anything = true;
    node.kind = kindOf(value) ?? node.kind;
    addDefaults(node, value, new Set());
  }
}
