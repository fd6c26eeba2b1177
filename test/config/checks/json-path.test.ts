import { describe, expect, it } from "vitest";
import { findValues, readJsonPath } from "../../../src/config/checks/comparison.ts";

const json = {
  status: "ok",
  items: [{ name: "a", up: true }, { name: "b" }],
  "a.b": { "c d": 1 },
  nothing: null,
  all: { x: 1, y: 2 },
};

function found(path: string): unknown {
  const parsed = readJsonPath(path);
  if ("problem" in parsed) throw new Error(parsed.problem);
  return findValues(parsed, json).map(({ at, value }) => [at, value]);
}

describe("a path into JSON", () => {
  it.each([
    ["$.status", [["$.status", "ok"]]],
    ["status", [["$.status", "ok"]]],
    ["$", [["$", json]]],
    ["$.items[0].name", [["$.items[0].name", "a"]]],
    ["items[-1].name", [["$.items[-1].name", "b"]]],
    [
      "$.items[*].name",
      [
        ["$.items[0].name", "a"],
        ["$.items[1].name", "b"],
      ],
    ],
    ["$.items[*].up", [["$.items[0].up", true]]],
    ["$['a.b'][\"c d\"]", [['$["a.b"]["c d"]', 1]]],
    ["$.nothing", [["$.nothing", null]]],
    [
      "$.all.*",
      [
        ["$.all.x", 1],
        ["$.all.y", 2],
      ],
    ],
    ["$.missing", []],
    ["$.items[7]", []],
    ["$.items.length", []],
    ["$.status[0]", []],
    ["$.all.toString", []],
    ["$.nothing.below", []],
  ])("%s", (path, expected) => {
    expect(found(path)).toEqual(expected);
  });

  it.each(["$..status", "$.items[", "$.items[x]", "$.a b", ""])("refuses %j", (path) => {
    expect(() => found(path)).toThrow(/is not a path.*expected for example \$\.status/);
  });

  it("shows from where on it can't be read", () => {
    expect(() => found("$.items[x].name")).toThrow('"$.items[x].name" is not a path (at "[x].name")');
  });
});
