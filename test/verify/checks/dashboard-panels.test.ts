// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Grafana are written so.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { VerifyConfig } from "../../../src/config/schema.ts";
import { runChecks } from "../../../src/verify/run.ts";
import type { PanelFinding } from "../../../src/verify/types.ts";
import type { FakeGrafana } from "../../support/fake-grafana.ts";
import { healthyWorld, type World } from "../healthy-world.ts";
import { openStack } from "../open-stack.ts";

const id = "dashboard-panels";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "panels-"));
});
afterEach(() => rm(folder, { recursive: true }));

const cadvisor = {
  __name__: "container_memory_working_set_bytes",
  job: "cadvisor",
  pod: "p-1",
  container: "c",
};

const known = [
  { __name__: "up", job: "node", instance: "a:9100" },
  { __name__: "up", job: "node", instance: "b:9100" },
  { __name__: "up", job: "prometheus", instance: "p:9090" },
  { __name__: "node_uname_info", job: "node", instance: "a:9100", nodename: "a" },
  { __name__: "node_uname_info", job: "node", instance: "b:9100", nodename: "b" },
  { __name__: "node_cpu_seconds_total", job: "node", instance: "a:9100", mode: "idle" },
  { __name__: "node_scrape_collector_success", job: "node", collector: "cpu" },
  { __name__: "node_softirqs_functions_total", job: "node" },
  { __name__: "kube_pod_status_phase", job: "ksm", phase: "Running" },
  { __name__: "kube_pod_status_phase", job: "ksm", phase: "Failed" },
  cadvisor,
];

type Model = Record<string, unknown>;

interface Tried {
  readonly panels: readonly Model[];
  readonly model?: Model;
  readonly verify?: Partial<VerifyConfig>;
  readonly change?: (grafana: FakeGrafana, world: World) => void;
  readonly deadlineMs?: number;
  /** How much faster than the clock on the wall time goes by. */
  readonly speed?: number;
}

/** Runs the check on one dashboard; scraped every 2 s. */
async function tried({
  panels,
  model = {},
  verify = {},
  change = () => {},
  deadlineMs = 700,
  speed = 1,
}: Tried) {
  const world = healthyWorld();
  world.prometheus.config = "global: { scrape_interval: 2s }\n";
  const { grafana } = world;
  grafana.series.series.splice(0, Infinity, ...known);
  grafana.dashboards = [{ uid: "b", title: "Board", model: { title: "Board", panels, ...model } }];
  change(grafana, world);
  await using open = await openStack(world);
  const { host } = open.stack.context;
  const start = host.now();
  const fast = {
    ...host,
    now: () => start + (host.now() - start) * speed,
    sleep: (ms: number, signal?: AbortSignal) => host.sleep(ms / speed, signal),
  };
  const stack = {
    ...open.stack,
    context: { ...open.stack.context, host: fast },
    verify: { ...open.stack.verify, dashboardBaseline: join(folder, "baseline.json"), ...verify },
  };
  const { results, findings } = await runChecks(stack, { only: [id], deadlineMs, pauseMs: 50 });
  const found = findings.dashboards?.[0]?.panels ?? [];
  return { result: results[0], panels: found, asked: open.servers.grafana.received };
}

let next = 1000;
function panel(expr: string | readonly string[], more: Model = {}): Model {
  const targets = [expr].flat().map((one) => ({ expr: one }));
  return { id: next++, type: "timeseries", title: `panel of ${[expr].flat()[0]}`, targets, ...more };
}

