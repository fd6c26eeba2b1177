import type {
  Aggregation,
  AnswerOf,
  Judge,
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

interface QueryError extends Span {
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
export function listNodes(tree: Node): Node[] {
  const found: Node[] = [];
  const open = [tree];
  for (let node = open.pop(); node; node = open.pop()) {
    found.push(node);
    open.push(...node.children.toReversed());
  }
  return found;
}

/** Returns the nodes around a place, the innermost first. */
export function findNodesAround(tree: Node, { from, to }: Span): Node[] {
  return listNodes(tree)
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
export function parsePosition(message: string): Pick<QueryError, "line" | "column"> | undefined {
  const match = /(?:^|\s|")(\d+):(\d+): parse error/.exec(message);
  return match ? { line: Number(match[1]), column: Number(match[2]) } : undefined;
}

/** Returns an expression of PromQL or LogQL without comments and with empty quotes: the content of a text is not syntax. */
export function withoutTexts(expr: string): string {
  return expr.replace(
    /"(?:\\[\s\S]?|[^"\\])*(?:"|$)|'(?:\\[\s\S]?|[^'\\])*(?:'|$)|`[^`]*(?:`|$)|#[^\n]*/g,
    (text) => (text.startsWith("#") ? "" : '""'),
  );
}

/** Parses expressions by Prometheus' own code; each text is judged once. */
export interface Expressions {
  /** The order is kept. */
  parse(queries: readonly string[]): Promise<readonly ParsedQuery[]>;
  /** Has queries parsed also as Prometheus will write them, so that nobody needs to wait for that later. */
  prepare(queries: readonly string[]): Promise<void>;
}

/** What `--enable-feature` can add to the language: for queries that some Prometheus has accepted already. */
const languageFeatures: readonly string[] = [
  "promql-experimental-functions",
  "promql-extended-range-selectors",
  "promql-binop-fill-modifiers",
];

/** Parses expressions; those requested in the same tick are judged in one batch. */
export function createExpressions(
  judge: Pick<Judge, "ask">,
  features: readonly string[] = languageFeatures,
): Expressions {
  const known = new Map<string, Promise<ParsedQuery>>();
  let waiting: Map<string, (parsed: Promise<ParsedQuery>) => void> | undefined;
  const flush = () => {
    const batch = [...(waiting ?? [])];
    waiting = undefined;
    const texts = batch.map(([text]) => text);
    const answers = judge.ask(
      "expression",
      texts.map((text) => ({ text, features, prometheus2: true })),
    );
    for (const [index, [text, settle]] of batch.entries()) {
      const parsed = answers.then((all) => {
        const answer = all[index];
        if (answer === undefined) throw new Error("the upstream judge left out an answer");
        return toParsedQuery(answer);
      });
      // A failure is not a verdict: the next one who asks tries again.
      parsed.catch(() => known.delete(text));
      settle(parsed);
    }
  };
  const parseOne = (query: string): Promise<ParsedQuery> => {
    const before = known.get(query);
    if (before !== undefined) return before;
    if (waiting === undefined) {
      waiting = new Map();
      queueMicrotask(flush);
    }
    const batch = waiting;
    const parsed = new Promise<ParsedQuery>((resolve) => batch.set(query, resolve));
    known.set(query, parsed);
    return parsed;
  };
  const parse = (queries: readonly string[]) => Promise.all(queries.map(parseOne));
  const prepare = async (queries: readonly string[]) => {
    const parsed = await parse(queries);
    await parse(parsed.flatMap((one) => (one.status === "parsed" ? [one.canonical] : [])));
  };
  return { parse, prepare };
}
