// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Grafana are written so.
import { describe, expect, it } from "vitest";
import type { FakeGrafana } from "../../../support/fake-grafana.ts";
import { type Model, one, panel, type Tried, tried } from "../../board.ts";
import type { World } from "../../healthy-world.ts";

const versions = ["9.4", "12.4"] as const;

describe.each(versions)("a panel in Grafana %s", (version) => {
  const at = (model: Model, more: Partial<Tried> = {}) =>
    one(model, {
      ...more,
      change: (grafana, world) => {
        grafana.version = version;
        more.change?.(grafana, world);
      },
    });

  it("shows data when each of its queries has some", async () => {
    expect(await at(panel(["node_uname_info", "up"]))).toMatchObject({ status: "data", why: undefined });
  });

  it("shows only a part when some of its queries have none, and says of which and why", async () => {
    const { result, panels } = await tried({
      panels: [panel(["nothing_of_it", "up", 'up{job="x"}'], { title: "Three" }), panel("up")],
      change: (grafana) => {
        grafana.version = version;
      },
    });
    const why =
      '2 of 3 queries have no data: metric nothing_of_it does not exist, nor does any other that begins with nothing_; no series of up has job="x"; job is "node", "prometheus"';
    expect(panels.map((one) => [one.status, one.why])).toEqual([
      ["partial", why],
      ["data", undefined],
    ]);
    expect(result).toMatchObject({
      status: "pass",
      seen: `all 2 panels of 1 dashboard show data; only a part in 1 of 2 panels of Board: "Three" (${why})`,
    });
  });

  it("keeps the queries that had data, with their legends filled in, for the report", async () => {
    const legend = { targets: [{ expr: 'up{job="$job"}', legendFormat: "$job {{instance}}" }] };
    const { drawable } = await tried({
      panels: [panel("up", legend), panel("nothing_of_it"), panel([], { targets: [] })],
      model: {
        templating: { list: [{ name: "job", type: "custom", query: "node", current: { value: "node" } }] },
      },
      change: (grafana) => {
        grafana.version = version;
      },
    });
    expect(drawable.map(({ finding, queries }) => [finding.status, queries])).toEqual([
      [
        "data",
        [{ legend: "node {{instance}}", request: expect.objectContaining({ expr: 'up{job="node"}' }) }],
      ],
      ["empty", []],
      ["static", []],
    ]);
  });

  it("fails when one of its queries does, with Prometheus' own words", async () => {
    expect(await at(panel(["up", "up{"]))).toMatchObject({
      status: "error",
      why: expect.stringMatching(/parse error: unexpected end of input/),
      queries: ["up", "up{"],
    });
  });

  it("is empty when all its values are NaN", async () => {
    const change = (grafana: FakeGrafana) => {
      grafana.series.answers["up / 0"] = "NaN";
    };
    expect(await at(panel("up / 0"), { change })).toMatchObject({
      status: "empty",
      why: "all its values are NaN or infinite",
    });
  });

  it("is an error when its datasource does not answer, and that is asked once only", async () => {
    const { panels, asked } = await tried({
      panels: [1, 2, 3].map(() => panel("up", { datasource: { uid: "broken" } })),
      change: (grafana) => {
        grafana.version = version;
      },
      deadlineMs: 300,
    });
    expect(panels.map(({ status, why }) => [status, why])).toEqual(
      Array(3).fill(["error", expect.stringMatching(/does not answer: .*HTTP 502/)]),
    );
    expect(asked.filter(({ path }) => path.includes("/uid/broken/"))).toHaveLength(1);
    expect(asked.some(({ path }) => path === "/api/ds/query")).toBe(false);
  });
});

