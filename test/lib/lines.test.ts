import { describe, expect, it } from "vitest";
import { clipData, clipLines, mostOfLine } from "../../src/lib/lines.ts";
import { redactPairs } from "../../src/lib/redact/pairs.ts";
import { startProcessorClock } from "../support/processor-clock.ts";

describe("long lines are cut", () => {
  it("each for itself, and says how much is left out", () => {
    const text = clipLines(`first\n${"x ".repeat(2_000)}\nlast`);
    expect(text).toMatch(/^first\n(x )+\.\.\. \(2000 more characters\)\nlast$/);
  });

  it("one that is short enough stays as it is", () => {
    const lines = ["a".repeat(mostOfLine), "", "b"].join("\n");
    expect(clipLines(`${lines}\n`)).toBe(`${lines}\n`);
  });

  it("nothing of a secret stays that lies across the cut", () => {
    for (let begin = mostOfLine - 30; begin < mostOfLine + 5; begin++) {
      const line = `${"x ".repeat(begin).slice(0, begin - 1)} hunter2-correct-horse ${"y ".repeat(100)}`;
      const clipped = clipLines(line);
      if (!clipped.includes("hunter2-correct-horse")) expect(clipped).not.toMatch(/hun/);
    }
  });

  it("in data too, but not in texts that are read as a whole", () => {
    const long = "x ".repeat(5_000);
    const at = new Date(0);
    const clipped = clipData({ log: [{ text: long }], config: long, at, none: undefined }, ["config"]);
    expect(clipped.log[0]?.text.length).toBeLessThan(mostOfLine + 50);
    expect(clipped.config).toBe(long);
    expect(clipped.at).toBe(at);
  });
});

describe("the names and values of 1 MB on one line are redacted in no time once it is cut", () => {
  it.each([
    ["quotes", 'password=\\"'],
    ["pairs", "password=x "],
    ["colons", "token: :: "],
    ["block scalars", "secret: | "],
    ["escapes", '"password": "\\\\'],
    ["one word", "p"],
  ])("%s", (_, piece) => {
    const line = piece.repeat(Math.ceil(1_000_000 / piece.length));
    const processorMs = startProcessorClock();
    redactPairs(clipLines(line));
    expect(processorMs()).toBeLessThan(200);
  });
});
