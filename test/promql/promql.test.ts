import { describe, expect, it } from "vitest";
import { parsePosition, pointAt } from "../../src/promql/promql.ts";
import { parseQuery } from "../support/expressions.ts";

async function parsed(query: string) {
  const result = await parseQuery(query);
  if (result.status === "invalid") throw new Error(`${result.error.column}: ${result.error.message}`);
  return result;
}

async function errorOf(query: string) {
  const result = await parseQuery(query);
  return result.status === "invalid" ? result.error : undefined;
}

describe("a query", () => {
  it("has selectors with their metric and matchers, and the functions", async () => {
    const query = `sum(rate(http_requests_total{job="a", code!~'5..|4..'}[5m])) by (pod) / ignoring(x) kube_pod_info`;
    expect(await parsed(query)).toMatchObject({
      selectors: [
        {
          metric: "http_requests_total",
          matchers: [
            { label: "job", op: "=", value: "a" },
            { label: "code", op: "!~", value: "5..|4.." },
          ],
          text: `http_requests_total{job="a", code!~'5..|4..'}`,
        },
        { metric: "kube_pod_info", matchers: [] },
      ],
      functions: ["sum", "rate"],
    });
  });

  it.each([
    ['{__name__="up", job="a"}', "up", ["job"]],
    ['{"http.requests", job="a"}', "http.requests", ["job"]],
    ['{"http.requests", "k8s.pod"="a"}', "http.requests", ["k8s.pod"]],
    ['{__name__=~"up|down"}', undefined, ["__name__"]],
    ['{job="a"}', undefined, ["job"]],
  ])("knows the metric of %s", async (query, metric, labels) => {
    const [selector] = (await parsed(query)).selectors;
    expect(selector?.metric).toBe(metric);
    expect(selector?.matchers.map(({ label }) => label)).toEqual(labels);
  });

  it.each([
    ['x{a="\\"\\n\\u00e9\\\\."}', '"\né\\.'],
    ["x{a=`\\.`}", "\\."],
    ["x{a='it\\'s'}", "it's"],
  ])("takes the string in %s as Go does", async (query, value) => {
    expect((await parsed(query)).selectors[0]?.matchers[0]?.value).toBe(value);
  });

  it("has windows with the function that takes each", async () => {
    const query = "max_over_time(rate(x[1m] offset 1h)[30m:5s]) + increase(y{a='b'}[300])";
    expect((await parsed(query)).windows).toMatchObject([
      { kind: "subquery", ms: 1_800_000, function: "max_over_time", selector: undefined },
      { kind: "range", ms: 60_000, text: "1m", function: "rate", selector: { metric: "x" } },
      { kind: "range", ms: 300_000, function: "increase", selector: { metric: "y" } },
    ]);
  });

  it("binds a range to the selector before it, not to the sum", async () => {
    expect((await parsed("a + rate(b[1h30m])")).windows).toMatchObject([
      { from: 9, to: 17, ms: 5_400_000, function: "rate", selector: { metric: "b" } },
    ]);
  });

  it("leaves the length of a computed window open", async () => {
    expect((await parsed("rate(x[5m + 1m])")).windows).toEqual([
      expect.objectContaining({ text: "5m + 1m" }),
    ]);
    expect((await parsed("rate(x[5m + step()])")).windows[0]?.ms).toBeUndefined();
  });

  it("does not take what stands in a string or a comment for a query", async () => {
    expect((await parsed('# rate(a[1m])\nlabel_replace(up, "a", "rate(b[1m])", "", "")')).windows).toEqual(
      [],
    );
  });

  it.each([
    ["sum(rate(x[5m))", 14, 'unexpected ")" in subquery or range, expected ":" or "]"'],
    ["up ==", 6, "unexpected end of input"],
    ["up foo", 4, 'unexpected identifier "foo"'],
    ["nosuch(x)", 1, 'unknown function with name "nosuch"'],
    ['up{job="a"} 5', 13, 'unexpected number "5"'],
    ['{a="b}', 4, "unterminated quoted string"],
    ["  ", 1, "no expression found in input"],
    ['{a=""}', 1, "vector selector must contain at least one non-empty matcher"],
    ["rate(x[$__rate_interval])", 8, "unexpected character in duration expression: '$'"],
  ])("says what is wrong with `%s`", async (query, column, message) => {
    expect(await errorOf(query)).toMatchObject({ line: 1, column, message });
  });

  it("counts lines", async () => {
    expect(await errorOf("sum(\n  up +\n  )")).toMatchObject({ line: 3, column: 3 });
  });
});

describe("pointAt", () => {
  it("puts a caret under the place", () => {
    expect(pointAt("a\n\tsum(x", { line: 2, column: 7 })).toBe("\tsum(x\n\t     ^");
  });

  it("takes the place from Prometheus' message", () => {
    expect(parsePosition('invalid parameter "query": 1:14: parse error: unexpected end of input')).toEqual({
      line: 1,
      column: 14,
    });
    expect(parsePosition("query timed out")).toBeUndefined();
  });
});
