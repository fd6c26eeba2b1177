import { describe, expect, it } from "vitest";
import { toBaseline } from "../../../src/report/compare/baseline.ts";
import { compareResults } from "../../../src/report/compare/compare.ts";
import type { Area, Comparison } from "../../../src/report/compare/schema.ts";
import { formatComparison, renderComparison } from "../../../src/report/compare/text.ts";
import type { Inventory } from "../../../src/report/inventory-schema.ts";
import { Results } from "../../../src/report/results-schema.ts";
import { renderSummary } from "../../../src/report/summary.ts";
import { renderTerminal } from "../../../src/report/terminal.ts";
import { failed, goodResults, passed } from "../results.ts";

const MiB = 1024 ** 2;
const second = (at: number) => new Date(Date.UTC(2026, 10, 23, 12) + 1000 * at).toISOString();

const inventory: Inventory = {
  takenAt: second(18),
  series: 900,
  jobs: { node: 400, prometheus: 500 },
  metrics: { up: 2, node_cpu_seconds_total: 64, go_goroutines: 2 },
  metricNames: ["go_goroutines", "node_cpu_seconds_total", "up", "zero"],
  alerts: { Watchdog: "firing", Slow: "pending" },
  usage: [{ workload: "monitoring/prometheus", memoryBytes: 200 * MiB, cpuCores: 0.5 }],
  missing: [],
};

const panel = { title: "CPU", type: "stat", status: "data", queries: ["up"], known: false } as const;

const before = goodResults({
  inventory,
  dashboards: [
    {
      uid: "a",
      title: "Nodes",
      panels: [
        { ...panel, id: 1 },
        { ...panel, id: 2, title: "" },
      ],
    },
  ],
});

/** Compares with a later run that differs in these fields. */
function compareWith(over: Partial<Results>): Comparison {
  return compareResults(before, { ...before, ...over }, "last-night");
}

function changesIn(area: Area, over: Partial<Results>) {
  const comparison = compareWith(over);
  expect(comparison.changes.every((change) => change.area === area)).toBe(true);
  return comparison.changes.map(({ area: _, ...change }) => change);
}

const withInventory = (over: Partial<Inventory>) => ({ inventory: { ...inventory, ...over } });

describe("two runs that are the same", () => {
  it("give no changes, and one line with what was compared", () => {
    const comparison = compareWith({});
    expect(comparison.changes).toEqual([]);
    expect(comparison.compared.filter(({ count }) => count === 0)).toEqual([]);
    expect(formatComparison(comparison)).toEqual([
      "Nothing changed since the run of 2026-11-23T12:00:00.000Z (last-night): 21 things compared.",
    ]);
  });

  it("are the same for the part that is kept as a baseline, which is small", () => {
    const kept = toBaseline(Results.parse(before));
    expect(compareResults(kept, before, "x").changes).toEqual([]);
    expect(Results.parse(JSON.parse(JSON.stringify(kept))).dashboards[0]?.panels[0]?.queries).toEqual([]);
  });
});

describe("phases", () => {
  const deploy = (from: number, to: number) => [
    { name: "deploy", startedAt: second(from), endedAt: second(to) },
    ...before.phases.filter(({ name }) => name !== "deploy"),
  ];

  it.each([
    ["20 % slower, but no more", 12, []],
    [
      "slower by more than both",
      12.1,
      [{ name: "deploy", before: 10_000, after: 12_100, unit: "ms", effect: "worse" }],
    ],
    ["faster", 2, []],
  ])("%s", (_name, seconds, expected) => {
    expect(changesIn("phases", { phases: deploy(0, seconds) })).toEqual(expected);
  });

  it("by more than 20 %, but less than a second, is not slower", () => {
    const short = (ms: number) => ({
      ...before,
      phases: [
        { name: "deploy", startedAt: second(0), endedAt: new Date(Date.parse(second(0)) + ms).toISOString() },
      ],
    });
    expect(compareResults(short(1000), short(2000), "x").changes).toEqual([]);
    expect(compareResults(short(1000), short(2001), "x").changes).toHaveLength(1);
  });

  it("of one name count together, and the time to the verdict counts too", () => {
    const trace = (at: number) => ({ spans: [], leftOut: 0, criticalPath: [], decidedAt: second(at) });
    const early = { ...before, phases: [...deploy(0, 5), ...deploy(0, 5)], trace: trace(10) };
    const late = { ...before, phases: [...deploy(0, 5), ...deploy(5, 15)], trace: trace(20) };
    expect(compareResults(early, late, "x").changes.map(({ name, after }) => [name, after])).toEqual([
      ["to the verdict", 20_000],
      ["deploy", 15_000],
    ]);
  });
});

