import type { SyntaxNode } from "@lezer/common";
import { parser } from "@prometheus-io/lezer-promql";

interface Span {
  readonly from: number;
  readonly to: number;
}

/** The syntax tree of a query, for what `parseQuery` doesn't tell. */
export interface ParsedNodes {
  /** Parents first, in the order of the text. */
  readonly all: readonly SyntaxNode[];
  text(node: SyntaxNode | null): string;
  /** Those around a place, the innermost first. */
  above(span: Span): SyntaxNode[];
}

export function parseNodes(query: string): ParsedNodes {
  const all: SyntaxNode[] = [];
  parser
    .parse(query)
    .topNode.cursor()
    .iterate((ref) => {
      all.push(ref.node);
    });
  return {
    all,
    text: (node) => (node ? query.slice(node.from, node.to) : ""),
    above: (span) =>
      all.filter((node) => isWithin(span, node) && (node.from < span.from || node.to > span.to)).reverse(),
  };
}

export function isWithin(inner: Span, outer: Span): boolean {
  return inner.from >= outer.from && inner.to <= outer.to;
}
