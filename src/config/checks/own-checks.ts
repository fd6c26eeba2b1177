import { isMapping } from "../../lib/object.ts";
import { mapping } from "../../yaml/mapping.ts";
import { shown } from "../../yaml/mistakes.ts";
import {
  duration,
  oneOf,
  type Parsed,
  type Parser,
  type Problem,
  problem,
  text,
} from "../../yaml/parsers.ts";
import { type HttpCheck, http } from "./http.ts";
import { expectation, expression, overOf, type PromqlCheck } from "./promql.ts";
import { type ResourceCheck, resource } from "./resource.ts";

/** A check of the user's own, from `checks:` in the file. */
export interface OwnCheck {
  /** Shown as the check `own/NAME`. */
  readonly name: string;
  readonly title: string | undefined;
  readonly severity: "error" | "warning";
  /** Milliseconds within which it must hold; undefined: as long as the other checks have. */
  readonly withinMs: number | undefined;
  /** How to fix it, in the user's words. */
  readonly hint: string | undefined;
  readonly what: PromqlCheck | HttpCheck | ResourceCheck;
}

const kinds = ["promql", "http", "resource"] as const;

const fields = mapping("a mapping with a name and one of promql, http and resource", {
  name: text("a check's name (lower-case letters, digits and -)", (name) =>
    /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name),
  ),
  title: text("a title"),
  severity: oneOf("a severity", ["error", "warning"]),
  within: duration,
  hint: text("a hint"),
  promql: expression,
  expect: expectation,
  over: duration,
  step: duration,
  http,
  resource,
});

type Given = Extract<ReturnType<typeof fields>, { value: unknown }>["value"];

const ownCheck: Parser<OwnCheck> = (given, base) => {
  const parsed = fields(given, base);
  if ("problems" in parsed) return parsed;
  const { name, title, severity = "error", within: withinMs, hint } = parsed.value;
  if (name === undefined) return problem("its name is missing; right would be e.g. name: my-app-is-scraped");
  const there = kinds.filter((kind) => parsed.value[kind] !== undefined);
  if (there.length !== 1) {
    const seen =
      there.length === 0 ? "there is none of" : `there are ${there.join(" and ")}; right would be one of`;
    return problem(`${seen} promql, http and resource`);
  }
  const what = whatOf(parsed.value, base);
  return "problems" in what ? what : { value: { name, title, severity, withinMs, hint, what: what.value } };
};

function whatOf(given: Given, base: Parameters<Parser<unknown>>[1]): Parsed<OwnCheck["what"]> {
  const { promql, http, resource } = given;
  if (promql === undefined) {
    const stray = (["expect", "over", "step"] as const).find((key) => given[key] !== undefined);
    if (stray !== undefined)
      return problem(`it belongs to promql; what an http or resource check expects stands in it`, [stray]);
    return { value: (http ?? resource) as HttpCheck | ResourceCheck };
  }
  const expect = given.expect === undefined ? expectation({}, base) : { value: given.expect };
  if ("problems" in expect) return expect;
  const over = overOf(given.over, given.step);
  if (typeof over === "string") return problem(over, ["step"]);
  return { value: { kind: "promql", expression: promql, over, expect: expect.value } };
}

/** The whole of `checks:`. */
export const ownChecks: Parser<readonly OwnCheck[]> = (given, base) => {
  if (given === null) return { value: [] };
  if (!Array.isArray(given)) {
    const right = isMapping(given)
      ? "each check as an item that starts with - name: ..."
      : "a list of checks";
    return problem(`${shown(given)} is not a list; right would be ${right}`);
  }
  const checks: OwnCheck[] = [];
  const problems: Problem[] = [];
  for (const [index, one] of given.entries()) {
    const parsed = ownCheck(one, base);
    if ("problems" in parsed)
      problems.push(...parsed.problems.map((each) => ({ ...each, at: [index, ...each.at] })));
    else if (checks.some(({ name }) => name === parsed.value.name))
      problems.push({ at: [index, "name"], text: `there is another check named ${parsed.value.name}` });
    else checks.push(parsed.value);
  }
  return problems.length > 0 ? { problems } : { value: checks };
};
