import { describe, expect, test } from "vitest";
import { setValues } from "../../../src/config/apps/set-values.ts";
import { withValueAtListPath } from "../../../src/lib/object.ts";
import { parseData } from "../../../src/yaml/mistakes.ts";

describe("values to set", () => {
  test.each([
    ["server.retention=30d", { path: ["server", "retention"], value: "30d" }],
    ["a=1", { path: ["a"], value: 1 }],
    ["a=true", { path: ["a"], value: true }],
    ["a=null", { path: ["a"], value: null }],
    ["a=007", { path: ["a"], value: "007" }],
    ["a={x,2}", { path: ["a"], value: ["x", 2] }],
    ["a={}", { path: ["a"], value: [""] }],
    ["a=+3", { path: ["a"], value: 3 }],
    ["a=1.5", { path: ["a"], value: "1.5" }],
    ["a=", { path: ["a"], value: "" }],
    ["hosts[1].name=x=y", { path: ["hosts", 1, "name"], value: "x=y" }],
    ["node\\.kubernetes\\.io=b\\,c", { path: ["node.kubernetes.io"], value: "b,c" }],
  ])("%s is what helm's --set takes it for", (text, expected) => {
    expect(parseData(setValues, [text])).toEqual({ value: [expected] });
  });

  test("one text can hold several", () => {
    expect(parseData(setValues, ["a=1,b.c={x},d[0][1]=null,e=x\\=y"])).toEqual({
      value: [
        { path: ["a"], value: 1 },
        { path: ["b", "c"], value: ["x"] },
        { path: ["d", 0, 1], value: null },
        { path: ["e"], value: "x=y" },
      ],
    });
  });

  test("in a mapping a text is read the same way, and everything else keeps its type", () => {
    const given = { "a.b": "1", "c[0].d": "{x,TRUE}", e: 1.5, f: { d: [1] }, g: null, "h\\.i": "y" };
    expect(parseData(setValues, given)).toEqual({
      value: [
        { path: ["a", "b"], value: 1 },
        { path: ["c", 0, "d"], value: ["x", true] },
        { path: ["e"], value: 1.5 },
        { path: ["f"], value: { d: [1] } },
        { path: ["g"], value: null },
        { path: ["h.i"], value: "y" },
      ],
    });
  });

  test.each([
    ["nothing", "the key nothing has no value"],
    ["server.retention", "the key server.retention has no value; expected server.retention=value,"],
    ["a=1,b.c,d=2", "the key b.c has no value; expected b.c=value,"],
    ["a=1,b", "the key b has no value"],
    ["a[x]=1", "[x] is not an index of a list"],
    ["a[70000]=1", "[70000] is not an index of a list"],
    ["a[0]", "a[0] has no value"],
    ["a..b=1", "there is nothing before ."],
    ["a={x,y", "the list {x,y doesn't end"],
  ])("%s is a mistake", (text, why) => {
    expect(parseData(setValues, [text])).toMatchObject({
      problems: [{ path: [0], message: expect.stringContaining(why) }],
    });
  });

  test("what is not a text at all is named", () => {
    expect(parseData(setValues, [{ a: 1 }])).toMatchObject({ problems: [{ path: [0] }] });
    expect(parseData(setValues, "a=1")).toMatchObject({ problems: [{ path: [] }] });
  });
});

test("a value is laid into lists as helm lays it", () => {
  expect(withValueAtListPath({ a: [{ b: 1 }] }, ["a", 0, "c"], 2)).toEqual({ a: [{ b: 1, c: 2 }] });
  expect(withValueAtListPath({}, ["a", 1], "x")).toEqual({ a: [null, "x"] });
  expect(withValueAtListPath({ a: "text" }, ["a", "b"], 1)).toEqual({ a: { b: 1 } });
});