describe("checks", () => {
  it("that fail now come first; another outcome and a new check are changes", () => {
    const started = { ...before, checks: [passed, { ...failed, id: "b" }] };
    const later = {
      ...before,
      checks: [
        { ...failed, id: "targets-up" },
        { ...passed, id: "b" },
        { ...passed, id: "own/x" },
      ],
    };
    expect(compareResults(started, later, "x").changes).toEqual([
      { area: "checks", name: "targets-up", before: "pass", after: "fail", effect: "worse" },
      { area: "checks", name: "b", before: "fail", after: "pass", effect: "better" },
      { area: "checks", name: "own/x", before: undefined, after: "pass", effect: "neutral" },
    ]);
  });

  it("are not compared where one run made none", () => {
    expect(compareWith({ checks: [] }).notCompared).toEqual([
      { area: "checks", why: "the later run made no checks" },
    ]);
  });
});

it("names panels that newly show nothing, and those that do again", () => {
  const dead = [
    {
      uid: "a",
      title: "Nodes",
      panels: [
        { ...panel, id: 1, status: "empty" as const },
        { ...panel, id: 2, title: "" },
      ],
    },
  ];
  expect(changesIn("panels", { dashboards: dead })).toEqual([
    { name: "Nodes / CPU", before: "data", after: "empty", effect: "worse" },
  ]);
  expect(compareResults({ ...before, dashboards: dead }, before, "x").changes).toMatchObject([
    { name: "Nodes / CPU", before: "empty", after: "data", effect: "better" },
  ]);
});

it("names alerts that newly fire or no longer do, but not those that only wait", () => {
  const alerts = { Watchdog: "pending", Slow: "firing", constructor: "pending" } as const;
  expect(changesIn("alerts", withInventory({ alerts }))).toEqual([
    { name: "Slow", before: "pending", after: "firing", effect: "worse" },
    { name: "Watchdog", before: "firing", after: "pending", effect: "better" },
  ]);
});

describe("series", () => {
  it("of a job or a metric count from 20 % and 20 series on", () => {
    const metrics = { up: 20, node_cpu_seconds_total: 85, go_goroutines: 2 };
    expect(changesIn("series", withInventory({ jobs: { node: 470, k3s: 3 }, metrics }))).toEqual([
      { name: "job prometheus", before: 500, after: undefined, unit: "series", effect: "worse" },
      { name: "job k3s", before: undefined, after: 3, unit: "series", effect: "neutral" },
      { name: "node_cpu_seconds_total", before: 64, after: 85, unit: "series", effect: "neutral" },
    ]);
  });

  it("of new and vanished names are listed by name, with their number where it was read", () => {
    const metricNames = ["node_cpu_seconds_total", "up", "x", "y"];
    const metrics = { ...inventory.metrics, x: 1 };
    expect(changesIn("metrics", withInventory({ metricNames, metrics }))).toEqual([
      { name: "go_goroutines", before: "2 series", effect: "worse" },
      { name: "zero", before: "present", effect: "worse" },
      { name: "x", after: "1 series", effect: "neutral" },
      { name: "y", after: "present", effect: "neutral" },
    ]);
  });

  it("of an incomplete list of names are not called new", () => {
    const { changes, notCompared } = compareWith(
      withInventory({ metricNames: undefined, metrics: { ...inventory.metrics, x: 1 } }),
    );
    expect(changes).toEqual([]);
    expect(notCompared).toEqual([{ area: "metrics", why: "the later run has no list of them" }]);
  });

  it("are not compared with a run that did not read them", () => {
    const text = formatComparison(compareWith({ inventory: undefined })).join("\n");
    expect(text).toContain("Nothing changed in what could be compared since");
    expect(text).toContain(
      "not compared: firing alerts, numbers of series, names of metrics: the later run did not read what Prometheus held",
    );
  });
});

it("compares memory and CPU of each workload", () => {
  const usage = (memory: number, cpuCores: number) =>
    withInventory({
      usage: [
        { workload: "monitoring/prometheus", memoryBytes: memory * MiB, cpuCores },
        { workload: "monitoring/new", memoryBytes: 1 },
      ],
    });
  expect(changesIn("resources", usage(239, 0.6))).toEqual([]);
  expect(changesIn("resources", usage(300, 0.3))).toEqual([
    {
      name: "memory of monitoring/prometheus",
      before: 200 * MiB,
      after: 300 * MiB,
      unit: "bytes",
      effect: "worse",
    },
    { name: "CPU of monitoring/prometheus", before: 0.5, after: 0.3, unit: "cores", effect: "better" },
  ]);
});

