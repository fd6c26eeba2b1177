import { stringify } from "yaml";
import { parseDuration } from "../lib/duration.ts";
import { isMapping } from "../lib/object.ts";
import { didYouMean, findNearestWord } from "../lib/suggest.ts";
import { pointAt } from "../promql/promql.ts";
import { judgedBy } from "../upstream/judge.ts";
import type { Judge, RequestOf, UpstreamError } from "../upstream/protocol.ts";
import { readYaml } from "../yaml/read.ts";

type Path = readonly (string | number)[];
type Mapping = Readonly<Record<string, unknown>>;

/** A mistake in a rule file for which Prometheus refuses the file, with its place in the data. */
interface RuleMistake {
  readonly path: Path;
  readonly problem: string;
  /** Position in the text at `path`, from 0. */
  readonly character?: number;
  /** Line in the checked text, if no path is known. */
  readonly line?: number;
}

/**
 * Returns upstream's errors about a rule file with their places in it.
 * @param text the rule file
 * @param data the parsed rule file
 */
export function placeRuleErrors(
  text: string,
  data: unknown,
  errors: readonly UpstreamError[],
): RuleMistake[] {
  // Upstream decodes a file twice, and the second time into types whose names end with Node: such an error is a repetition.
  const isRepetition = ({ message }: UpstreamError) =>
    errors.some(
      (otherError) => otherError.message !== message && otherError.message === message.replace(/Node$/, ""),
    );
  return errors
    .filter((error) => !isRepetition(error))
    .map((error) => {
      const path = findPath(text, data, error);
      const { message, line, from } = error;
      const problem = `Prometheus ${judgedBy.prometheus}: ${message}${findHint(error)}`;
      const place = path === undefined ? { path: [], ...(line === undefined ? {} : { line }) } : { path };
      const expression = from === undefined || path === undefined ? undefined : getValueAt(data, path);
      if (from === undefined || typeof expression !== "string") return { ...place, problem: problem };
      return { ...place, problem: `${problem}${formatCaret(expression, from)}`, character: from };
    });
}

/** Returns which part is at fault: `key` if upstream does not know the key, else `value`. */
export function locateFault({ problem }: Pick<RuleMistake, "problem">): "key" | "value" {
  return /\bfield \S+ not found in type\b|^the key \S+ is not known to /.test(problem) ? "key" : "value";
}

/** Returns the expression with a caret below the character at an offset, indented for a message. */
function formatCaret(expr: string, offset: number): string {
  const before = expr.slice(0, offset).split("\n");
  const shown = pointAt(expr, { line: before.length, column: (before.at(-1) ?? "").length + 1 });
  return shown
    .split("\n")
    .map((line) => `\n    ${line}`)
    .join("");
}

/**
 * Returns the path of an error: from the rule that it names, else from its line, else from the names in its message.
 */
function findPath(text: string, data: unknown, error: UpstreamError): Path | undefined {
  if (error.rule !== undefined) return findExistingPath(data, findRule(text, data, error), error.field);
  if (error.line !== undefined) return findPathAtLine(text, error);
  return findPathByMessage(data, error.message);
}

/** Returns the path that an error's message names. Upstream gives no line for these errors. */
function findPathByMessage(data: unknown, message: string): Path | undefined {
  const groups = listGroups(data);
  const names = groups.map(({ name }) => String(name ?? ""));
  const createGroupPath = (index: number, ...rest: string[]): Path | undefined =>
    index < 0 ? undefined : ["groups", index, ...rest];
  if (/^Groupname must not be empty/.test(message)) return createGroupPath(names.indexOf(""));
  const repeatedName = /^groupname: "(.*)" is repeated/s.exec(message)?.[1];
  if (repeatedName !== undefined)
    return createGroupPath(names.indexOf(repeatedName, names.indexOf(repeatedName) + 1), "name");
  const label = /^invalid label name: (.*)$/s.exec(message)?.[1];
  if (label !== undefined) {
    const hasLabel = ({ labels }: Mapping) => isMapping(labels) && Object.hasOwn(labels, label);
    return createGroupPath(groups.findIndex(hasLabel), "labels", label);
  }
  const duration = /\bduration(?: string:)? "([^"]*)"$|^empty duration string$|^duration out of range$/.exec(
    message,
  );
  return duration === null
    ? undefined
    : listDurations(groups).find(({ value }) => isNamedDuration(value, duration[1]))?.path;
}

