import type { KubeObject } from "../../src/kube/manifest.ts";
import type { RenderedApp } from "../../src/model/rendered.ts";

const namespace = "monitoring";

/** The scrape configuration as the Prometheus chart writes it, without what the checks don't look at. */
export const prometheusYml = `
global:
  scrape_interval: 15s
scrape_configs:
  - job_name: kubernetes-api-servers
    kubernetes_sd_configs: [{ role: endpointslice }]
    relabel_configs:
      - action: keep
        regex: default;kubernetes;https
        source_labels:
          - __meta_kubernetes_namespace
          - __meta_kubernetes_service_name
          - __meta_kubernetes_endpointslice_port_name
  - job_name: kubernetes-nodes-cadvisor
    kubernetes_sd_configs: [{ role: node }]
    metrics_path: /metrics/cadvisor
    relabel_configs:
      - { action: labelmap, regex: __meta_kubernetes_node_label_(.+) }
  - job_name: kubernetes-pods
    kubernetes_sd_configs: [{ role: pod }]
    relabel_configs:
      - { action: keep, regex: true, source_labels: [__meta_kubernetes_pod_annotation_prometheus_io_scrape] }
  - job_name: kubernetes-service-endpoints
    kubernetes_sd_configs: [{ role: endpointslice }]
    relabel_configs:
      - { action: keep, regex: true, source_labels: [__meta_kubernetes_service_annotation_prometheus_io_scrape] }
      - { action: drop, regex: true, source_labels: [__meta_kubernetes_service_annotation_prometheus_io_scrape_slow] }
  - job_name: kubernetes-service-endpoints-slow
    scrape_interval: 5m
    kubernetes_sd_configs: [{ role: endpointslice }]
    relabel_configs:
      - { action: keep, regex: true, source_labels: [__meta_kubernetes_service_annotation_prometheus_io_scrape_slow] }
  - job_name: prometheus
    static_configs: [{ targets: [localhost:9090] }]
`;

/** A group as people put it into the chart's serverFiles. */
export const rulesYml = `
groups:
  - name: pods
    interval: 2s
    rules:
      - alert: HighPodCpu
        expr: sum by (pod) (rate(container_cpu_usage_seconds_total[5m])) > 0.9
        for: 5m
      - record: pod:cpu:rate5m
        expr: sum by (pod) (rate(x[5m]))
`;

export const datasourcesYml = `
apiVersion: 1
datasources:
  - name: Prometheus
    type: prometheus
    uid: prometheus
    url: http://prometheus-server.monitoring.svc.cluster.local
    isDefault: true
`;

/** As the chart writes the values' grafana.ini. */
export const grafanaIni = `
[analytics]
check_for_updates = false
[server]
root_url = http://localhost:3000
`;

/** Alerting of Grafana's own in the values of its chart, a resource of each kind. */
export const grafanaAlertingYml = `
apiVersion: 1
contactPoints: [{ name: ops, receivers: [{ uid: ops, type: webhook, settings: { url: "http://x" } }] }]
policies: [{ receiver: ops }]
templates: [{ name: short, template: x }]
muteTimes: [{ name: nights, time_intervals: [] }]
groups: [{ name: lab, folder: Lab, interval: 1m, rules: [{ uid: down, title: Down }] }]
`;

export const alertmanagerYml = `
route: { receiver: default-receiver }
receivers: [{ name: default-receiver }]
`;

type Labels = Record<string, string>;

export function labelsOf(name: string, component?: string): Labels {
  return {
    "app.kubernetes.io/name": name,
    "app.kubernetes.io/instance": "prometheus",
    ...(component ? { "app.kubernetes.io/component": component } : {}),
  };
}

export function workload(kind: string, name: string, labels: Labels, args: string[] = []): KubeObject {
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: { name, namespace },
    spec: {
      ...(kind === "DaemonSet" ? {} : { replicas: 1 }),
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name, image: `${name}:1`, args }] } },
    },
  };
}

export const serverResources = {
  requests: { cpu: "50m", memory: "64Mi" },
  limits: { memory: "1Gi" },
};

