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

/** What a chart's templates make of each item of a list in the values. */
interface Use {
  readonly path: readonly string[];
  /** Keys that they read of it: it must be a mapping. */
  readonly fields: Set<string>;
  /** They print it as it is: it must be a text. */
  isPrinted: boolean;
  /** They hand it to something that may take any. */
  isOpen: boolean;
}

/** A place in the values that the dot, or a variable, refers to. */
interface Ref {
  readonly path: readonly string[];
  /** One of the items of the list there. */
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
      const mistake = (problem: string) => [{ app, path: [...use.path, index], problem }];
      if (use.fields.size > 0 && ["string", "number", "boolean"].includes(typeof item)) {
        const [first = "name"] = use.fields;
        return mistake(
          `${JSON.stringify(item)} is not a mapping: the chart reads ${[...use.fields].join(", ")} of each item of ${key}; expected e.g. {${first}: ${JSON.stringify(item)}}`,
        );
      }
      if (use.fields.size === 0 && use.isPrinted && (isMapping(item) || Array.isArray(item)))
        return mistake(
          `this is ${Array.isArray(item) ? "a list" : "a mapping"}: the chart prints each item of ${key} as a text`,
        );
      return [];
    });
  });
}

/** Returns how a chart's templates use the items of lists; the paths of a subchart's begin with its key. */
function findItemUses(chart: ChartSource): Use[] {
  const uses = new Map<string, Use>();
  for (const template of parseChartTemplates(chart)) addUsesOfNodes(template, root, new Map(), uses);
  const subchartUses = chart.charts.flatMap((subchart) => {
    const uses = findItemUses(subchart);
    return findSubchartKeys(subchart, chart.dependencies).flatMap((key) =>
      uses.map((use) => ({ ...use, path: [key, ...use.path] })),
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
      const last = head?.variables.at(-1);
      const inner = last === undefined ? variables : new Map([...variables, [last, refs]]);
      addUsesOfNodes(body, kind === "if" ? dot : refs, inner, uses);
    }
  }
}

/**
 * Returns the places that the head of a block refers to. For a `range`: the items of a list in the values, or of the
 * lists in a `dict`.
 */
function findHeadRefs(
  kind: Branch["kind"],
  [command, piped]: Pipeline,
  dot: Refs,
  variables: Variables,
): Refs {
  const [first, ...rest] = command ?? [];
  if (first === undefined || piped !== undefined) return [];
  if (kind === "range" && first.kind === "word" && first.text === "dict")
    return rest.flatMap((term, index) => (index % 2 === 1 ? findTermRefs(term, dot, variables) : []));
  const refs = rest.length > 0 ? [] : findTermRefs(first, dot, variables);
  return kind === "range"
    ? refs.flatMap(({ path, isItem }) => (isItem ? [] : [{ path, isItem: true }]))
    : refs;
}

/** Returns the places that an operand refers to; none unless it is a plain key path of the values. */
function findTermRefs(term: Term, dot: Refs, variables: Variables): Refs {
  if (term.kind !== "field") return [];
  const { variable, fields } = term;
  const from = variable === undefined ? dot : variable === "$" ? root : (variables.get(variable) ?? []);
  if (fields.length === 0) return from;
  return from.flatMap(({ path, isItem }): Refs => {
    if (isItem) return [];
    if (path.length > 0) return [{ path: [...path, ...fields], isItem }];
    return fields[0] === "Values" ? [{ path: fields.slice(1), isItem }] : [];
  });
}

/**
 * Adds the uses of list items in a pipeline: the keys that it reads, or that it prints the item.
 * @param uses changed in place
 */
function addUses(
  pipeline: Pipeline,
  dot: Refs,
  variables: Variables,
  uses: Map<string, Use>,
  prints: boolean,
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
      else if (prints && isItemPrinted(terms)) use.isPrinted = true;
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
