import { isMapping } from "../../lib/object.ts";
import type { ChartSource } from "../../model/chart.ts";
import {
  type Branch,
  type Command,
  collectDefinitions,
  type Definitions,
  type Pipeline,
  parseChartTemplates,
  type Statement,
  type TemplateNode,
  type Term,
} from "./parse.ts";

/** Marks a value in an outline that only helm knows. */
export const unknownText = "\u0000";

/** Enough for the largest known charts. The rest of a longer template is left out. */
const maximumSteps = 300_000;
const maximumDepth = 30;

interface Scope {
  readonly root: unknown;
  readonly dot: unknown;
  readonly variables: Map<string, unknown>;
  readonly depth: number;
}

/** Renders templates as far as the names and conditions in them can be evaluated without helm. */
interface Outliner {
  /** Returns the rendered text of a template. Parts whose condition only helm knows are left out. */
  outline(template: readonly TemplateNode[], root: Readonly<Record<string, unknown>>): string;
}

/** Returns an outliner for charts that share their named templates. Pure. */
export function createOutliner(charts: readonly ChartSource[]): Outliner {
  const definitions: Definitions = new Map(
    charts.flatMap(parseChartTemplates).flatMap((template) => [...collectDefinitions(template)]),
  );
  let stepCount = 0;

  function printNodes(nodes: readonly TemplateNode[], scope: Scope): string {
    return nodes.map((node) => printNode(node, scope)).join("");
  }

  function printNode(node: TemplateNode, scope: Scope): string {
    if (++stepCount > maximumSteps || node.kind === "define") return "";
    if (node.kind === "text") return node.text;
    if (node.kind === "block") return printBranches(node.branches, scope);
    const value = runStatement(node.statement, scope);
    return node.statement.variables.length > 0 ? "" : formatValue(value);
  }

  /**
   * Prints the first branch whose condition holds. If the condition is unknown, prints nothing, and every variable
   * that one of the branches assigns is unknown from here on.
   */
  function printBranches(branches: readonly Branch[], scope: Scope): string {
    for (const { kind, head, body } of branches) {
      if (head === undefined) return printNodes(body, scope);
      const value = runStatement(head, scope);
      if (value === unknown) {
        for (const name of branches.flatMap((branch) => listAssignedVariables(branch.body)))
          scope.variables.set(name, unknown);
        return "";
      }
      if (!isTrue(value)) continue;
      if (kind === "if") return printNodes(body, scope);
      if (kind === "with") return printNodes(body, { ...scope, dot: value });
      return listItems(value)
        .map(([key, item]) => {
          const values = head.variables.length === 2 ? [key, item] : [item];
          const itemVariables = head.variables.map((name, index) => [name, values[index]] as const);
          return printNodes(body, {
            ...scope,
            dot: item,
            variables: new Map([...scope.variables, ...itemVariables]),
          });
        })
        .join("");
    }
    return "";
  }

  function runStatement({ variables, pipeline }: Statement, scope: Scope): unknown {
    const value = runPipeline(pipeline, scope);
    const [first] = variables;
    if (first !== undefined) scope.variables.set(first, value);
    return value;
  }

  function runPipeline(pipeline: Pipeline, scope: Scope): unknown {
    let piped: readonly unknown[] = [];
    for (const command of pipeline) piped = [runCommand(command, scope, piped)];
    return piped[0];
  }

  /** Runs a command. The result is `unknown` if the function or one of its arguments is, and the known ones don't decide. */
  function runCommand([head, ...rest]: Command, scope: Scope, piped: readonly unknown[]): unknown {
    if (head === undefined) return undefined;
    if (head.kind !== "word" || isLiteral(head.text)) return evaluate(head, scope);
    const args = [...rest.map((term) => evaluate(term, scope)), ...piped];
    const name = head.text;
    if (name === "include" || name === "template")
      return renderNamedTemplate(String(args[0]), args[1], scope);
    if (name === "and") {
      const index = args.findIndex((arg) => arg !== unknown && !isTrue(arg));
      return index >= 0 ? args[index] : args.includes(unknown) ? unknown : args.at(-1);
    }
    if (name === "or") {
      const index = args.findIndex((arg) => arg === unknown || isTrue(arg));
      return index >= 0 ? args[index] : args.at(-1);
    }
    if (name === "default") return args[1] === unknown ? unknown : isTrue(args[1]) ? args[1] : args[0];
    if (name === "coalesce") return args.find((arg) => arg === unknown || isTrue(arg));
    if (name === "index") return args.slice(1).reduce((node, key) => getField(node, String(key)), args[0]);
    const run: TemplateFunction | undefined = Object.hasOwn(functions, name) ? functions[name] : undefined;
    return run === undefined || args.includes(unknown) ? unknown : run(...args);
  }

  function renderNamedTemplate(name: string, dot: unknown, scope: Scope): unknown {
    const body = definitions.get(name);
    if (body === undefined || scope.depth >= maximumDepth) return unknown;
    return printNodes(body, { root: dot, dot, variables: new Map(), depth: scope.depth + 1 });
  }

  function evaluate(term: Term, scope: Scope): unknown {
    if (term.kind === "string") return term.text;
    if (term.kind === "word") {
      // A function without arguments is an operand, too: `dict`.
      if (!isLiteral(term.text)) return runCommand([term], scope, []);
      return term.text === "nil" ? null : JSON.parse(term.text);
    }
    const base =
      term.kind === "brackets" ? runPipeline(term.pipeline, scope) : getVariable(term.variable, scope);
    return term.fields.reduce(getField, base);
  }

  return {
    outline: (template, root) => printNodes(template, { root, dot: root, variables: new Map(), depth: 0 }),
  };
}

