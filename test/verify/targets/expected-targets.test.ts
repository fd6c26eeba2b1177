import type { V1Pod, V1Service } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import { parseDuration } from "../../../src/lib/duration.ts";
import { parsePrometheusSize } from "../../../src/lib/quantity.ts";
import { parsePrometheusConfig } from "../../../src/model/prometheus-config.ts";
import { findPrometheusConfig, listProvisionedDatasources } from "../../../src/model/rendered.ts";
import { sumMetric } from "../../../src/stack/prometheus.ts";
import { computeMaxAge } from "../../../src/verify/runner/freshness.ts";
import {
  computeExpectedTargets,
  type DiscoverableCluster,
} from "../../../src/verify/targets/expected-targets.ts";
import { app, datasourcesYml, renderedStack } from "../rendered-stack.ts";

const nothing: DiscoverableCluster = {
  nodes: [],
  services: [],
  endpointSlices: [],
  pods: [],
  ownServices: new Set(),
};

function service(name: string, annotations: Record<string, string>): V1Service {
  return {
    metadata: { name, namespace: "shop", annotations },
    spec: { ports: [{ name: "http", port: 80 }] },
  };
}

function pod(name: string, annotations: Record<string, string>, phase = "Running"): V1Pod {
  return { metadata: { name, namespace: "shop", annotations }, status: { phase } };
}

function expected(scrape: string, cluster: Partial<DiscoverableCluster>): string[] {
  const config = parsePrometheusConfig(`scrape_configs:\n  - { job_name: j, ${scrape} }`);
  if (config === undefined) throw new Error("no configuration");
  return computeExpectedTargets(config, { ...nothing, ...cluster }).map(
    ({ what, atLeast }) => `${what} ${atLeast}`,
  );
}

const keep = (label: string, regex = "true") =>
  `{ action: keep, source_labels: [${label}], regex: "${regex}" }`;

describe("expectedTargets", () => {
  it("counts distinct static targets", () => {
    expect(expected("static_configs: [{ targets: ['a:1', 'b:1', 'a:1'] }]", {})).toEqual([
      "static targets a:1, b:1 2",
    ]);
  });

  it("evaluates keep rules on services", () => {
    const rule = keep("__meta_kubernetes_service_annotation_prometheus_io_probe", "pushgateway");
    const services = [service("push", { "prometheus.io/probe": "pushgateway" }), service("web", {})];
    const scrape = `kubernetes_sd_configs: [{ role: service }], relabel_configs: [${rule}]`;
    expect(expected(scrape, { services })).toEqual(["service shop/push 1"]);
  });

  it("anchors the expressions, as Prometheus does", () => {
    const rule = keep("__meta_kubernetes_service_name", "web");
    const services = [service("web-admin", {})];
    expect(
      expected(`kubernetes_sd_configs: [{ role: service }], relabel_configs: [${rule}]`, { services }),
    ).toEqual([]);
  });

  it("expects nothing where a rule can't be foretold", () => {
    const rule = keep("__meta_kubernetes_endpoint_address_target_kind", "Pod");
    const services = [service("web", {})];
    expect(
      expected(`kubernetes_sd_configs: [{ role: service }], relabel_configs: [${rule}]`, { services }),
    ).toEqual([]);
  });

  it("does not judge by a label that an earlier rule has written", () => {
    const write =
      "{ source_labels: [__meta_kubernetes_namespace], target_label: __meta_kubernetes_service_name }";
    const rules = `[${write}, ${keep("__meta_kubernetes_service_name", "web")}]`;
    const services = [service("web", {})];
    expect(
      expected(`kubernetes_sd_configs: [{ role: service }], relabel_configs: ${rules}`, { services }),
    ).toEqual([]);
  });

  it("takes running pods with the annotation", () => {
    const rule = keep("__meta_kubernetes_pod_annotation_prometheus_io_scrape");
    const annotations = { "prometheus.io/scrape": "true" };
    const pods = [pod("a", annotations), pod("b", annotations, "Pending"), pod("c", {})];
    expect(expected(`kubernetes_sd_configs: [{ role: pod }], relabel_configs: [${rule}]`, { pods })).toEqual([
      "pod shop/a 1",
    ]);
  });

  it("keeps to the namespaces of the discovery", () => {
    const discovery = "kubernetes_sd_configs: [{ role: pod, namespaces: { names: [other] } }]";
    expect(expected(discovery, { pods: [pod("a", {})] })).toEqual([]);
  });
});

describe("what the charts render", () => {
  it("has no scrape configuration where the operator makes it, though a server beside it has one", () => {
    const beside = renderedStack().map((one) => {
      const chart = { kind: "path" as const, path: "/charts/prometheus" };
      return one.app.name === "prometheus" ? { ...one, app: { ...one.app, name: "source", chart } } : one;
    });
    const names = beside.map(({ app }) => app.name);
    expect(names).toContain("source");
    expect(findPrometheusConfig(beside)).toBeDefined();
    expect(findPrometheusConfig([...beside, app("kube-prometheus-stack", [])])).toBeUndefined();
  });

  it("has the scrape configuration", () => {
    expect(findPrometheusConfig(renderedStack())?.scrape_configs?.map(({ job_name }) => job_name)).toContain(
      "prometheus",
    );
  });

  it("has the datasources, in a ConfigMap or in a Secret", () => {
    const data = { "datasources.yaml": Buffer.from(datasourcesYml).toString("base64") };
    const metadata = { name: "grafana-config-secret", namespace: "monitoring" };
    const secret = app("grafana", [{ apiVersion: "v1", kind: "Secret", metadata, data }]);
    for (const rendered of [renderedStack(), [secret]]) {
      expect(listProvisionedDatasources(rendered)).toMatchObject([{ name: "Prometheus", uid: "prometheus" }]);
    }
  });
});

describe("Prometheus' notations", () => {
  it.each([
    ["15d", 15 * 86_400_000],
    ["1h30m", 5_400_000],
    ["500ms", 500],
    ["0s", 0],
    ["15 days", undefined],
    ["", undefined],
  ])("duration %s is %s ms", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each([
    ["10GB", 10 * 1024 ** 3],
    ["10GiB", 10 * 1024 ** 3],
    ["512MB", 512 * 1024 ** 2],
    ["0B", 0],
    ["lots", undefined],
  ])("size %s is %s bytes", (text, bytes) => {
    expect(parsePrometheusSize(text)).toBe(bytes);
  });

  it("adds up a metric's series and no other's", () => {
    const exposition = '# TYPE a counter\na{x="1 2"} 2\na{x="2"} 3e0\nab 7\na_total 9\n';
    expect(sumMetric(exposition, "a")).toBe(5);
    expect(sumMetric(exposition, "b")).toBeUndefined();
  });

  it("measures age by the usual scrape intervals, not by a rare job's", () => {
    const config = parsePrometheusConfig(
      "global: {scrape_interval: 30s}\nscrape_configs: [{job_name: slow, scrape_interval: 5m}]",
    );
    expect(computeMaxAge(config ?? {})).toBe(120);
  });
});
