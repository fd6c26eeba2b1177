import { createExpressions, type ParsedQuery } from "../../src/promql/promql.ts";
import { sharedJudge } from "./judge.ts";

/** The real judge, one for all tests of a file; its process starts with the first question. */
export const judge = await sharedJudge();

export const expressions = createExpressions(judge);

export async function parseQuery(query: string): Promise<ParsedQuery> {
  const [parsed] = await expressions.parse([query]);
  if (parsed === undefined) throw new Error("no answer");
  return parsed;
}