describe("an empty panel says why", () => {
  it.each([
    ["node_cpu", "metric node_cpu does not exist; the nearest is node_cpu_seconds_total"],
    [
      ["node_processes_state", "sum(node_processes_threads)"],
      "metrics node_processes_state, node_processes_threads do not exist: node-exporter's collector processes is off (--collector.processes)",
    ],
    ["node_scrape", "metric node_scrape does not exist; the nearest is node_scrape_collector_success"],
    [
      "node_softirqs_functions",
      "metric node_softirqs_functions does not exist; the nearest is node_softirqs_functions_total",
    ],
    ["go_threads", "metric go_threads does not exist, nor does any other that begins with go_"],
    [
      'sum(container_memory_working_set_bytes{pod_name!=""}) by (pod_name)',
      "container_memory_working_set_bytes has no label pod_name; the nearest is pod",
    ],
    [
      'node_cpu_seconds_total{mode="user"}',
      'no series of node_cpu_seconds_total has mode="user"; mode is "idle"',
    ],
    [
      'node_uname_info{instance="a:9100", nodename="b"}',
      'no series of node_uname_info fits all of {instance="a:9100", nodename="b"} together',
    ],
    ["rate(up[3s])", "the window of rate(up[3s]) is too short, up is scraped every 2s; at least 8s is usual"],
    ['{__name__=~"nothing_.*"}', 'no series fits {__name__=~"nothing_.*"}'],
  ])("%s: %s", async (expr, why) => {
    expect(await one(panel(expr))).toMatchObject({ status: "empty", why });
  });

  it.each([
    ['kube_pod_status_phase{phase="Failed"} == 1', "no series meets its condition == 1 now"],
    ["up offset 1w", "it looks 1w back (offset), and there was nothing yet"],
    [
      "up * on(nodename) node_uname_info",
      "both sides of its operator have series, but none with the same labels",
    ],
    ["up unless up", "its and/unless leaves nothing"],
    ["topk(0, up)", "its selectors have series, but the whole has none"],
  ])("%s: %s", async (expr, why) => {
    const change = ({ series }: FakeGrafana) => {
      series.answers[expr] = 0;
    };
    expect(await one(panel(expr), { change })).toMatchObject({ status: "empty", why });
  });

  it("a metric whose last sample is old", async () => {
    const change = ({ series }: FakeGrafana) => {
      series.answers['count({__name__="up"})'] = 0;
      series.answers["count(up)"] = 0;
      series.answers["up"] = 0;
    };
    expect((await one(panel("up"), { change }))?.why).toBe(
      "up has no sample in the last 5 minutes, though it had some before",
    );
  });

  it("one that looks at an earlier day, and is asked for that day", async () => {
    const { panels, asked } = await tried({
      panels: [panel("up", { timeShift: "1d" })],
      change: ({ series }) => {
        series.answers["up"] = 0;
      },
    });
    expect(panels[0]?.why).toMatch(/what was 1d ago/);
    const { from, to } = JSON.parse(asked.find(({ path }) => path === "/api/ds/query")?.body ?? "{}");
    expect(Number(to) - Number(from)).toBe(300_000);
    expect(Date.now() - Number(to)).toBeGreaterThanOrEqual(86_400_000);
  });
});

describe("a metric of kube-state-metrics that no object can have", () => {
  const job = { metadata: { name: "j", namespace: "default" } };
  it.each([
    [
      "kube_job_status_failed",
      [],
      "metric kube_job_status_failed does not exist: no Job exists in this cluster",
    ],
    ["kube_job_status_failed", [job], "metric kube_job_status_failed does not exist"],
    ["kube_cronjob_info", undefined, "metric kube_cronjob_info does not exist"],
    [
      "kube_pod_status_phases",
      [],
      "metric kube_pod_status_phases does not exist; the nearest is kube_pod_status_phase",
    ],
  ])("%s with %j", async (metric, jobs, why) => {
    const change = (_: FakeGrafana, { kube }: World) => {
      kube.more = { jobs: jobs ?? [] };
      if (jobs === undefined) kube.forbidden = ["cronjobs"];
    };
    expect((await one(panel(metric), { change }))?.why).toBe(why);
  });
});

describe("panels that are not asked", () => {
  it.each([
    ["text", { type: "text", targets: undefined }, "static", undefined],
    ["a hidden query", { targets: [{ expr: "up", hide: true }] }, "static", undefined],
    ["a query without expression", { targets: [{ expr: "" }] }, "static", undefined],
    ["Grafana itself", { datasource: "-- Grafana --" }, "unsupported", /it asks Grafana itself/],
    ["another kind of datasource", { datasource: { type: "loki" } }, "unsupported", /it asks loki/],
    ["a datasource that is gone", { datasource: "gone" }, "error", /gone does not exist/],
    [
      "a library panel that is gone",
      { targets: undefined, libraryPanel: { uid: "x", name: "Lib" } },
      "unsupported",
      /library panel Lib is not in Grafana/,
    ],
  ])("%s", async (_, more, status, why) => {
    const found = await one(panel("up", more));
    expect(found?.status).toBe(status);
    expect(found?.why ?? "").toMatch(why ?? /^$/);
  });

  it("leave nothing to check when there are no others", async () => {
    const { result } = await tried({ panels: [{ id: 1, type: "text" }] });
    expect(result).toMatchObject({ status: "skipped", reason: expect.stringMatching(/no panel .* queries/) });
  });
});

