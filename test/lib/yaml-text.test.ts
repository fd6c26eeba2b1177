import { describe, expect, it } from "vitest";
import { parseManifest } from "../../src/kube/manifest.ts";
import { parseDocuments, parseYaml } from "../../src/lib/yaml-text.ts";
import { readYaml } from "../../src/yaml/read.ts";
import { startProcessorClock } from "../support/processor-clock.ts";

/** Nine of nine of nine ... of one text. */
export const aliasBomb = [
  "a: &a [x, x, x, x, x, x, x, x, x]",
  ..."bcdefghi".split("").map((name, index) => {
    const before = String.fromCharCode("a".charCodeAt(0) + index);
    return `${name}: &${name} [${Array(9).fill(`*${before}`).join(", ")}]`;
  }),
].join("\n");

const excesses: [string, string, RegExp][] = [
  ["an alias bomb", aliasBomb, /Excessive alias count/],
  ["lists in lists", "[".repeat(3_000) + "]".repeat(3_000), /nested deeper than 200 levels|call stack/],
  ["lists below lists", `${"- ".repeat(300)}a`, /nested deeper than 200 levels/],
  ["more lists than the stack holds", "[".repeat(20_000), /./],
  ["keys in keys", `${"? ".repeat(300)}a`, /keys nested deeper than 5 levels/],
  ["mappings as keys", "{".repeat(300) + "}".repeat(300), /nested deeper than/],
  ["thousands of aliases", `- &a x\n${"- *a\n".repeat(3_000)}`, /more than 2000 aliases/],
];

describe("a text that is made to hold up its reader is an error as any other", () => {
  it.each(excesses)("%s", (_, text, why) => {
    const processorMs = startProcessorClock();
    expect(parseDocuments(text)[0]?.errors[0]?.message).toMatch(why);
    expect(() => parseYaml(text)).toThrow(expect.objectContaining({ name: "YAMLParseError" }));
    expect(() => parseManifest(text, "x")).toThrow(expect.objectContaining({ name: "YAMLParseError" }));
    expect(readYaml(text).errors).not.toEqual([]);
    expect(processorMs()).toBeLessThan(10_000);
  });
});

it("many keys are compared in no time", () => {
  const text = Array.from({ length: 20_000 }, (_, index) => `key${index}: 1`).join("\n");
  const processorMs = startProcessorClock();
  expect(Object.keys(parseYaml(text) as object)).toHaveLength(20_000);
  expect(processorMs()).toBeLessThan(5_000);
});

it("a key that is there twice is an error with its place, except where helm takes the last", () => {
  const text = "a: 1\nb:\n  c: 1\n  c: 2\n";
  expect(() => parseYaml(text)).toThrow(/Map keys must be unique at line 4, column 3/);
  expect(readYaml(text).errors).toMatchObject([{ position: "4:3" }]);
  expect(parseYaml(text, { uniqueKeys: false })).toEqual({ a: 1, b: { c: 2 } });
});

it("what is in order is read as ever", () => {
  expect(parseYaml("")).toBeNull();
  expect(parseYaml("a: &x {b: 1}\nc: *x\nd: {<<: *x}", { merge: true })).toEqual({
    a: { b: 1 },
    c: { b: 1 },
    d: { b: 1 },
  });
  expect(parseDocuments("a: 1\n---\nb: 2\n").map((one) => one.toJS())).toEqual([{ a: 1 }, { b: 2 }]);
  expect(() => parseYaml("a: 1\n---\nb: 2\n")).toThrow(/more than one document/);
});

it("what the library has to say of a text is not written to stderr", async () => {
  const warned: string[] = [];
  const listen = (warning: Error) => void warned.push(warning.message);
  process.on("warning", listen);
  try {
    expect(parseYaml('? ["##[stop-commands]x"]\n: 1\n')).toEqual({ '[ "##[stop-commands]x" ]': 1 });
    for (const document of parseDocuments("? {a: 1}\n: 1\n")) document.toJS();
    await new Promise((resolve) => setImmediate(resolve));
    expect(warned).toEqual([]);
  } finally {
    process.off("warning", listen);
  }
});
