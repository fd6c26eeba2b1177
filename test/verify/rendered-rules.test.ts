import { describe, expect, it } from "vitest";
import { listRenderedGroups } from "../../src/model/rendered-rules.ts";
import { app, configMap, labelsOf, renderedStack, rulesYml, workload } from "./rendered-stack.ts";

const namesIn = (objects: Parameters<typeof app>[1]) =>
  listRenderedGroups([app("one", objects)]).map(({ name, where }) => `${name}: ${where}`);

describe("renderedGroups", () => {
  it("has the groups beside prometheus.yml", () => {
    expect(listRenderedGroups(renderedStack())).toEqual([
      {
        name: "pods",
        where: "alerting_rules.yml in ConfigMap prometheus-server",
        rules: [
          expect.objectContaining({ alert: "HighPodCpu" }),
          expect.objectContaining({ record: "pod:cpu:rate5m" }),
        ],
      },
    ]);
  });

  it("has those in what Prometheus' pods mount", () => {
    const server = workload("StatefulSet", "prom", labelsOf("prometheus", "server"));
    const template = (server["spec"] as { template: { spec: Record<string, unknown> } }).template;
    template.spec["volumes"] = [
      { name: "config", configMap: { name: "more" } },
      { name: "hidden", secret: { secretName: "secret" } },
      { name: "data", emptyDir: {} },
    ];
    const metadata = { name: "secret", namespace: "monitoring" };
    const data = { "b.yml": Buffer.from(rulesYml).toString("base64") };
    expect(
      namesIn([
        server,
        configMap("more", { "a.yml": rulesYml }),
        configMap("not-mounted", { "a.yml": rulesYml }),
        { apiVersion: "v1", kind: "Secret", metadata, data },
      ]),
    ).toEqual(["pods: a.yml in ConfigMap more", "pods: b.yml in Secret secret"]);
  });

  it("has those of PrometheusRules", () => {
    const spec = { groups: [{ name: "mine", rules: [{ alert: "A", expr: 1 }] }] };
    const metadata = { name: "rules", namespace: "monitoring" };
    expect(
      namesIn([{ apiVersion: "monitoring.coreos.com/v1", kind: "PrometheusRule", metadata, spec }]),
    ).toEqual(["mine: PrometheusRule rules"]);
  });

  it("leaves out empty groups, other people's rules and what is no YAML", () => {
    const files = {
      "prometheus.yml": "scrape_configs: []",
      "empty.yml": "groups: [{name: empty, rules: []}, {name: none}]",
      "grafana.yml": "groups: [{orgId: 1, name: g, folder: f, rules: [{uid: a, title: b, data: []}]}]",
      "broken.yml": "groups: [",
    };
    expect(namesIn([configMap("prometheus-server", files)])).toEqual([]);
  });
});
