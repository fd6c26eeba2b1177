// biome-ignore-all lint/suspicious/noTemplateCurlyInString: inputs of Grafana's exports are written so.
import { describe, expect, it } from "vitest";
import { applyChartChanges } from "../../src/dashboards/import.ts";

const exported = {
  title: "Nodes",
  __inputs: [
    { name: "DS_THEMIS", type: "datasource", pluginId: "prometheus" },
    { name: "VAR_JOB", type: "constant", value: "node" },
  ],
  annotations: { list: [{ datasource: "-- Grafana --" }] },
  panels: [
    { datasource: "${DS_THEMIS}", title: "a" },
    { datasource: null, title: "$DS_THEMIS" },
    { datasource: { type: "prometheus", uid: "${DS_THEMIS}" } },
  ],
};

describe("a dashboard as Grafana's chart changes what it downloads", () => {
  it("a text takes the place of every data source that is a name, and of every input for one", () => {
    const { model, inputs } = applyChartChanges(exported, { datasource: "Prometheus", title: undefined });
    expect(inputs).toEqual({ DS_THEMIS: "Prometheus" });
    expect(model).toMatchObject({
      title: "Nodes",
      annotations: { list: [{ datasource: "-- Grafana --" }] },
      panels: [
        { datasource: "Prometheus" },
        { datasource: "Prometheus", title: "$DS_THEMIS" },
        { datasource: { uid: "${DS_THEMIS}" } },
      ],
    });
  });

  it("leaves inputs for another kind of data source, and for expressions, to what they ask for", () => {
    const input = (name: string, pluginId: string) => ({ name, type: "datasource", pluginId });
    const file = {
      __inputs: [input("DS_P", "prometheus"), input("DS_L", "loki"), input("DS_E", "__expr__")],
      panels: [{ datasource: "${DS_SQL}", targets: [{ rawSql: "x" }] }],
    };
    const prometheus = { uid: "p", name: "Prometheus", type: "prometheus", isDefault: true };
    const { inputs } = applyChartChanges(file, { datasource: "Prometheus", title: undefined }, [prometheus]);
    expect(inputs).toEqual({ DS_P: "Prometheus" });
  });

  it("a list takes the place of placeholders, with and without braces", () => {
    const { model, inputs } = applyChartChanges(exported, {
      datasource: [
        { name: "DS_THEMIS", value: "prom" },
        { name: "VAR_JOB", value: "other" },
      ],
      title: undefined,
    });
    expect(inputs).toEqual({ DS_THEMIS: "prom", VAR_JOB: "other" });
    expect(model["panels"]).toEqual([
      { datasource: "prom", title: "a" },
      { datasource: null, title: "prom" },
      { datasource: { type: "prometheus", uid: "prom" } },
    ]);
  });

  it("a title replaces the title, and without anything nothing changes", () => {
    expect(applyChartChanges(exported, { datasource: undefined, title: "Mine" })).toEqual({
      model: { ...exported, title: "Mine" },
      inputs: {},
    });
    expect(applyChartChanges(exported, { datasource: undefined, title: undefined }).model).toEqual(exported);
  });
});
