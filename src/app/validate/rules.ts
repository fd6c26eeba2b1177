import { isMapping } from "../../lib/object.ts";
import type { Notice, Plan } from "../../model/plan.ts";
import { findPlannedFeatures, findPlannedVersion } from "../../model/prometheus-server.ts";
import {
  findPrometheus,
  findScrapeMs,
  type RuleNotices,
  type RuleSource,
  readRuleSources,
} from "../../plan/settings/rules.ts";
import type { ParsedQuery } from "../../promql/promql.ts";
import { findTemplateFaults, selectTemplatesToTry } from "../../rules/alert-templates.ts";
import { describeForeignFile } from "../../rules/foreign-files.ts";
import { findNewerGroupKeys, findNewerParts, type NewerPart } from "../../rules/prometheus-versions.ts";
import {
  createRuleFile,
  judgeRuleTexts,
  locateFault,
  type RuleOptions,
  type RuleText,
} from "../../rules/rule-errors.ts";
import { findTraps } from "../../rules/traps.ts";
import { type Mistake, throwIfAny } from "../../yaml/mistakes.ts";
import type { Session } from "../session/session.ts";

type Means = Pick<Session, "judge" | "expressions"> & {
  readonly loaded: Pick<Session["loaded"], "texts" | "cwd">;
};

/**
 * Judges the user's rule files.
 * @returns what Prometheus accepts and what means another thing than its writer thinks
 * @throws UserError for what Prometheus refuses, with its place
 */
export async function judgeRules(means: Means, plan: Plan): Promise<Notice[]> {
  const { texts, cwd } = means.loaded;
  const sources = readRuleSources({ config: plan.config, texts, cwd });
  if (sources.length === 0) return [];
  const app = findPrometheus(plan.apps);
  const features = app === undefined ? [] : findPlannedFeatures(app);
  const version = app && findPlannedVersion(app);
  const prometheus2 = version?.startsWith("2") ?? false;
  throwIfAny(await findMistakes(means, sources, plan.config.rules, { features, prometheus2 }));
  const rules = sources.flatMap(listUserRules);
  const options = { scrapeMs: findScrapeMs(plan.apps), localPath: plan.config.cluster.kind === "k3s" };
  const parsed = await means.expressions.parse(rules.map(({ expr }) => expr));
  const judged = rules.map((one, index) => ({ ...one, parsed: parsed[index] }));
  return [
    ...sources.flatMap(noticeEmptyFile),
    ...judged.flatMap((one) => [...noticeTypes(one), ...noticeTraps(one, options)]),
    ...(await noticeTemplateFaults(means, judged, features)),
    ...(version === undefined ? [] : sources.flatMap((source) => findNewerFeatures(source, judged, version))),
  ];
}

/**
 * Returns what the user's rules use that the deployed Prometheus may not know yet.
 * @param version of the rendered charts; what the plan knew has been said already
 */
export async function noticeNewerThanDeployed(
  means: Means,
  plan: Plan,
  version: string | undefined,
): Promise<Notice[]> {
  const app = findPrometheus(plan.apps);
  const known = app && findPlannedVersion(app);
  if (version === undefined || known !== undefined) return [];
  const { texts, cwd } = means.loaded;
  const sources = readRuleSources({ config: plan.config, texts, cwd });
  const rules = sources.flatMap(listUserRules);
  const parsed = await means.expressions.parse(rules.map(({ expr }) => expr));
  const judged = rules.map((one, index) => ({ ...one, parsed: parsed[index] }));
  return sources.flatMap((source) => findNewerFeatures(source, judged, version));
}

function findNewerFeatures(source: RuleSource, rules: readonly UserRule[], version: string): Notice[] {
  const { yaml, at, groups } = source;
  const shown = version === "2" ? "a Prometheus before 3" : `Prometheus ${version}`;
  const say = (path: UserRule["path"], where: string, { what, since }: NewerPart) =>
    yaml.notice(
      "newer-than-deployed",
      path,
      `${where}: ${what} exists since Prometheus ${since}; ${shown} is deployed`,
    );
  const ofGroups = groups.flatMap((group, index) =>
    findNewerGroupKeys(group, version).map((part) =>
      say([...at, "groups", index, part.what], `group ${String(group["name"])}`, part),
    ),
  );
  const ofRules = rules
    .filter((one) => one.source === source)
    .flatMap((one) =>
      findNewerParts(one.rule, one.parsed, version).map((part) => say(one.path, nameOf(one), part)),
    );
  return [...ofGroups, ...ofRules];
}

