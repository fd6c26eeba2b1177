import { describe, expect, it } from "vitest";
import {
  allowsNone,
  type Comparison,
  holds,
  numberComparison,
  textComparison,
  valueComparison,
} from "../../../src/config/checks/comparison.ts";
import type { Parser } from "../../../src/yaml/parsers.ts";

const base = { folder: "/", home: undefined };

function parse(parser: Parser<Comparison>, given: unknown): Comparison {
  const parsed = parser(given, base);
  if ("problems" in parsed) throw new Error(parsed.problems.map(({ text }) => text).join("; "));
  return parsed.value;
}

describe("a comparison", () => {
  it.each([
    [numberComparison, 3, 3, true],
    [numberComparison, 3, 2, false],
    [numberComparison, "3", 3, true],
    [numberComparison, ">= 1", 1, true],
    [numberComparison, ">=1", 0.99, false],
    [numberComparison, "> 0", 0, false],
    [numberComparison, "<= -1.5e3", -1500, true],
    [numberComparison, "< +Inf", 1e300, true],
    [numberComparison, "!= 0", 1, true],
    [numberComparison, "!= 0", 0, false],
    [numberComparison, "> 0", Number.NaN, false],
    [numberComparison, "< 1", Number.NaN, false],
    [textComparison, "my-app", "my-app", true],
    [textComparison, "my-app", "my-app-2", false],
    [textComparison, "~ my-.*", "my-app", true],
    [textComparison, "=~ my-.*", "my-app", true],
    [textComparison, "~ my", "my-app", false],
    [textComparison, "~ (?i)MY-APP", "my-app", true],
    [textComparison, "!~ a|b", "c", true],
    [textComparison, "!~ a|b", "b", false],
    [textComparison, "!= x", "y", true],
    [textComparison, '== "> 1"', "> 1", true],
    [textComparison, "!~ a", undefined, false],
    [textComparison, "!= a", undefined, false],
    [valueComparison, "ok", "ok", true],
    [valueComparison, "5", 5, false],
    [valueComparison, "== 5", 5, true],
    [valueComparison, '== "5"', "5", true],
    [valueComparison, "!= null", null, false],
    [valueComparison, "== true", true, true],
    [valueComparison, true, "true", false],
    [valueComparison, null, null, true],
    [valueComparison, ">= 2", 2, true],
    [valueComparison, ">= 2", "3", false],
    [valueComparison, "~ v1.*", "v1.36", true],
    [valueComparison, "~ .*", 5, false],
  ])("%# %o, with %j: %s", (parser, given, seen, expected) => {
    expect(holds(parse(parser, given), seen)).toBe(expected);
  });

  it.each([
    [numberComparison, "=> 1", /^"=> 1" is no comparison with a number; right would be e.g. ">= 1"/],
    [numberComparison, "> many", /no comparison with a number/],
    [numberComparison, "~ 1", /~ compares texts, and this is a number/],
    [numberComparison, true, /^true is no comparison/],
    [numberComparison, null, /^nothing is no comparison/],
    [numberComparison, "", /^nothing is no comparison/],
    [textComparison, 5, /^5 is no text/],
    [textComparison, "> 5", /no comparison with a text/],
    [textComparison, "!=", /no comparison with a text/],
    [textComparison, "~ (a", /this is no regular expression/],
    [valueComparison, "> x", /> needs a number/],
    [valueComparison, "~ [", /this is no regular expression/],
    [valueComparison, ["a"], /^a list is no comparison/],
  ])("%# refuses %o %j", (parser, given, message) => {
    expect(() => parse(parser, given)).toThrow(message);
  });

  it.each([
    [0, true],
    ["== 0", true],
    [">= 0", true],
    ["< 1", true],
    ["<= 0", true],
    ["<= 5", false],
    ["< 2", false],
    ["!= 3", false],
    [">= 1", false],
    ["> 0", false],
  ])("%j says that there may be none: %s", (given, expected) => {
    expect(allowsNone(parse(numberComparison, given))).toBe(expected);
  });
});
