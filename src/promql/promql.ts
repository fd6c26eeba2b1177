import type { SyntaxNode } from "@lezer/common";
import { parser } from "@prometheus-io/lezer-promql";
import { durationMs } from "./duration.ts";

/** What a query is made of, or where it is wrong. Types of arguments are Prometheus' to judge: only grammar is looked at. */
export type ParsedQuery =
  | {
      readonly status: "parsed";
      readonly selectors: readonly Selector[];
      readonly windows: readonly RangeWindow[];
      /** Names of the functions and aggregations in it, each once, in lower case. */
      readonly functions: readonly string[];
    }
  | { readonly status: "invalid"; readonly error: QueryError };

/** Where something stands: offsets in UTF-16 units, `to` is exclusive. */
interface Span {
  readonly from: number;
  readonly to: number;
}

export interface QueryError extends Span {
  readonly message: string;
  /** Both from 1, as Prometheus counts. */
  readonly line: number;
  readonly column: number;
}

/** `metric{label="value"}`, without a range. */
export interface Selector extends Span {
  /** Undefined when the name is matched by an expression, or not at all. */
  readonly metric: string | undefined;
  /** Without the one that gives `metric`. */
  readonly matchers: readonly Matcher[];
  /** As it stands in the query. */
  readonly text: string;
}

export interface Matcher {
  readonly label: string;
  readonly op: "=" | "!=" | "=~" | "!~";
  readonly value: string;
}

/** `x[5m]`, or the subquery `(...)[30m:1m]`. */
export interface RangeWindow extends Span {
  readonly kind: "range" | "subquery";
  /** Undefined when it is no plain duration. */
  readonly ms: number | undefined;
  /** The duration as it is written. */
  readonly text: string;
  /** That takes it, e.g. `rate`. */
  readonly function: string | undefined;
  /** Undefined for a subquery. */
  readonly selector: Selector | undefined;
}

/** Characters. Longer ones take the parser seconds, and nobody writes them. */
const mostCharacters = 50_000;

export function parseQuery(query: string): ParsedQuery {
  if (query.length > mostCharacters) {
    const message = `the query is longer than ${mostCharacters} characters`;
    return { status: "invalid", error: { from: 0, to: query.length, message, line: 1, column: 1 } };
  }
  const nodes = walk(parser.parse(query).topNode);
  const error = firstError(query, nodes);
  if (error !== undefined) return { status: "invalid", error };
  const names = nodes.filter(({ name }) => name === "FunctionIdentifier" || name === "AggregateOp");
  return {
    status: "parsed",
    selectors: nodes.filter(({ name }) => name === "VectorSelector").map((node) => toSelector(query, node)),
    windows: nodes.flatMap((node) => toWindow(query, node)),
    functions: [...new Set(names.map((node) => textOf(query, node).toLowerCase()))],
  };
}

/** The line of the query that is wrong, and a caret under the place: two lines of text. */
export function pointAt(query: string, { line, column }: Pick<QueryError, "line" | "column">): string {
  const text = query.split("\n")[line - 1] ?? "";
  const indent = text.slice(0, column - 1).replace(/[^\t]/g, " ");
  return `${text}\n${indent}^`;
}

