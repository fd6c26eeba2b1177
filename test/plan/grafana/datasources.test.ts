import { expect, test } from "vitest";
import { findPlannedDatasources } from "../../../src/plan/grafana/datasources.ts";
import { hasGrafana } from "../../../src/plan/grafana/grafana-values.ts";
import { planOf } from "../configs.ts";

async function datasourcesOf(yaml: string) {
  const grafana = (await planOf(yaml)).apps.find(hasGrafana);
  return grafana && findPlannedDatasources(grafana);
}

const own = { uid: "prometheus", name: "Prometheus", type: "prometheus", isDefault: true };

test("the plan's own datasource, and kube-prometheus-stack's", async () => {
  expect(await datasourcesOf("")).toEqual([own]);
  expect(await datasourcesOf("stack: operator")).toMatchObject([own, { name: "Alertmanager" }]);
  const off =
    "apps: {kube-prometheus-stack: {values: {grafana: {sidecar: {datasources: {enabled: false}}}}}}";
  expect(await datasourcesOf(`stack: operator\n${off}`)).toEqual([]);
});

test("one without a uid has the one that Grafana makes of its name", async () => {
  const list = "[{name: Logs, type: loki, uid: logs}, {name: Prometheus, type: prometheus}]";
  const yaml = `apps: {grafana: {values: {datasources: {d.yaml: {datasources: ${list}}}}}}`;
  expect(await datasourcesOf(yaml)).toEqual([
    { uid: "logs", name: "Logs", type: "loki", isDefault: false },
    // As it stands in many a shared dashboard.
    { uid: "PBFA97CFB590B2093", name: "Prometheus", type: "prometheus", isDefault: false },
  ]);
});
