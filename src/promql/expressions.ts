import type { Judge } from "../upstream/protocol.ts";
import { type ParsedQuery, toParsedQuery } from "./promql.ts";

/** Parses expressions by Prometheus' own code; each text is judged once. */
export interface Expressions {
  /** The order is kept. */
  parse(queries: readonly string[]): Promise<readonly ParsedQuery[]>;
  /** Has queries parsed also as Prometheus will write them, so that nobody needs to wait for that later. */
  prepare(queries: readonly string[]): Promise<void>;
}

/** What `--enable-feature` can add to the language: for queries that some Prometheus has accepted already. */
export const languageFeatures: readonly string[] = [
  "promql-experimental-functions",
  "promql-extended-range-selectors",
  "promql-binop-fill-modifiers",
];

/** Those that are asked for at the same time are judged in one batch. */
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