describe("panels that ask in a roundabout way", () => {
  it("library panels are fetched", async () => {
    const change = (grafana: FakeGrafana) => {
      grafana.libraryPanels["lib"] = { type: "stat", targets: [{ expr: "up" }] };
    };
    const model = { id: 1, title: "Mine", libraryPanel: { uid: "lib", name: "Lib" } };
    expect(await one(model, { change })).toMatchObject({ status: "data", title: "Mine", queries: ["up"] });
  });

  it("what another panel asked is asked again", async () => {
    const source = panel("up");
    const shown = panel("", { datasource: { uid: "-- Dashboard --" }, targets: [{ panelId: source["id"] }] });
    const { panels } = await tried({ panels: [source, shown] });
    expect(panels.map(({ status, queries }) => [status, queries])).toEqual([
      ["data", ["up"]],
      ["data", ["up"]],
    ]);
  });

  it("each query of a mixed panel goes to its own datasource", async () => {
    const targets = [
      { expr: "up", datasource: { uid: "prometheus" } },
      { expr: "x", datasource: { type: "loki" } },
    ];
    expect(await one(panel("", { datasource: "-- Mixed --", targets }))).toMatchObject({
      status: "data",
      queries: ["up"],
    });
  });

  it("expressions need the hidden queries that they are computed from", async () => {
    const targets = [
      { expr: "up", hide: true },
      { type: "math", expression: "$A", datasource: { uid: "__expr__" } },
    ];
    expect(await one(panel("", { targets }))).toMatchObject({ status: "data", queries: ["up"] });
  });

  it("a repeated panel shows data when one of its repeats does", async () => {
    const list = [
      {
        name: "i",
        multi: true,
        query: "label_values(up, instance)",
        current: { value: ["a:9100", "p:9090"] },
      },
    ];
    const found = await one(
      panel('node_uname_info{instance="$i"} or up{job="prometheus",instance="$i"}', { repeat: "i" }),
      {
        model: { templating: { list } },
        change: ({ series }) => {
          for (const instance of ["a:9100", "b:9100", "p:9090"])
            series.answers[
              `node_uname_info{instance="${instance.replace(".", "\\\\.")}"} or up{job="prometheus",instance="${instance}"}`
            ] = instance === "p:9090" ? 1 : 0;
        },
      },
    );
    expect(found).toMatchObject({ status: "data", queries: [expect.stringContaining('instance="p:9090"')] });
  });

  it("a panel with very many repeats is not asked for each of them", async () => {
    const values = Array.from({ length: 50 }, (_, index) => `v${index}`);
    const list = [
      { name: "v", type: "custom", query: values.join(","), multi: true, current: { value: values } },
    ];
    const { panels, asked } = await tried({
      panels: [panel('up{job="$v"}', { repeat: "v" })],
      model: { templating: { list } },
      deadlineMs: 5_000,
    });
    expect(panels[0]?.status).toBe("empty");
    const bodies = asked.filter(({ path }) => path === "/api/ds/query").map(({ body }) => body);
    expect(new Set(bodies.map((body) => /v\d+/.exec(body)?.[0])).size).toBe(20);
  });

  it("a repeated row's panels know the row's value", async () => {
    const list = [{ name: "job", includeAll: true, allValue: ".*", query: "label_values(up, job)" }];
    const { panels } = await tried({
      panels: [{ id: 900, type: "row", title: "R", repeat: "job", panels: [panel('up{job="$job"}')] }],
      model: { templating: { list } },
    });
    expect(panels[0]).toMatchObject({ status: "data", row: "R", queries: ['up{job="node"}'] });
  });
});
