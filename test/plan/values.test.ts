import { expect, test } from "vitest";
import { isUnset, mergeValues, withValue } from "../../src/lib/object.ts";

test("mappings are merged, lists and nulls replace", () => {
  const under = { a: { b: 1, c: [1, 2], d: { e: 1 } }, x: 1 };
  const merged = mergeValues(under, { a: { c: [3], d: null, f: {} }, x: { y: 2 } });
  expect(merged).toEqual({ a: { b: 1, c: [3], d: null, f: {} }, x: { y: 2 } });
  expect(under).toEqual({ a: { b: 1, c: [1, 2], d: { e: 1 } }, x: 1 });
});

test("a later mapping can stand where a null stood", () => {
  expect(mergeValues({ a: null }, { a: { b: 1 } })).toEqual({ a: { b: 1 } });
});

test.each([
  [{}, true],
  [{ a: {} }, true],
  [{ a: { b: { c: 1 } } }, false],
  [{ a: { b: { c: null } } }, false],
  [{ a: null }, false],
  [{ a: "text" }, false],
  [{ a: { enabled: false } }, false],
  [{ a: { enabled: true } }, true],
])("in %j the path a.b.c is free: %j", (values, free) => {
  expect(isUnset(values, ["a", "b", "c"])).toBe(free);
});

test("one value more", () => {
  expect(withValue({ a: { x: 1 } }, ["a", "b", "c"], [1])).toEqual({ a: { x: 1, b: { c: [1] } } });
});
