import { describe, expect, it } from "vitest";
import { readVariables, sortByUse } from "../../src/dashboards/variables.ts";
import { findNearestWord } from "../../src/lib/suggest.ts";
import { startProcessorClock } from "../support/processor-clock.ts";

function millisecondsOf(run: () => unknown): number {
  const processorMs = startProcessorClock();
  run();
  return processorMs();
}

describe("what somebody else wrote is compared in no time, however much of it there is", () => {
  it("a dashboard's variables, each of which needs the next", () => {
    const list = Array.from({ length: 1_500 }, (_, index) => ({
      name: `v${index}`,
      query: `$v${(index + 1) % 1_500}`,
    }));
    const variables = readVariables(list);
    expect(millisecondsOf(() => expect(sortByUse(variables)).toHaveLength(1_500))).toBeLessThan(5_000);
  });

  it("a long key with the known ones", () => {
    const known = Array.from({ length: 1_000 }, (_, index) => "x".repeat(150) + index);
    expect(millisecondsOf(() => findNearestWord("y".repeat(100_000), known))).toBeLessThan(200);
    expect(findNearestWord("dependson", ["depends_on", "dependencies"])).toBe("depends_on");
  });
});

it("variables come after those that they use, also where two have a name", () => {
  const list = [
    { name: "c", query: "$b" },
    { name: "b", query: "$a $b" },
    { name: "a", query: "x" },
    { name: "a", query: "$c" },
  ];
  const order = sortByUse(readVariables(list)).map(({ name, query }) => `${name}=${query}`);
  expect(order).toEqual(["a=x", "c=$b", "a=$c", "b=$a $b"]);
});
