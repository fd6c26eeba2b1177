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
 * @returns notices about rules that Prometheus accepts and that probably do not mean what their author intended
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
  const parsedRules = rules.map((rule, index) => ({ ...rule, parsed: parsed[index] }));
  return [
    ...sources.flatMap(noticeEmptyFile),
    ...parsedRules.flatMap((rule) => [...noticeTypes(rule), ...noticeTraps(rule, options)]),
    ...(await noticeTemplateFaults(means, parsedRules, features)),
    ...(version === undefined
      ? []
      : sources.flatMap((source) => findNewerFeatures(source, parsedRules, version))),
  ];
}

/**
 * Returns notices about features in the user's rules that are newer than the deployed Prometheus.
 * @param version of the rendered charts. If the plan knew a version, `judgeRules` has reported these notices
 *   already.
 */
export async function noticeNewerThanDeployed(
  means: Means,
  plan: Plan,
  version: string | undefined,
): Promise<Notice[]> {
  const app = findPrometheus(plan.apps);
  const plannedVersion = app && findPlannedVersion(app);
  if (version === undefined || plannedVersion !== undefined) return [];
  const { texts, cwd } = means.loaded;
  const sources = readRuleSources({ config: plan.config, texts, cwd });
  const rules = sources.flatMap(listUserRules);
  const parsed = await means.expressions.parse(rules.map(({ expr }) => expr));
  const parsedRules = rules.map((rule, index) => ({ ...rule, parsed: parsed[index] }));
  return sources.flatMap((source) => findNewerFeatures(source, parsedRules, version));
}

/** Returns notices about features in one source of rules that are newer than a version of Prometheus. */
function findNewerFeatures(source: RuleSource, rules: readonly UserRule[], version: string): Notice[] {
  const { yaml, at: rootPath, groups } = source;
  const shownVersion = version === "2" ? "a Prometheus before 3" : `Prometheus ${version}`;
  const createNotice = (path: UserRule["path"], subject: string, { what, since }: NewerPart) =>
    yaml.notice(
      "newer-than-deployed",
      path,
      `${subject}: ${what} exists since Prometheus ${since}; ${shownVersion} is deployed`,
    );
  const groupNotices = groups.flatMap((group, index) =>
    findNewerGroupKeys(group, version).map((part) =>
      createNotice([...rootPath, "groups", index, part.what], `group ${String(group["name"])}`, part),
    ),
  );
  const ruleNotices = rules
    .filter((rule) => rule.source === source)
    .flatMap((rule) =>
      findNewerParts(rule.rule, rule.parsed, version).map((part) =>
        createNotice(rule.path, formatRuleName(rule), part),
      ),
    );
  return [...groupNotices, ...ruleNotices];
}

/**
 * Returns the mistakes for which Prometheus would refuse the rule files. A file of another program gets one message
 * that names the program.
 */
async function findMistakes(
  { judge, loaded }: Means,
  sources: readonly RuleSource[],
  paths: readonly string[],
  options: RuleOptions,
): Promise<Mistake[]> {
  const foreignProblems = sources.map(({ yaml }) => describeForeignFile(yaml.data));
  const files = sources.map(({ yaml, at: rootPath }, index): RuleText => {
    if (foreignProblems[index] !== undefined) return { text: "", data: undefined };
    const { data } = yaml;
    if (rootPath.length > 0 && isMapping(data)) return createRuleFile(data["spec"]);
    return { text: loaded.texts[paths[index] ?? ""] ?? "", data };
  });
  const faultsByFile = await judgeRuleTexts(judge, files, options);
  return sources.flatMap(({ yaml, at: rootPath }, index) => {
    const foreignProblem = foreignProblems[index];
    if (foreignProblem !== undefined) return [yaml.mistake([], foreignProblem)];
    return (faultsByFile[index] ?? []).map(({ path, problem, character, line }) => {
      const faultPath = [...rootPath, ...path];
      const mistake =
        locateFault({ problem }) === "key"
          ? yaml.keyMistake(faultPath, problem)
          : yaml.mistake(faultPath, problem, character);
      return line === undefined || rootPath.length > 0
        ? mistake
        : { ...mistake, where: `${yaml.shownAs}:${line}:1` };
    });
  });
}

