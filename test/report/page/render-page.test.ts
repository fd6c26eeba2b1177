import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { formatValue } from "../../../src/report/page/format-value.ts";
import { packKey, unpackKey } from "../../../src/report/page/pack-points.ts";
import { escapeJson, type PageData } from "../../../src/report/page/page-data.ts";
import { maxPageBytes, renderPage } from "../../../src/report/page/render-page.ts";
import { groupBars, listTicks } from "../../../src/report/page/timeline-groups.ts";
import type { Results } from "../../../src/report/results-schema.ts";
import { goodResults } from "../results.ts";
import { sampleRedResults, sampleResults } from "./sample.ts";

const files = { script: "drawPage();", style: "body { margin: 0 }" };

/** Returns the data that a page has in it. */
function readData(page: string): PageData {
  const [, text = ""] = /<script type="application\/json" id="data">([^<]*)<\/script>/.exec(page) ?? [];
  return JSON.parse(text, unpackKey) as PageData;
}

describe("report.html", () => {
  test("allows its own script and style, and nothing else", () => {
    const page = renderPage(sampleResults(), files);
    const [, policy = ""] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page) ?? [];
    const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`script-src ${hash(files.script)};`);
    expect(policy).toContain(`style-src ${hash(files.style)};`);
    expect(policy).not.toContain("unsafe");
    expect(() => renderPage(sampleResults(), { ...files, script: "'</SCRIPT>'" })).toThrow("</script");
  });

  test("has the results as they are, with the verdict and the reasons of the other reports", () => {
    const results = sampleRedResults();
    const data = readData(renderPage(results, files));
    expect(data.results.checks).toEqual(results.checks);
    expect(data.results.trace).toEqual(results.trace);
    // Values of lines are rounded to five digits.
    const [plot] = results.measurements?.plots ?? [];
    const [[time, value] = []] = plot?.series[0]?.points ?? [];
    const point = data.results.measurements?.plots[0]?.series[0]?.points[0];
    expect(point).toEqual([time, Number(value?.toPrecision(5))]);
    expect(data.verdict).toEqual({ tone: "bad", text: "not verified, 1 of 13 checks failed" });
    expect(data.reasons).toMatchObject([{ place: "monstack/values-prometheus.yaml:23:9" }]);
    expect(data.cut).toEqual([]);
  });

  test("has no character in its data that could end the element", () => {
    const hostile = "</script><!--\u2028&";
    expect(escapeJson(JSON.stringify(hostile))).toMatch(/^[^<>&\u2028]*$/);
    expect(JSON.parse(escapeJson(JSON.stringify(hostile)))).toBe(hostile);
  });

  test("stays below 2 MB, cuts the least important first, and says what", () => {
    const page = renderPage(sampleResults(320), files);
    expect(Buffer.byteLength(page)).toBeLessThan(maxPageBytes);
    const { cut, results } = readData(page);
    expect(cut[0]).toBe("Labels of lines and queries of panels that have data are left out.");
    expect(cut.at(-1)).toMatch(/^The data of (25|50|75) % of the dashboards, the last ones, is left out\.$/);
    expect(results.checks).toHaveLength(12);
    expect(results.measurements?.dashboards).toHaveLength(320);
    const dead = results.dashboards.flatMap(({ panels }) =>
      panels.filter(({ status }) => status === "empty"),
    );
    expect(dead[0]?.queries).toHaveLength(1);
  });

  test.each([
    ["many targets", { targets: Array.from({ length: 30_000 }, (_, index) => target(index)) }],
    ["a text without an end", { warnings: ["x<".repeat(400_000)] }],
    ["a deep value of the profile", { profileSettings: [setting({ deep: "y".repeat(2_500_000) })] }],
    ["many causes", { causes: Array.from({ length: 3000 }, () => sampleRedResults().causes[0]) }],
  ])("stays below 2 MB with %s", (_, over) => {
    const page = renderPage(goodResults(over as Partial<Results>), files);
    expect(Buffer.byteLength(page)).toBeLessThan(maxPageBytes);
    expect(readData(page).cut.length).toBeGreaterThan(0);
  });
});

const target = (index: number) => ({
  ...{ job: "node", url: `http://10.0.${index}/metrics`, health: "up", lastError: "" },
  labels: { instance: `10.0.${index}`, job: "node" },
});
const setting = (value: unknown) => ({ app: "prometheus", path: "server", value, why: "a reason" });

test.each([
  [1536, "bytes", undefined, "1.5 KiB"],
  [1500, "decbytes", undefined, "1.5 kB"],
  [3, "mbytes", undefined, "3 MiB"],
  [2500, "Bps", undefined, "2.5 kB/s"],
  [1, "bool_yes_no", undefined, "yes"],
  [0.731, "percentunit", undefined, "73.1%"],
  [0.0421, "s", undefined, "42.1 ms"],
  [125, "s", undefined, "2.08 min"],
  [1234, "short", undefined, "1.23K"],
  [1234, "count", 1, "1.2K"],
  [0, "bytes", undefined, "0 B"],
  [Number.POSITIVE_INFINITY, "s", undefined, "∞"],
  [null, "s", undefined, "–"],
  [3, "constructor", undefined, "3 constructor"],
])("%s in %s with %s decimals is %s", (value, unit, decimals, expected) => {
  expect(formatValue(value, unit, decimals)).toBe(expected);
});

test.each([
  [
    "at even distances",
    [
      [1.5, 1],
      [3.5, null],
      [5.5, 2.25],
    ],
  ],
  ["of one point", [[1, 2]]],
  [
    "at uneven distances",
    [
      [1, 2],
      [2, 3],
      [9, 4],
    ],
  ],
  ["without points", []],
] as const)("lines %s are the same after packing", (_, points) => {
  const packed = JSON.parse(JSON.stringify({ points }, packKey), unpackKey) as { readonly points: unknown };
  expect(packed.points).toEqual(points);
});

describe("the timeline", () => {
  test("has the critical path first, and each kind of work in the order of time", () => {
    const groups = groupBars(sampleResults());
    expect(groups.map(({ title }) => title)).toEqual([
      "Critical path",
      "Phases",
      "Tools",
      "Charts",
      "Images",
      "Cluster",
      "Releases",
      "Workloads",
      "Scrapes",
      "Checks",
      "Teardown",
    ]);
    expect(groups[0]?.bars[0]).toMatchObject({
      name: "tool: k3s: download",
      fromMs: 200,
      toMs: 1400,
      isCritical: true,
    });
  });

  test("has the phases of a run without a trace", () => {
    expect(groupBars(goodResults()).map(({ bars }) => bars.length)).toEqual([2]);
  });

  test("has at most eight round marks", () => {
    expect(listTicks(21_900)).toEqual([0, 5000, 10_000, 15_000, 20_000]);
    expect(listTicks(100 * 86_400_000).length).toBeLessThanOrEqual(9);
  });
});
