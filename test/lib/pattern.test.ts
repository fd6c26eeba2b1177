import { describe, expect, it } from "vitest";
import { compileGoPattern, compileScriptPattern, SlowPattern } from "../../src/lib/pattern.ts";
import { startProcessorClock } from "../support/processor-clock.ts";

function millisecondsOf(run: () => unknown): number {
  const processorMs = startProcessorClock();
  run();
  return processorMs();
}

const hostile = "a".repeat(100_000);

describe("a regular expression in Go's syntax", () => {
  it.each([
    ["a|b", "b", true],
    ["a|b", "ab", false],
    ["(?i)prod-.*", "PROD-1", true],
    ["(?P<team>ops|dev)", "dev", true],
    ["\\Aops\\z", "ops", true],
    ["a.c", "a\nc", true],
    ["\\pL+", "é", true],
  ])("%s on %j", (pattern, text, fits) => {
    expect(compileGoPattern(pattern).test(text)).toBe(fits);
  });

  it.each(["(a+)+b", "(a|a)*b", "(.*)*(.*)*(.*)*b", "a*a*a*a*a*b"])("%s runs in linear time", (pattern) => {
    const compiled = compileGoPattern(pattern);
    expect(millisecondsOf(() => compiled.test(hostile))).toBeLessThan(1_500);
  });

  it.each([
    ["(a", /missing closing \)/],
    ["(?!a)", /invalid or unsupported Perl syntax/],
    ["((a{100}){100}){100}", /invalid repeat count/],
    ["(".repeat(5_000) + ")".repeat(5_000), /nests too deeply/],
    ["a".repeat(50_000), /longer than/],
  ])("%.20s is refused", (pattern, why) => {
    expect(() => compileGoPattern(pattern)).toThrow(why);
  });
});

describe("a regular expression in JavaScript's syntax", () => {
  it.each([
    ["^(?!foo).*$", "", "bar", ["bar"]],
    ["^(?!foo).*$", "", "foobar", undefined],
    ["(\\w)\\1", "", "xaab", ["aa", "a"]],
    ["a(b)?", "i", "A", ["A", undefined]],
    ["\\u0041", "", "A", ["A"]],
    ["[^]", "", "\n", ["\n"]],
    // Letters here, another meaning in RE2.
    ["\\z", "", "z", ["z"]],
    ["\\Qx", "", "Qx", ["Qx"]],
  ])("/%s/%s on %j", (pattern, flags, text, groups) => {
    expect(compileScriptPattern(pattern, flags).exec(text)?.groups).toEqual(groups);
  });

  it("has named groups, whichever engine runs it", () => {
    for (const ahead of ["", "(?=x)"]) {
      const found = compileScriptPattern(`${ahead}(?<text>x)(?<value>y)?`).exec("x");
      expect([...(found?.named ?? [])]).toEqual([["text", "x"]]);
    }
  });

  it.each(["(", "(?i)x", "(?P<a>x)", "a**", "[b-a]"])("%s is not one", (pattern) => {
    expect(() => compileScriptPattern(pattern)).toThrow(SyntaxError);
  });

  it("what RE2 takes runs in linear time", () => {
    const compiled = compileScriptPattern("^(a+)+$");
    expect(millisecondsOf(() => compiled.test(`${hostile}!`))).toBeLessThan(1_500);
  });

  it("what RE2 doesn't take is stopped, and not started a second time", () => {
    const compiled = compileScriptPattern("^(?=(a+)+$)b");
    expect(
      millisecondsOf(() => expect(() => compiled.test(`${hostile}!`)).toThrow(SlowPattern)),
    ).toBeLessThan(1_500);
    expect(millisecondsOf(() => expect(() => compiled.test("a")).toThrow(SlowPattern))).toBeLessThan(50);
  });

  it("many that are slow are stopped together", () => {
    const waste = () => {
      for (let index = 0; index < 200; index++) {
        try {
          compileScriptPattern(`^(?=(a+)+$)b{${index}}`).test(`${hostile}!`);
        } catch (error) {
          if (!(error instanceof SlowPattern)) throw error;
        }
      }
    };
    expect(millisecondsOf(waste)).toBeLessThan(8_000);
  });
});
