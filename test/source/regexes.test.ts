import { expect, it } from "vitest";
import { judge, regexesIn } from "../../scripts/check-regexes.ts";

const source = [
  "/** A comment with /(a+)+$/ in it. */",
  'const text: string = "/(b+)+$/";',
  "const first = /(c+)+$/gi;",
  "function find(pattern: string) {",
  "  return new RegExp(pattern);",
  "}",
  "const second = text.split(/,/).map((one) => RegExp(one));",
].join("\n");

it("all regular expressions of a file are found, with their places, and those that it makes are complained of", () => {
  const { literals, made } = regexesIn("src/x.ts", source);
  expect(literals).toEqual([
    { pattern: "(c+)+$", flags: "gi", at: "src/x.ts:3" },
    { pattern: ",", flags: "", at: "src/x.ts:7" },
  ]);
  expect(made.map(({ at }) => at)).toEqual(["src/x.ts:5", "src/x.ts:7"]);
});

it.each([
  ["^(a+)+$", /exponential/],
  ["\\s+$", /polynomial/],
  ["^[a-z]+$", undefined],
  ["lookup \\S.{0,500}(i\\/o timeout|connection refused)", undefined],
])("/%s/ is judged by how its time grows", { timeout: 60_000 }, async (pattern, problem) => {
  const found = await judge({ pattern, flags: "" });
  if (problem === undefined) expect(found).toBeUndefined();
  else expect(found).toMatch(problem);
});
