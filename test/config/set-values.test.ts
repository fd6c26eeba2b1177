import { describe, expect, test } from "vitest";
import { keyPath, setValues } from "../../src/config/set-values.ts";
import { withSet } from "../../src/plan/values.ts";

const base = { folder: "/", home: undefined };

describe("values to set", () => {
  test.each([
    ["server.retention=30d", { path: ["server", "retention"], value: "30d" }],
    ["a=1", { path: ["a"], value: 1 }],
    ["a=true", { path: ["a"], value: true }],
    ["a=null", { path: ["a"], value: null }],
    ["a=007", { path: ["a"], value: "007" }],
    ["a={x,2}", { path: ["a"], value: ["x", 2] }],
    ["a={}", { path: ["a"], value: [] }],
    ["a=", { path: ["a"], value: "" }],
    ["hosts[1].name=x=y", { path: ["hosts", 1, "name"], value: "x=y" }],
    ["node\\.kubernetes\\.io=b\\,c", { path: ["node.kubernetes.io"], value: "b,c" }],
  ])("%s is what helm's --set takes it for", (text, expected) => {
    expect(setValues([text], base)).toEqual({ value: [expected] });
  });

  test("a mapping keeps its values' types", () => {
    expect(setValues({ "a.b": "1", c: { d: [1] } }, base)).toEqual({
      value: [
        { path: ["a", "b"], value: "1" },
        { path: ["c"], value: { d: [1] } },
      ],
    });
  });

  test("what is none is named", () => {
    expect(setValues(["nothing"], base)).toMatchObject({ problems: [{ at: [0] }] });
    expect(setValues({ "a[x]": 1 }, base)).toMatchObject({ problems: [{ at: ["a[x]"] }] });
    expect(keyPath("a..b")).toBeUndefined();
  });
});

test("a value is laid into lists as helm lays it", () => {
  expect(withSet({ a: [{ b: 1 }] }, ["a", 0, "c"], 2)).toEqual({ a: [{ b: 1, c: 2 }] });
  expect(withSet({}, ["a", 1], "x")).toEqual({ a: [null, "x"] });
  expect(withSet({ a: "text" }, ["a", "b"], 1)).toEqual({ a: { b: 1 } });
});