/**
 * Tries the rules in the user's values. Whether Prometheus accepts them is judged with the other contents of the
 * values.
 * @returns notices about results of a wrong type, and about templates that fail or create a new alert for each
 *   value
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
  const parsedRules = rules.map((rule, index) => ({ ...rule, parsed: parsed[index] }));
  const features = app === undefined ? [] : findPlannedFeatures(app);
  return [...parsedRules.flatMap(noticeTypes), ...(await noticeTemplateFaults(means, parsedRules, features))];
}

interface UserRule {
  readonly source: RuleNotices;
  readonly path: readonly (string | number)[];
  readonly rule: Readonly<Record<string, unknown>>;
  readonly expr: string;
  readonly parsed?: ParsedQuery | undefined;
}

/** Returns the rules of a source with their key paths. */
function listUserRules(source: RuleNotices): UserRule[] {
  return source.groups.flatMap((group, groupIndex) =>
    (Array.isArray(group["rules"]) ? group["rules"] : []).flatMap((rule: unknown, index): UserRule[] => {
      if (!isMapping(rule)) return [];
      const path = [...source.at, "groups", groupIndex, "rules", index];
      return [{ source, path, rule, expr: String(rule["expr"]) }];
    }),
  );
}

/** Returns a notice if a rule file has no group. */
function noticeEmptyFile({ yaml, at: rootPath, groups }: RuleSource): Notice[] {
  return groups.length > 0
    ? []
    : [yaml.notice("rule-file-empty", rootPath, "there is no rule group in this file")];
}

function formatRuleName({ rule }: UserRule): string {
  return `rule ${String(rule["alert"] ?? rule["record"])}`;
}

/** Returns a notice if a rule's result has a type that no evaluation accepts. */
function noticeTypes(userRule: UserRule): Notice[] {
  const { source, path, parsed } = userRule;
  if (parsed?.status !== "parsed" || parsed.type === "vector" || parsed.type === "scalar") return [];
  const type = parsed.type === "matrix" ? "a range vector" : "a string";
  const text = `${formatRuleName(userRule)}: its result is ${type}, so every evaluation fails: expected an instant vector or a scalar`;
  return [source.yaml.notice("rule-result-type", [...path, "expr"], text)];
}

/** Returns notices about common mistakes in a rule's expression. */
function noticeTraps(userRule: UserRule, options: Parameters<typeof findTraps>[2]): Notice[] {
  const { source, path, expr, parsed } = userRule;
  if (parsed === undefined) return [];
  return findTraps(expr, parsed, options).map(({ id, what, character, correctedExpr }) => {
    const suggestion =
      correctedExpr === undefined ? "" : `; better: ${correctedExpr.replace(/\s+/g, " ").trim()}`;
    return source.yaml.notice(
      id,
      [...path, "expr"],
      `${formatRuleName(userRule)}: ${what}${suggestion}`,
      character,
    );
  });
}

/**
 * Tests the templates of alerts with example data. Returns notices about templates that fail or that create a new
 * alert for each value.
 */
async function noticeTemplateFaults(
  { judge }: Pick<Means, "judge">,
  rules: readonly UserRule[],
  features: readonly string[],
): Promise<Notice[]> {
  const testedRules = rules.flatMap((userRule) => {
    const request = selectTemplatesToTry(userRule.rule, features);
    return request === undefined ? [] : [{ userRule, request }];
  });
  const answers = await judge.ask(
    "ruleTemplates",
    testedRules.map(({ request }) => request),
  );
  return testedRules.flatMap(({ userRule }, index) => {
    const answer = answers[index];
    const tree = userRule.parsed?.status === "parsed" ? userRule.parsed.tree : undefined;
    if (answer === undefined) return [];
    return findTemplateFaults(userRule.rule, tree, answer).map(({ id, path, what }) =>
      userRule.source.yaml.notice(id, [...userRule.path, ...path], `${formatRuleName(userRule)}: ${what}`),
    );
  });
}
