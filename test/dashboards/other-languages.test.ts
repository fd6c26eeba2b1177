// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Grafana are written so.
import { describe, expect, test } from "vitest";
import { importDashboard } from "../../src/dashboards/import.ts";
import { detectLanguage } from "../../src/dashboards/languages.ts";

const prometheus = { uid: "prom-uid", name: "Prometheus", type: "prometheus", isDefault: true };
const loki = { uid: "loki-uid", name: "Logs", type: "loki", isDefault: false };

type Options = Partial<Parameters<typeof importDashboard>[1]>;

function whole(file: unknown, options: Options = {}) {
  const one = importDashboard(file, {
    inputs: {},
    mayNameOthers: false,
    datasources: [prometheus],
    fallbackUid: "made-up",
    ...options,
  });
  if ("problems" in one) throw new Error(one.problems.join("; "));
  return one;
}

const board = (...panels: object[]) => ({ title: "t", schemaVersion: 27, panels });
const panel = (datasource: unknown, ...targets: object[]) => ({
  id: 1,
  type: "table",
  title: "p",
  datasource,
  targets,
});

/** A query of each language that is not PromQL, as its editor writes it. */
const queries: readonly (readonly [string, object])[] = [
  ["SQL", { rawSql: "select 1", format: "table" }],
  ["LogQL", { expr: '{app="x"} |= "error"' }],
  ["LogQL", { expr: 'sum by (app) (rate({app=~"a|b"} | json [5m]))' }],
  ["LogQL", { expr: 'count_over_time({app="x"}[5m])' }],
  ["LogQL", { expr: '{job="varlogs"}' }],
  [
    "Elasticsearch's query language",
    { bucketAggs: [], metrics: [{ type: "count" }], query: "*", timeField: "@timestamp" },
  ],
  ["InfluxQL", { measurement: "cpu", policy: "default", select: [], groupBy: [] }],
  ["InfluxQL", { query: "SELECT mean(x) FROM y", rawQuery: true }],
  ["Flux", { query: 'from(bucket: "b")' }],
  [
    "CloudWatch's query language",
    { namespace: "AWS/EC2", metricName: "CPU", dimensions: {}, region: "default" },
  ],
  ["Graphite's query language", { target: "aliasByNode(a.b.*, 1)" }],
  ["TraceQL", { queryType: "traceql", query: "{}" }],
  ["test data", { scenarioId: "random_walk" }],
  ["OpenTSDB's query language", { metric: "cpu", aggregator: "avg" }],
  ["Azure Monitor's query language", { azureMonitor: {}, queryType: "Azure Monitor" }],
  ["Google Cloud Monitoring's query language", { metricQuery: {} }],
  ["another language than PromQL", { queryText: "x" }],
  ["another language than PromQL", { queryType: { type: "mysql", variableName: "service_id" } }],
];

describe("a query in another language than PromQL", () => {
  test.each(queries)("is known by its fields: %s %j", (name, target) => {
    expect(detectLanguage({ refId: "A", ...target })?.name).toBe(name);
  });

  test.each(queries)(
    "never becomes Prometheus', whose panel names another data source: %s %j",
    (_, target) => {
      for (const name of ["my-store", "${DS_STORE}"]) {
        const file = board(panel(name, { refId: "A", ...target }));
        const outcome = importDashboard(file, {
          inputs: {},
          mayNameOthers: false,
          datasources: [prometheus],
          fallbackUid: "x",
        });
        if ("problems" in outcome)
          expect(outcome.problems).toEqual([
            expect.stringContaining("its input DS_STORE wants a datasource"),
          ]);
        else {
          expect(outcome.model["panels"]).toEqual(file.panels);
          expect(outcome.changes).toEqual([]);
          expect(outcome.unanswered).toEqual([
            expect.stringMatching(/^panel p asks my-store.*no such data source/),
          ]);
        }
      }
    },
  );

  test("is named where it asks the default data source, or a Prometheus by name", () => {
    const sql = { refId: "A", rawSql: "select 1" };
    for (const datasource of [null, undefined, "default"])
      expect(whole(board(panel(datasource, sql))).unanswered).toEqual([
        "panel p asks the default data source Prometheus in SQL, which no Prometheus answers",
      ]);
    expect(whole(board(panel("Prometheus", sql))).unanswered).toEqual([
      "panel p asks Prometheus in SQL, which no Prometheus answers",
    ]);
  });

  test("gets the one data source of its kind, where an old dashboard has only a name", () => {
    const { model, changes } = whole(board(panel("logs-of-old", { refId: "A", expr: '{app="x"} | json' })), {
      datasources: [prometheus, loki],
    });
    expect(model["panels"]).toMatchObject([{ datasource: { type: "loki", uid: "loki-uid" } }]);
    expect(changes).toEqual(["its datasource logs-of-old is not this Grafana's: Logs takes its place"]);
  });
});

