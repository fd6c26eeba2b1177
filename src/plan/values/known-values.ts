import { getValueAt, isMapping, type Values } from "../../lib/object.ts";
import type { ChartDependency, ChartSource } from "../../model/chart.ts";
import { collectChartDefinitions, findMentions } from "../templates/mentions.ts";
import type { Definitions } from "../templates/parse.ts";

/**
 * The known keys of each chart that was read. Reading a large chart's templates takes as long as all other work
 * together.
 */
const knownValuesByChart = new WeakMap<ChartSource, KnownValues>();

/**
 * Returns the keys that a chart and its subcharts know from their default values, schemas and templates.
 * @param userValues the user's own values: a template in one of them (`extraManifests`) may use keys that the user
 *   invented
 */
export function findKnownValues(chart: ChartSource, userValues: Readonly<Values>): KnownValues {
  const known = knownValuesByChart.get(chart) ?? findValuesOfChart(chart, collectChartDefinitions(chart));
  knownValuesByChart.set(chart, known);
  const copy = copyTree(known);
  addUserMentions(copy, chart, userValues);
  return copy;
}

/**
 * Returns the keys that one chart knows.
 * @param definitions the named templates of the whole chart: helm shares them between a chart and its subcharts
 */
function findValuesOfChart(chart: ChartSource, definitions: Definitions): KnownValues {
  const known = createTree();
  const subcharts = findSubcharts(chart);
  const subchartKeys = new Set(subcharts.keys());
  addDefaults(known, chart.values, subchartKeys);
  addSchemaKeys(known, chart.schema, subchartKeys);
  for (const { path, whole: isUsedCompletely } of findMentions(chart, definitions)) {
    const node = ensureNode(known, path);
    if (isUsedCompletely) node.anything = true;
  }
  ensureNode(known, ["global"]).anything = true;
  for (const [key, subchart] of subcharts)
    mergeTree(ensureNode(known, [key]), findValuesOfChart(subchart, definitions));
  for (const dependency of chart.dependencies) addDependencyKeys(known, dependency, chart);
  return known;
}

/** Returns the subcharts by the keys that hold their values. */
function findSubcharts(chart: ChartSource): Map<string, ChartSource> {
  return new Map(
    chart.charts.flatMap((subchart) =>
      findSubchartKeys(subchart, chart.dependencies).map((key) => [key, subchart]),
    ),
  );
}

/** Returns the keys that hold a subchart's values: its name or its aliases. */
export function findSubchartKeys(subchart: ChartSource, dependencies: readonly ChartDependency[]): string[] {
  const matchingDependencies = dependencies.filter(({ name }) => name === subchart.name);
  return matchingDependencies.length === 0
    ? [subchart.name]
    : matchingDependencies.map(({ name, alias }) => alias ?? name);
}

/** Adds the keys that enable a dependency, and the values that helm imports from it into the chart's values. */
function addDependencyKeys(known: KnownValues, dependency: ChartDependency, chart: ChartSource): void {
  for (const condition of dependency.conditions) ensureNode(known, condition.split(".")).kind ??= "boolean";
  for (const tag of dependency.tags) ensureNode(known, ["tags", tag]);
  const values = chart.charts.find(({ name }) => name === dependency.name)?.values;
  if (!isMapping(values)) return;
  for (const importEntry of dependency.importValues) {
    const [childPath, parentPath] =
      typeof importEntry === "string"
        ? [`exports.${importEntry}`, "."]
        : [importEntry.child, importEntry.parent];
    const target = parentPath === "." ? known : ensureNode(known, parentPath.split("."));
    addDefaults(target, getValueAt(values, childPath.split(".")), new Set());
  }
}

/** Adds the keys that templates in the user's own values use, also in the values of subcharts. */
function addUserMentions(known: KnownValues, chart: ChartSource, userValues: Readonly<Values>): void {
  for (const path of findMentionsInTexts(userValues)) ensureNode(known, path).anything = true;
  for (const [key, subchart] of findSubcharts(chart)) {
    const subchartValues = userValues[key];
    if (isMapping(subchartValues)) addUserMentions(ensureNode(known, [key]), subchart, subchartValues);
  }
}

