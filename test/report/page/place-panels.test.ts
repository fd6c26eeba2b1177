import { expect, test } from "vitest";
import { placePanels } from "../../../src/report/page/browser/charts/place-panels.ts";

type Numbers = readonly [x: number, y: number, w: number, h: number];

const place = (...grids: Numbers[]) =>
  placePanels(grids.map(([x, y, w, h]) => ({ grid: { x, y, w, h } }))).map(
    ({ place: { x, y, w, h } }): Numbers => [x, y, w, h],
  );

test.each<[string, Numbers[], Numbers[]]>([
  [
    "a complete grid stays",
    [
      [0, 0, 12, 7],
      [12, 0, 12, 7],
      [0, 7, 24, 3],
    ],
    [
      [0, 0, 12, 7],
      [12, 0, 12, 7],
      [0, 7, 24, 3],
    ],
  ],
  [
    "a gap closes, beside others and above",
    [
      [12, 1, 12, 7],
      [0, 8, 12, 7],
      [12, 15, 12, 7],
    ],
    [
      [12, 0, 12, 7],
      [0, 0, 12, 7],
      [12, 7, 12, 7],
    ],
  ],
  [
    "one that overlaps another moves below it",
    [
      [0, 0, 12, 7],
      [6, 3, 12, 4],
    ],
    [
      [0, 0, 12, 7],
      [6, 7, 12, 4],
    ],
  ],
  [
    "a wide one waits for the longest above it",
    [
      [0, 0, 6, 3],
      [6, 0, 6, 8],
      [0, 3, 12, 2],
    ],
    [
      [0, 0, 6, 3],
      [6, 0, 6, 8],
      [0, 8, 12, 2],
    ],
  ],
  [
    "the order in the file does not matter",
    [
      [0, 7, 24, 3],
      [0, 0, 12, 7],
    ],
    [
      [0, 0, 12, 7],
      [0, 7, 24, 3],
    ],
  ],
  ["what is out of the grid is cut at its edge", [[20, 0, 12, 0]], [[20, 0, 4, 1]]],
])("%s", (_name, grids, expected) => {
  expect(place(...grids)).toEqual(expected);
});
