import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { formatDiff } from "../../../src/app/charts/fix-files.ts";
import { createHost } from "../../../src/host/create.ts";
import type { ChartSource } from "../../../src/model/chart.ts";
import { fixValues, type ValuesSpot } from "../../../src/plan/fix/fix-values.ts";
import { listUnknownValues } from "../../../src/plan/values/unknown-values.ts";
import { readChartSource } from "../../../src/sources/charts/contents.ts";
import { startProcessorClock } from "../../support/processor-clock.ts";
import { createRecordingLogger } from "../../support/recording-logger.ts";

const lab = join(import.meta.dirname, "../../../lab/charts");

async function chart(name: string): Promise<ChartSource> {
  const context = {
    host: await createHost(),
    log: createRecordingLogger(),
    signal: new AbortController().signal,
  };
  const path = join(lab, name);
  const file = { path, name, version: "1", appVersion: "", sha256: undefined, origin: path };
  return readChartSource(context, file);
}

async function spot(name: string, at: ValuesSpot["at"] = []): Promise<ValuesSpot> {
  return { app: name, at, chart: await chart(name), of: `${name} 1` };
}

/** The lines that changed. */
async function changes(text: string, name = "prometheus"): Promise<string[]> {
  const fixed = fixValues(text, [await spot(name)]);
  expect(listUnknownValues(name, parse(fixed.text), await chart(name))).toEqual([]);
  return formatDiff(text, fixed.text)
    .split("\n")
    .filter((line) => /^[-+]/.test(line));
}

const guide = `# Prometheus for the office
server:
  enabled: true
  retention: "15d"   # two weeks
  persistentVolume:
    size: 10Gi

# agents
nodeExporter:
  enabled: true

kubeStateMetrics: {enabled: true}

alertmanager:
  enabled: yes
  persistence:
    size: 2Gi
pushgateway:
  enabled: false
`;

