import type { ChartDependency, ChartSource } from "./chart-source.ts";
import { emptyTree, type KnownValues, mergeTree, nodeAt } from "./known-tree.ts";
import { addSchemaKeys } from "./schema-keys.ts";
import { mentionsIn } from "./template-mentions.ts";
import { isMapping, type Values, valueAt } from "./values.ts";

/**
 * The keys that a chart and its subcharts know, from their default values, schemas and templates. `given` are the
 * user's own values: a template in one of them (`extraManifests`) may name keys of the user's own making.
 */
export function knownValues(chart: ChartSource, given: Readonly<Values>): KnownValues {
  const known = emptyTree();
  const subcharts = new Map(
    chart.charts.flatMap((one) => keysOf(one, chart.dependencies).map((key) => [key, one])),
  );
  addDefaults(known, chart.values, new Set(subcharts.keys()));
  addSchemaKeys(known, chart.schema, new Set(subcharts.keys()));
  for (const { path, whole } of chartMentions(chart)) {
    const node = nodeAt(known, path);
    if (whole) node.anything = true;
  }
  for (const path of userMentions(given)) nodeAt(known, path).anything = true;
  nodeAt(known, ["global"]).anything = true;
  for (const [key, subchart] of subcharts) {
    const below = isMapping(given[key]) ? given[key] : {};
    mergeTree(nodeAt(known, [key]), knownValues(subchart, below));
  }
  for (const dependency of chart.dependencies) addSwitches(known, dependency, chart);
  return known;
}

/** The keys below which a subchart gets its values: its name or its aliases. */
export function keysOf(subchart: ChartSource, dependencies: readonly ChartDependency[]): string[] {
  const listed = dependencies.filter(({ name }) => name === subchart.name);
  return listed.length === 0 ? [subchart.name] : listed.map(({ name, alias }) => alias ?? name);
}

/** What switches it on, and what of its values helm copies into those of the chart. */
function addSwitches(known: KnownValues, dependency: ChartDependency, chart: ChartSource): void {
  for (const condition of dependency.conditions) nodeAt(known, condition.split("."));
  for (const tag of dependency.tags) nodeAt(known, ["tags", tag]);
  const values = chart.charts.find(({ name }) => name === dependency.name)?.values;
  if (!isMapping(values)) return;
  for (const one of dependency.importValues) {
    const [child, parent] = typeof one === "string" ? [`exports.${one}`, "."] : [one.child, one.parent];
    const into = parent === "." ? known : nodeAt(known, parent.split("."));
    addDefaults(into, valueAt(values, child.split(".")), new Set());
  }
}

/** A library's helpers see the values of the chart that includes them. */
function chartMentions(chart: ChartSource) {
  const libraries = chart.charts.filter(({ isLibrary }) => isLibrary);
  return [chart, ...libraries].flatMap(({ templates }) => templates.flatMap(mentionsIn));
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
    if (Array.isArray(value)) node.kind = "list";
    else if (isMapping(value)) node.kind = "mapping";
    addDefaults(node, value, new Set());
  }
}