/**
 * True if a value is the duration that an error names. If the error names none, true for an empty or invalid
 * duration.
 */
function isNamedDuration(value: unknown, named: string | undefined): boolean {
  return named === undefined
    ? parseDuration(String(value)) === undefined || value === ""
    : String(value) === named;
}

/** Returns the durations of groups and rules with their paths. */
function listDurations(groups: readonly Mapping[]): { readonly path: Path; readonly value: unknown }[] {
  const pickKeys = (mapping: Mapping, keys: readonly string[], basePath: Path) =>
    keys.filter((key) => key in mapping).map((key) => ({ path: [...basePath, key], value: mapping[key] }));
  return groups.flatMap((group, index) => {
    const rules: unknown[] = Array.isArray(group["rules"]) ? group["rules"] : [];
    return [
      ...pickKeys(group, ["interval", "query_offset"], ["groups", index]),
      ...rules.flatMap((rule, ruleIndex) =>
        isMapping(rule)
          ? pickKeys(rule, ["for", "keep_firing_for"], ["groups", index, "rules", ruleIndex])
          : [],
      ),
    ];
  });
}

/**
 * Returns the path of the rule that an error names. Several groups can have the same name, so the line decides between
 * them.
 */
function findRule(
  text: string,
  data: unknown,
  { group, rule = 0, ruleName = "", line }: UpstreamError,
): Path {
  const paths = listGroups(data).flatMap(({ name, rules }, index) => {
    const candidate: unknown = Array.isArray(rules) ? rules[rule] : undefined;
    const isNamedRule =
      isMapping(candidate) && String(candidate["alert"] || candidate["record"] || "") === ruleName;
    return String(name ?? "") === group && isNamedRule ? [["groups", index, "rules", rule] as Path] : [];
  });
  if (paths.length < 2 || line === undefined) return paths[0] ?? [];
  const yaml = readYaml(text);
  const findLine = (path: Path) => Number(yaml.valueAt(path).split(":")[0]);
  return paths.findLast((path) => findLine(path) <= line) ?? paths[0] ?? [];
}

function listGroups(data: unknown): Mapping[] {
  const groups = isMapping(data) ? data["groups"] : undefined;
  return Array.isArray(groups) ? groups.map((group) => (isMapping(group) ? group : {})) : [];
}

/** Returns the path of a field in a rule; the rule's path if the rule lacks the field. */
function findExistingPath(data: unknown, rule: Path, field = ""): Path {
  const [key = "", ...rest] = field.split(".");
  const possiblePaths = [
    [...rule, key, rest.join(".")],
    [...rule, key],
  ];
  return possiblePaths.find((path) => getValueAt(data, path) !== undefined) ?? rule;
}

/** Returns the value at a path; undefined if the path does not exist. */
function getValueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (node, part) =>
      typeof node === "object" && node !== null && Object.hasOwn(node, part)
        ? (node as Record<string | number, unknown>)[part]
        : undefined,
    data,
  );
}

/**
 * Returns the path at an error's line: of the unknown key that the message names, else of the first value with the
 * wrong type, else of the first entry in the line.
 */
function findPathAtLine(text: string, { line, message }: UpstreamError): Path | undefined {
  const yaml = readYaml(text);
  const entriesInLine = yaml
    .entries()
    .filter(({ key, value }) => [key ?? value, value].some((offset) => yaml.placeOf(offset).line === line));
  const unknownKey = parseUnknownKey(message)?.key;
  if (unknownKey !== undefined) return entriesInLine.find(({ path }) => path.at(-1) === unknownKey)?.path;
  const typeTag = /^cannot unmarshal !!(\w+)/.exec(message)?.[1];
  const hasWrongType = ({ path }: { path: Path }) => findYamlType(getValueAt(yaml.data, path)) === typeTag;
  return (entriesInLine.find(hasWrongType) ?? entriesInLine[0])?.path;
}

/** Returns the name of a value's type in upstream's errors. */
function findYamlType(value: unknown): string {
  if (Array.isArray(value)) return "seq";
  return isMapping(value) ? "map" : ({ boolean: "bool", string: "str" }[typeof value as string] ?? "");
}

