import { describe, expect, it } from "vitest";
import { toChecklist } from "../../src/checklist/catalogue.ts";
import { renderSummary } from "../../src/report/summary.ts";
import { renderTerminal } from "../../src/report/terminal.ts";
import type { CheckResult } from "../../src/stack/check.ts";
import { goodResults } from "./results.ts";

const base = {
  severity: "error",
  startedAt: "2026-11-23T12:00:00.000Z",
  endedAt: "2026-11-23T12:00:01.000Z",
  attempts: 1,
} as const;

const results: CheckResult[] = [
  { ...base, id: "production-backup", title: "There is a backup", status: "pass", seen: "one" },
  {
    ...base,
    id: "production-rbac",
    title: "No more than it needs",
    status: "fail",
    expected: "the point to be met",
    seen: "grafana may get secrets",
    fix: "take it out",
  },
  { ...base, id: "production-rules", title: "Rules", status: "error", error: "ECONNREFUSED", fix: "m" },
  { ...base, id: "production-limits", title: "Limits", status: "skipped", reason: "a shared node" },
];

const checklist = toChecklist(results, {
  checklist: [
    { id: "production-backup", lines: [{ met: true, text: "first.tar.gz is 2.0 hours old" }] },
    {
      id: "production-rbac",
      lines: [
        { met: true, text: "prometheus: nothing too much" },
        { met: false, text: "grafana may get secrets" },
      ],
    },
  ],
});

const report = goodResults({
  mode: "checklist",
  verified: false,
  checks: results,
  checklist,
  phases: [],
  teardown: undefined,
});

describe("the production checklist", () => {
  it("has each point with its evidence, what could not be asked as unknown", () => {
    expect(checklist.map(({ id, status, evidence }) => [id, status, evidence.length])).toEqual([
      ["production-backup", "met", 1],
      ["production-rbac", "unmet", 2],
      ["production-rules", "unknown", 1],
      ["production-limits", "left-out", 1],
    ]);
  });

  it("stands on the terminal as a list, unmet points last, what speaks against a point first, and nothing of it twice", () => {
    expect(renderTerminal(report)).toBe(`  4 checks: 1 passed, 1 failed, 1 could not be made, 1 skipped

  [x] There is a backup (production-backup)
        + first.tar.gz is 2.0 hours old
  [-] Limits (production-limits)
        - a shared node
  [?] Rules (production-rules)
        - could not be queried: ECONNREFUSED
        to fix it: m
  [ ] No more than it needs (production-rbac)
        - grafana may get secrets
        + prometheus: nothing too much
        to fix it: take it out

monstack checklist: production checklist: 2 of 3 points are not met (23.0 s)
`);
    const good = renderTerminal({ ...report, verified: true, checklist: checklist.slice(0, 1) });
    expect(good).toContain("monstack checklist: 1 point of the production checklist met");
  });

  it("stands in the summary as a table", () => {
    expect(renderSummary(report)).toContain(`### Production checklist

|  | point | evidence |
| --- | --- | --- |
| ✅ met | There is a backup | first.tar.gz is 2.0 hours old |
| ❌ unmet | No more than it needs | grafana may get secrets<br>prometheus: nothing too much<br>To fix it: take it out |
`);
  });
});