describe("fixValues", () => {
  it("moves the seed's dead keys to the live ones, and leaves the rest of the file as it is", async () => {
    expect(await changes(guide)).toEqual([
      "-   enabled: true",
      "+   # server.enabled: true was here: nothing in chart prometheus 1 reads it",
      "- nodeExporter:",
      "+ prometheus-node-exporter:",
      "- kubeStateMetrics: {enabled: true}",
      "+ kube-state-metrics: {enabled: true}",
      "- pushgateway:",
      "+ prometheus-pushgateway:",
    ]);
  });

  it("renames Grafana's storageClass", async () => {
    const text =
      "persistence:\n    enabled: true\n    storageClass: local-path # k3s' own\nadminUser: admin\n";
    expect(await changes(text, "grafana")).toEqual([
      "-     storageClass: local-path # k3s' own",
      "+     storageClassName: local-path # k3s' own",
    ]);
  });

  const federation = `scrape_configs:
  - job_name: 'federate' # the other clusters
    metrics_path: '/federate'
    params:
      'match[]':
        - '{job="kubernetes-pods"}'
    static_configs:
      - targets: ['prometheus-1.example.com:9090']
`;

  it("makes Prometheus' own scrape_configs the text that the chart takes", async () => {
    const { text } = fixValues(federation, [await spot("prometheus")]);
    const { extraScrapeConfigs, ...others } = parse(text) as Record<string, unknown>;
    expect(others).toEqual({});
    expect(parse(extraScrapeConfigs as string)).toEqual(parse(federation).scrape_configs);
    expect(extraScrapeConfigs).toContain("# the other clusters");
    expect(listUnknownValues("prometheus", parse(text), await chart("prometheus"))).toEqual([]);
  });

  it("adds it to the text that is there", async () => {
    const there = `extraScrapeConfigs: |\n  - job_name: mine\n${federation}`;
    const { text, fixed } = fixValues(there, [await spot("prometheus")]);
    const jobs = parse((parse(text) as { extraScrapeConfigs: string }).extraScrapeConfigs);
    expect(jobs.map((job: { job_name: string }) => job.job_name)).toEqual(["mine", "federate"]);
    expect(fixed).toMatchObject([{ to: ["extraScrapeConfigs"], how: "merged" }]);
  });

  it("takes a list for no mapping of a similar name", async () => {
    const meant = listUnknownValues(
      "prometheus",
      { scrapeConfig: [{ job_name: "a" }] },
      await chart("prometheus"),
    );
    expect(meant).toMatchObject([{ path: ["scrapeConfig"] }]);
    expect(meant[0]?.meant).not.toBe("scrapeConfigs");
  });

  it("merges into the real key where both are there, and lets the real one win", async () => {
    const text =
      "nodeExporter: {enabled: false, hostNetwork: false}\nprometheus-node-exporter:\n  enabled: true\n";
    const { text: fixed } = fixValues(text, [await spot("prometheus")]);
    expect(parse(fixed)).toEqual({ "prometheus-node-exporter": { enabled: true, hostNetwork: false } });
  });

  it("takes a key out beside a real one with a value of its own, and says so", async () => {
    const text = "persistence: {enabled: true, storageClass: a, storageClassName: b}\n";
    const { text: fixed } = fixValues(text, [await spot("grafana")]);
    expect(fixed).toBe(
      "# persistence.storageClass: a was here: persistence.storageClassName, which is read, has its own value\n" +
        "persistence: {enabled: true, storageClassName: b}\n",
    );
  });

  it("says where the last key of a mapping was", async () => {
    const { text, fixed } = fixValues("server: {enabled: true}\n", [await spot("prometheus")]);
    expect(text).toBe(
      "# server.enabled: true was here: nothing in chart prometheus 1 reads it\nserver: {}\n",
    );
    expect(fixed).toMatchObject([
      { app: "prometheus", path: ["server", "enabled"], to: undefined, how: "removed" },
    ]);
  });

  it("fixes values within a configuration file", async () => {
    const text =
      "profile: ci\napps:\n  prometheus:\n    values:\n      - a.yaml\n      - pushgateway: {enabled: true}\n";
    const at = ["apps", "prometheus", "values", 1];
    expect(fixValues(text, [await spot("prometheus", at)]).text).toBe(
      text.replace("pushgateway", "prometheus-pushgateway"),
    );
  });

  it("takes a wrapper away, and leaves what is in it as it is written", async () => {
    const text = `# mine
grafana: # its values
  # who
  adminUser:   ops

  persistence: {enabled: true,   size: 1Gi}
  grafana.ini:
    server:
        root_url: "https://x"   # odd
  text: |
      one
        two
`;
    expect(fixValues(text, [await spot("grafana")]).text).toBe(`# mine
# its values
# who
adminUser:   ops

persistence: {enabled: true,   size: 1Gi}
grafana.ini:
  server:
      root_url: "https://x"   # odd
text: |
    one
      two
`);
  });

  it("merges what is in a wrapper with what is beside it, which wins", async () => {
    const text =
      "prometheus:\n  server: {retention: 1d, replicaCount: 2}\n  rbac: {create: true}\nserver:\n  retention: 2d\n";
    const { text: fixed } = fixValues(text, [await spot("prometheus")]);
    expect(parse(fixed)).toEqual({ server: { retention: "2d", replicaCount: 2 }, rbac: { create: true } });
    const inline = "{prometheus: {server: {retention: 1d}}}\n";
    expect(fixValues(inline, [await spot("prometheus")]).text).toBe("{server: {retention: 1d}}\n");
  });

  it("takes a wrapper away only where one app has the file", async () => {
    const text = "grafana: {adminUser: a}\nprometheus: {server: {retention: 1d}}\n";
    const both = [await spot("prometheus"), await spot("grafana")];
    expect(fixValues(text, both)).toMatchObject({
      text,
      fixed: [],
      uncertain: [{ path: ["grafana"] }, { path: ["prometheus"] }],
    });
  });

  it("puts a key where it belongs with its comments, and makes what is above it", async () => {
    const text = `# all

# how long
retention: 30d # a month
rbac: {create: true}
`;
    expect(fixValues(text, [await spot("prometheus")]).text).toBe(
      `# all

server:
  # how long
  retention: 30d # a month
rbac: {create: true}
`.replace("server:\n  # how long\n", "# how long\nserver:\n"),
    );
  });

  it.each([
    ["server:\n  extraScrapeConfigs: a\n", "server: {}\nextraScrapeConfigs: a\n"],
    ["server: {extraScrapeConfigs: a}", "server: {}\nextraScrapeConfigs: a"],
    ["retention: 1d\nserver:\nrbac: {create: true}\n", "server:\n  retention: 1d\nrbac: {create: true}\n"],
    [
      "retention: 1d\nserver:\n    image:\n        tag: x",
      "server:\n    image:\n        tag: x\n    retention: 1d",
    ],
    ["retention: 1d\nserver: {image: {tag: x}}\n", "server: {image: {tag: x}, retention: 1d}\n"],
    ['"retention": 1d\n"server": {}\n', '"server": {"retention": 1d}\n'],
    ["server:\n  'replicas': 2\n", "server:\n  'replicaCount': 2\n"],
  ])("moves a key between mappings of every form: %j", async (text, expected) => {
    const { text: fixed } = fixValues(text, [await spot("prometheus")]);
    expect(fixed).toBe(expected);
  });

  it.each([
    [
      "what is not certain",
      "server:\n  enable: false\n  persistense: {size: 1Gi}\n",
      "server:\n  enable: false\n",
    ],
    ["a mapping that is nothing to the chart", "mine:\n  a: 1\n"],
    ["a text of several lines that is nothing to the chart", "mine: |\n  a\n  b\n"],
    [
      "what an alias brings along",
      "x-y: &y {retention: 1d}\nserver: {<<: *y}\nprometheus-pushgateway: &p {replicas: 1}\nz: *p\n",
    ],
  ])("leaves %s", async (_, text, kept = text) => {
    expect(fixValues(text, [await spot("prometheus")]).text).toContain(kept);
  });

  it("fixes a few mistakes among six thousand lines in about a second", async () => {
    const chapter = Array.from(
      { length: 60 },
      (_, index) => `  # About ${index}\n  key${index}: {a: [1, 2], b: "x"}\n`,
    );
    const filler = Array.from({ length: 50 }, (_, index) => `part${index}:\n${chapter.join("")}\n`).join("");
    const large = { ...(await chart("prometheus")) };
    const own = parse(filler) as Record<string, unknown>;
    const source = { ...large, values: { ...(large.values as object), ...own } };
    const text = `nodeExporter: {enabled: true}\n${filler}retention: 3d\nserver:\n  replicas: 2\n  retentoin: 3d\n`;
    const spots = [{ app: "p", at: [], chart: source, of: "p 1" }];
    fixValues("a: 1\n", spots);
    const processorMs = startProcessorClock();
    expect(fixValues(text, spots).fixed.length).toBeGreaterThan(2);
    // Under a second where nothing else runs. What grows with the square of the length takes minutes.
    expect(processorMs()).toBeLessThan(3_000);
  });

  it("keeps in a shared file what one of its apps reads", async () => {
    const text = "adminUser: root\nnodeExporter: {enabled: false}\n";
    const both = [await spot("prometheus"), await spot("grafana")];
    expect(fixValues(text, both).text).toBe("adminUser: root\nprometheus-node-exporter: {enabled: false}\n");
  });

  it("leaves alone what comes from an alias or is needed by one, and names it", async () => {
    const text = "nodeExporter: &off {enabled: false}\nprometheus-pushgateway: *off\n";
    const renamed = fixValues(text, [await spot("prometheus")]);
    expect(renamed.text).toBe(
      "prometheus-node-exporter: &off {enabled: false}\nprometheus-pushgateway: *off\n",
    );
    const needed = "server: {enabled: &on true}\nalertmanager: {enabled: *on}\n";
    const { text: kept, left } = fixValues(needed, [await spot("prometheus")]);
    expect(kept).toBe(needed);
    expect(left).toEqual([{ app: "prometheus", path: ["server", "enabled"] }]);
  });
});

