import { expect, it } from "vitest";
import { createHost } from "../../../src/host/create.ts";
import { Measurements } from "../../../src/report/measurements-schema.ts";
import { createPrometheusClient } from "../../../src/stack/prometheus.ts";
import { createRange } from "../../../src/stack/range-query.ts";
import { readPlots } from "../../../src/verify/measure/plots.ts";
import { type Reply, serve } from "../../support/local-server.ts";
import { createRecordingLogger } from "../../support/recording-logger.ts";

const service = { namespace: "monitoring", name: "prometheus-server", port: 80 };
const success = (data: unknown): Reply => ({ body: { status: "success", data } });
const matrix = (...result: unknown[]) => success({ resultType: "matrix", result });
const range = createRange(1_000_000, 1_060_000);

/** Reads the plots of a stand-in that answers each expression that contains one of these words. */
async function readFrom(replies: Readonly<Record<string, Reply>>, config = "global: {scrape_interval: 2s}") {
  await using server = await serve(({ path }) => {
    const url = new URL(path, "http://prometheus");
    if (url.pathname === "/api/v1/status/config") return success({ yaml: config });
    const query = url.searchParams.get("query") ?? "";
    const reply = Object.entries(replies).find(([word]) => query.includes(word))?.[1];
    if (reply) return reply;
    return url.pathname === "/api/v1/query_range" ? matrix() : success({ resultType: "vector", result: [] });
  });
  const context = {
    host: await createHost(),
    log: createRecordingLogger(),
    signal: new AbortController().signal,
  };
  const prometheus = createPrometheusClient(context, { url: server.url, service });
  const read = await readPlots(prometheus, { range, namespaces: ["monitoring", "shop"] });
  return { ...read, received: server.received.map(({ path }) => new URL(path, "http://prometheus")) };
}

const pod = (name: string, more: Readonly<Record<string, string>> = {}) => ({
  namespace: "monitoring",
  pod: name,
  ...more,
});

it("has a plot for what exists, over the range, with requests and limits", async () => {
  const sample = (metric: unknown, value: string) => ({ metric, value: [1060, value] });
  const vector = (...result: unknown[]) => success({ resultType: "vector", result });
  const { plots, missing, received } = await readFrom({
    container_memory_working_set_bytes: matrix(
      {
        metric: pod("prometheus-0"),
        values: [
          [1000, "1234567.89"],
          [1001, "NaN"],
        ],
      },
      { metric: pod("two-containers"), values: [[1000, "5"]] },
    ),
    "sum by (namespace, pod, resource) (kube_pod_container_resource_requests": vector(
      sample(pod("prometheus-0", { resource: "memory" }), "1000"),
      sample(pod("two-containers", { resource: "memory" }), "2000"),
    ),
    "sum by (namespace, pod, resource) (kube_pod_container_resource_limits": vector(
      sample(pod("prometheus-0", { resource: "memory" }), "3000"),
      sample(pod("two-containers", { resource: "memory" }), "4000"),
    ),
    "count by (namespace, pod, resource)": vector(
      sample(pod("prometheus-0", { resource: "memory" }), "1"),
      sample(pod("two-containers", { resource: "memory" }), "1"),
    ),
    kube_pod_container_info: vector(sample(pod("prometheus-0"), "1"), sample(pod("two-containers"), "2")),
    ALERTS: matrix({ metric: { alertname: "Slow", alertstate: "pending" }, values: [[1010, "1"]] }),
  });
  expect(missing).toEqual([]);
  expect(plots.map(({ id }) => id)).toEqual(["memory", "alerts"]);
  expect(plots[0]).toMatchObject({
    unit: "bytes",
    series: [
      {
        name: "monitoring/prometheus-0",
        labels: pod("prometheus-0"),
        points: [
          [1000, 1234570],
          [1001, null],
        ],
      },
      { name: "monitoring/two-containers", points: [[1000, 5]] },
    ],
    bounds: [
      { series: "monitoring/prometheus-0", request: 1000, limit: 3000 },
      // One of its containers has no limit, so the pod has none.
      { series: "monitoring/two-containers", request: 2000, limit: undefined },
    ],
  });
  expect(plots[1]?.series[0]?.name).toBe("Slow (pending)");
  const sent = received.filter(({ pathname }) => pathname === "/api/v1/query_range");
  expect(sent[0]?.searchParams.get("query")).toContain('namespace=~"monitoring|shop"');
  expect(sent.map(({ searchParams }) => searchParams.get("query")).join()).toMatch(/\[8s\]/);
  for (const { searchParams } of sent)
    expect([searchParams.get("start"), searchParams.get("end"), searchParams.get("step")]).toEqual([
      "1000",
      "1060",
      "1",
    ]);
  const measurements = { from: "x", to: "y", plots, dashboards: [] };
  expect(() => Measurements.parse(JSON.parse(JSON.stringify(measurements)))).not.toThrow();
});

it("keeps the 20 series with the largest values, and says how many are left", async () => {
  const series = Array.from({ length: 30 }, (_, index) => ({
    metric: { job: `job-${String(index).padStart(2, "0")}` },
    values: [
      [1000, String(index)],
      [1001, "0"],
    ],
  }));
  const { plots } = await readFrom({ "(up)": matrix(...series) });
  expect(plots[0]?.series.map(({ name }) => name)).toEqual(series.slice(10).map(({ metric }) => metric.job));
  expect(plots[0]?.left).toBe("10 series with smaller values of 30 are not here");
});

it("names what fails, and has the rest", async () => {
  const { plots, missing } = await readFrom({
    prometheus_tsdb_head_series: { status: 500, contentType: "text/plain", body: "broken" },
    scrape_duration_seconds: matrix({ metric: { job: "node" }, values: [[1000, "0.2"]] }),
  });
  expect(plots.map(({ id }) => id)).toEqual(["scrape-duration"]);
  expect(missing).toEqual([expect.stringMatching(/^the plot series: GET .*HTTP 500/)]);
});

it("rates over four scrapes of the slowest of the jobs that matter, a minute by default", async () => {
  const slow =
    "global: {scrape_interval: 5s}\nscrape_configs: [{job_name: x-cadvisor, scrape_interval: 30s}]";
  for (const [config, expected] of [
    [slow, "[120s]"],
    ["{}", "[240s]"],
  ] as const) {
    const { received } = await readFrom({}, config);
    expect(received.map(({ searchParams }) => searchParams.get("query")).join()).toContain(expected);
  }
});

it("has at most 120 points, and at least a second between two", () => {
  for (const seconds of [0.5, 30, 119, 120, 3600, 86_399]) {
    const { from, to, step } = createRange(5_000_000, 5_000_000 + seconds * 1000);
    expect(Math.floor((to - from) / step) + 1).toBeLessThanOrEqual(120);
    expect(step).toBeGreaterThanOrEqual(1);
    expect(to).toBeGreaterThan(from);
  }
});