/** What became of one panel. */
async function one(model: Model, more: Partial<Tried> = {}): Promise<PanelFinding | undefined> {
  return (await tried({ panels: [model], ...more })).panels[0];
}

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

  it("shows data when one of its queries has some", async () => {
    expect(await at(panel(["nothing_of_it", "up"]))).toMatchObject({ status: "data", why: undefined });
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
    expect(result).toMatchObject({ status: "skipped", reason: expect.stringMatching(/no panel .* asks/) });
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

describe("variables are filled from the live stack", () => {
  const list = [
    {
      name: "node",
      query: { query: 'label_values(node_uname_info{job="$job"}, instance)' },
      datasource: { uid: "$ds" },
    },
    { name: "job", query: "label_values(node_uname_info, job)", datasource: { uid: "$ds" } },
    { name: "ds", type: "datasource", query: "prometheus", regex: "/^Prometheus$/" },
    { name: "names", query: "metrics(node_cpu.*)" },
    { name: "labels", query: "label_names()", regex: "/^mode$/" },
    { name: "cut", query: "query_result(node_uname_info)", regex: '/nodename="(.*?)"/', sort: 2 },
    { name: "all", includeAll: true, allValue: ".*", query: "label_values(nothing_here)" },
    { name: "filter", type: "adhoc", filters: [{ key: "job", operator: "=", value: "node" }] },
  ];

  it("in the order in which they need each other, with every kind of query", async () => {
    const expr =
      'up{instance="$node"} and on() ${names}{${labels}="idle"} and on() node_uname_info{nodename="[[cut]]",x=~"$all"}';
    const found = await one(panel(expr, { datasource: "$ds" }), { model: { templating: { list } } });
    expect(found).toMatchObject({
      status: "data",
      queries: [
        'up{instance="a:9100",job="node"} and on() node_cpu_seconds_total{mode="idle",job="node"} and on() node_uname_info{nodename="b",x=~".*",job="node"}',
      ],
    });
  });

  it("and one that finds nothing is why a panel is empty", async () => {
    const templating = {
      list: [
        { name: "gone", query: "label_values(node_uname, instance)" },
        { name: "after", query: 'label_values(up{instance="$gone"}, job)' },
      ],
    };
    const { panels } = await tried({
      panels: [panel('up{instance="$gone"}'), panel('up{job="$after"}'), panel('up{job="x"}')],
      model: { templating },
    });
    expect(panels.map(({ why }) => why)).toEqual([
      "variable $gone found nothing with label_values(node_uname, instance): metric node_uname does not exist; the nearest is node_uname_info",
      'variable $after found nothing with label_values(up{instance="$gone"}, job): $gone found nothing',
      'no series of up has job="x"; job is "node", "prometheus"',
    ]);
  });

  it("and one that finds nothing is not to blame where the rest of the query is", async () => {
    const templating = { list: [{ name: "cluster", query: "label_values(up, cluster)" }] };
    const { panels } = await tried({
      panels: [panel('up{cluster="$cluster"}'), panel('up{cluster="$cluster",job="x"}')],
      model: { templating },
    });
    expect(panels.map(({ status, why }) => [status, why])).toEqual([
      ["data", undefined],
      ["empty", 'no series of up has job="x"; job is "node", "prometheus"'],
    ]);
  });

  it("and one that the dashboard doesn't have is named", async () => {
    expect((await one(panel("rate(up[$window])")))?.why).toMatch(
      /parse error.*\(the dashboard has no variable window\)/,
    );
  });

  it("Grafana's own are left to it, but for those that only a browser knows", async () => {
    const { asked, panels } = await tried({
      panels: [panel("rate(up[$__rate_interval]) + ${__from}", { interval: "30s" })],
    });
    const { body = "" } = asked.find(({ path }) => path === "/api/ds/query") ?? {};
    const { queries, from, to } = JSON.parse(body);
    expect([from, to]).toEqual(["now-300s", "now"]);
    expect(queries[0]).toMatchObject({
      expr: expect.stringMatching(/^rate\(up\[\$\{__rate_interval\}\]\) \+ \d{13}$/),
      intervalMs: 30_000,
      instant: true,
      range: true,
    });
    expect(panels[0]?.queries[0]).toMatch(/^rate\(up\[1m\]\) \+ \d{13}$/);
  });
});

describe("what it comes to", () => {
  const dead = () => panel("node_cpu", { id: 71, title: "CPU" });
  const baseline = (panels: readonly Model[], uid = "b") =>
    writeFile(
      join(folder, "baseline.json"),
      JSON.stringify({ dashboards: { [uid]: { title: "Board", dead: panels } } }),
    );

  it("is a pass with a list when nothing says what may be empty, once nothing changes any more", async () => {
    const { result } = await tried({ panels: [panel("up"), dead()], deadlineMs: 15_000, speed: 10 });
    expect(result).toMatchObject({
      status: "pass",
      seen: '1 of 2 panels of 1 dashboard show data; nothing in 1 of 2 panels of Board: "CPU" (metric node_cpu does not exist; the nearest is node_cpu_seconds_total)',
    });
    const { startedAt = "", endedAt = "" } = result ?? {};
    expect(Date.parse(endedAt) - Date.parse(startedAt)).toBeGreaterThanOrEqual(5_000);
  });

  it("fails on a dead panel that the baseline doesn't name, and names it", async () => {
    await baseline([{ id: 70 }]);
    const { result } = await tried({ panels: [panel("up"), dead()] });
    expect(result).toMatchObject({
      status: "fail",
      fault: "dashboard-panels-dead",
      seen: 'nothing is shown in 1 of 2 panels of Board: "CPU" (metric node_cpu does not exist; the nearest is node_cpu_seconds_total)',
    });
  });

  it.each([
    ["its id", [{ id: 71 }], "b"],
    ["its title", [{ title: "CPU" }], "b"],
    ["the dashboard's title", [{ id: 71 }], "a uid of yesterday"],
  ])("passes at once on one that the baseline names by %s", async (_, entries, uid) => {
    await baseline(entries, uid);
    const { result, panels } = await tried({ panels: [panel("up"), dead()] });
    expect(result).toMatchObject({
      status: "pass",
      attempts: 1,
      seen: expect.stringMatching(/1 without data are in the baseline/),
    });
    expect(panels.map(({ known: isKnown }) => isKnown)).toEqual([false, true]);
  });

  it("says when a panel of the baseline shows data again", async () => {
    await baseline([{ id: 72 }]);
    const { result } = await tried({ panels: [panel("up", { id: 72 })] });
    expect(result).toMatchObject({
      status: "pass",
      seen: expect.stringMatching(/1 that the baseline file names show data again/),
    });
  });

  it("fails on a query that fails though nothing says what may be empty, unless the baseline names it", async () => {
    const failing = panel("up{", { id: 73, title: "Broken" });
    const { result } = await tried({ panels: [failing] });
    expect(result).toMatchObject({
      status: "fail",
      fault: "dashboard-query-error",
      seen: expect.stringMatching(/queries fail in .*"Broken"/),
    });
    await baseline([{ id: 73 }]);
    expect((await tried({ panels: [failing] })).result).toMatchObject({ status: "pass" });
  });

  it.each([
    [1, "pass"],
    [0, "fail"],
  ])("allows %i dead panels of a dashboard: %s", async (maxDeadPanels, status) => {
    const { result } = await tried({ panels: [panel("up"), dead()], verify: { maxDeadPanels } });
    expect(result).toMatchObject({ status });
  });

  it("is final after the grace", async () => {
    await baseline([]);
    const { result } = await tried({ panels: [dead()], deadlineMs: 30_000, speed: 10 });
    const { startedAt = "", endedAt = "" } = result ?? {};
    expect(result?.status).toBe("fail");
    expect(Date.parse(endedAt) - Date.parse(startedAt)).toBeLessThan(25_000);
  });

  it("asks an empty panel again, and only that one", async () => {
    await baseline([]);
    const late = panel("late_metric", { title: "Late" });
    const { result, asked } = await tried({
      panels: [panel("up"), late],
      deadlineMs: 10_000,
      change: ({ series }) => {
        setTimeout(() => series.series.push({ __name__: "late_metric" }), 600);
      },
    });
    expect(result).toMatchObject({ status: "pass", seen: "all 2 panels of 1 dashboard show data" });
    const exprs = asked.flatMap(({ path, body }) =>
      path === "/api/ds/query" ? JSON.parse(body).queries.map(({ expr }: { expr: string }) => expr) : [],
    );
    expect(exprs.filter((expr) => expr === "up")).toHaveLength(1);
    expect(exprs.filter((expr) => expr === "late_metric").length).toBeGreaterThan(1);
  }, 15_000);

  it("writes the baseline when asked to, and passes with it afterwards", async () => {
    const { result } = await tried({
      panels: [panel("up"), dead()],
      verify: { updateBaseline: true },
      deadlineMs: 60_000,
      speed: 4,
    });
    expect(result).toMatchObject({
      status: "pass",
      seen: expect.stringMatching(/^1 panel without data written to .*baseline\.json$/),
    });
    const text = await readFile(join(folder, "baseline.json"), "utf8");
    expect(JSON.parse(text).dashboards).toEqual({
      b: {
        title: "Board",
        dead: [{ id: 71, title: "CPU", why: expect.stringMatching(/node_cpu does not exist/) }],
      },
    });
    expect((await tried({ panels: [panel("up"), dead()], deadlineMs: 5_000 })).result).toMatchObject({
      status: "pass",
      attempts: 1,
    });
  });

  it("fails at once on a baseline that can't be read", async () => {
    await writeFile(join(folder, "baseline.json"), "{");
    const { result } = await tried({ panels: [panel("up")], deadlineMs: 10_000 });
    expect(result).toMatchObject({ status: "fail", fault: "dashboard-baseline-broken", attempts: 1 });
  });

  it("is skipped without dashboards, but fails when the charts bring some", async () => {
    const change = (grafana: FakeGrafana) => {
      grafana.dashboards = [];
    };
    const { result } = await tried({ panels: [], change });
    expect(result).toMatchObject({ status: "fail", cause: "see dashboards-whole" });
  });
});