describe("PromQL", () => {
  test.each([
    "up",
    'sum(rate(x{job=~"a|b"}[5m])) by (job) # a | b',
    '{__name__=~"node_.*"}',
    'count_over_time({__name__="up"}[5m])',
    '{"http.requests"}',
    'x{a="|="} or y',
  ])("is known: %s", (expr) => {
    expect(
      detectLanguage({ refId: "A", expr, format: "time_series", target: "", metric: "x", step: 10 })?.name,
    ).toBe("PromQL");
  });

  test("of an old dashboard's data source becomes this Prometheus', also beside other data sources", () => {
    const { model, changes, unanswered } = whole(board(panel("prod", { refId: "A", expr: "up" })), {
      datasources: [prometheus, loki],
    });
    expect(model["panels"]).toMatchObject([{ datasource: { uid: "prom-uid" } }]);
    expect(changes).toHaveLength(1);
    expect(unanswered).toEqual([]);
  });
});

describe("a data source that this Grafana does not have is named with its panels", () => {
  const unanswered = (file: object, options: Options = {}) => whole(file, options).unanswered;
  const only = "Grafana's values define no such data source, only Prometheus (prometheus)";

  test("by the reference of a panel, of a query in a mixed panel, of a collapsed row and of old rows", () => {
    const mysql = { type: "mysql", uid: "M" };
    const target = { refId: "A", rawSql: "x" };
    const said = `panel p asks M (type mysql), and ${only}`;
    expect(unanswered(board(panel(mysql, target)))).toEqual([said]);
    expect(
      unanswered(board(panel({ type: "datasource", uid: "-- Mixed --" }, { ...target, datasource: mysql }))),
    ).toEqual([said]);
    expect(
      unanswered(
        board(
          panel(
            "-- Mixed --",
            { ...target, datasource: mysql },
            { refId: "B", expr: "up", datasource: "Prometheus" },
          ),
        ),
      ),
    ).toEqual([said]);
    expect(
      unanswered(board({ id: 9, type: "row", collapsed: true, panels: [panel(mysql, target)] })),
    ).toEqual([said]);
    expect(unanswered({ title: "t", rows: [{ title: "r", panels: [panel(mysql, target)] }] })).toEqual([
      said,
    ]);
    expect(unanswered(board(panel({ type: "tempo" }, { queryType: "traceql", query: "{}" })))).toEqual([
      "panel p asks a data source of type tempo, and Grafana's values define none, only Prometheus (prometheus)",
    ]);
  });

  test("by a variable, by an annotation, and by a data source variable of another type", () => {
    const list = [
      { name: "ds", type: "datasource", query: "loki" },
      { name: "host", type: "query", datasource: "mysql-prod", query: "SELECT a FROM b" },
    ];
    const annotations = {
      list: [{ name: "deploys", enable: true, datasource: { type: "elasticsearch", uid: "E" } }],
    };
    const file = {
      ...board(panel("$ds", { refId: "A", expr: '{a="b"}' })),
      templating: { list },
      annotations,
    };
    expect(unanswered(file)).toEqual([
      "panel p asks $ds (type loki), and Grafana's values define no data source of type loki, only Prometheus (prometheus)",
      `variable $host asks mysql-prod in SQL, and ${only}`,
      `annotation deploys asks E (type elasticsearch), and ${only}`,
    ]);
  });

  test("together, once for each data source", () => {
    const panels = [1, 2, 3, 4, 5].map((id) => ({
      ...panel({ type: "loki", uid: "L" }, { refId: "A", expr: "{}" }),
      id,
      title: `P${id}`,
    }));
    expect(unanswered(board(...panels))).toEqual([
      `panel P1, panel P2, panel P3 and 2 more ask L (type loki), and ${only}`,
    ]);
  });

  test.each([
    [
      "an expression",
      panel(
        "-- Mixed --",
        { refId: "A", expr: "up", datasource: "Prometheus" },
        { refId: "B", type: "math", expression: "$A * 2", datasource: { type: "__expr__", uid: "__expr__" } },
      ),
    ],
    [
      "Grafana itself",
      panel({ type: "datasource", uid: "grafana" }, { refId: "A", queryType: "randomWalk" }),
    ],
    ["Grafana itself, as old ones have it", panel("-- Grafana --", { refId: "A" })],
    ["another panel", panel("-- Dashboard --", { refId: "A", panelId: 2 })],
    ["a variable of this kind", panel("${datasource}", { refId: "A", expr: "up" })],
    ["nothing", { id: 1, type: "text", title: "p" }],
    [
      "Amazon's Prometheus",
      panel({ type: "grafana-amazonprometheus-datasource", uid: "prom-uid" }, { refId: "A", expr: "up" }),
    ],
  ])("but never one that every Grafana has: %s", (_, one) => {
    const templating = { list: [{ name: "datasource", type: "datasource", query: "prometheus" }] };
    expect(unanswered({ ...board(one), templating })).toEqual([]);
  });

  test("nor one that the user names, or where nobody knows what Grafana has", () => {
    const file = board(panel({ type: "loki", uid: "by-sidecar" }, { refId: "A", expr: '{a="b"} | json' }));
    expect(unanswered(file, { inputs: { "by-sidecar": "by-sidecar" } })).toEqual([]);
    expect(unanswered(file, { datasources: [] })).toEqual([]);
  });
});

