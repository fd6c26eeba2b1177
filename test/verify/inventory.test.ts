import { expect, it } from "vitest";
import { createHost } from "../../src/host/create.ts";
import { Inventory } from "../../src/report/inventory-schema.ts";
import { readInventory } from "../../src/stack/inventory.ts";
import { createPrometheusClient } from "../../src/stack/prometheus.ts";
import { type Reply, serve } from "../support/local-server.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";

const service = { namespace: "monitoring", name: "prometheus-server", port: 80 };
const success = (data: unknown): Reply => ({ body: { status: "success", data } });

/** Reads the inventory of a server with these responses, by the path of the request. */
async function readFrom(replies: Readonly<Record<string, Reply>>) {
  await using server = await serve(({ path }) => {
    const url = new URL(path, "http://prometheus");
    return replies[url.pathname] ?? { status: 500, contentType: "text/plain", body: "broken" };
  });
  const context = {
    host: await createHost(),
    log: createRecordingLogger(),
    signal: new AbortController().signal,
  };
  const inventory = await readInventory(createPrometheusClient(context, { url: server.url, service }));
  return { inventory, paths: server.received.map(({ path }) => path) };
}

const alert = (alertname: string, state: string) => ({
  labels: { alertname },
  annotations: {},
  state,
  value: "1e+00",
});

it("has series by job and by metric, and the alerts by name", async () => {
  const { inventory, paths } = await readFrom({
    "/api/v1/status/tsdb": success({
      headStats: { numSeries: 70 },
      seriesCountByMetricName: [
        { name: "node_cpu_seconds_total", value: 64 },
        { name: "__proto__", value: 1 },
        { name: "up", value: 2 },
      ],
    }),
    "/api/v1/label/__name__/values": success(["__proto__", "node_cpu_seconds_total", "up"]),
    "/api/v1/query": success({
      resultType: "vector",
      result: [
        { metric: { job: "node" }, value: [1, "68"] },
        { metric: {}, value: [1, "2"] },
      ],
    }),
    "/api/v1/alerts": success({
      alerts: [
        alert("MonstackRuleDelivery", "firing"),
        alert("Slow", "pending"),
        alert("Watchdog", "firing"),
        alert("Slow", "firing"),
      ],
    }),
  });
  expect(inventory).toEqual({
    series: 70,
    jobs: { node: 68, "": 2 },
    metrics: { node_cpu_seconds_total: 64, up: 2 },
    metricNames: ["__proto__", "node_cpu_seconds_total", "up"],
    alerts: { Watchdog: "firing", Slow: "firing" },
    missing: [],
  });
  // Prometheus' work grows with this limit: its list is searched for each series.
  expect(paths).toContain("/api/v1/status/tsdb?limit=500");
  expect(paths).toContain("/api/v1/label/__name__/values?limit=5001");
  const takenAt = "2026-11-23T12:00:00.000Z";
  expect(Inventory.parse(JSON.parse(JSON.stringify({ takenAt, ...inventory })))).toEqual({
    takenAt,
    ...inventory,
  });
});

it("names what could not be read, and has the rest", async () => {
  const { inventory } = await readFrom({ "/api/v1/alerts": success({ alerts: [alert("A", "firing")] }) });
  expect(inventory).toMatchObject({ series: undefined, jobs: {}, metrics: {}, alerts: { A: "firing" } });
  expect(inventory.missing).toEqual([
    expect.stringMatching(/^the numbers of series: GET .*HTTP 500/),
    expect.stringMatching(/^the names of metrics: GET .*HTTP 500/),
    expect.stringMatching(/^the jobs: GET .*HTTP 500/),
  ]);
});

it("has no incomplete list of names, and at most 500 metrics and alerts", async () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => `n_${i}`);
  const { inventory } = await readFrom({
    "/api/v1/status/tsdb": success({
      headStats: { numSeries: 6_000 },
      seriesCountByMetricName: many(6_000).map((name) => ({ name, value: 1 })),
    }),
    "/api/v1/label/__name__/values": success(many(5_001)),
    "/api/v1/query": success({ resultType: "vector", result: [] }),
    "/api/v1/alerts": success({ alerts: many(600).map((name) => alert(name, "firing")) }),
  });
  expect([Object.keys(inventory.metrics).length, Object.keys(inventory.alerts).length]).toEqual([500, 500]);
  expect(inventory.metricNames).toBeUndefined();
  expect(inventory.missing).toEqual(["the names of metrics: there are more than 5000"]);
});
