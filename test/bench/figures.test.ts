import { describe, expect, it } from "vitest";
import {
  createCollector,
  median,
  medianRatio,
  parseOptions,
  renderTable,
} from "../../scripts/bench/figures.ts";

describe("the bench's statistics", () => {
  it("the median of an even number of values lies between the middle two", () => {
    expect(median([4, 1, 3, 10])).toBe(3.5);
    expect(median([3, 1, 2])).toBe(2);
    expect(median([])).toBeNaN();
  });

  it("the ratio is the median of the pairs' ratios, not the ratio of the medians", () => {
    expect(medianRatio({ values: [10, 20, 90], than: { name: "other", values: [10, 10, 30] } })).toBe(2);
  });

  it("a round without one of the values is no pair", () => {
    expect(medianRatio({ values: [10, Number.NaN, 30], than: { name: "other", values: [5, 10] } })).toBe(2);
    expect(medianRatio({ values: [1], than: { name: "other", values: [] } })).toBeUndefined();
  });
});

describe("the bench's table", () => {
  it("pairs a row with the row that it is compared with", () => {
    const { add, rows } = createCollector(undefined);
    add({ part: "warm", name: "run", unit: "s" }, 20, { round: 0 });
    add({ part: "warm", name: "locked", unit: "s" }, 30, { round: 0, than: "run" });
    add({ part: "warm", name: "locked", unit: "s" }, 10, { round: 2, than: "run" });
    const [, locked] = rows();
    expect(locked?.values).toEqual([30, Number.NaN, 10]);
    expect(locked?.than).toEqual({ name: "run", values: [20] });
    expect(renderTable(rows())).toContain("| locked | 20.0 s | 10.0 to 30.0 | run | 20.0 s | 1.50 | 2 |");
  });

  it("compares with the other checkout where that was measured", () => {
    const { add, rows } = createCollector("../main");
    add({ part: "alone", name: "load", unit: "ms", note: "goal: 100 ms" }, 90, { round: 0, isOther: false });
    add({ part: "alone", name: "load", unit: "ms" }, 180, { round: 0, isOther: true });
    expect(renderTable(rows())).toContain("| load (goal: 100 ms) | 90 ms |  | ../main | 180 ms | 0.50 | 1 |");
  });

  it("has a section for each part, in the parts' order", () => {
    const { add, rows } = createCollector(undefined);
    add({ part: "cold", name: "a | b", unit: "MB" }, 1, { round: 0 });
    add({ part: "alone", name: "c", unit: "ms" }, 1, { round: 0 });
    const table = renderTable(rows());
    expect(table.match(/^### .*/gm)).toEqual(["### alone", "### cold"]);
    expect(table).toContain("| a \\| b |");
  });
});

describe("the bench's options", () => {
  it("by default every part, as often as its time allows", () => {
    expect(parseOptions([])).toEqual({
      parts: ["alone", "scale", "warm", "today", "cold", "diagnosis"],
      pairs: undefined,
      quick: false,
      against: undefined,
      out: "bench.json",
    });
  });

  it("only what is named, in the parts' order; fewer of them when it must be quick", () => {
    expect(parseOptions(["--only", "cold", "--only", "alone", "--pairs", "7"])).toMatchObject({
      parts: ["alone", "cold"],
      pairs: 7,
    });
    expect(parseOptions(["--quick"])?.parts).toEqual(["alone", "scale", "warm"]);
    expect(parseOptions(["--quick", "--only", "today"])?.parts).toEqual(["today"]);
    expect(parseOptions(["--help"])).toBeUndefined();
  });

  it.each([
    [["--only", "warmth"], /no part is named warmth: expected one of alone, scale/],
    [["--pairs", "0"], /--pairs is 0: expected a whole number from 1/],
    [["--pairs", "many"], /--pairs is many/],
    [["--out", "bench.txt"], /expected a name that ends in \.json/],
    [["--unknown"], /unknown/i],
  ])("refuses %j", (argv, message) => {
    expect(() => parseOptions(argv)).toThrow(message);
  });
});