describe("what comes along with an export", () => {
  const input = (name: string, pluginId: string) => ({ name, label: name, type: "datasource", pluginId });

  test("every kind of input is filled in: built-in data sources, expressions, constants, renamed types", () => {
    const postgres = { uid: "pg", name: "Store", type: "grafana-postgresql-datasource", isDefault: false };
    const file = {
      ...board(
        panel("${DS_PG}", { refId: "A", rawSql: "x" }),
        panel({ type: "__expr__", uid: "${DS_EXPR}" }, { refId: "A" }),
      ),
      __inputs: [
        input("DS_PG", "postgres"),
        input("DS_EXPR", "__expr__"),
        input("DS_G", "grafana"),
        input("DS_M", "mixed"),
        input("DS_D", "dashboard"),
        { name: "VAR_X", type: "constant", value: "" },
      ],
      __requires: [{ type: "datasource", id: "postgres" }],
      note: "${DS_G} ${DS_M} ${DS_D} ${VAR_X}.",
    };
    const { model } = whole(file, { datasources: [prometheus, postgres] });
    expect(model).toMatchObject({
      panels: [{ datasource: { uid: "pg" } }, { datasource: { uid: "__expr__" } }],
      note: "-- Grafana -- -- Mixed -- -- Dashboard -- .",
    });
    expect(model).not.toHaveProperty("__requires");
  });

  test("a library panel without its model is named", () => {
    expect(whole(board({ id: 1, libraryPanel: { uid: "lib", name: "Requests" } })).unanswered).toEqual([
      "panel Requests is the library panel Requests (uid lib), which did not come with the file: it stays empty unless Grafana has it",
    ]);
  });

  test("a resource's name is the dashboard's uid", () => {
    const resource = {
      apiVersion: "dashboard.grafana.app/v1beta1",
      kind: "Dashboard",
      metadata: { name: "shop" },
    };
    expect(whole({ ...resource, spec: board(panel(null, { expr: "up" })) }).uid).toBe("shop");
  });
});

describe("what only the dashboard's own words decide", () => {
  const either = { expr: 'sum(rate({app="x"}[5m]))' };

  test("a query that can be PromQL or LogQL is in the language of the data source's name", () => {
    const one = whole(board(panel("Loki", either)));
    expect(one.changes).toEqual([]);
    expect(one.unanswered.join()).toContain("panel p asks Loki, and Grafana's values define no such");
    expect(whole(board(panel("Metrics", either))).changes).toHaveLength(1);
    expect(whole(board(panel("Loki", { expr: 'rate(x{app="y"}[5m])' }))).changes).toHaveLength(1);
  });

  test("an input that nothing refers to may stay open", () => {
    const inputs = [
      { name: "DS_ALERTS", type: "datasource", pluginId: "camptocamp-prometheus-alertmanager-datasource" },
      { name: "VAR_OLD", type: "constant" },
    ];
    expect(whole({ ...board(panel("Prometheus", { expr: "up" })), __inputs: inputs }).unanswered).toEqual([]);
    const used = { ...board(panel("${DS_ALERTS}", { expr: "up" })), __inputs: inputs };
    expect(() => whole(used)).toThrow("its input DS_ALERTS wants a datasource");
  });

  test("a data source that is a variable which nobody defines is named", () => {
    const { unanswered } = whole(board(panel("${ds_prometheus}", { expr: "up" })));
    expect(unanswered).toEqual([
      "panel p asks ${ds_prometheus}, a variable that the dashboard does not have",
    ]);
  });
});