describe("versions", () => {
  const { tools, charts } = before.versions;

  it("of tools, charts and images are compared, and the checksum of the same version", () => {
    const versions = {
      ...before.versions,
      tools: tools.map((tool) => ({ ...tool, version: "v4.3.0" })),
      charts: charts.map((chart) => ({ ...chart, version: "30.0.0" })),
      images: ["quay.io/prometheus/prometheus:v3.15.0", "localhost:5000/x@sha256:ab"],
    };
    expect(changesIn("versions", { versions })).toEqual([
      { name: "chart prometheus (app prometheus)", before: "29.27.0", after: "30.0.0", effect: "neutral" },
      { name: "helm", before: "v4.2.3", after: "v4.3.0", effect: "neutral" },
      { name: "image localhost:5000/x", before: undefined, after: "sha256:ab", effect: "neutral" },
      { name: "image quay.io/prometheus/prometheus", before: "v3.14.0", after: "v3.15.0", effect: "neutral" },
    ]);
    const again = { ...before.versions, tools: tools.map((tool) => ({ ...tool, sha256: "cd".repeat(32) })) };
    expect(changesIn("versions", { versions: again })).toEqual([
      { name: "helm", before: "v4.2.3 abababababab", after: "v4.2.3 cdcdcdcdcdcd", effect: "neutral" },
    ]);
  });

  it("compares the digest of an image with the same tag", () => {
    const image = "quay.io/prometheus/prometheus:v3.14.0";
    const withDigest = (digest: string) => ({
      ...before,
      versions: { ...before.versions, imageDigests: [{ image, digest: `sha256:${digest.repeat(32)}` }] },
    });
    expect(compareResults(withDigest("ab"), withDigest("cd"), "x").changes).toMatchObject([
      { before: "v3.14.0 abababababab", after: "v3.14.0 cdcdcdcdcdcd" },
    ]);
    // A digest that one run did not know is no change.
    expect(compareResults(before, withDigest("cd"), "x").changes).toEqual([]);
  });
});

describe("the text", () => {
  const many = Array.from({ length: 130 }, (_, i) => `m_${i}`);
  const comparison = compareWith({
    ...withInventory({ metricNames: [...(inventory.metricNames ?? []), ...many], alerts: {} }),
    checks: [{ ...failed, id: "targets-up" }],
  });

  it("shows the first changes of each area, and says how many more there are", () => {
    expect(comparison.changes).toHaveLength(102);
    expect(comparison.left).toEqual([{ area: "metrics", count: 30 }]);
    expect(formatComparison(comparison, 2)).toEqual([
      "Since the run of 2026-11-23T12:00:00.000Z (last-night):",
      "  Checks",
      "    - targets-up  pass -> fail",
      "  Firing alerts",
      "    + Watchdog  gone, was firing",
      "  Names of metrics",
      "      m_0  new",
      "      m_1  new",
      "      ... and 128 more",
    ]);
  });

  it("is part of the summary and of the terminal's text", () => {
    const results = goodResults({ comparison });
    const summary = renderSummary(results);
    expect(summary).toContain("### What changed\n");
    expect(summary).toContain("| ❌ Checks | targets-up | pass -&gt; fail |");
    expect(summary).toContain("|  | ... and 120 more |  |");
    expect(renderTerminal(results)).toContain("    - targets-up  pass -> fail");
    expect(renderSummary(goodResults())).not.toContain("What changed");
    expect(Results.parse(JSON.parse(JSON.stringify(results))).comparison?.changes).toHaveLength(102);
  });

  it("shows the change of a figure in its unit and in percent", () => {
    const phases = [{ name: "deploy", startedAt: second(0), endedAt: second(30) }];
    expect(formatComparison(compareWith({ phases })).join("\n")).toContain(
      "- deploy  10.0 s -> 30.0 s (+200 %)",
    );
  });

  it("of foreign names obeys no terminal and no runner", () => {
    const name = "x\u001b[31m\n::add-mask::y | `z` <b>";
    const foreign = compareWith(withInventory({ metricNames: [...(inventory.metricNames ?? []), name] }));
    const text = formatComparison(foreign).join("\n");
    expect(text).not.toContain("\u001b");
    expect(text).not.toMatch(/^\s*::add-mask/m);
    const markdown = renderComparison(foreign).join("\n");
    expect(markdown).toContain("\\| \\`z\\` &lt;b&gt;");
  });
});