/** A position as Prometheus gives it: `1:12: parse error: ...`; undefined when its message has none. */
export function positionIn(message: string): Pick<QueryError, "line" | "column"> | undefined {
  const match = /(?:^|\s|")(\d+):(\d+): parse error/.exec(message);
  return match ? { line: Number(match[1]), column: Number(match[2]) } : undefined;
}

/** All nodes below, parents first, in the order of the text. */
function walk(top: SyntaxNode): SyntaxNode[] {
  const nodes: SyntaxNode[] = [];
  top.cursor().iterate((ref) => {
    nodes.push(ref.node);
  });
  return nodes;
}

function textOf(query: string, { from, to }: Span): string {
  return query.slice(from, to);
}

function firstError(query: string, nodes: readonly SyntaxNode[]): QueryError | undefined {
  if (query.trim() === "") return errorAt(query, { from: 0, to: 0 }, "no expression found in input");
  const open = nodes.find((node) => node.name === "StringLiteral" && !isClosed(textOf(query, node)));
  if (open) return errorAt(query, open, "unterminated quoted string");
  const broken = nodes.find(({ type }) => type.isError);
  if (broken) return errorAt(query, broken, whatIsWrong(query, broken));
  const bare = nodes.find((node) => node.name === "VectorSelector" && selectsAll(toSelector(query, node)));
  if (!bare) return undefined;
  return errorAt(query, bare, "vector selector must contain at least one non-empty matcher");
}

function errorAt(query: string, span: Span, message: string): QueryError {
  const before = query.slice(0, span.from).split("\n");
  const column = (before.at(-1) ?? "").length + 1;
  return { from: span.from, to: span.to, message, line: before.length, column };
}

function whatIsWrong(query: string, { from, to, parent }: SyntaxNode): string {
  const rest = query.slice(from);
  if (rest.trim() === "") return "unexpected end of input";
  const called = /^\s*\(/.test(rest) && parent?.name === "VectorSelector" && parent.firstChild;
  if (called && called.name === "Identifier") return `unknown function "${textOf(query, called)}"`;
  const token = from === to ? (/^\s*([\w:.$]+|.)/s.exec(rest)?.[1] ?? "") : query.slice(from, to);
  return `unexpected ${JSON.stringify(token)}`;
}

function isClosed(literal: string): boolean {
  return /^(`[^`]*`|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')$/s.test(literal);
}

/** Prometheus refuses a selector that would take every series. */
function selectsAll({ metric, matchers }: Selector): boolean {
  if (metric !== undefined) return false;
  return matchers.every(({ op, value }) => (op === "=" ? value === "" : op === "!=" ? value !== "" : false));
}

const matcherNodes: readonly string[] = ["UnquotedLabelMatcher", "QuotedLabelMatcher"];

function toSelector(query: string, node: SyntaxNode): Selector {
  const inside = walk(node);
  const named = node.getChild("Identifier");
  const quoted = inside.find(
    ({ name, parent }) => name === "QuotedLabelName" && parent?.name === "LabelMatchers",
  );
  const matchers = inside
    .filter(({ name }) => matcherNodes.includes(name))
    .map((one) => toMatcher(query, one));
  const byLabel = matchers.find(({ label, op }) => label === "__name__" && op === "=");
  const written = named ? textOf(query, named) : quoted && unquoted(textOf(query, quoted));
  return {
    from: node.from,
    to: node.to,
    metric: written ?? byLabel?.value,
    matchers: written === undefined ? matchers.filter((one) => one !== byLabel) : matchers,
    text: textOf(query, node),
  };
}

function toMatcher(query: string, node: SyntaxNode): Matcher {
  const label = node.firstChild ? textOf(query, node.firstChild) : "";
  const op = node.getChild("MatchOp");
  const value = node.lastChild ? unquoted(textOf(query, node.lastChild)) : "";
  return {
    label: node.name === "QuotedLabelMatcher" ? unquoted(label) : label,
    op: (op ? textOf(query, op) : "=") as Matcher["op"],
    value,
  };
}

function toWindow(query: string, node: SyntaxNode): RangeWindow[] {
  if (node.name !== "MatrixSelector" && node.name !== "SubqueryExpr") return [];
  const duration = node.getChild("DurationExpr");
  const text = duration ? textOf(query, duration) : "";
  const isRange = node.name === "MatrixSelector";
  const selector = isRange ? lastSelector(node) : null;
  return [
    {
      from: selector?.from ?? node.from,
      to: node.to,
      kind: isRange ? "range" : "subquery",
      ms: msOf(text),
      text,
      function: callerOf(query, node),
      selector: selector ? toSelector(query, selector) : undefined,
    },
  ];
}

/** The grammar takes `a + b[5m]` for a range of the sum; it is one of `b`. */
function lastSelector({ firstChild }: SyntaxNode): SyntaxNode | null {
  let node = firstChild;
  while (node && node.name !== "VectorSelector") node = node.lastChild;
  return node;
}

/** A bare number is a duration in seconds. */
function msOf(text: string): number | undefined {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
  return seconds === undefined ? durationMs(text) : seconds * 1000;
}

function callerOf(query: string, node: SyntaxNode): string | undefined {
  let up = node.parent;
  while (up && up.name !== "FunctionCall") {
    if (up.name === "AggregateExpr" || up.name === "BinaryExpr" || up.name === "SubqueryExpr")
      return undefined;
    up = up.parent;
  }
  const name = up?.getChild("FunctionIdentifier");
  return name ? textOf(query, name).toLowerCase() : undefined;
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", a: "\x07", b: "\b", f: "\f" };

/** Strings are written as in Go: raw in backticks, with escapes in quotes. */
function unquoted(literal: string): string {
  const inner = literal.slice(1, -1);
  if (literal.startsWith("`")) return inner;
  return inner.replace(
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|(.))/gs,
    (_, x?: string, u?: string, long?: string, plain?: string) => {
      const code = x ?? u ?? long;
      if (code !== undefined) return String.fromCodePoint(Number.parseInt(code, 16));
      return escapes[plain ?? ""] ?? plain ?? "";
    },
  );
}
