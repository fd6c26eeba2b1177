import { describe, expect, it } from "vitest";
import { renderGantt } from "../../src/report/gantt.ts";
import { joinSections, maxSummaryBytes } from "../../src/report/limit-sections.ts";
import { renderSummary } from "../../src/report/summary.ts";
import { badResults, failed, goodResults, passed } from "./results.ts";

describe("the size of a summary", () => {
  const section = (name: string, importance: number, bytes: number) => ({
    name,
    importance,
    lines: [name.padEnd(bytes, "é")],
  });

  it("is limited by whole sections, the least important first, in bytes and not in characters", () => {
    const sections = [section("versions", 3, 300), section("causes", 1, 300), section("checks", 2, 300)];
    const whole = joinSections(sections, 10_000);
    expect(whole).not.toContain("Left out");
    const cut = joinSections(sections, Buffer.byteLength(whole) - 1);
    expect(Buffer.byteLength(cut)).toBeLessThan(Buffer.byteLength(whole));
    expect(cut).toContain("causes");
    expect(cut).toContain("checksé");
    expect(cut).not.toContain("versionsé");
    expect(cut).toMatch(
      /Left out, because GitHub shows at most 1 MiB for each step: versions\. The report has all of it\.\n$/,
    );
    expect(joinSections(sections, 900)).toMatch(/^causesé+\n> ✂️ Left out, .*: versions, checks\. /u);
  });

  it("leaves nothing where there is no room", () => {
    expect(joinSections([section("causes", 1, 300)], 100)).toBe("");
  });

  it("keeps the verdict and the causes of a run with a thousand huge checks below 1 MiB", () => {
    const checks = Array.from({ length: 3_000 }, (_, index) => ({
      ...failed,
      id: `own/${index}`,
      seen: "é".repeat(500),
    }));
    const text = renderSummary({ ...badResults(), checks });
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxSummaryBytes);
    expect(text).toMatch(/^## ❌ monstack: /);
    expect(text).toContain("### What went wrong");
    expect(text).toContain("checks that did not pass");
    const crowded = renderSummary(goodResults(), { maxBytes: 700 });
    expect(crowded).toMatch(/^## ✅ monstack: verified/);
    expect(Buffer.byteLength(crowded)).toBeLessThanOrEqual(700);
  });
});

describe("the first line of a summary", () => {
  it("links the report if it was uploaded", () => {
    const reportUrl = "https://github.com/o/r/actions/runs/1/artifacts/2";
    expect(renderSummary(goodResults(), { reportUrl }).split("\n")[0]).toBe(
      `## ✅ monstack: verified, 1 check passed (23.0 s) · [open the report](${reportUrl})`,
    );
  });
});

describe("the checks in a summary", () => {
  it("are folded if they passed, and shown if they did not", () => {
    const text = renderSummary(goodResults({ verified: false, checks: [passed, failed] }));
    const [shown = "", folded = ""] = text.split("<details><summary>✅ 1 check passed</summary>");
    expect(shown).toContain("| ❌ fail | Grafana answers a query |");
    expect(shown).not.toContain("All targets are up");
    expect(folded).toContain("| ✅ pass | All targets are up |");
  });
});

describe("the timeline in a summary", () => {
  const at = (second: number) => new Date(Date.UTC(2026, 10, 23, 12, 0, second)).toISOString();
  const span = (id: number, kind: "phase" | "image" | "run", name: string, from: number, to: number) => ({
    id,
    kind,
    name,
    startedAt: at(from),
    endedAt: at(to),
  });

  it("has the trace's spans by kind, those on the critical path marked", () => {
    const spans = [
      span(1, "run", "run", 0, 20),
      span(2, "phase", "deploy", 1, 15),
      span(3, "image", "grafana:1@sha256:ab", 2, 9),
    ];
    const lines = renderGantt(goodResults({ trace: { spans, leftOut: 0, criticalPath: [3] } }));
    expect(lines.slice(4, -2)).toEqual([
      "  section Phases",
      "  deploy (14.0 s) :1970-01-01T00:00:01.000, 1970-01-01T00:00:15.000",
      "  section Images",
      "  grafana 1 (7.0 s) :crit, 1970-01-01T00:00:02.000, 1970-01-01T00:00:09.000",
    ]);
  });

  it("has at most 40 bars: the phases, the critical path, then the longest", () => {
    const images = Array.from({ length: 60 }, (_, index) =>
      span(index + 10, "image", `image ${index}`, 0, index),
    );
    const spans = [...images, span(2, "phase", "deploy", 1, 2)];
    const text = renderGantt(goodResults({ trace: { spans, leftOut: 0, criticalPath: [11] } })).join("\n");
    expect(text.match(/ :/g)).toHaveLength(40);
    expect(text).toContain("  deploy (1.0 s)");
    expect(text).toContain("  image 1 (1.0 s) :crit");
    expect(text).toContain("  image 59 (");
    expect(text).not.toContain("  image 20 (");
  });

  it("takes no text for a command of the chart", () => {
    const names = ["section x", "click a", "a: b; c #d\n  section y", "%%{init: {}}%%", "--", "``` \n# x"];
    const spans = names.map((name, index) => span(index + 1, "phase", name, index, index + 1));
    const lines = renderGantt(goodResults({ trace: { spans, leftOut: 0, criticalPath: [] } }));
    expect(lines.slice(5, -2).map((line) => line.split(" (1.0 s) :")[0])).toEqual([
      "  _section x",
      "  _click a",
      "  a  b  c  d   section y",
      "  init",
      "  _--",
      "  x",
    ]);
  });

  it("is left out without phases", () => {
    expect(renderGantt(goodResults({ phases: [] }))).toEqual([]);
  });
});
