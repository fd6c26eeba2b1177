import { expect, test } from "vitest";
import { readYaml } from "../../src/config/yaml.ts";

test("values mean what helm (3.22 and 4.2) takes them for", () => {
  const yaml =
    'm: 0644\na: yes\nb: off\nc: y\nd: "0644"\ne: 1_000\nf: 0o17\ng: 0x1F\nh: 12:30\ni: N\nj: "no"\nk: -017\n';
  expect(readYaml(yaml).data).toEqual({
    ...{ m: 0o644, a: true, b: false, c: true, d: "0644", e: 1000, f: 15, g: 31 },
    ...{ h: "12:30", i: false, j: "no", k: -15 },
  });
});

test("anchors and merge keys are followed, positions too", () => {
  const yaml = readYaml("base: &base\n  a: 1\nother:\n  <<: *base\n  b: [x, z]\nalias: *base\n");
  expect(yaml.data).toMatchObject({ other: { a: 1, b: ["x", "z"] }, alias: { a: 1 } });
  expect(yaml.valueAt(["other", "b", 1])).toBe("5:10");
  expect(yaml.keyAt(["other", "b"])).toBe("5:3");
  expect(yaml.valueAt(["alias", "a"])).toBe("2:6");
  expect(yaml.valueAt(["other", "gone"])).toBe("4:3");
});

test("a second document is an error", () => {
  expect(readYaml("a: 1\n---\nb: 2\n").errors).toEqual([
    {
      position: "2:1",
      problem: "a second document starts here (---); right would be one document in the file",
    },
  ]);
});
