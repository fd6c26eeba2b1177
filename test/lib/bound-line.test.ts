import { describe, expect, it } from "vitest";
import { boundLine } from "../../src/lib/bound-line.ts";
import type { DashboardFinding } from "../../src/stack/check.ts";
import { describe as describePanels } from "../../src/verify/panels/findings.ts";

describe("a line that joins a list", () => {
  it("is left as it is while it is short", () => {
    expect(boundLine("a, b; c")).toBe("a, b; c");
  });

  it("is cut between two items, and says how many are left out", () => {
    const items = Array.from({ length: 100 }, (_, index) => `item ${index}`);
    const line = boundLine(items.join(", "), "results.json", 95);
    expect(line).toBe(`${items.slice(0, 11).join(", ")} and 89 more (all of it is in results.json)`);
  });

  it("is cut anywhere where it has no items", () => {
    expect(boundLine("x".repeat(2_000))).toBe(
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
