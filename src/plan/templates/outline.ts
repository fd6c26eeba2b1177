import { isMapping } from "../../lib/object.ts";
import { functions, isTrue, type TemplateFunction, unknown } from "./functions.ts";
import { type TemplateNode, templateTree } from "./parse.ts";
import type { Token } from "./tokens.ts";

/** What stands for a value that only helm could tell. */
export const unknownText = "\u0000";

/** Enough for the largest charts; a template that goes on longer is left to helm. */
const mostSteps = 300_000;
const deepest = 30;

export interface Outliner {
  /** What a template comes to; parts whose condition only helm could tell are left out. */
  outline(template: string, root: Readonly<Record<string, unknown>>): string;
}

interface Scope {
  readonly root: unknown;
  readonly dot: unknown;
  readonly variables: Map<string, unknown>;
  readonly depth: number;
}

/** Evaluates templates as far as names and conditions need it. Pure; `templates` hold the helpers. */
export function createOutliner(templates: readonly string[]): Outliner {
  const defined = new Map<string, readonly TemplateNode[]>();
  const trees = new Map(templates.map((text) => [text, templateTree(text)]));
  const define = (nodes: readonly TemplateNode[]): void => {
    for (const node of nodes) if (node.kind === "define") defined.set(node.name, node.body);
  };
  for (const tree of trees.values()) define(tree);
  let steps = 0;

  function print(nodes: readonly TemplateNode[], scope: Scope): string {
    return nodes.map((node) => printOne(node, scope)).join("");
  }

  function printOne(node: TemplateNode, scope: Scope): string {
    if (++steps > mostSteps) return "";
    if (node.kind === "text") return node.text;
    if (node.kind === "define") return "";
    if (node.kind === "action") return printed(statement(node.tokens, scope));
    for (const { tokens, body } of node.branches) {
      if (tokens === undefined) return print(body, scope);
      const value = statement(tokens, scope, true);
      if (value === unknown) {
        for (const name of node.branches.flatMap((one) => assignedIn(one.body)))
          scope.variables.set(name, unknown);
        return "";
      }
      if (!isTrue(value)) continue;
      if (node.kind === "if") return print(body, scope);
      if (node.kind === "with") return print(body, { ...scope, dot: value });
      return items(value)
        .map(([key, item]) =>
          print(body, { ...scope, dot: item, variables: named(scope, tokens, key, item) }),
        )
        .join("");
    }
    return "";
  }

  /** `$x := ...` prints nothing; as a condition it is what is assigned. */
  function statement(tokens: readonly Token[], scope: Scope, isHead = false): unknown {
    const sign = tokens.findIndex((one) => one.kind === "sign" && (one.text === ":=" || one.text === "="));
    const value = pipeline(tokens.slice(sign + 1), scope);
    const [first] = tokens;
    if (sign > 0 && first?.kind === "field" && first.variable !== undefined)
      scope.variables.set(first.variable, value);
    return sign > 0 && !isHead ? "" : value;
  }

  function pipeline(tokens: readonly Token[], scope: Scope): unknown {
    let piped: readonly unknown[] = [];
    for (const command of split(tokens)) piped = [call(command, scope, piped)];
    return piped[0];
  }

  function call(tokens: readonly Token[], scope: Scope, piped: readonly unknown[]): unknown {
    const [first, ...rest] = tokens;
    if (first?.kind !== "word" || isLiteral(first.text)) return operands(tokens, scope)[0];
    const args = [...operands(rest, scope), ...piped];
    const name = first.text;
    if (name === "include" || name === "template") return included(String(args[0]), args[1], scope);
    if (name === "and") {
      const no = args.findIndex((one) => one !== unknown && !isTrue(one));
      return no >= 0 ? args[no] : args.includes(unknown) ? unknown : args.at(-1);
    }
    if (name === "or") {
      const yes = args.findIndex((one) => one === unknown || isTrue(one));
      return yes >= 0 ? args[yes] : args.at(-1);
    }
    if (name === "default") return args[1] === unknown ? unknown : isTrue(args[1]) ? args[1] : args[0];
    if (name === "coalesce") return args.find((one) => one === unknown || isTrue(one));
    if (name === "index") return args.slice(1).reduce((node, key) => fieldOf(node, String(key)), args[0]);
    const run: TemplateFunction | undefined = Object.hasOwn(functions, name) ? functions[name] : undefined;
    return run === undefined || args.includes(unknown) ? unknown : run(...args);
  }

  function included(name: string, dot: unknown, scope: Scope): unknown {
    const body = defined.get(name);
    if (body === undefined || scope.depth >= deepest) return unknown;
    return print(body, { root: dot, dot, variables: new Map(), depth: scope.depth + 1 });
  }

  function operands(tokens: readonly Token[], scope: Scope): unknown[] {
    const values: unknown[] = [];
    for (let at = 0; at < tokens.length; at++) {
      const one = tokens[at] as Token;
      if (one.kind === "string") values.push(one.text);
      else if (one.kind === "word") values.push(literal(one.text, scope));
      else if (one.kind === "field") {
        const from = one.attached
          ? values.pop()
          : one.variable === undefined
            ? scope.dot
            : variable(one.variable, scope);
        values.push(one.fields.reduce<unknown>(fieldOf, from));
      } else if (one.text === "(") {
        const end = closing(tokens, at);
        values.push(pipeline(tokens.slice(at + 1, end), scope));
        at = end;
      }
    }
    return values;
  }

  /** A function without arguments is one, too: `dict`. */
  function literal(word: string, scope: Scope): unknown {
    if (!isLiteral(word)) return call([{ kind: "word", text: word }], scope, []);
    return word === "true" ? true : word === "false" ? false : word === "nil" ? null : Number(word);
  }

  return {
    outline(template, root) {
      const tree = trees.get(template) ?? templateTree(template);
      return print(tree, { root, dot: root, variables: new Map(), depth: 0 });
    },
  };
}