/** Returns the variables that skipped nodes assign. Their values are unknown after these nodes. */
function listAssignedVariables(nodes: readonly TemplateNode[]): string[] {
  return nodes.flatMap((node): readonly string[] => {
    if (node.kind === "block") return node.branches.flatMap(({ body }) => listAssignedVariables(body));
    return node.kind === "action" ? node.statement.variables : [];
  });
}

function getVariable(name: string | undefined, { root, dot, variables }: Scope): unknown {
  if (name === undefined) return dot;
  return name === "$" ? root : variables.has(name) ? variables.get(name) : unknown;
}

function getField(node: unknown, key: string): unknown {
  if (node === unknown) return unknown;
  return isMapping(node) && Object.hasOwn(node, key) ? node[key] : undefined;
}

function listItems(value: unknown): [string | number, unknown][] {
  if (Array.isArray(value)) return [...value.entries()];
  return isMapping(value) ? Object.entries(value) : [];
}

function isLiteral(word: string): boolean {
  return /^(?:true|false|nil|-?\d+(?:\.\d+)?)$/.test(word);
}

/**
 * Returns a value as the outline shows it. Mappings and lists are not shown, because Go's notation for them is never
 * part of a name.
 */
function formatValue(value: unknown): string {
  if (value === unknown) return unknownText;
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? unknownText : String(value);
}

/** Stands for a value that only helm knows. */
export const unknown = Symbol("unknown");

type TemplateFunction = (...args: readonly unknown[]) => unknown;

/** True if Go's templates count the value as true: not empty, not zero and not nil. */
function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isMapping(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** Returns a value as Go prints it in these functions; empty for nil. */
const text = (value: unknown) => (value === undefined || value === null ? "" : String(value));

/**
 * The functions of Go's templates and of sprig that names and conditions usually contain. The result of any other
 * function is unknown.
 */
const functions: Readonly<Record<string, TemplateFunction>> = {
  not: (value) => !isTrue(value),
  eq: (left, ...others) => others.some((right) => text(right) === text(left)),
  ne: (left, right) => text(left) !== text(right),
  empty: (value) => !isTrue(value),
  has: (item, items) => Array.isArray(items) && items.some((member) => text(member) === text(item)),
  gt: (left, right) => Number(left) > Number(right),
  ge: (left, right) => Number(left) >= Number(right),
  lt: (left, right) => Number(left) < Number(right),
  le: (left, right) => Number(left) <= Number(right),
  int: (value) => Math.trunc(Number(value) || 0),
  add: (...values) => values.reduce<number>((sum, value) => sum + Number(value), 0),
  sub: (left, right) => Number(left) - Number(right),
  len: (value) =>
    isMapping(value) ? Object.keys(value).length : Array.isArray(value) ? value.length : text(value).length,
  contains: (part, whole) => text(whole).includes(text(part)),
  hasPrefix: (part, whole) => text(whole).startsWith(text(part)),
  hasSuffix: (part, whole) => text(whole).endsWith(text(part)),
  hasKey: (mapping, key) => isMapping(mapping) && Object.hasOwn(mapping, text(key)),
  trunc: (length, whole) =>
    Number(length) < 0 ? text(whole).slice(Number(length)) : text(whole).slice(0, Number(length)),
  trimSuffix: (end, whole) =>
    text(whole).endsWith(text(end))
      ? text(whole).slice(0, text(whole).length - text(end).length)
      : text(whole),
  trimPrefix: (start, whole) =>
    text(whole).startsWith(text(start)) ? text(whole).slice(text(start).length) : text(whole),
  trim: (whole) => text(whole).trim(),
  upper: (whole) => text(whole).toUpperCase(),
  lower: (whole) => text(whole).toLowerCase(),
  replace: (from, to, whole) => text(whole).replaceAll(text(from), text(to)),
  quote: (value) => JSON.stringify(text(value)),
  squote: (value) => `'${text(value)}'`,
  toString: (value: unknown) => text(value),
  print: (...values) => values.map(text).join(""),
  printf: (format, ...values) => {
    let next = 0;
    return text(format).replace(/%[sdv]/g, () => text(values[next++]));
  },
  tpl: (value) => (text(value).includes("{{") ? unknown : text(value)),
  indent: (width, value) => text(value).replace(/^/gm, " ".repeat(Number(width))),
  nindent: (width, value) => `\n${text(value).replace(/^/gm, " ".repeat(Number(width)))}`,
  required: (_, value) => value,
  ternary: (ifTrue, ifFalse, condition) => (isTrue(condition) ? ifTrue : ifFalse),
  kindIs: (kind, value) => kind === getGoKind(value),
  list: (...values) => values,
  dict: (...pairs) =>
    Object.fromEntries(
      pairs.flatMap((key, index) => (index % 2 === 0 ? [[text(key), pairs[index + 1]]] : [])),
    ),
};

/** Returns the name of the value's kind in Go's package reflect. */
function getGoKind(value: unknown): string {
  if (value === undefined || value === null) return "invalid";
  if (Array.isArray(value)) return "slice";
  if (isMapping(value)) return "map";
  return { string: "string", boolean: "bool", number: "float64" }[typeof value as string] ?? "";
}
