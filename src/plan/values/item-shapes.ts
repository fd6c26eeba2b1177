import { formatKeyPath, getValueAt, isMapping, type Values } from "../../lib/object.ts";
import type { ChartSource } from "../../model/chart.ts";
import type { ValueMistake } from "../../model/plan.ts";
import {
  type Branch,
  type Pipeline,
  parseChartTemplates,
  type TemplateNode,
  type Term,
} from "../templates/parse.ts";
import { findSubchartKeys } from "./known-values.ts";

/** How a chart's templates use the items of a list in the values. */
interface Use {
  readonly path: readonly string[];
  /** Keys that the templates read of an item. If there are any, the item must be a mapping. */
  readonly fields: Set<string>;
  /** The templates print an item unchanged, so it must be a text. */
  isPrinted: boolean;
  /** The templates also pass an item to a function or template that may accept any type. */
  isOpen: boolean;
}

/** A place in the values that the dot, or a variable, refers to. */
interface Ref {
  readonly path: readonly string[];
  /** The place is any item of the list at `path`. */
  readonly isItem: boolean;
}

/**
 * Returns a mistake for each list item in an app's values that has the wrong type: a text where the chart's templates
 * read keys of a mapping, or a mapping that they print as a text. helm would fail with the template's line, or render
 * an unusable object. Pure.
 */
export function findWrongItems(app: string, values: Readonly<Values>, chart: ChartSource): ValueMistake[] {
  return findItemUses(chart).flatMap((use) => {
    const list = getValueAt(values, use.path);
    if (!Array.isArray(list) || use.isOpen) return [];
    const key = formatKeyPath(use.path);
    return list.flatMap((item: unknown, index): ValueMistake[] => {
      const createMistake = (problem: string) => [{ app, path: [...use.path, index], problem }];
      if (use.fields.size > 0 && ["string", "number", "boolean"].includes(typeof item)) {
        const [firstField = "name"] = use.fields;
        return createMistake(
          `${JSON.stringify(item)} is not a mapping: the chart reads ${[...use.fields].join(", ")} of each item of ${key}; expected e.g. {${firstField}: ${JSON.stringify(item)}}`,
        );
      }
      if (use.fields.size === 0 && use.isPrinted && (isMapping(item) || Array.isArray(item)))
        return createMistake(
          `this is ${Array.isArray(item) ? "a list" : "a mapping"}: the chart prints each item of ${key} as a text`,
        );
      return [];
    });
  });
}

/**
 * Returns how the templates of a chart and its subcharts use the items of lists. The paths of a subchart begin with
 * its key.
 */
function findItemUses(chart: ChartSource): Use[] {
  const uses = new Map<string, Use>();
  for (const template of parseChartTemplates(chart)) addUsesOfNodes(template, root, new Map(), uses);
  const subchartUses = chart.charts.flatMap((subchart) => {
    const usesInSubchart = findItemUses(subchart);
    return findSubchartKeys(subchart, chart.dependencies).flatMap((key) =>
      usesInSubchart.map((use) => ({ ...use, path: [key, ...use.path] })),
    );
  });
  return [...uses.values(), ...subchartUses];
}

/** The places that a variable, or the dot, may refer to: a loop over a `dict` of lists has several. */
type Refs = readonly Ref[];
type Variables = ReadonlyMap<string, Refs>;

const root: Refs = [{ path: [], isItem: false }];

/**
 * Adds the uses of list items in some nodes of a template.
 * @param dot places that `.` refers to
 * @param uses changed in place
 */
