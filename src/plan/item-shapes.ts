import type { ChartSource } from "./chart-source.ts";
import { keysOf } from "./known-values.ts";
import type { Token } from "./template-tokens.ts";
import { type TemplateNode, templateTree } from "./template-tree.ts";
import type { ValueMistake } from "./value-mistake.ts";
import { formatKeyPath, isMapping, type Values, valueAt } from "./values.ts";

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
    walk(templateTree(template), { path: [], isItem: false }, new Map(), uses);
  const below = chart.charts.flatMap((one) => {
    const own = usesOf(one, isWorthwhile);
    return keysOf(one, chart.dependencies).flatMap((key) =>
      own.map((use) => ({ ...use, path: [key, ...use.path] })),
    );
  });
  return [...uses.values(), ...below];
}

type Variables = ReadonlyMap<string, Ref>;

function walk(
  nodes: readonly TemplateNode[],
  dot: Ref | undefined,
  variables: Variables,
  uses: Map<string, Use>,
): void {
  for (const node of nodes) {
    if (node.kind === "define") walk(node.body, { path: [], isItem: false }, new Map(), uses);
    if (node.kind === "action") note(node.tokens, dot, variables, uses, true);
    if (node.kind !== "if" && node.kind !== "with" && node.kind !== "range") continue;
    for (const { tokens = [], body } of node.branches) {
      const sign = tokens.findIndex((one) => one.kind === "sign" && one.text === ":=");
      const head = tokens.slice(sign + 1);
      note(head, dot, variables, uses, false);
      const ref = refOf(head, dot, variables);
      const names = tokens
        .slice(0, Math.max(0, sign))
        .flatMap((one) => (one.kind === "field" ? (one.variable ?? "") : []));
      const isLoop = node.kind === "range" && tokens.length > 0;
      const inner = isLoop && ref !== undefined && !ref.isItem ? { path: ref.path, isItem: true } : undefined;
      const next = isLoop ? inner : node.kind === "with" && tokens.length > 0 ? ref : dot;
      const item = names.filter((name) => name !== "").at(-1);
      const known =
        item !== undefined && inner !== undefined ? new Map([...variables, [item, inner]]) : variables;
      walk(body, next, known, uses);
    }
  }
}

/** What one token stands for, where it is a key path of the values and nothing else. */
function refOf([first, more]: readonly Token[], dot: Ref | undefined, variables: Variables): Ref | undefined {
  if (first?.kind !== "field" || more !== undefined || first.attached) return undefined;
  const { variable, fields } = first;
  const from =
    variable === undefined ? dot : variable === "$" ? { path: [], isItem: false } : variables.get(variable);
  if (from === undefined) return undefined;
  if (fields.length === 0) return from;
  if (from.isItem) return undefined;
  if (from.path.length > 0) return { path: [...from.path, ...fields], isItem: false };
  return fields[0] === "Values" ? { path: fields.slice(1), isItem: false } : undefined;
}

function note(
  tokens: readonly Token[],
  dot: Ref | undefined,
  variables: Variables,
  uses: Map<string, Use>,
  prints: boolean,
): void {
  for (const one of tokens) {
    if (one.kind !== "field" || one.attached) continue;
    const ref = one.variable === undefined ? dot : variables.get(one.variable);
    if (ref === undefined || !ref.isItem) continue;
    const key = JSON.stringify(ref.path);
    const use = uses.get(key) ?? { path: ref.path, fields: new Set(), isPrinted: false, isOpen: false };
    uses.set(key, use);
    const [field] = one.fields;
    if (field !== undefined) use.fields.add(field);
    else if (prints && isPrint(tokens)) use.isPrinted = true;
    else use.isOpen = true;
  }
}

/** `.`, `. | quote`, `tpl . $`. */
function isPrint(tokens: readonly Token[]): boolean {
  const words = tokens.flatMap((one) => (one.kind === "word" ? one.text : []));
  return words.every((word) => word === "quote" || word === "tpl" || word === "squote");
}
