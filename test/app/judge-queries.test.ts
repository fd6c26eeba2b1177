import { describe, expect, it, test } from "vitest";
import { judgeQueries } from "../../src/app/validate/queries.ts";
import { planFrom } from "../plan/settings/support.ts";
import { judge } from "../support/expressions.ts";

/** What is said of a configuration file. */
async function saidOf(yaml: string): Promise<string[]> {
  const plan = await planFrom({ files: { "monstack.yaml": yaml } });
  const config = { ...plan.config, file: "/work/monstack.yaml" };
  const loaded = { texts: { "/work/monstack.yaml": yaml }, cwd: "/work" };
  return await judgeQueries({ judge, loaded }, { ...plan, config }).then(
    () => [],
    (error: Error) => error.message.split("\n"),
  );
}

const check = (...lines: string[]) =>
  ["checks:", "  - name: a", ...lines.map((line) => `    ${line}`), ""].join("\n");

describe("an expression of a check that Prometheus refuses has its place in the file, and a caret", () => {
  test.each([
    ["plain", check("promql: sum(foo bar)"), "3:21", ["sum(foo bar)", "        ^"]],
    [
      "in quotes",
      check(`promql: 'sum(rate(x{a="b"}[5m])'`),
      "3:36",
      [`sum(rate(x{a="b"}[5m])`, "                      ^"],
    ],
    ["with escapes", check('promql: "x{a=\\"b\\"} foo bar"'), "3:25", ['x{a="b"} foo bar', "         ^"]],
    ["in a block", check("promql: |", "  sum(", "    nofunc(x)", "  )"), "5:9", ["  nofunc(x)", "  ^"]],
    ["folded", check("promql: >-", "  sum(", "  foo bar)"), "5:11", ["sum( foo bar)", "         ^"]],
    ["a type error", check("promql: time() > 1"), "3:20", ["time() > 1", "       ^"]],
  ])("%s", async (_, yaml, place, [line, caret]) => {
    const [said, ...rest] = await saidOf(yaml);
    expect(said).toMatch(
      new RegExp(`^monstack\\.yaml:${place}: checks\\[0\\]\\.promql: invalid PromQL: Prometheus \\d`),
    );
    expect(rest).toEqual([`    ${line}`, `    ${caret}`]);
  });

  it("none is said of what is right, or of nothing", async () => {
    expect(await saidOf(check("promql: sum(rate(x[5m])) / 100."))).toEqual([]);
    expect(await saidOf("")).toEqual([]);
  });
});

describe("a matcher of /federate", () => {
  const federate = (match: string) =>
    `federate:\n  - targets: [a:1]\n    match: [${JSON.stringify(match)}]\n`;

  test.each(['{job="a"}', "up", '{__name__=~"job:.*"}', 'x{a!="b"}'])("may be %s", async (match) => {
    expect(await saidOf(federate(match))).toEqual([]);
  });

  test.each([
    ["{job=}", "invalid selector"],
    ['{job=~"("}', "invalid selector"],
    ["sum(up)", "more than a selector"],
    ["up[5m]", "more than a selector"],
    ["up offset 5m", "more than a selector"],
  ])("may not be %s", async (match, reason) => {
    const [said = ""] = await saidOf(federate(match));
    expect(said).toMatch(/^monstack\.yaml:3:\d+: federate\[0\]\.match\[0\]: /);
    expect(said).toContain(reason);
  });
});
