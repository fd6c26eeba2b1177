import { describe, expect, it } from "vitest";
import { addToHistory, History, toHistoryEntry } from "../../../src/report/merge/overview.ts";
import { renderMergedPage } from "../../../src/report/merge/page.ts";
import { renderMergedSummary } from "../../../src/report/merge/summary.ts";
import { badResults, goodResults } from "../results.ts";

const runs = [
  { name: "helm-v3", results: goodResults() },
  { name: "helm-v4 <b>", results: badResults() },
];

const night = (day: number, over: object = {}) => ({
  at: `2026-11-${String(day).padStart(2, "0")}T03:17:00.000Z`,
  runs: [
    { name: "helm-v3", verified: true, toVerdictMs: 30_000 + day, checksFailed: 0, series: 900, ...over },
  ],
});

describe("the history", () => {
  it("has the figures of each run", () => {
    const usage = [
      { workload: "a/b", memoryBytes: 100 },
      { workload: "a/c", memoryBytes: 50, cpuCores: 1 },
    ];
    const inventory = { takenAt: "", series: 900, jobs: {}, metrics: {}, alerts: {}, usage, missing: [] };
    const trace = { spans: [], leftOut: 0, criticalPath: [], decidedAt: "2026-11-23T12:00:20.000Z" };
    const [good] = toHistoryEntry([{ name: "x", results: goodResults({ inventory, trace }) }]).runs;
    expect(good).toEqual({
      name: "x",
      verified: true,
      toVerdictMs: 20_000,
      checksFailed: 0,
      series: 900,
      memoryBytes: 150,
    });
    expect(toHistoryEntry(runs)).toMatchObject({
      at: "2026-11-23T12:00:00.000Z",
      runs: [{ verified: true }, { verified: false, checksFailed: 1 }],
    });
  });

  it("keeps the newest entries, each once", () => {
    let history: History | undefined;
    for (const day of [3, 1, 2, 4, 4]) history = addToHistory(history, night(day), 3);
    expect(history?.entries.map(({ at }) => at.slice(8, 10))).toEqual(["02", "03", "04"]);
    expect(History.parse(JSON.parse(JSON.stringify(history)))).toEqual(history);
  });
});

describe("the page", () => {
  it("has the overview, and the causes with their fix, escaped", () => {
    const page = renderMergedPage(runs, undefined);
    expect(page).toContain('<h1><span class="dot bad" aria-hidden="true"></span> 1 of 2 runs failed</h1>');
    expect(page).toContain('<a href="#run-1">helm-v4 &lt;b&gt;</a>');
    expect(page).toContain("<b>To fix it:</b> correct the image");
    expect(page).toContain('<details id="run-0"><summary>');
    expect(page).toContain('<details id="run-1" open><summary>');
    expect(page.indexOf('id="run-1"')).toBeLessThan(page.indexOf('id="run-0"'));
    expect(page).not.toContain("helm-v4 <b>");
    expect(page).not.toMatch(/<script|https?:\/\/(?!127)/);
    expect(page).toMatch(/content="default-src 'none'; style-src 'sha256-[\w+/]+={0,2}'"/);
  });

  it("draws four figures of each run from the second night on, without a gap as a line", () => {
    expect(renderMergedPage(runs, { version: 1, entries: [night(1)] })).not.toContain("<svg");
    const entries = [night(1), night(2, { verified: false, checksFailed: 2 }), night(3), night(4)];
    const page = renderMergedPage(runs, { version: 1, entries });
    // No run of these nights measured memory.
    expect(page.match(/<svg role="img"/g)).toHaveLength(3);
    expect(page.match(/class="bad"/g)).toHaveLength(3);
    expect(page).toContain('aria-label="checks failed of helm-v3: 0, 0 to 2"');
    expect(page).toContain('aria-label="series of helm-v3: 900, the same each time"');
    const gap = [night(1), { ...night(2), runs: [] }, night(3)];
    const [, path = ""] =
      /<path d="([^"]*)"/.exec(renderMergedPage(runs, { version: 1, entries: gap })) ?? [];
    expect(path.replaceAll(/[^ML]/g, "")).toBe("MM");
  });
});

it("the summary is a table with a row for each run", () => {
  const summary = renderMergedSummary(runs);
  expect(summary).toContain("## ❌ 1 of 2 runs failed\n");
  expect(summary).toContain("| ✅ helm-v3 | verified, 1 check passed |  | 23.0 s |");
  expect(summary).toContain("helm-v4 &lt;b&gt;");
  expect(renderMergedSummary(runs.slice(0, 1))).toContain("## ✅ 1 run, all good\n");
});
