import { describe, expect, test } from "vitest";
import { listScrapePools, parseMonitors } from "../../src/monitors/monitors.ts";
import { convertToChartValues } from "../../src/monitors/refusal.ts";
import { createScrapeJobs } from "../../src/monitors/scrape-config.ts";

function monitor(spec: Record<string, unknown>, kind = "ServiceMonitor") {
  const object = {
    apiVersion: "monitoring.coreos.com/v1",
    kind,
    metadata: { name: "my-app-monitor", namespace: "monitoring" },
    spec,
  };
  const [one] = parseMonitors([object]);
  if (one === undefined) throw new Error("no monitor");
  return one;
}

const selector = { matchLabels: { app: "my-app" } };

describe("the scrape configuration of a monitor", () => {
  test("the document's own", () => {
    const own = monitor({ selector, endpoints: [{ port: "metrics", interval: "30s" }] });
    expect(listScrapePools(own)).toEqual(["serviceMonitor/monitoring/my-app-monitor/0"]);
    expect(createScrapeJobs(own)).toEqual([
      {
        leftOut: [],
        config: {
          job_name: "monitoring/my-app-monitor",
          scrape_interval: "30s",
          kubernetes_sd_configs: [{ role: "endpointslice", namespaces: { names: ["monitoring"] } }],
          relabel_configs: [
            {
              action: "keep",
              source_labels: [
                "__meta_kubernetes_service_label_app",
                "__meta_kubernetes_service_labelpresent_app",
              ],
              regex: "(my-app);true",
            },
            {
              action: "keep",
              source_labels: ["__meta_kubernetes_endpointslice_port_name"],
              regex: "metrics",
            },
            { source_labels: ["__meta_kubernetes_namespace"], target_label: "namespace" },
            { source_labels: ["__meta_kubernetes_service_name"], target_label: "service" },
            { source_labels: ["__meta_kubernetes_service_name"], target_label: "job" },
            { source_labels: ["__meta_kubernetes_pod_name"], target_label: "pod" },
            { source_labels: ["__meta_kubernetes_pod_container_name"], target_label: "container" },
            { target_label: "endpoint", replacement: "metrics" },
          ],
        },
      },
    ]);
  });

  test("every kind of demand, everywhere, with what only the operator can do named", () => {
    const [job] = createScrapeJobs(
      monitor({
        namespaceSelector: { any: true },
        jobLabel: "app.kubernetes.io/name",
        selector: {
          matchExpressions: [
            { key: "tier", operator: "In", values: ["a.b", "c"] },
            { key: "old", operator: "NotIn", values: ["yes"] },
            { key: "app.kubernetes.io/name", operator: "Exists" },
            { key: "gone", operator: "DoesNotExist" },
          ],
        },
        endpoints: [
          {
            targetPort: 8080,
            path: "/m",
            scheme: "https",
            basicAuth: { username: { name: "s", key: "u" } },
            tlsConfig: { insecureSkipVerify: true, ca: { secret: {} } },
            bearerTokenFile: "/token",
            relabelings: [{ sourceLabels: ["a"], targetLabel: "b", action: "replace" }],
            metricRelabelings: [{ sourceLabels: ["__name__"], regex: "x", action: "drop" }],
          },
        ],
      }),
    );
    expect(job?.leftOut).toEqual(["basicAuth", "tlsConfig.ca"]);
    expect(job?.config).toMatchObject({
      metrics_path: "/m",
      scheme: "https",
      tls_config: { insecure_skip_verify: true },
      authorization: { credentials_file: "/token" },
      kubernetes_sd_configs: [{ role: "endpointslice" }],
      metric_relabel_configs: [{ source_labels: ["__name__"], regex: "x", action: "drop" }],
    });
    const rules = job?.config["relabel_configs"] as Record<string, unknown>[];
    expect(rules.slice(0, 5).map(({ action, regex }) => [action, regex])).toEqual([
      ["keep", "(a\\.b|c);true"],
      ["drop", "(yes);true"],
      ["keep", "true"],
      ["drop", "true"],
      ["keep", "8080"],
    ]);
    expect(rules[4]?.["source_labels"]).toEqual(["__meta_kubernetes_pod_container_port_number"]);
    expect(rules.at(-1)).toEqual({ action: "replace", source_labels: ["a"], target_label: "b" });
    expect(rules).toContainEqual({
      source_labels: ["__meta_kubernetes_service_label_app_kubernetes_io_name"],
      target_label: "job",
      regex: "(.+)",
    });
  });

  test("a PodMonitor finds pods, each endpoint in a job of its own", () => {
    const jobs = createScrapeJobs(
      monitor({ selector, podMetricsEndpoints: [{ port: "http" }, { port: "admin" }] }, "PodMonitor"),
    );
    expect(jobs.map(({ config }) => config["job_name"])).toEqual([
      "monitoring/my-app-monitor/0",
      "monitoring/my-app-monitor/1",
    ]);
    expect(jobs[0]?.config["kubernetes_sd_configs"]).toMatchObject([{ role: "pod" }]);
    expect(jobs[1]?.config["relabel_configs"]).toContainEqual({
      action: "keep",
      source_labels: ["__meta_kubernetes_pod_container_port_name"],
      regex: "admin",
    });
  });

  test("a rule becomes a group of the chart's rule file, and what has no place is named", () => {
    const groups = [{ name: "g", rules: [{ record: "a", expr: "1" }] }];
    const metadata = { name: "r", namespace: "x" };
    const apiVersion = "monitoring.coreos.com/v1";
    expect(
      convertToChartValues([
        { apiVersion, kind: "PrometheusRule", metadata, spec: { groups } },
        { apiVersion, kind: "Probe", metadata, spec: {} },
        { apiVersion: "v1", kind: "ConfigMap", metadata },
      ]),
    ).toEqual({ values: { serverFiles: { "alerting_rules.yml": { groups } } }, leftOut: ["Probe r"] });
  });
});