async function findMistakes(
  { judge, loaded }: Means,
  sources: readonly RuleSource[],
  paths: readonly string[],
  options: RuleOptions,
): Promise<Mistake[]> {
  const foreign = sources.map(({ yaml }) => describeForeignFile(yaml.data));
  const files = sources.map(({ yaml, at }, index): RuleText => {
    if (foreign[index] !== undefined) return { text: "", data: undefined };
    const { data } = yaml;
    if (at.length > 0 && isMapping(data)) return createRuleFile(data["spec"]);
    return { text: loaded.texts[paths[index] ?? ""] ?? "", data };
  });
  const judged = await judgeRuleTexts(judge, files, options);
  return sources.flatMap(({ yaml, at }, index) => {
    const what = foreign[index];
    if (what !== undefined) return [yaml.mistake([], what)];
    return (judged[index] ?? []).map(({ path, problem, character, line }) => {
      const whole = [...at, ...path];
      const mistake =
        locateFault({ problem }) === "key"
          ? yaml.keyMistake(whole, problem)
          : yaml.mistake(whole, problem, character);
      return line === undefined || at.length > 0
        ? mistake
        : { ...mistake, where: `${yaml.shownAs}:${line}:1` };
    });
  });
}

/**
 * Tries the rules that stand in the user's values. Whether Prometheus accepts them is judged with the other contents of the
 * values.
 * @returns results of a wrong type, and templates that fail or that make a new alert with each value
 */
export async function tryRulesInValues(
  means: Pick<Means, "judge" | "expressions">,
  sources: readonly RuleNotices[],
  plan: Plan,
): Promise<Notice[]> {
  const app = findPrometheus(plan.apps);
  const rules = sources.flatMap(listUserRules);
  if (rules.length === 0) return [];
  const parsed = await means.expressions.parse(rules.map(({ expr }) => expr));
  const judged = rules.map((one, index) => ({ ...one, parsed: parsed[index] }));
  const features = app === undefined ? [] : findPlannedFeatures(app);
  return [...judged.flatMap(noticeTypes), ...(await noticeTemplateFaults(means, judged, features))];
}

interface UserRule {
  readonly source: RuleNotices;
  readonly path: readonly (string | number)[];
  readonly rule: Readonly<Record<string, unknown>>;
  readonly expr: string;
  readonly parsed?: ParsedQuery | undefined;
}

function listUserRules(source: RuleNotices): UserRule[] {
  return source.groups.flatMap((group, groupIndex) =>
    (Array.isArray(group["rules"]) ? group["rules"] : []).flatMap((rule: unknown, index): UserRule[] => {
      if (!isMapping(rule)) return [];
      const path = [...source.at, "groups", groupIndex, "rules", index];
      return [{ source, path, rule, expr: String(rule["expr"]) }];
    }),
  );
}

function noticeEmptyFile({ yaml, at, groups }: RuleSource): Notice[] {
  return groups.length > 0 ? [] : [yaml.notice("rule-file-empty", at, "there is no rule group in this file")];
}

function nameOf({ rule }: UserRule): string {
  return `rule ${String(rule["alert"] ?? rule["record"])}`;
}

function noticeTypes(one: UserRule): Notice[] {
  const { source, path, parsed } = one;
  if (parsed?.status !== "parsed" || parsed.type === "vector" || parsed.type === "scalar") return [];
  const type = parsed.type === "matrix" ? "a range vector" : "a string";
  const text = `${nameOf(one)}: its result is ${type}, so every evaluation fails: expected an instant vector or a scalar`;
  return [source.yaml.notice("rule-result-type", [...path, "expr"], text)];
}

function noticeTraps(one: UserRule, options: Parameters<typeof findTraps>[2]): Notice[] {
  const { source, path, expr, parsed } = one;
  if (parsed === undefined) return [];
  return findTraps(expr, parsed, options).map(({ id, what, character, instead }) => {
    const better = instead === undefined ? "" : `; better: ${instead.replace(/\s+/g, " ").trim()}`;
    return source.yaml.notice(id, [...path, "expr"], `${nameOf(one)}: ${what}${better}`, character);
  });
}

async function noticeTemplateFaults(
  { judge }: Pick<Means, "judge">,
  rules: readonly UserRule[],
  features: readonly string[],
): Promise<Notice[]> {
  const tried = rules.flatMap((one) => {
    const request = selectTemplatesToTry(one.rule, features);
    return request === undefined ? [] : [{ one, request }];
  });
  const answers = await judge.ask(
    "ruleTemplates",
    tried.map(({ request }) => request),
  );
  return tried.flatMap(({ one }, index) => {
    const answer = answers[index];
    const tree = one.parsed?.status === "parsed" ? one.parsed.tree : undefined;
    if (answer === undefined) return [];
    return findTemplateFaults(one.rule, tree, answer).map(({ id, path, what }) =>
      one.source.yaml.notice(id, [...one.path, ...path], `${nameOf(one)}: ${what}`),
    );
  });
}
