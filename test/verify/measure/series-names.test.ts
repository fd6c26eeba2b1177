import { expect, it } from "vitest";
import { nameSeries } from "../../../src/verify/measure/series-names.ts";

const up = [
  { __name__: "up", job: "node", instance: "a" },
  { __name__: "up", job: "node", instance: "b" },
];

it("fills labels into a legend, and nothing for one that is not there", () => {
  expect(nameSeries(up, "{{job}} on {{ instance }}{{none}}", "Panel")).toEqual(["node on a", "node on b"]);
});

it("names a series as PromQL does without a legend, and one without labels after its panel", () => {
  expect(nameSeries(up, undefined, "Panel")[0]).toBe('up{instance="a", job="node"}');
  expect(nameSeries([{}], undefined, "Panel")).toEqual(["Panel"]);
  expect(nameSeries([{}], "{{job}}", "Panel")).toEqual(["Panel"]);
});

it("names automatically by what tells the series apart", () => {
  expect(nameSeries(up, "__auto", "Panel")).toEqual(["a", "b"]);
  expect(nameSeries([...up, { __name__: "up", job: "api", instance: "a" }], "__auto", "Panel")).toEqual([
    '{instance="a", job="node"}',
    '{instance="b", job="node"}',
    '{instance="a", job="api"}',
  ]);
  expect(nameSeries(up.slice(0, 1), "__auto", "Panel")).toEqual(["up"]);
});

it("bounds a name", () => {
  expect(nameSeries([{}], "x".repeat(1000), "Panel")[0]).toHaveLength(200);
});