function addUsesOfNodes(
  nodes: readonly TemplateNode[],
  dot: Refs,
  variables: Variables,
  uses: Map<string, Use>,
): void {
  for (const node of nodes) {
    if (node.kind === "define") addUsesOfNodes(node.body, root, new Map(), uses);
    if (node.kind === "action") addUses(node.statement.pipeline, dot, variables, uses, true);
    if (node.kind !== "block") continue;
    for (const { kind, head, body } of node.branches) {
      if (head !== undefined) addUses(head.pipeline, dot, variables, uses, false);
      const refs = head === undefined ? dot : findHeadRefs(kind, head.pipeline, dot, variables);
      const itemVariable = head?.variables.at(-1);
      const branchVariables =
        itemVariable === undefined ? variables : new Map([...variables, [itemVariable, refs]]);
      addUsesOfNodes(body, kind === "if" ? dot : refs, branchVariables, uses);
    }
  }
}

/**
 * Returns the places that the head of a block refers to. For `range X`: the items of the list X, or the items of each
 * list in `dict "key" X ...`. None for a pipeline with a function.
 */
function findHeadRefs(
  kind: Branch["kind"],
  [command, piped]: Pipeline,
  dot: Refs,
  variables: Variables,
): Refs {
  const [firstTerm, ...args] = command ?? [];
  if (firstTerm === undefined || piped !== undefined) return [];
  if (kind === "range" && firstTerm.kind === "word" && firstTerm.text === "dict")
    return args.flatMap((term, index) => (index % 2 === 1 ? findTermRefs(term, dot, variables) : []));
  const refs = args.length > 0 ? [] : findTermRefs(firstTerm, dot, variables);
  return kind === "range"
    ? refs.flatMap(({ path, isItem }) => (isItem ? [] : [{ path, isItem: true }]))
    : refs;
}

/** Returns the places that an operand refers to; none unless it is a plain key path of the values. */
function findTermRefs(term: Term, dot: Refs, variables: Variables): Refs {
  if (term.kind !== "field") return [];
  const { variable, fields } = term;
  const base = findVariableRefs(variable, dot, variables);
  if (fields.length === 0) return base;
  return base.flatMap(({ path, isItem }): Refs => {
    if (isItem) return [];
    if (path.length > 0) return [{ path: [...path, ...fields], isItem }];
    return fields[0] === "Values" ? [{ path: fields.slice(1), isItem }] : [];
  });
}

/** Returns the places that a variable refers to: undefined is the dot, `$` the root of the chart's data. */
function findVariableRefs(variable: string | undefined, dot: Refs, variables: Variables): Refs {
  if (variable === undefined) return dot;
  return variable === "$" ? root : (variables.get(variable) ?? []);
}

/**
 * Adds the uses of list items in a pipeline: the keys that it reads, that it prints the item, or that it uses the
 * item in another way.
 * @param uses changed in place
 * @param isAction true if the pipeline's result is printed; false for the head of a block
 */
function addUses(
  pipeline: Pipeline,
  dot: Refs,
  variables: Variables,
  uses: Map<string, Use>,
  isAction: boolean,
): void {
  const terms = listTerms(pipeline);
  for (const term of terms) {
    if (term.kind !== "field") continue;
    const refs = term.variable === undefined ? dot : (variables.get(term.variable) ?? []);
    for (const { path } of refs.filter(({ isItem }) => isItem)) {
      const key = JSON.stringify(path);
      const use = uses.get(key) ?? { path, fields: new Set(), isPrinted: false, isOpen: false };
      uses.set(key, use);
      const [field] = term.fields;
      if (field !== undefined) use.fields.add(field);
      else if (isAction && isItemPrinted(terms)) use.isPrinted = true;
      else use.isOpen = true;
    }
  }
}

/** Returns all operands and functions of a pipeline, also those within brackets. */
function listTerms(pipeline: Pipeline): Term[] {
  return pipeline.flat().flatMap((term) => (term.kind === "brackets" ? listTerms(term.pipeline) : [term]));
}

/** True if terms print an item unchanged: `.`, `. | quote`, `tpl . $`. */
function isItemPrinted(terms: readonly Term[]): boolean {
  const words = terms.flatMap((term) => (term.kind === "word" ? term.text : []));
  return words.every((word) => word === "quote" || word === "tpl" || word === "squote");
}