/** The variables that are assigned somewhere in a part that is left out: what they are is not known any more. */
function assignedIn(nodes: readonly TemplateNode[]): string[] {
  return nodes.flatMap((node): string[] => {
    if (node.kind === "if" || node.kind === "with" || node.kind === "range")
      return node.branches.flatMap(({ body }) => assignedIn(body));
    const [first, second] = node.kind === "action" ? node.tokens : [];
    const isAssigned = second?.kind === "sign" && (second.text === "=" || second.text === ":=");
    return isAssigned && first?.kind === "field" && first.variable !== undefined ? [first.variable] : [];
  });
}

function variable(name: string, { root, variables }: Scope): unknown {
  return name === "$" ? root : variables.has(name) ? variables.get(name) : unknown;
}

function fieldOf(node: unknown, key: string): unknown {
  if (node === unknown) return unknown;
  return isMapping(node) && Object.hasOwn(node, key) ? node[key] : undefined;
}

function items(value: unknown): [string | number, unknown][] {
  if (Array.isArray(value)) return [...value.entries()];
  return isMapping(value) ? Object.entries(value) : [];
}

/** `range $key, $item := ...` */
function named(
  { variables }: Scope,
  tokens: readonly Token[],
  key: unknown,
  item: unknown,
): Map<string, unknown> {
  const sign = tokens.findIndex((one) => one.kind === "sign" && one.text === ":=");
  const names = tokens
    .slice(0, Math.max(0, sign))
    .flatMap((one) => (one.kind === "field" ? (one.variable ?? []) : []));
  const values = names.length === 2 ? [key, item] : [item];
  return new Map([...variables, ...names.map((name, index) => [name, values[index]] as const)]);
}

function isLiteral(word: string): boolean {
  return /^(?:true|false|nil|-?\d+(?:\.\d+)?)$/.test(word);
}

function split(tokens: readonly Token[]): Token[][] {
  const commands: Token[][] = [[]];
  let depth = 0;
  for (const one of tokens) {
    if (one.kind === "sign" && one.text === "(") depth += 1;
    if (one.kind === "sign" && one.text === ")") depth -= 1;
    if (one.kind === "sign" && one.text === "|" && depth === 0) commands.push([]);
    else commands.at(-1)?.push(one);
  }
  return commands;
}

function closing(tokens: readonly Token[], from: number): number {
  let depth = 0;
  for (let at = from; at < tokens.length; at++) {
    const one = tokens[at];
    if (one?.kind !== "sign") continue;
    if (one.text === "(") depth += 1;
    if (one.text === ")" && --depth === 0) return at;
  }
  return tokens.length;
}

function printed(value: unknown): string {
  if (value === unknown) return unknownText;
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? unknownText : String(value);
}