/** Returns the key paths of `.Values` in the templates among some values. */
function findMentionsInTexts(values: unknown): string[][] {
  if (typeof values === "string") {
    if (!values.includes("{{")) return [];
    return [...values.matchAll(/(?<![\w.])\$?\.Values\.(\w+(?:\.\w+)*)/g)].map(([, path = ""]) =>
      path.split("."),
    );
  }
  return typeof values === "object" && values !== null
    ? Object.values(values).flatMap(findMentionsInTexts)
    : [];
}

/**
 * Adds the keys of a chart's default values and the types of those values. Only a mapping with keys shows which keys the
 * templates read below it. For every other default (a scalar, a list, an empty mapping, null), any content is allowed.
 * @param known changed in place
 * @param subchartKeys the keys that hold the values of subcharts. A default there allows nothing by itself, since the
 *   subchart knows its own keys.
 */
function addDefaults(known: KnownValues, values: unknown, subchartKeys: ReadonlySet<string>): void {
  if (!isMapping(values)) return;
  for (const [key, value] of Object.entries(values)) {
    const node = ensureNode(known, [key]);
    const hasNamedKeys = isMapping(value) && Object.keys(value).length > 0;
    if (!hasNamedKeys && !subchartKeys.has(key)) node.anything = true;
    node.kind = findValueKind(value) ?? node.kind;
    // Subcharts have their values only at the top level.
    addDefaults(node, value, new Set());
  }
}

type ValueKind = "list" | "mapping" | "boolean" | "number" | "text";

/** What a chart knows below one key of its values. */
export interface KnownValues {
  readonly keys: Map<string, KnownValues>;
  /** Every key below has an effect: the value is used as a whole, or the author doesn't document its keys. */
  anything: boolean;
  /** The type of the chart's default, or else of its schema; undefined when neither names one. */
  kind?: ValueKind | undefined;
}

/** Returns the type of a default value; undefined for null, which allows any type. */
export function findValueKind(value: unknown): ValueKind | undefined {
  if (Array.isArray(value)) return "list";
  if (typeof value === "object") return value === null ? undefined : "mapping";
  if (typeof value === "boolean") return "boolean";
  return typeof value === "number" ? "number" : "text";
}

function createTree(): KnownValues {
  return { keys: new Map(), anything: false };
}

/** Returns a deep copy of a tree of known keys. */
function copyTree(known: KnownValues): KnownValues {
  const keys = new Map([...known.keys].map(([key, node]) => [key, copyTree(node)]));
  return { ...known, keys };
}

/** Returns the node of a key path; undefined if the chart has none. */
export function findNode(known: KnownValues, path: readonly string[]): KnownValues | undefined {
  return path.reduce<KnownValues | undefined>((node, key) => node?.keys.get(key), known);
}

/** Returns the node of a key path. Creates missing nodes. */
function ensureNode(known: KnownValues, path: readonly string[]): KnownValues {
  let node = known;
  for (const key of path) {
    const child = node.keys.get(key) ?? createTree();
    node.keys.set(key, child);
    node = child;
  }
  return node;
}

/** True if any key below the node may have an effect. */
export function isOpenNode(known: KnownValues): boolean {
  return known.anything || known.keys.size === 0;
}

/**
 * Adds the keys that a subchart knows to the keys that its parent knows for it.
 * @param target changed in place
 */
function mergeTree(target: KnownValues, source: KnownValues): void {
  if (isOpenNode(source)) target.anything = true;
  target.kind ??= source.kind;
  for (const [key, node] of source.keys) mergeTree(ensureNode(target, [key]), node);
}

/** Limits the depth, because schemas may contain themselves. */
const maximumDepth = 20;

