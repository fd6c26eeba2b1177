import type { Config } from "../../config/schema.ts";
import type { Plan } from "../../model/plan.ts";
import { findPlannedFeatures, findPlannedVersion } from "../../model/prometheus-server.ts";
import { findPrometheus } from "../../plan/settings/rules.ts";
import { readInlineYaml } from "../../plan/settings/user-files.ts";
import { type ParsedQuery, pointAt, toParsedQuery } from "../../promql/promql.ts";
import { judgedBy } from "../../upstream/judge.ts";
import { type Mistake, throwIfAny } from "../../yaml/mistakes.ts";
import type { Session } from "../session/session.ts";

/** An expression in the configuration file, with its key path. */
interface Query {
  readonly text: string;
  readonly path: readonly (string | number)[];
  /** True for a matcher of /federate, which can only be a selector. */
  readonly isMatcher: boolean;
}

/**
 * Judges the expressions of the user's own checks and of `federate`.
 * @throws UserError for what Prometheus refuses, with its place
 */
export async function judgeQueries(
  { judge, loaded }: Pick<Session, "judge"> & { readonly loaded: Pick<Session["loaded"], "texts" | "cwd"> },
  { config, apps }: Pick<Plan, "config" | "apps">,
): Promise<void> {
  const queries = listQueries(config);
  const app = findPrometheus(apps);
  const features = app === undefined ? [] : findPlannedFeatures(app);
  const prometheus2 = (app && findPlannedVersion(app))?.startsWith("2") ?? false;
  const answers = await judge.ask(
    "expression",
    queries.map(({ text }) => ({ text, features, prometheus2 })),
  );
  const { texts, cwd } = loaded;
  const yaml = readInlineYaml({ config, texts, cwd }, undefined, []);
  throwIfAny(
    queries.flatMap((query, index): Mistake[] => {
      const answer = answers[index];
      const problem = answer && describeProblem(query, toParsedQuery(answer));
      return problem ? [yaml.mistake(query.path, problem.text, problem.character)] : [];
    }),
  );
}

/** Returns the expressions in the configuration with their key paths. */
function listQueries({ checks, federate }: Config): Query[] {
  const checkQueries = checks.flatMap(({ what }, index) =>
    what.kind === "promql"
      ? [{ text: what.expression, path: ["checks", index, "promql"], isMatcher: false }]
      : [],
  );
  const matchers = federate.flatMap(({ match }, index) =>
    match.map((text, matchIndex) => ({
      text,
      path: ["federate", index, "match", matchIndex],
      isMatcher: true,
    })),
  );
  return [...checkQueries, ...matchers];
}

/**
 * Returns the problem of an invalid expression, or of a matcher that is more than a selector; undefined if there is
 * none.
 */
function describeProblem(
  { text, isMatcher }: Query,
  parsed: ParsedQuery,
): { readonly text: string; readonly character?: number } | undefined {
  if (parsed.status === "invalid") {
    const { error } = parsed;
    const label = isMatcher ? "invalid selector" : "invalid PromQL";
    const caret = pointAt(text, error).replaceAll(/^/gm, "    ");
    return {
      text: `${label}: Prometheus ${judgedBy.prometheus}: ${error.message}\n${caret}`,
      character: error.from,
    };
  }
  if (!isMatcher || (parsed.tree.kind === "selector" && parsed.selectors[0]?.text === text)) return undefined;
  return {
    text: `${text} is more than a selector, and /federate accepts nothing else: expected for example '{job="kubernetes-pods"}'`,
  };
}
