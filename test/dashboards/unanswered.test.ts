// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Grafana are written so.
import { describe, expect, it } from "vitest";
import { readPanels } from "../../src/dashboards/panels.ts";
import { findReference, resolveDatasource } from "../../src/dashboards/unanswered.ts";

const datasources = [
  { uid: "p", name: "Prometheus", type: "prometheus", isDefault: true },
  { uid: "l", name: "Loki", type: "loki", isDefault: false },
];

const values = new Map([
  ["ds", { values: ["p"], texts: ["Prometheus"], allValue: undefined, isList: false }],
]);

const kindOf = (ref: { uid?: string; type?: string } | undefined) =>
  resolveDatasource(ref && { uid: ref.uid, type: ref.type }, values, datasources).kind;

describe("a reference", () => {
  it.each([
    [undefined, "prometheus"],
    [{ uid: "p" }, "prometheus"],
    [{ uid: "Prometheus" }, "prometheus"],
    [{ uid: "$ds" }, "prometheus"],
    [{ uid: "[[ds]]", type: "prometheus" }, "prometheus"],
    [{ type: "prometheus" }, "prometheus"],
    [{ type: "loki" }, "other"],
    [{ uid: "Loki" }, "other"],
    [{ uid: "-- Grafana --" }, "other"],
    [{ uid: "-- Mixed --" }, "mixed"],
    [{ uid: "-- Dashboard --" }, "shared"],
    [{ uid: "gone" }, "missing"],
    [{ uid: "${DS_PROMETHEUS}" }, "missing"],
  ])("%j is %s", (ref, kind) => {
    expect(kindOf(ref)).toBe(kind);
  });

  it("that is missing says what there is", () => {
    expect(resolveDatasource({ uid: "${DS_X}", type: undefined }, values, datasources)).toMatchObject({
      why: "its datasource is ${DS_X}, an input that was never filled in; Grafana has Prometheus (uid p), Loki (uid l)",
    });
    expect(resolveDatasource(undefined, values, [])).toMatchObject({
      kind: "missing",
      why: expect.stringMatching(/default/),
    });
  });
});

describe("a query's datasource", () => {
  it.each([
    ["-- Mixed --", "own", "own"],
    ["panels", "own", "panels"],
    [undefined, "own", "own"],
    ["panels", "__expr__", "__expr__"],
  ])("of a panel with %s and a query with %s is %s", (panels, own, expected) => {
    const [panel] = readPanels([{ id: 1, datasource: panels, targets: [{ datasource: { uid: own } }] }], []);
    const query = panel?.queries[0];
    expect(panel && query && findReference(panel, query)?.uid).toBe(expected);
  });
});
