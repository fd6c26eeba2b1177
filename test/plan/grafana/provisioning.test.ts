import { describe, expect, test } from "vitest";
import { judgeProvisioning } from "../../../src/plan/grafana/provisioning.ts";
import type { ExtraObject } from "../../../src/plan/grafana/sidecar.ts";
import { planOf } from "../configs.ts";

async function judged(yaml: string, brought: readonly ExtraObject[] = []) {
  return judgeProvisioning((await planOf(yaml)).apps, brought);
}

async function mistakes(yaml: string, brought: readonly ExtraObject[] = []) {
  return (await judged(yaml, brought)).mistakes.map(({ path, problem }) => [path.join("."), problem]);
}

const stack = (grafana: string) => `stack: operator
apps: {kube-prometheus-stack: {values: {grafana: ${grafana}}}}`;
const plain = (values: string) => `apps: {grafana: {values: ${values}}}`;
const sources = (...lists: string[]) =>
  plain(
    `{datasources: {${lists.map((list, index) => `f${index}.yaml: {datasources: [${list}]}`).join(", ")}}}`,
  );
const loki = "{name: Loki, type: loki, isDefault: true}";

function brought(object: Record<string, unknown>, namespace = "monitoring"): ExtraObject {
  return { app: "extra", namespace, object, path: [], where: "extra.yaml:3:1" };
}

function configMap(labels: Record<string, string>, data: Record<string, string> = {}) {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "mine", labels }, data };
}

describe("two default data sources", () => {
  test.each([
    [
      "beside the chart's own",
      stack(`{additionalDataSources: [${loki}]}`),
      "grafana.additionalDataSources.0.isDefault",
    ],
    [
      "in the values",
      sources(loki, "{name: P, type: prometheus, isDefault: true}"),
      "datasources.f1.yaml.datasources.0.isDefault",
    ],
    [
      "in datasources beside the chart's own",
      stack(`{datasources: {d.yaml: {datasources: [${loki}]}}}`),
      "grafana.datasources.d.yaml.datasources.0.isDefault",
    ],
    [
      "as a text",
      stack('{additionalDataSourcesString: "- {name: L, type: loki, isDefault: true}"}'),
      "grafana.additionalDataSourcesString.isDefault",
    ],
  ])("are refused: %s", async (_, yaml, path) => {
    expect(await mistakes(yaml)).toEqual([
      [path, expect.stringMatching(/default.*Grafana does not start with two/)],
    ]);
  });

  test("of a sidecar's ConfigMap count, by its place", async () => {
    const data = { "l.yaml": `datasources: [${loki}]` };
    const { mistakes: found } = await judged(stack("{}"), [
      brought(configMap({ grafana_datasource: "1" }, data)),
    ]);
    expect(found).toMatchObject([
      { where: "extra.yaml:3:1", problem: expect.stringContaining("ConfigMap mine") },
    ]);
    expect(
      (await judged(plain("{}"), [brought(configMap({ grafana_datasource: "1" }, data))])).mistakes,
    ).toEqual([]);
  });

  test.each([
    stack(`{sidecar: {datasources: {isDefaultDatasource: false}}, additionalDataSources: [${loki}]}`),
    stack(`{sidecar: {datasources: {defaultDatasourceEnabled: false}}, additionalDataSources: [${loki}]}`),
    sources(loki, "{name: P, type: prometheus, isDefault: true, orgId: 2}"),
    sources(loki, "{name: P, type: prometheus}"),
    "",
    stack("{}"),
  ])("are not seen in what is right: %s", async (yaml) => {
    expect(await mistakes(yaml)).toEqual([]);
  });

  test("are not all that clashes: names and uids do, too", async () => {
    expect(await mistakes(stack("{additionalDataSources: [{name: Prometheus, type: prometheus}]}"))).toEqual([
      ["grafana.additionalDataSources.0.name", expect.stringContaining("two data sources named Prometheus")],
    ]);
    expect(await mistakes(sources("{name: A, type: loki, uid: x}", "{name: B, type: loki, uid: x}"))).toEqual(
      [["datasources.f1.yaml.datasources.0.uid", expect.stringContaining("both have the uid x")]],
    );
  });
});