function withResources(object: KubeObject): KubeObject {
  const copy = structuredClone(object) as unknown as {
    spec: { template: { spec: { containers: { resources?: unknown }[] } } };
  };
  for (const container of copy.spec.template.spec.containers) container.resources = serverResources;
  return copy as unknown as KubeObject;
}

/** What the values' `plugins` and `env` become. */
export const grafanaEnv = [
  {
    name: "GF_PLUGINS_PREINSTALL_SYNC",
    valueFrom: { configMapKeyRef: { name: "grafana", key: "plugins" } },
  },
  { name: "GF_AUTH_DISABLE_LOGIN_FORM", value: "false" },
];

function withEnvironment(object: KubeObject): KubeObject {
  const copy = structuredClone(object) as unknown as {
    spec: { template: { spec: { containers: { env?: unknown }[] } } };
  };
  for (const container of copy.spec.template.spec.containers) container.env = grafanaEnv;
  return copy as unknown as KubeObject;
}

export function service(
  name: string,
  selector: Labels,
  port: number,
  extra: Record<string, unknown> = {},
): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace },
    spec: { selector, ports: [{ name: "http", port }], ...extra },
  };
}

export function configMap(name: string, data: Record<string, string>, labels: Labels = {}): KubeObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace, labels }, data };
}

/** A dashboard that the Grafana chart brings. */
export const upDashboard = JSON.stringify({
  uid: "up",
  title: "Up",
  schemaVersion: 39,
  panels: [{ id: 1, type: "timeseries", title: "Up", targets: [{ refId: "A", expr: "up" }] }],
});

export function app(name: string, objects: readonly KubeObject[]): RenderedApp {
  const chart = {
    path: `/charts/${name}`,
    name,
    version: "1",
    appVersion: "1",
    sha256: undefined,
    origin: "path",
  };
  const planned = {
    name,
    release: name,
    namespace,
    chart: { kind: "path" as const, path: `/charts/${name}` },
    values: {},
    dependsOn: [],
    timeoutMs: 60_000,
  };
  return { app: planned, chart, objects, images: [], unknownValues: [] };
}

const server = labelsOf("prometheus", "server");

/** What the Prometheus and Grafana charts render, in the parts that matter here. */
export function renderedStack(): RenderedApp[] {
  const prometheus = [
    configMap("prometheus-server", {
      "prometheus.yml": prometheusYml,
      "alerting_rules.yml": rulesYml,
      rules: "{}\n",
    }),
    service("prometheus-alertmanager-headless", labelsOf("alertmanager"), 9093, { clusterIP: "None" }),
    service("prometheus-alertmanager", labelsOf("alertmanager"), 9093),
    service("prometheus-kube-state-metrics", labelsOf("kube-state-metrics"), 8080),
    service("prometheus-prometheus-node-exporter", labelsOf("prometheus-node-exporter"), 9100),
    service("prometheus-server", server, 80),
    workload("DaemonSet", "prometheus-prometheus-node-exporter", labelsOf("prometheus-node-exporter")),
    workload("Deployment", "prometheus-kube-state-metrics", labelsOf("kube-state-metrics")),
    withResources(
      workload("Deployment", "prometheus-server", server, [
        "--storage.tsdb.retention.time=15d",
        "--storage.tsdb.path=/data",
      ]),
    ),
    workload("StatefulSet", "prometheus-alertmanager", labelsOf("alertmanager")),
    configMap("prometheus-alertmanager", { "alertmanager.yml": alertmanagerYml }),
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "prometheus-server", namespace },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "8Gi" } } },
    },
  ];
  const grafana = [
    configMap("grafana", {
      "datasources.yaml": datasourcesYml,
      "alerting.yaml": grafanaAlertingYml,
      "grafana.ini": grafanaIni,
      plugins: "grafana-clock-panel@2.1.8",
    }),
    configMap("grafana-dashboards-default", { "up.json": upDashboard }, { "dashboard-provider": "default" }),
    service("grafana", labelsOf("grafana"), 80),
    withEnvironment(workload("Deployment", "grafana", labelsOf("grafana"))),
  ];
  return [app("prometheus", prometheus), app("grafana", grafana)];
}
