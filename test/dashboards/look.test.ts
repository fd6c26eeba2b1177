import { expect, it } from "vitest";
import { readDashboard } from "../../src/dashboards/dashboard.ts";

function readPanels(model: Record<string, unknown>) {
  const read = readDashboard({ title: "x", ...model });
  if ("problem" in read) throw new Error(read.problem);
  return read.dashboard.panels;
}

it("reads unit, range and thresholds of today's panels", () => {
  const [panel] = readPanels({
    panels: [
      {
        type: "gauge",
        gridPos: { x: 12, y: 3, w: 40, h: 8 },
        fieldConfig: {
          defaults: {
            unit: "percentunit",
            decimals: 1,
            min: 0,
            max: 1,
            thresholds: {
              mode: "absolute",
              steps: [
                { color: "green", value: null },
                { color: "red", value: 0.9 },
              ],
            },
          },
        },
      },
    ],
  });
  expect(panel?.look).toEqual({
    unit: "percentunit",
    decimals: 1,
    min: 0,
    max: 1,
    thresholds: [
      { from: null, color: "green" },
      { from: 0.9, color: "red" },
    ],
    text: undefined,
  });
  // No wider than the grid.
  expect(panel?.grid).toEqual({ x: 0, y: 3, w: 24, h: 8 });
});

it("reads those of a graph and a single stat of old models", () => {
  const [graph, stat, text, broken] = readPanels({
    panels: [
      { type: "graph", yaxes: [{ format: "bytes", min: "0", max: null }, { format: "short" }] },
      {
        type: "singlestat",
        format: "percent",
        decimals: null,
        gauge: { minValue: 0, maxValue: 100 },
        thresholds: "65, 90",
        colors: ["green", "orange", "red"],
      },
      { type: "text", content: "# Hello" },
      { type: "singlestat", thresholds: "x,y", colors: "red", format: 5, gridPos: "here", yaxes: {} },
    ],
  });
  expect(graph?.look).toMatchObject({ unit: "bytes", min: 0, max: undefined, thresholds: [] });
  expect(stat?.look).toMatchObject({
    unit: "percent",
    decimals: undefined,
    min: 0,
    max: 100,
    thresholds: [
      { from: null, color: "green" },
      { from: 65, color: "orange" },
      { from: 90, color: "red" },
    ],
  });
  expect(text?.look.text).toBe("# Hello");
  expect(broken?.look).toMatchObject({ unit: undefined, thresholds: [] });
});

it("places the panels of old rows one after the other", () => {
  const panels = readPanels({
    rows: [
      { height: "250px", panels: [{ span: 6 }, { span: 6 }, { span: 4, height: "100px" }] },
      { height: 76, panels: [{ span: 12 }] },
    ],
  });
  expect(panels.map(({ grid }) => grid)).toEqual([
    { x: 0, y: 1, w: 12, h: 7 },
    { x: 12, y: 1, w: 12, h: 7 },
    { x: 0, y: 8, w: 8, h: 3 },
    { x: 0, y: 12, w: 24, h: 2 },
  ]);
});

it("opens collapsed rows: their panels come below the row's title, and what follows moves down", () => {
  const panels = readPanels({
    panels: [
      { id: 1, gridPos: { x: 0, y: 0, w: 24, h: 4 } },
      {
        type: "row",
        collapsed: true,
        gridPos: { x: 0, y: 4, w: 24, h: 1 },
        panels: [
          { id: 2, gridPos: { x: 0, y: 70, w: 12, h: 5 } },
          { id: 3, gridPos: { x: 12, y: 72, w: 12, h: 5 } },
        ],
      },
      { type: "row", gridPos: { x: 0, y: 5, w: 24, h: 1 } },
      { id: 4, gridPos: { x: 0, y: 6, w: 24, h: 4 } },
      { id: 5 },
    ],
  });
  expect(panels.map(({ id, grid: { y, h } }) => [id, y, h])).toEqual([
    [1, 0, 4],
    [2, 5, 5],
    [3, 7, 5],
    [4, 13, 4],
    [5, 17, 8],
  ]);
});
