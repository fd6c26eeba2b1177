import { XMLParser, XMLValidator } from "fast-xml-parser";
import { expect, it } from "vitest";
import { renderMergedJunit } from "../../../src/report/test-results/junit.ts";
import { badResults, goodResults } from "../results.ts";

it("has the suites of all runs, each case once", () => {
  const xml = renderMergedJunit([
    { name: "helm-v3", results: goodResults() },
    { name: "helm-v4 & <b>", results: badResults() },
  ]);
  expect(XMLValidator.validate(xml)).toBe(true);
  const parser = new XMLParser({
    ignoreAttributes: false,
    isArray: (name) => /^test(suite|case)$/.test(name),
  });
  const { testsuites } = parser.parse(xml);
  const cases = testsuites.testsuite.flatMap(({ testcase }: { testcase: object[] }) => testcase);
  expect(Number(testsuites["@_tests"])).toBe(cases.length);
  expect(Number(testsuites["@_failures"])).toBe(cases.filter((one: object) => "failure" in one).length);
  expect(Number(testsuites["@_failures"])).toBeGreaterThan(2);
  const ids = cases.map((one: Record<string, string>) => `${one["@_classname"]} ${one["@_name"]}`);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toContain("helm-v3: checks targets-up: All targets are up");
});