describe("dashboards that no provider reads", () => {
  const nodes = "{nodes: {gnetId: 7249, revision: 1}}";
  const provider = (name: string, path: string) =>
    `{dashboardproviders.yaml: {providers: [{name: ${name}, type: file, options: {path: ${path}}}]}}`;
  const home = "/var/lib/grafana/dashboards";

  test.each([
    ["without any provider", plain(`{dashboards: {default: ${nodes}}}`), "dashboards.default"],
    [
      "of another provider",
      plain(`{dashboards: {default: ${nodes}}, dashboardProviders: ${provider("other", `${home}/other`)}}`),
      "dashboards.default",
    ],
    [
      "as JSON that is mounted elsewhere",
      plain(
        `{dashboards: {default: {a: {json: "{}"}}}, dashboardProviders: ${provider("default", "/tmp/x")}}`,
      ),
      "dashboards.default",
    ],
    ["of a ConfigMap", plain("{dashboardsConfigMaps: {default: mine}}"), "dashboardsConfigMaps.default"],
    ["in kube-prometheus-stack", stack(`{dashboards: {default: ${nodes}}}`), "grafana.dashboards.default"],
  ])("are refused: %s", async (_, yaml, path) => {
    expect(await mistakes(yaml)).toEqual([[path, expect.stringContaining("dashboardProviders")]]);
  });

  test.each([
    plain(`{dashboards: {default: ${nodes}}, dashboardProviders: ${provider("default", `${home}/default`)}}`),
    plain(`{dashboards: {default: ${nodes}}, dashboardProviders: ${provider("default", "/elsewhere")}}`),
    plain(`{dashboards: {default: {a: {json: "{}"}}}, dashboardProviders: ${provider("all", `${home}/`)}}`),
    plain("{dashboards: {default: {}}}"),
    plain(
      `{dashboards: {default: ${nodes}}, extraConfigmapMounts: [{name: p, configMap: p, mountPath: /etc/grafana/provisioning/dashboards}]}`,
    ),
    stack(`{dashboards: {default: {a: {json: "{}"}}}, sidecar: {dashboards: {folder: ${home}}}}`),
  ])("are not seen in what is right: %s", async (yaml) => {
    expect(await mistakes(yaml)).toEqual([]);
  });
});

describe("a download whose provider is in a file that the chart does not look at", () => {
  const providers =
    "{mine.yaml: {providers: [{name: default, options: {path: /var/lib/grafana/dashboards/default}}]}}";
  const values = (entry: string) =>
    plain(`{dashboardProviders: ${providers}, dashboards: {default: {a: ${entry}}}}`);
  const found = async (yaml: string, takeOverDashboards: boolean) =>
    judgeProvisioning((await planOf(yaml)).apps, [], { takeOverDashboards }).mistakes.map(({ path }) =>
      path.join("."),
    );

  test("is refused, but where monstack downloads it", async () => {
    expect(await found(values("{gnetId: 1860}"), false)).toEqual(["dashboards.default.a"]);
    expect(await found(values("{gnetId: 1860}"), true)).toEqual([]);
    expect(await found(values("{url: 'https://x.example/a.json'}"), true)).toEqual(["dashboards.default.a"]);
    expect(await found(values("{json: '{}'}"), false)).toEqual([]);
  });
});

