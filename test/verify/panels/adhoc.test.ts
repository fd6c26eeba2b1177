import { expect, it } from "vitest";
import { addFiltersToQuery } from "../../../src/verify/panels/queries.ts";
import { parseQuery } from "../../support/expressions.ts";

const job = [{ label: "job", operator: "=", value: 'a"b' }];

it.each([
  ["up", 'up{job="a\\"b"}'],
  ["up{}", 'up{job="a\\"b"}'],
  ['sum(rate(x{a="{"}[5m])) / y', 'sum(rate(x{a="{",job="a\\"b"}[5m])) / y{job="a\\"b"}'],
  ['x{a="b",}', 'x{a="b",job="a\\"b"}'],
  ["up{", "up{"],
  ["1 + 1", "1 + 1"],
])("%s gets the dashboard's filter in every selector", async (query, filtered) => {
  expect(addFiltersToQuery(query, await parseQuery(query), job)).toBe(filtered);
});

it("leaves a query alone when there is no filter that Prometheus knows", async () => {
  const up = await parseQuery("up");
  expect(addFiltersToQuery("up", up, [])).toBe("up");
  expect(addFiltersToQuery("up", up, [{ label: "job", operator: "<", value: "3" }])).toBe("up");
});