/** The known keys by the Go type in upstream's errors. */
const knownRuleKeys: Readonly<Record<string, readonly string[]>> = {
  RuleGroups: ["groups"],
  RuleGroup: ["name", "interval", "query_offset", "limit", "rules", "labels"],
  Rule: ["record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations"],
};

/** Returns the unknown key that an error names, and the keys that are known there; undefined for any other error. */
function parseUnknownKey(
  message: string,
): { readonly key: string; readonly known: readonly string[] } | undefined {
  const match = /^field (.*) not found in type rulefmt\.(\w+)$/s.exec(message);
  return match ? { key: match[1] ?? "", known: knownRuleKeys[match[2] ?? ""] ?? [] } : undefined;
}

function suggestFeature(feature: string): string {
  return `Prometheus has it with --enable-feature=${feature}`;
}

/** Advice for upstream's errors that are hard to understand, by a pattern of the message. */
const hints: readonly (readonly [RegExp, string])[] = [
  [
    /must use BOOL modifier/,
    "both sides are numbers: put bool after the operator (`> bool`), or compare series, for example vector(time()) > 1",
  ],
  [/Perl syntax/i, "Prometheus' regular expressions (RE2) have no look-ahead and no back-references"],
  [/expected type range vector in [^,]{0,200}, got instant vector/, "add a range, for example x[5m]"],
  [
    /not a valid duration|in duration "|empty duration|duration out of range/,
    "expected a duration, for example 5m or 1h30m",
  ],
  [/function "[^"]*" is not enabled/, suggestFeature("promql-experimental-functions")],
  [/fill modifiers are experimental/, suggestFeature("promql-binop-fill-modifiers")],
  [/(?:anchored|smoothed) modifier is experimental/, suggestFeature("promql-extended-range-selectors")],
];

/** Returns advice to append to an error: similar names, or what is usually meant; empty if there is none. */
function findHint({ message, known }: UpstreamError): string {
  const key = parseUnknownKey(message);
  const hint = hints.find(([pattern]) => pattern.test(message))?.[1];
  if (key !== undefined && key.known.length > 0) return `; ${didYouMean(key.key, key.known)}`;
  if (hint !== undefined) return `; ${hint}`;
  const quotedName =
    /unknown function with name "([^"]*)"|function "([^"]*)" not defined|undefined variable "([^"]*)"/.exec(
      message,
    );
  const name = quotedName?.[1] ?? quotedName?.[2] ?? quotedName?.[3];
  const likelyName = name === undefined ? undefined : findLikelyName(name, known ?? []);
  return likelyName === undefined ? "" : `; did you mean ${likelyName}?`;
}

const templateVariables: readonly string[] = ["$labels", "$value", "$externalLabels", "$externalURL"];

/** Returns the name that was probably meant. A name without its `$` is a template variable. */
function findLikelyName(word: string, known: readonly string[]): string | undefined {
  if (word.startsWith("$")) return findNearestWord(word, templateVariables);
  return templateVariables.find((name) => name === `$${word}`) ?? findNearestWord(word, known);
}

/** A rule file as it is written, and the same parsed. */
export interface RuleText {
  readonly text: string;
  readonly data: unknown;
}

export type RuleOptions = Omit<RequestOf<"rules">, "text">;

/** Returns the mistakes for which Prometheus refuses each of the rule files. All files are judged in one batch. */
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

/** Returns the rule file that the operator generates from a PrometheusRule's spec. Paths in it are the same. */
export function createRuleFile(spec: unknown): RuleText {
  const groups = isMapping(spec) ? spec["groups"] : undefined;
  if (!isMapping(spec) || !Array.isArray(groups)) return { text: stringify(spec ?? {}), data: spec };
  // The key is for Thanos' ruler, and Prometheus would refuse it.
  const prometheusGroups = groups.map((group: unknown) => {
    if (!isMapping(group)) return group;
    const { partial_response_strategy: _, ...rest } = group;
    return rest;
  });
  const data = { ...spec, groups: prometheusGroups };
  return { text: stringify(data, { aliasDuplicateObjects: false }), data };
}
