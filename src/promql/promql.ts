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

/** The parts of a parsed query, or the reason why Prometheus refuses it. */
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
      /** The query in Prometheus' own format, for example in its list of rules. */
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

/**
 * Returns the upstream judge's answer to one expression as a parsed query, with the selectors of windows resolved.
 */
export function toParsedQuery(answer: AnswerOf<"expression">): ParsedQuery {
  if (answer.errors !== undefined) return { status: "invalid", error: answer.errors[0] };
  const { ranges, ...parsed } = answer;
  const windows = ranges.map(({ selector, ...window }) => ({
    ...window,
    selector: selector === undefined ? undefined : parsed.selectors[selector],
  }));
  return { status: "parsed", ...parsed, windows };
}

/** Returns all nodes of a tree: parents first, in the order of the text. */
export function listNodes(tree: Node): Node[] {
  const nodes: Node[] = [];
  const nodesToVisit = [tree];
  for (let node = nodesToVisit.pop(); node; node = nodesToVisit.pop()) {
    nodes.push(node);
    nodesToVisit.push(...node.children.toReversed());
  }
  return nodes;
}

/** Returns the nodes around a place, the innermost first. */
export function findNodesAround(tree: Node, { from, to }: Span): Node[] {
  return listNodes(tree)
    .filter((node) => node.from <= from && to <= node.to && (node.from < from || to < node.to))
    .reverse();
}

/** Returns two lines: the line of the query with the error, and a caret below the position. */
export function pointAt(query: string, { line, column }: Pick<QueryError, "line" | "column">): string {
  const text = query.split("\n")[line - 1] ?? "";
  const indent = text.slice(0, column - 1).replace(/[^\t]/g, " ");
  return `${text}\n${indent}^`;
}

/** Returns the position in a message of Prometheus (`1:12: parse error: ...`); undefined if it has none. */
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
  /** Returns the parsed queries in the order of the texts. */
  parse(queries: readonly string[]): Promise<readonly ParsedQuery[]>;
  /** Parses queries, and also their form in Prometheus' own format, which later checks need. */
  prepare(queries: readonly string[]): Promise<void>;
}

/** All features of `--enable-feature` that extend PromQL. They are enabled for queries that some Prometheus has accepted already. */
const languageFeatures: readonly string[] = [
  "promql-experimental-functions",
  "promql-extended-range-selectors",
  "promql-binop-fill-modifiers",
];

/**
 * Returns a parser of expressions. Queries that are requested in the same tick are judged in one batch, and each text
 * only once.
 */
export function createExpressions(
  judge: Pick<Judge, "ask">,
  features: readonly string[] = languageFeatures,
): Expressions {
  const parsedQueries = new Map<string, Promise<ParsedQuery>>();
  let nextBatch: Map<string, (parsed: Promise<ParsedQuery>) => void> | undefined;
  const judgeBatch = () => {
    const batch = [...(nextBatch ?? [])];
    nextBatch = undefined;
    const texts = batch.map(([text]) => text);
    const answers = judge.ask(
      "expression",
      texts.map((text) => ({ text, features, prometheus2: true })),
    );
    for (const [index, [text, settle]] of batch.entries()) {
      const parsed = answers.then((allAnswers) => {
        const answer = allAnswers[index];
        if (answer === undefined) throw new Error("the upstream judge left out an answer");
        return toParsedQuery(answer);
      });
      // A failure is not a verdict, so it is not kept: the next request for the text tries again.
      parsed.catch(() => parsedQueries.delete(text));
      settle(parsed);
    }
  };
  const parseQuery = (query: string): Promise<ParsedQuery> => {
    const earlierResult = parsedQueries.get(query);
    if (earlierResult !== undefined) return earlierResult;
    if (nextBatch === undefined) {
      nextBatch = new Map();
      queueMicrotask(judgeBatch);
    }
    const batch = nextBatch;
    const parsed = new Promise<ParsedQuery>((resolve) => batch.set(query, resolve));
    parsedQueries.set(query, parsed);
    return parsed;
  };
  const parse = (queries: readonly string[]) => Promise.all(queries.map(parseQuery));
  const prepare = async (queries: readonly string[]) => {
    const parsed = await parse(queries);
    await parse(parsed.flatMap((query) => (query.status === "parsed" ? [query.canonical] : [])));
  };
  return { parse, prepare };
}
