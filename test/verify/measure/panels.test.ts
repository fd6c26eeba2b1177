import { expect, it } from "vitest";
import { readDashboard } from "../../../src/dashboards/dashboard.ts";
import { createHost } from "../../../src/host/create.ts";
import { Measurements } from "../../../src/report/measurements-schema.ts";
import type { DrawableDashboard, PanelFinding } from "../../../src/stack/check.ts";
import { createGrafanaClient } from "../../../src/stack/grafana.ts";
import { createRange } from "../../../src/stack/range-query.ts";
import { readPanels } from "../../../src/verify/measure/panels.ts";
import { serve } from "../../support/local-server.ts";
import { createRecordingLogger } from "../../support/recording-logger.ts";

const service = { namespace: "monitoring", name: "grafana", port: 80 };
const range = createRange(1_000_000, 1_060_000);

/** A stand-in for Grafana that returns two series with a point for every query but `broken`. */
async function openGrafana() {
  const server = await serve(({ body }) => {
    const { queries } = JSON.parse(body) as { queries: { refId: string; expr: string }[] };
    if (queries.some(({ expr }) => expr === "broken"))
      return { status: 500, body: { message: "the data source is gone" } };
    const frames = ["a", "b"].map((pod) => ({
      schema: { fields: [{ type: "time" }, { type: "number", labels: { pod } }] },
      data: { values: [[1_000_000], [1]] },
    }));
    const results = queries.map(({ refId }) => [refId, { status: 200, frames }]);
    return { body: { results: Object.fromEntries(results) } };
  });
  const context = {
    host: await createHost(),
    log: createRecordingLogger(),
    signal: new AbortController().signal,
  };
  const client = createGrafanaClient(context, { url: server.url, service, user: "admin", password: "right" });
  const sent = () => server.received.map(({ body }) => JSON.parse(body));
  return { client, sent, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** A dashboard of panels of these types, statuses and expressions. */
function drawable(
  panels: readonly (Partial<PanelFinding> & { readonly expr?: string; readonly instant?: boolean })[],
  uid = "d",
): DrawableDashboard {
  const models = panels.map(({ type }, index) => ({
    id: index + 1,
    type: type ?? "timeseries",
    title: `Panel ${index + 1}`,
    options: type === "text" ? { content: "# Hello" } : {},
    fieldConfig: { defaults: { unit: "bytes" } },
  }));
  const read = readDashboard({ title: uid, panels: models }, uid);
  if ("problem" in read) throw new Error(read.problem);
  return {
    uid,
    title: uid,
    panels: read.dashboard.panels.map((panel, index) => {
      const { expr, instant = false, ...finding } = panels[index] ?? {};
      const { id, title, row, type } = panel;
      const rest = { status: "data", why: undefined, queries: [], known: false } as const;
      const request = {
        ...{ uid: "prometheus", type: "prometheus", expr: expr ?? "", intervalMs: 15_000 },
        ...{ instant: true, range: !instant, interval: "30s", intervalFactor: 2 },
      };
      return {
        panel,
        finding: { id, title, row, type, ...rest, ...finding },
        queries: expr === undefined ? [] : [{ request, legend: "{{pod}}" }],
      };
    }),
  };
}

const signal = new AbortController().signal;

it("reads points over the run, the last values of tables, texts, and why a panel shows nothing", async () => {
  await using grafana = await openGrafana();
  const board = drawable([
    { expr: "rate(x[$__rate_interval])" },
    { expr: "rate(x[$__interval])" },
    { expr: "x", type: "stat", instant: true },
    { expr: "x", type: "table", status: "partial", why: "1 of 2 queries has no data: y does not exist" },
    { type: "text", status: "static" },
    { status: "empty", why: "z does not exist" },
    { status: "unsupported", why: "it asks Loki" },
    { expr: "broken" },
    { status: "data" },
  ]);
  const { dashboards, left } = await readPanels(grafana.client, [board], { range, signal });
  expect(left).toBeUndefined();
  const [rate, own, stat, table, text, dead, other, broken, long] = dashboards[0]?.panels ?? [];
  const points = [
    { name: "a", points: [[1000, 1]] },
    { name: "b", points: [[1000, 1]] },
  ];
  for (const panel of [rate, own, stat])
    expect(panel).toMatchObject({ unit: "bytes", dead: false, data: { kind: "series", series: points } });
  expect(table).toMatchObject({
    dead: false,
    left: "1 of 2 queries has no data: y does not exist",
    data: {
      kind: "table",
      columns: ["pod", "Value"],
      rows: [
        ["a", 1],
        ["b", 1],
      ],
    },
  });
  expect(text?.data).toEqual({ kind: "text", text: "# Hello" });
  expect(dead).toMatchObject({ dead: true, data: { kind: "none", why: "z does not exist" } });
  expect(other).toMatchObject({ dead: false, data: { kind: "none", why: "it asks Loki" } });
  expect(broken?.data).toMatchObject({ kind: "none", why: expect.stringMatching(/HTTP 500/) });
  expect(long?.data).toEqual({ kind: "none", why: "its queries are too long to send again" });

  const requests = grafana.sent();
  // Nothing is sent for a panel without data.
  expect(requests).toHaveLength(5);
  // They are sent at the same time, so they arrive in any order.
  const find = (expr: string) => requests.filter(({ queries }) => queries[0].expr === expr);
  expect(find("rate(x[$__rate_interval])")[0]).toMatchObject({
    from: "1000000",
    to: "1060000",
    queries: [{ range: true, instant: false, intervalMs: 1000, maxDataPoints: 100 }],
  });
  expect(find("rate(x[$__rate_interval])")[0].queries[0].interval).toBeUndefined();
  expect(find("rate(x[$__interval])")[0].queries[0]).toMatchObject({
    range: true,
    interval: "30s",
    intervalMs: 15_000,
  });
  for (const { queries } of find("x")) expect(queries[0]).toMatchObject({ range: false, instant: true });
  const measurements = { from: "x", to: "y", plots: [], dashboards };
  expect(Measurements.parse(JSON.parse(JSON.stringify(measurements))).dashboards).toEqual(dashboards);
});

it("stops at its limit, and says what is not drawn", async () => {
  await using grafana = await openGrafana();
  const boards = Array.from({ length: 10 }, (_, index) =>
    drawable(
      Array.from({ length: 10 }, () => ({ expr: "x" })),
      `d${index}`,
    ),
  );
  const { dashboards, left } = await readPanels(grafana.client, boards, { range, signal, limit: 9_000 });
  expect(JSON.stringify(dashboards).length).toBeLessThan(13_000);
  expect(dashboards.length).toBeGreaterThan(1);
  expect(left).toBe(
    `${10 - dashboards.length} dashboards with ${100 - 10 * dashboards.length} panels are not drawn: the panels' data has at most 0.009 MB`,
  );
  const whys = dashboards.flatMap(({ panels }) =>
    panels.flatMap(({ data }) => (data.kind === "none" ? data.why : [])),
  );
  expect(new Set(whys)).toEqual(new Set(["the report has no room for its data"]));
  expect(grafana.sent().length).toBeLessThan(10 * dashboards.length);
});

it("sends nothing when its time is up", async () => {
  await using grafana = await openGrafana();
  const options = { range, signal: AbortSignal.abort() };
  const { dashboards } = await readPanels(grafana.client, [drawable([{ expr: "x" }])], options);
  expect(dashboards[0]?.panels[0]?.data).toEqual({
    kind: "none",
    why: "there was no time left to read it",
  });
  expect(grafana.sent()).toEqual([]);
});