/**
 * Adds the keys that a JSON schema names. Other keys do not become known if the schema allows them
 * (`additionalProperties: true`, or no such keyword): nearly all charts' schemas allow keys that their templates
 * ignore.
 * @param known changed in place
 * @param subchartKeys the keys that hold the values of subcharts, whose own schemas describe them better
 */
function addSchemaKeys(known: KnownValues, schema: unknown, subchartKeys: ReadonlySet<string>): void {
  if (!isMapping(schema)) return;
  addSchemaPart(known, schema, { root: schema, depth: 0, isOfSubchart: false, subchartKeys });
}

/** The position in a schema while its keys are added. */
interface SchemaPosition {
  /** The whole schema, which references start at. */
  readonly root: unknown;
  readonly depth: number;
  /** The values here are a subchart's, whose own schema describes them better. */
  readonly isOfSubchart: boolean;
  readonly subchartKeys: ReadonlySet<string>;
}

/**
 * Adds the keys that a part of a JSON schema names below a node.
 * @param known changed in place
 */
function addSchemaPart(known: KnownValues, schemaPart: unknown, position: SchemaPosition): void {
  const schema = followReference(schemaPart, position.root);
  if (!isMapping(schema) || position.depth > maximumDepth) {
    if (!position.isOfSubchart) known.anything = true;
    return;
  }
  const { properties, patternProperties, additionalProperties } = schema;
  known.kind ??= getSchemaKind(schema.type);
  const namedProperties = Object.entries(isMapping(properties) ? properties : {});
  const parts = listSchemaParts(schema);
  const isWithoutKeys =
    namedProperties.length === 0 && parts.length === 0 && position.depth > 0 && !position.isOfSubchart;
  if (isMapping(patternProperties) || isMapping(additionalProperties) || isWithoutKeys) known.anything = true;
  for (const [key, property] of namedProperties) {
    const isOfSubchart = position.depth === 0 && position.subchartKeys.has(key);
    addSchemaPart(ensureNode(known, [key]), property, {
      ...position,
      depth: position.depth + 1,
      isOfSubchart,
    });
  }
  // Parts describe the same place in the values. A small step still ends the recursion of a schema that contains itself.
  for (const part of parts) addSchemaPart(known, part, { ...position, depth: position.depth + 0.1 });
}

const schemaKinds: Readonly<Record<string, ValueKind>> = {
  array: "list",
  object: "mapping",
  boolean: "boolean",
  integer: "number",
  number: "number",
  string: "text",
};

/** Returns the type that a schema allows besides null; undefined if it allows several. */
function getSchemaKind(type: unknown): ValueKind | undefined {
  const [firstType, secondType] = [type].flat().filter((typeName) => typeName !== "null");
  return secondType === undefined && typeof firstType === "string" ? schemaKinds[firstType] : undefined;
}

/** Returns the schemas that a schema combines for the same place. */
function listSchemaParts(schema: Record<string, unknown>): unknown[] {
  const lists = [schema.allOf, schema.anyOf, schema.oneOf].flatMap((list) =>
    Array.isArray(list) ? list : [],
  );
  return [...lists, schema.if, schema.then, schema.else].filter(isMapping);
}

/** Returns the schema that a `$ref` leads to within the document; undefined if it leads elsewhere or to nothing. */
function followReference(schema: unknown, root: unknown): unknown {
  let node = schema;
  for (let steps = 0; isMapping(node) && typeof node.$ref === "string"; steps++) {
    const { $ref } = node;
    if (!$ref.startsWith("#") || steps > maximumDepth) return undefined;
    node = $ref
      .slice(1)
      .split("/")
      .filter((part) => part !== "")
      .map((part) => decodePointerPart(part).replaceAll("~1", "/").replaceAll("~0", "~"))
      .reduce<unknown>(
        (parent, part) => (isMapping(parent) && Object.hasOwn(parent, part) ? parent[part] : undefined),
        root,
      );
  }
  return node;
}

/** Returns a decoded step of a reference; an incorrectly encoded step stays unchanged. */
function decodePointerPart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