describe("a dashboard that Grafana reads as it is written", () => {
  const sql = JSON.stringify({
    title: "t",
    panels: [{ id: 1, title: "p", datasource: "my-mssql", targets: [{ rawSql: "x" }] }],
  });
  const provider =
    "dashboardProviders: {p.yaml: {providers: [{name: default, options: {path: /var/lib/grafana/dashboards}}]}}";
  const inValues = (text: string) =>
    plain(`{${provider}, dashboards: {default: {shop: {json: ${JSON.stringify(text)}}}}}`);

  test("names what it asks that the values do not define, in the values and in a sidecar's ConfigMap", async () => {
    expect((await judged(inValues(sql))).warnings).toMatchObject([
      {
        path: ["dashboards", "default", "shop", "json"],
        problem: expect.stringMatching(/^dashboard shop: panel p asks my-mssql in SQL/),
      },
    ]);
    const collected = brought(configMap({ grafana_dashboard: "1" }, { "shop.json": sql, "readme.txt": "x" }));
    expect((await judged(stack("{}"), [collected])).warnings).toMatchObject([{ where: "extra.yaml:3:1" }]);
  });

  test("is named where it is no JSON; one with templates is left to helm", async () => {
    expect((await judged(inValues("{"))).warnings).toHaveLength(1);
    expect((await judged(inValues("{{ .Files.Get 'x' }}"))).warnings).toEqual([]);
    expect(
      (await judged(inValues(sql.replace("my-mssql", "Prometheus").replace("rawSql", "expr")))).warnings,
    ).toEqual([]);
  });
});

describe("a ConfigMap of dashboards that the sidecar does not collect", () => {
  const sidecar = (more: string) => plain(`{sidecar: {dashboards: {enabled: true${more}}}}`);
  const whys = async (yaml: string, one: ExtraObject) =>
    (await judged(yaml, [one])).warnings.map(({ problem }) => problem);

  test("is named with the reason", async () => {
    const mine = configMap({ grafana_dashboard: "true" });
    expect(await whys(stack("{}"), brought(mine))).toEqual([
      'Grafana never gets the dashboards of ConfigMap monitoring/mine: its label grafana_dashboard is "true", and the sidecar collects "1" (grafana.sidecar.dashboards.labelValue)',
    ]);
    expect(await whys(sidecar(""), brought(mine, "apps"))).toEqual([
      expect.stringContaining(
        "it is in namespace apps, and the sidecar looks in monitoring (sidecar.dashboards.searchNamespace)",
      ),
    ]);
    expect(await whys(sidecar(", searchNamespace: 'a, b'"), brought(mine))).toHaveLength(1);
    expect(await whys(plain("{}"), brought(mine))).toEqual([
      expect.stringContaining("sidecar.dashboards.enabled: true"),
    ]);
    expect(await whys(sidecar(", resource: secret"), brought(mine))).toHaveLength(1);
    expect(await whys(stack("{}"), brought(configMap({ grafana_datasource: "1" }), "apps"))).toHaveLength(1);
  });

  test("is none where it is collected, or carries another label", async () => {
    expect(await whys(stack("{}"), brought(configMap({ grafana_dashboard: "1" }), "apps"))).toEqual([]);
    expect(
      await whys(
        sidecar(", searchNamespace: [apps]"),
        brought(configMap({ grafana_dashboard: "x" }), "apps"),
      ),
    ).toEqual([]);
    expect(
      await whys(sidecar(", searchNamespace: ALL, label: board"), brought(configMap({ board: "" }), "apps")),
    ).toEqual([]);
    expect(await whys(sidecar(""), brought(configMap({ app: "x" }), "apps"))).toEqual([]);
  });

  test("is seen among a chart's extra objects, where it has a place in the values", async () => {
    const object =
      "{kind: ConfigMap, apiVersion: v1, metadata: {name: m, namespace: apps, labels: {grafana_dashboard: '1'}}}";
    const { warnings } = await judged(
      plain(`{sidecar: {dashboards: {enabled: true}}, extraObjects: [${object}]}`),
    );
    expect(warnings).toMatchObject([{ app: "grafana", path: ["extraObjects", 0] }]);
  });
});
