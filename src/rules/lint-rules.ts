import { isMapping } from "../config/mapping.ts";
import { didYouMean } from "../config/suggest.ts";
import { durationMs } from "../promql/duration.ts";
import { parseQuery, pointAt } from "../promql/promql.ts";
import type { Complain } from "./mistake.ts";
import { templateProblem } from "./templates.ts";

type Mapping = Readonly<Record<string, unknown>>;
type Path = readonly (string | number)[];

export interface RuleLintOptions {
  /** Prometheus 3 and later: names of labels and metrics may have any characters. */
  readonly anyNames: boolean;
  /** Keys of a group that are fine beside Prometheus' own, e.g. the operator's. */
  readonly extraGroupKeys?: readonly string[];
}

const groupKeys = ["name", "interval", "query_offset", "limit", "rules", "labels"];
const ruleKeys = ["record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations"];

/** What Prometheus would refuse in a rule file that was parsed (model/rulefmt of Prometheus). Nothing is an empty file. */
export function lintRuleFile(file: unknown, options: RuleLintOptions, complain: Complain): void {
  if (file === null || file === undefined) return;
  if (!isMapping(file)) {
    complain([], "a rule file is a mapping with groups");
    return;
  }
  unknownKeys(file, ["groups"], [], complain);
  const { groups } = file;
  if (groups === null || groups === undefined) return;
  if (!Array.isArray(groups)) {
    complain(["groups"], "groups is no list");
    return;
  }
  const seen = new Set<string>();
  for (const [index, group] of groups.entries()) {
    const path = ["groups", index];
    if (!isMapping(group)) {
      complain(path, "a group is a mapping with name and rules");
      continue;
    }
    const name = String(group["name"] ?? "");
    if (name === "") complain(path, "the group has no name");
    else if (seen.has(name)) complain([...path, "name"], `the group ${name} is there twice in this file`);
    seen.add(name);
    lintGroup(group, path, options, complain);
  }
}

function lintGroup(group: Mapping, path: Path, options: RuleLintOptions, complain: Complain): void {
  unknownKeys(group, [...groupKeys, ...(options.extraGroupKeys ?? [])], path, complain);
  for (const key of ["interval", "query_offset"]) duration(group, key, path, complain);
  names(group, "labels", path, options, complain);
  const { rules } = group;
  if (rules === null || rules === undefined) return;
  if (!Array.isArray(rules)) {
    complain([...path, "rules"], "rules is no list");
    return;
  }
  for (const [index, rule] of rules.entries()) {
    const at = [...path, "rules", index];
    if (isMapping(rule)) lintRule(rule, at, options, complain);
    else complain(at, "a rule is a mapping with alert or record, and expr");
  }
}

function lintRule(rule: Mapping, path: Path, options: RuleLintOptions, complain: Complain): void {
  unknownKeys(rule, ruleKeys, path, complain);
  const isAlert = isSet(rule["alert"]);
  const isRecord = isSet(rule["record"]);
  if (isAlert && isRecord) complain(path, "only one of record and alert may be there");
  if (!isAlert && !isRecord) complain(path, "one of record and alert must be there");
  lintExpression(rule["expr"], [...path, "expr"], complain);
  for (const key of ["for", "keep_firing_for"]) duration(rule, key, path, complain);
  names(rule, "labels", path, options, complain);
  names(rule, "annotations", path, options, complain);
  if (isAlert) {
    templates(rule, path, complain);
    return;
  }
  if (!isRecord) return;
  const record = String(rule["record"]);
  const isName = options.anyNames ? !/[{}]/.test(record) : /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(record);
  if (!isName) complain([...path, "record"], `${JSON.stringify(record)} is no name of a metric`);
  for (const key of ["annotations", "for", "keep_firing_for"]) {
    if (isSet(rule[key]) && String(rule[key]) !== "0s")
      complain([...path, key], `a recording rule can't have ${key}`);
  }
}

/** Functions whose vector must have a range, in every version that has them. */
const overRange =
  /^(rate|irate|increase|delta|idelta|deriv|predict_linear|holt_winters|resets|changes|\w+_over_time)$/;

function lintExpression(expr: unknown, path: Path, complain: Complain): void {
  if (typeof expr === "number") return;
  if (typeof expr !== "string" || expr.trim() === "") {
    complain(path, "expr is missing");
    return;
  }
  const parsed = parseQuery(expr);
  if (parsed.status === "invalid") {
    const { error } = parsed;
    const caret = pointAt(expr, error)
      .split("\n")
      .map((line) => `\n    ${line}`)
      .join("");
    complain(path, `${error.line}:${error.column}: parse error: ${error.message}${caret}`, error.from);
    return;
  }
  const bare = parsed.windows.find((window) => window.function === undefined);
  if (bare) complain(path, `the range [${bare.text}] is given to no function that takes one`, bare.from);
  const lacking = parsed.functions.find(
    (name) => overRange.test(name) && !parsed.windows.some((window) => window.function === name),
  );
  if (lacking)
    complain(
      path,
      `${lacking} needs a range, e.g. ${lacking}(x[5m]): expected type range vector, got instant vector`,
    );
}

function templates(rule: Mapping, path: Path, complain: Complain): void {
  for (const key of ["labels", "annotations"]) {
    const map = rule[key];
    if (!isMapping(map)) continue;
    for (const [name, text] of Object.entries(map)) {
      const problem = typeof text === "string" ? templateProblem(text) : undefined;
      if (problem) complain([...path, key, name], `template: ${problem}`);
    }
  }
}

function names(
  from: Mapping,
  key: "labels" | "annotations",
  path: Path,
  { anyNames }: RuleLintOptions,
  complain: Complain,
): void {
  const map = from[key];
  if (map === null || map === undefined) return;
  if (!isMapping(map)) {
    complain([...path, key], `${key} is no mapping`);
    return;
  }
  for (const [name, value] of Object.entries(map)) {
    const isName = anyNames ? name !== "" : /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name);
    if (!isName || (key === "labels" && name === "__name__"))
      complain(
        [...path, key, name],
        `${JSON.stringify(name)} is no name of a ${key === "labels" ? "label" : key.slice(0, -1)}`,
      );
    if (typeof value === "object" && value !== null) complain([...path, key, name], "its value is no text");
  }
}

function duration(from: Mapping, key: string, path: Path, complain: Complain): void {
  const value = from[key];
  if (!isSet(value)) return;
  if (durationMs(String(value)) === undefined)
    complain([...path, key], `${JSON.stringify(value)} is no duration; right would be e.g. 5m or 1h30m`);
}

export function unknownKeys(
  mapping: Mapping,
  known: readonly string[],
  path: Path,
  complain: Complain,
): void {
  for (const key of Object.keys(mapping)) {
    if (!known.includes(key))
      complain([...path, key], `the key ${key} is not known; ${didYouMean(key, known)}`);
  }
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}
