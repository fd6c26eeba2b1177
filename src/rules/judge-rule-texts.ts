import { stringify } from "yaml";
import { isMapping } from "../lib/values.ts";
import type { Judge, RequestOf } from "../upstream/types.ts";
import { placeRuleErrors, type RuleMistake } from "./rule-errors.ts";

/** A rule file as it is written, and the same parsed. */
export interface RuleText {
  readonly text: string;
  readonly data: unknown;
}

export type RuleOptions = Omit<RequestOf<"rules">, "text">;

/** Returns what Prometheus refuses in each of some rule files, judged in one batch. */
export async function judgeRuleTexts(
  judge: Pick<Judge, "ask">,
  files: readonly RuleText[],
  options: RuleOptions,
): Promise<RuleMistake[][]> {
  const answers = await judge.ask(
    "rules",
    files.map(({ text }) => ({ text, ...options })),
  );
  return files.map(({ text, data }, index) => placeRuleErrors(text, data, answers[index]?.errors ?? []));
}

/** Returns the rule file that the operator makes of a PrometheusRule's spec, with the same paths in it. */
export function ruleFileOfSpec(spec: unknown): RuleText {
  const groups = isMapping(spec) ? spec["groups"] : undefined;
  if (!isMapping(spec) || !Array.isArray(groups)) return { text: stringify(spec ?? {}), data: spec };
  // It is for Thanos' ruler, and Prometheus would refuse it.
  const forPrometheus = groups.map((group: unknown) => {
    if (!isMapping(group)) return group;
    const { partial_response_strategy: _, ...rest } = group;
    return rest;
  });
  const data = { ...spec, groups: forPrometheus };
  return { text: stringify(data, { aliasDuplicateObjects: false }), data };
}
