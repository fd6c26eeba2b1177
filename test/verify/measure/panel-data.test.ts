import { expect, it } from "vitest";
import { parseFrames } from "../../../src/stack/grafana-frames.ts";
import { toSeries, toTable } from "../../../src/verify/measure/panel-data.ts";

const series = (count: number, points = 1) =>
  Array.from({ length: count }, (_, index) => ({
    labels: { pod: `p${index}` },
    points: Array.from({ length: points }, (_, at) => [at, index] as const),
  }));

it("keeps 20 series of at most 120 points, the last one among them", () => {
  const { data, left } = toSeries([{ legend: "{{pod}}", series: series(25, 301) }], "Panel");
  expect(left).toBe("the first 20 of 25 series are here");
  if (data.kind !== "series") throw new Error(data.kind);
  expect(data.series).toHaveLength(20);
  expect(data.series[0]?.points.length).toBeLessThanOrEqual(120);
  expect(data.series[0]?.points.at(-1)).toEqual([300, 0]);
  expect(data.series[3]?.name).toBe("p3");
});

it("joins queries with the same labels in a row, and keeps 50 rows", () => {
  const { data, left } = toTable([
    { legend: "Used", series: series(60) },
    { legend: "{{pod}}", series: series(2) },
  ]);
  expect(left).toBe("the first 50 of 60 rows are here");
  expect(data).toMatchObject({ kind: "table", columns: ["pod", "Used", "Value 2"] });
  if (data.kind !== "table") throw new Error(data.kind);
  expect(data.rows.slice(0, 3)).toEqual([
    ["p0", 0, 0],
    ["p1", 1, 1],
    ["p2", 2, null],
  ]);
  expect(data.rows).toHaveLength(50);
});

it("reads each field of numbers of a frame, with gaps for what is not finite", () => {
  const frame = {
    schema: {
      fields: [
        { type: "time" },
        { type: "number", labels: { a: "1" } },
        { type: "number" },
        { type: "string" },
      ],
    },
    data: { values: [[1000, 2499], [0.123456789, null], [7]] },
  };
  expect(parseFrames({ results: { A: { frames: [frame] } } }, "A")).toEqual([
    {
      labels: { a: "1" },
      points: [
        [1, 0.123457],
        [2, null],
      ],
    },
    { labels: {}, points: [[1, 7]] },
  ]);
  for (const odd of [undefined, {}, { results: { A: { frames: [{ schema: { fields: [] } }] } } }])
    expect(parseFrames(odd, "A")).toEqual([]);
});