/** Ways of writing that are valid YAML and not the YAML library's own. */
const shapes: readonly (readonly [string, (text: string) => string])[] = [
  ["as it is", (text) => text],
  ["CRLF", (text) => text.replaceAll("\n", "\r\n")],
  ["trailing spaces", (text) => text.replaceAll(/(\w)$/gm, "$1  ")],
  ["blank lines", (text) => text.replaceAll("\n", "\n\n\n")],
  ["four spaces", (text) => text.replaceAll(/^( +)/gm, "$1$1")],
  ["wide comments", (text) => text.replaceAll(/ #/g, "\t \t#")],
  ["no line end", (text) => text.trimEnd()],
];

const untouched = `# every   odd   spacing
server:
  extraFlags: [ web.enable-lifecycle,   web.enable-admin-api ]
  env:
  - {name:   A, value: 'quoted'}
  podAnnotations: {a: "b",   c: d}
  global:
      evaluation_interval:    10s   # deep
  retention: >-
    15d
`;
const moved = `nodeExporter:
  enabled: false
`;

describe("a fix leaves everything else byte for byte", () => {
  it.each(shapes)("%s", async (_, shape) => {
    const text = shape(`${untouched}${moved}`);
    const fixed = fixValues(text, [await spot("prometheus")]);
    expect(fixed.fixed.map(({ to }) => to)).toEqual([["prometheus-node-exporter"]]);
    expect(fixed.text).toBe(text.replace("nodeExporter:", "prometheus-node-exporter:"));
  });
});

describe("lineDiff", () => {
  it("shows changes with what is around them", () => {
    expect(formatDiff("a\nb\nc\nd\ne\nf", "a\nb\nc\nd\nx\nf")).toBe("...\n  c\n  d\n- e\n+ x\n  f");
    expect(formatDiff("a\nb", "a\nb")).toBe("");
    const lines = Array.from({ length: 8000 }, (_, index) => `key${index}: 1`);
    const processorMs = startProcessorClock();
    expect(formatDiff(lines.join("\n"), lines.join("\n  "))).toBe("(more than 1000 lines are different)");
    expect(processorMs()).toBeLessThan(2_000);
  });
});
