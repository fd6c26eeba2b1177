import type {
  Aggregation,
  AnswerOf,
  Node,
  Selector,
  Span,
  RangeWindow as UpstreamWindow,
  ValueType,
} from "../upstream/protocol.ts";

export type { Matcher, Node, Selector, Span } from "../upstream/protocol.ts";

/** What a query is made of, or why Prometheus refuses it. */
export type ParsedQuery =
  | {
      readonly status: "parsed";
      readonly type: ValueType;
      readonly selectors: readonly Selector[];
      readonly windows: readonly RangeWindow[];
      /** Names of the functions and aggregations in it, each once. */
      readonly functions: readonly string[];
      readonly aggregations: readonly Aggregation[];
      readonly tree: Node;
      /** As Prometheus itself writes the query, e.g. in the list of its rules. */
      readonly canonical: string;
    }
  | { readonly status: "invalid"; readonly error: QueryError };

export interface QueryError extends Span {
  readonly message: string;
  /** Both from 1, as Prometheus counts. */
  readonly line: number;
  readonly column: number;
}

/** `x[5m]`, or the subquery `(...)[30m:1m]`. */
export type RangeWindow = Omit<UpstreamWindow, "selector"> & {
  /** Undefined for a subquery. */
  readonly selector: Selector | undefined;
};

/** Reads the upstream judge's answer to one expression. */
export function toParsedQuery(answer: AnswerOf<"expression">): ParsedQuery {
  if (answer.errors !== undefined) return { status: "invalid", error: answer.errors[0] };
  const { ranges, ...parsed } = answer;
  const windows = ranges.map(({ selector, ...one }) => ({
    ...one,
    selector: selector === undefined ? undefined : parsed.selectors[selector],
  }));
  return { status: "parsed", ...parsed, windows };
}

/** Returns all nodes of a tree: parents first, in the order of the text. */
export function nodesOf(tree: Node): Node[] {
  const found: Node[] = [];
  const open = [tree];
  for (let node = open.pop(); node; node = open.pop()) {
    found.push(node);
    open.push(...node.children.toReversed());
  }
  return found;
}

/** Returns the nodes around a place, the innermost first. */
export function nodesAround(tree: Node, { from, to }: Span): Node[] {
  return nodesOf(tree)
    .filter((node) => node.from <= from && to <= node.to && (node.from < from || to < node.to))
    .reverse();
}

/** Returns the line of the query that is wrong, and a caret under the place: two lines of text. */
export function pointAt(query: string, { line, column }: Pick<QueryError, "line" | "column">): string {
  const text = query.split("\n")[line - 1] ?? "";
  const indent = text.slice(0, column - 1).replace(/[^\t]/g, " ");
  return `${text}\n${indent}^`;
}

/** Returns the position that Prometheus names, `1:12: parse error: ...`; undefined when its message has none. */
export function positionIn(message: string): Pick<QueryError, "line" | "column"> | undefined {
  const match = /(?:^|\s|")(\d+):(\d+): parse error/.exec(message);
  return match ? { line: Number(match[1]), column: Number(match[2]) } : undefined;
}

/** An expression of PromQL or LogQL without comments, and with nothing in its quotes: what stands in a text is no syntax. */
export function withoutTexts(expr: string): string {
  return expr.replace(
    /"(?:\\[\s\S]?|[^"\\])*(?:"|$)|'(?:\\[\s\S]?|[^'\\])*(?:'|$)|`[^`]*(?:`|$)|#[^\n]*/g,
    (text) => (text.startsWith("#") ? "" : '""'),
  );
}
