import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { buildEndpointUrl } from "../../src/alerting/endpoints.ts";
import { selectErrorLine } from "../../src/deploy/workloads-failed.ts";
import { redactPairs } from "../../src/lib/redact/pairs.ts";
import {
  clipLines,
  clipTexts,
  encodeUrlPart,
  limitLine,
  maxLineLength,
  shorten,
} from "../../src/lib/text.ts";
import type { DashboardFinding } from "../../src/stack/check.ts";
import { describePanels } from "../../src/verify/panels/findings.ts";
import { startProcessorClock } from "../support/processor-clock.ts";

describe("long lines are cut", () => {
  it("each for itself, and says how much is left out", () => {
    const text = clipLines(`first\n${"x ".repeat(2_000)}\nlast`);
    expect(text).toMatch(/^first\n(x )+\.\.\. \(2000 more characters\)\nlast$/);
  });

  it("one that is short enough stays as it is", () => {
    const lines = ["a".repeat(maxLineLength), "", "b"].join("\n");
    expect(clipLines(`${lines}\n`)).toBe(`${lines}\n`);
  });

  it("nothing of a secret stays that lies across the cut", () => {
    for (let begin = maxLineLength - 30; begin < maxLineLength + 5; begin++) {
      const line = `${"x ".repeat(begin).slice(0, begin - 1)} hunter2-correct-horse ${"y ".repeat(100)}`;
      const clipped = clipLines(line);
      if (!clipped.includes("hunter2-correct-horse")) expect(clipped).not.toMatch(/hun/);
    }
  });

  it("in data too, but not in texts that are read as a whole", () => {
    const long = "x ".repeat(5_000);
    const at = new Date(0);
    const clipped = clipTexts({ log: [{ text: long }], config: long, at, none: undefined }, ["config"]);
    expect(clipped.log[0]?.text.length).toBeLessThan(maxLineLength + 50);
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

test("a long message keeps its begin and its end", () => {
  const short = shorten(`begin ${"x".repeat(500)} the reason`, 100);
  expect(short).toHaveLength(100);
  expect(short).toMatch(/^begin x+ \[\.\.\.\] x+ the reason$/);
  expect(shorten("whole", 5)).toBe("whole");
});

test("the last words of a crashed program keep the reason, which comes last", () => {
  const line = `level=ERROR msg="Error loading config" file=${"/a".repeat(600)} err="parse error: must use BOOL modifier"`;
  expect(selectErrorLine(`started\n${line}\n`)).toMatch(
    /^level=ERROR msg="Error loading.* must use BOOL modifier"$/,
  );
});

describe("a line that joins a list", () => {
  it("is left as it is while it is short", () => {
    expect(limitLine("a, b; c")).toBe("a, b; c");
  });

  it("is cut between two items, and says how many are left out", () => {
    const items = Array.from({ length: 100 }, (_, index) => `item ${index}`);
    const line = limitLine(items.join(", "), "results.json", 95);
    expect(line).toBe(`${items.slice(0, 11).join(", ")} and 89 more (all of it is in results.json)`);
  });

  it("is cut anywhere where it has no items", () => {
    expect(limitLine("x".repeat(2_000))).toBe(
      `${"x".repeat(1_000)} and 1000 more characters (all of it is in results.json)`,
    );
  });

  it("is bounded where dashboards are described: many of them, each with its reasons", () => {
    const panel = { row: undefined, type: "stat", status: "empty", queries: [], known: false } as const;
    const boards = Array.from({ length: 40 }, (_, index): DashboardFinding => {
      const panels = Array.from({ length: 30 }, (_, id) => ({
        ...panel,
        id,
        title: `P${id}`,
        why: "w".repeat(60),
      }));
      return { uid: `u${index}`, title: `Board ${index}`, folder: undefined, panels };
    });
    const dead = boards.flatMap((board) => board.panels.map((one) => ({ board, panel: one })));
    const line = describePanels(boards, dead);
    expect(line.length).toBeLessThan(5_000);
    expect(line).toMatch(/; and in 30 more dashboards$/);
  });
});

it("half of a surrogate pair in a name is no crash", () => {
  expect(encodeUrlPart("a/b\ud83e")).toBe("a%2Fb%EF%BF%BD");
  const at = { host: "127.0.0.1", httpPort: 1, smtpPort: 2, token: "t" };
  const endpoint = { receiver: JSON.parse('"\\ud800"'), integration: "slack", index: 0 };
  expect(buildEndpointUrl(at, endpoint)).toMatch(/%EF%BF%BD\/slack\/0$/);
});

it("nothing else encodes parts of URLs", () => {
  const root = join(import.meta.dirname, "../../src");
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  const found = files.filter((file) =>
    readFileSync(join(root, file), "utf8").includes("encodeURIComponent("),
  );
  expect(found.sort()).toEqual(["lib/redact/secrets.ts", "lib/text.ts"]);
});
