import { formatKeyPath, isMapping, type Values, valueAt } from "../../lib/object.ts";
import type { ChartSource } from "../../model/chart.ts";
import type { ValueMistake } from "../../model/plan.ts";
import { type TemplateNode, templateTree } from "../templates/parse.ts";
import type { Token } from "../templates/tokens.ts";
import { subchartKeys } from "./known-values.ts";

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

/** A place in the values that the dot, or a variable, stands for. */
interface Ref {
  readonly path: readonly string[];
  /** One of the items of the list there. */
  readonly isItem: boolean;
}

/**
 * Items of lists in an app's values that are a text where the chart's templates read keys of a mapping, or a mapping that
 * they print as a text: helm fails with the template's line, or what it renders is of no use. Pure.
 */
export function wrongItems(app: string, values: Readonly<Values>, chart: ChartSource): ValueMistake[] {
  const lists = listKeys(values);
  if (lists.length === 0) return [];
  return usesOf(chart, (template) => lists.some((key) => template.includes(key))).flatMap((use) => {
    const list = valueAt(values, use.path);
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

function listKeys(values: unknown): string[] {
  if (!isMapping(values)) return [];
  return Object.entries(values).flatMap(([key, value]) => (Array.isArray(value) ? [key] : listKeys(value)));
}

/** Those of the subcharts are below their keys. */
function usesOf(chart: ChartSource, isWorthwhile: (template: string) => boolean): Use[] {
  const uses = new Map<string, Use>();
  for (const template of chart.templates.filter(isWorthwhile))
    walk(templateTree(template), root, new Map(), uses);
  const below = chart.charts.flatMap((one) => {
    const own = usesOf(one, isWorthwhile);
    return subchartKeys(one, chart.dependencies).flatMap((key) =>
      own.map((use) => ({ ...use, path: [key, ...use.path] })),
    );
  });
  return [...uses.values(), ...below];
}

/** What a variable, or the dot, may stand for: a loop over a `dict` of lists has several. */
type Refs = readonly Ref[];
type Variables = ReadonlyMap<string, Refs>;

const root: Refs = [{ path: [], isItem: false }];

function walk(nodes: readonly TemplateNode[], dot: Refs, variables: Variables, uses: Map<string, Use>): void {
  for (const node of nodes) {
    if (node.kind === "define") walk(node.body, root, new Map(), uses);
    if (node.kind === "action") note(node.tokens, dot, variables, uses, true);
    if (node.kind !== "if" && node.kind !== "with" && node.kind !== "range") continue;
    for (const { tokens = [], body } of node.branches) {
      const sign = tokens.findIndex((one) => one.kind === "sign" && one.text === ":=");
      const head = tokens.slice(sign + 1);
      note(head, dot, variables, uses, false);
      const refs = node.kind === "range" ? itemsOf(head, dot, variables) : refsOf(head, dot, variables);
      const names = tokens
        .slice(0, Math.max(0, sign))
        .flatMap((one) => (one.kind === "field" ? (one.variable ?? []) : []));
      const last = names.at(-1);
      const isKept = node.kind === "if" || tokens.length === 0;
      walk(
        body,
        isKept ? dot : refs,
        last === undefined ? variables : new Map([...variables, [last, refs]]),
        uses,
      );
    }
  }
}

/** What a loop goes through: the items of a list in the values, or the lists that a `dict` has. */
function itemsOf(head: readonly Token[], dot: Refs, variables: Variables): Refs {
  const [first, ...rest] = head;
  if (first?.kind === "word" && first.text === "dict")
    return rest.flatMap((one, index) => (index % 2 === 1 ? refsOf([one], dot, variables) : []));
  return refsOf(head, dot, variables).flatMap(({ path, isItem }) => (isItem ? [] : [{ path, isItem: true }]));
}

/** What one token stands for, where it is a key path of the values and nothing else. */
function refsOf([first, more]: readonly Token[], dot: Refs, variables: Variables): Refs {
  if (first?.kind !== "field" || more !== undefined || first.attached) return [];
  const { variable, fields } = first;
  const from = variable === undefined ? dot : variable === "$" ? root : (variables.get(variable) ?? []);
  if (fields.length === 0) return from;
  return from.flatMap(({ path, isItem }): Refs => {
    if (isItem) return [];
    if (path.length > 0) return [{ path: [...path, ...fields], isItem }];
    return fields[0] === "Values" ? [{ path: fields.slice(1), isItem }] : [];
  });
}

function note(
  tokens: readonly Token[],
  dot: Refs,
  variables: Variables,
  uses: Map<string, Use>,
  prints: boolean,
): void {
  for (const one of tokens) {
    if (one.kind !== "field" || one.attached) continue;
    const refs = one.variable === undefined ? dot : (variables.get(one.variable) ?? []);
    for (const { path } of refs.filter(({ isItem }) => isItem)) {
      const key = JSON.stringify(path);
      const use = uses.get(key) ?? { path, fields: new Set(), isPrinted: false, isOpen: false };
      uses.set(key, use);
      const [field] = one.fields;
      if (field !== undefined) use.fields.add(field);
      else if (prints && isPrint(tokens)) use.isPrinted = true;
      else use.isOpen = true;
    }
  }
}

/** `.`, `. | quote`, `tpl . $`. */
function isPrint(tokens: readonly Token[]): boolean {
  const words = tokens.flatMap((one) => (one.kind === "word" ? one.text : []));
  return words.every((word) => word === "quote" || word === "tpl" || word === "squote");
}
