import { describe, expect, it } from "vitest";
import type * as z from "zod";
import {
  type Comparison,
  canBeZero,
  isFulfilled,
  numberComparison,
  textComparison,
  valueComparison,
} from "../../../src/config/checks/comparison.ts";
import { parseData } from "../../../src/yaml/mistakes.ts";

function parse(schema: z.ZodType<Comparison>, given: unknown): Comparison {
  const parsed = parseData(schema, given);
  if ("problems" in parsed) throw new Error(parsed.problems.map(({ message }) => message).join("; "));
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
    expect(isFulfilled(parse(parser, given), seen)).toBe(expected);
  });

  it.each([
    [numberComparison, "=> 1", /^"=> 1" is not a comparison with a number; expected for example ">= 1"/],
    [numberComparison, "> many", /not a comparison with a number/],
    [numberComparison, "~ 1", /~ compares texts, and this is a number/],
    [numberComparison, true, /^true is not a comparison/],
    [numberComparison, null, /^an empty value is not a comparison/],
    [numberComparison, "", /^an empty value is not a comparison/],
    [textComparison, 5, /^5 is not a text/],
    [textComparison, "> 5", /not a comparison with a text/],
    [textComparison, "!=", /not a comparison with a text/],
    [textComparison, "~ (a", /invalid regular expression/],
    [valueComparison, "> x", /> needs a number/],
    [valueComparison, "~ [", /invalid regular expression/],
    [valueComparison, ["a"], /^a list is not a comparison/],
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
    expect(canBeZero(parse(numberComparison, given))).toBe(expected);
  });
});
