import { type FakeAlertmanager, healthyAlertmanager } from "../support/fake-alertmanager.ts";
import type { FakeGrafana } from "../support/fake-grafana.ts";
import type { ApiObject, FakeKubeApi } from "../support/fake-kube-api.ts";
import type { FakePrometheus, FakeRuleGroup, Series } from "../support/fake-prometheus.ts";
import { grafanaEnv, labelsOf, prometheusYml, serverResources, upDashboard } from "./rendered-stack.ts";

/** A one-node cluster with the whole stack on it, as its servers would describe it. Tests break one thing each. */
export interface World {
  readonly deployedAt: string;
  readonly prometheus: FakePrometheus;
  readonly alertmanager: FakeAlertmanager;
  readonly grafana: FakeGrafana;
  readonly kube: FakeKubeApi;
}

export const node = "lab-1";

export const podNames = {
  prometheus: "prometheus-server-7c9",
  alertmanager: "prometheus-alertmanager-0",
  stateMetrics: "prometheus-kube-state-metrics-5d4",
  nodeExporter: "prometheus-prometheus-node-exporter-x2k",
  grafana: "grafana-6b8",
} as const;

export function uidOf(pod: string): string {
  return `uid-of-${pod}`;
}

/** Deployed two minutes ago, scraped a second ago. */
export function healthyWorld(): World {
  const now = Date.now();
  return {
    deployedAt: new Date(now - 120_000).toISOString(),
    prometheus: healthyPrometheus(now),
    alertmanager: healthyAlertmanager(),
    grafana: healthyGrafana(now),
    kube: healthyCluster(now),
  };
}

/** Of a queue that has sent everything up to this time, in seconds since the epoch. */
function remoteMetrics(sentUpTo: number): string[] {
  const values = {
    samples_total: 5000,
    samples_failed_total: 0,
    samples_retried_total: 0,
    samples_pending: 12,
  };
  const all = { ...values, queue_highest_sent_timestamp_seconds: sentUpTo };
  const labels = '{remote_name="store",url="http://store.example.com/write"}';
  return Object.entries(all).map(([name, value]) => `prometheus_remote_storage_${name}${labels} ${value}`);
}

function healthyGrafana(now: number): FakeGrafana {
  const url = "http://prometheus-server.monitoring.svc.cluster.local";
  return {
    version: "12.4",
    user: "admin",
    password: "right",
    health: "health",
    dsQuery: "ds/query instant",
    proxy: "proxy",
    datasource: (one) => (one["isDefault"] === true ? { ...one, url } : one),
    scrapedAt: now - 1000,
    dashboards: [{ uid: "up", title: "Up", folder: "Lab", file: "up.json", model: JSON.parse(upDashboard) }],
    libraryPanels: {},
    settings: {
      analytics: { check_for_updates: "false" },
      auth: { disable_login_form: "false" },
      server: { root_url: "http://localhost:3000" },
      security: { admin_password: "*********" },
      plugins: { preinstall_sync: "grafana-clock-panel@2.1.8", preinstall_disabled: "false" },
    },
    plugins: [
      { id: "prometheus", version: "12.4.3" },
      { id: "grafana-clock-panel", version: "2.1.8" },
    ],
    alerting: {
      "contact-points": [{ uid: "ops", name: "ops", type: "webhook", settings: {} }],
      policies: { receiver: "ops" },
      templates: [{ name: "short", template: "x" }],
      "mute-timings": [{ name: "nights" }],
      "alert-rules": [{ uid: "down", title: "Down", ruleGroup: "lab" }],
    },
    series: { series: [{ __name__: "up", job: "prometheus" }], scrapedEvery: 2, answers: {} },
  };
}

function healthyPrometheus(now: number): FakePrometheus {
  return {
    ready: { body: "Prometheus Server is Ready.\n", contentType: "text/plain" },
    flags: {
      "storage.tsdb.retention.time": "15d",
      "storage.tsdb.retention.size": "0B",
      "storage.tsdb.path": "/data",
    },
    config: prometheusYml,
    targets: healthyTargets(now),
    alertmanagers: ["http://10.42.0.9:9093/api/v2/alerts"],
    metrics: [
      "# HELP prometheus_config_last_reload_successful Whether the last reload was successful.",
      "prometheus_config_last_reload_successful 1",
      `process_start_time_seconds ${now / 1000 - 100}`,
      "prometheus_tsdb_storage_blocks_bytes 0",
      "prometheus_tsdb_wal_storage_size_bytes 2e6",
      "prometheus_tsdb_head_chunks_storage_size_bytes 1e6",
      "prometheus_notifications_alertmanagers_discovered 1",
      'prometheus_notifications_errors_total{alertmanager="http://10.42.0.9:9093/api/v2/alerts"} 0',
      'prometheus_notifications_dropped_total{alertmanager="http://10.42.0.9:9093/api/v2/alerts"} 0',
      "prometheus_target_scrapes_sample_out_of_order_total 0",
      `prometheus_remote_storage_highest_timestamp_in_seconds ${now / 1000 - 1}`,
      ...remoteMetrics(now / 1000 - 3),
    ].join("\n"),
    queries: healthyQueries(now / 1000 - 1),
    rules: healthyRules(now),
    alerts: [],
    tsdb: { series: 5_000, metrics: { apiserver_request_duration_seconds_bucket: 900, up: 5 } },
  };
}

/** What `rulesYml` becomes in a Prometheus that has evaluated it a second ago. */
function healthyRules(now: number): FakeRuleGroup[] {
  const lastEvaluation = new Date(now - 1000).toISOString();
  const common = { health: "ok", evaluationTime: 0.001, lastEvaluation };
  return [
    {
      name: "pods",
      file: "/etc/config/alerting_rules.yml;pods",
      interval: 2,
      rules: [
        {
          ...common,
          type: "alerting",
          name: "HighPodCpu",
          query: "sum by (pod) (rate(container_cpu_usage_seconds_total[5m])) > 0.9",
          state: "inactive",
          alerts: [],
        },
        { ...common, type: "recording", name: "pod:cpu:rate5m", query: "sum by (pod) (rate(x[5m]))" },
      ],
    },
  ];
}

function healthyQueries(scraped: number): FakePrometheus["queries"] {
  const pods = Object.values(podNames);
  const perPod = (value: number): Series[] => pods.map((pod) => [{ pod }, value]);
  const source = { job: "kubernetes-service-endpoints", instance: "10.42.0.5:8080" };
  const perPodTime = (metric: string) =>
    `max by (pod) (timestamp(${metric}{namespace=~"monitoring",pod!=""}))`;
  const phases = (namespace: string) => `kube_pod_status_phase{namespace="${namespace}"}`;
  const instance = "198.51.100.10:9100";
  const federated = { job: "federate", instance: "source.example.com:9090" };
  const kubelet = { job: "kubernetes-nodes-cadvisor", instance: node };
  const own = { job: "prometheus", instance: "localhost:9090" };
  return {
    scrape_samples_scraped: [
      [federated, 40],
      [own, 950],
    ],
    scrape_samples_post_metric_relabeling: [
      [federated, 40],
      [own, 900],
    ],
    'count by (job, instance) ({job="shop"})': [[{ job: "shop", instance: "10.1.2.3:8080" }, 40]],
    'count({job="shop"})': [[{}, 40]],
    "sum(rate(container_cpu_usage_seconds_total[5m])) by (pod)": [[{}, 1.5], ...perPod(0.01)],
    [perPodTime("container_cpu_usage_seconds_total")]: perPod(scraped),
    "max(timestamp(container_cpu_usage_seconds_total))": [[{}, scraped]],
    "max(timestamp(container_memory_usage_bytes))": [[{}, scraped]],
    'max by (namespace, pod, container, image) (timestamp(container_memory_usage_bytes{container!=""}))':
      pods.map((pod) => [{ namespace: "monitoring", pod, container: "main", image: "main:1" }, scraped]),
    'max by (id, pod, container, job, instance) (timestamp(container_memory_usage_bytes{container!=""}))':
      pods.map((pod) => [{ id: `/kubepods/${pod}`, pod, container: "main", ...kubelet }, scraped]),
    "max by (nodename, job, instance) (timestamp(node_uname_info))": [
      [{ job: source.job, instance, nodename: node }, scraped],
    ],
    "max by (uid, job, instance) (timestamp(kube_pod_info))": pods.map((pod) => [
      { uid: uidOf(pod), ...source },
      scraped,
    ]),
    'min by (instance) (node_filesystem_avail_bytes{mountpoint="/"})': [[{ instance }, 5e10]],
    'max by (instance) (timestamp(node_filesystem_avail_bytes{mountpoint="/"}))': [[{ instance }, scraped]],
    '{__name__="pod:cpu:rate5m"} == Inf or {__name__="pod:cpu:rate5m"} == -Inf or {__name__="pod:cpu:rate5m"} != {__name__="pod:cpu:rate5m"}':
      [],
    'count({__name__=~"pod:cpu:rate5m"})': [[{}, 5]],
    "sum(container_memory_usage_bytes) by (pod)": [[{ pod: "" }, 9e9], ...perPod(5e7)],
    [perPodTime("container_memory_usage_bytes")]: perPod(scraped),
    [phases("default")]: [],
    [`timestamp(${phases("default")})`]: [],
    [phases("monitoring")]: pods.flatMap((pod): Series[] => [
      [{ __name__: "kube_pod_status_phase", ...source, pod, uid: uidOf(pod), phase: "Running" }, 1],
      [{ __name__: "kube_pod_status_phase", ...source, pod, uid: uidOf(pod), phase: "Pending" }, 0],
    ]),
    [`timestamp(${phases("monitoring")})`]: pods.flatMap((pod) =>
      ["Running", "Pending"].map((phase): Series => [{ ...source, pod, uid: uidOf(pod), phase }, scraped]),
    ),
    "timestamp(kube_node_info)": [[{ ...source, node }, scraped]],
    "timestamp(node_uname_info)": [[{ job: source.job, instance, node, nodename: node }, scraped]],
    '100 - (avg by (instance) (irate(node_cpu_seconds_total{mode="idle"}[5m])) * 100)': [
      [{ instance }, 12.5],
    ],
    'max by (instance) (timestamp(node_cpu_seconds_total{mode="idle"}))': [[{ instance }, scraped]],
  };
}

/** An active target as /api/v1/targets lists it. */
export function target(job: string, scrapeUrl: string, meta: Record<string, string>, now = Date.now()) {
  const discovered = Object.entries(meta).map(([key, value]) => [
    key === "address" ? "__address__" : `__meta_kubernetes_${key}`,
    value,
  ]);
  return {
    discoveredLabels: Object.fromEntries(discovered),
    labels: { job, instance: new URL(scrapeUrl).host },
    scrapePool: job,
    scrapeUrl,
    lastError: "",
    lastScrape: new Date(now - 1000).toISOString(),
    health: "up",
    scrapeInterval: "15s",
  };
}

function healthyTargets(now: number): Record<string, unknown>[] {
  const endpoints = "kubernetes-service-endpoints";
  const of = (name: string, namespace = "monitoring") => ({ namespace, service_name: name });
  return [
    target("kubernetes-api-servers", "https://198.51.100.10:6443/metrics", of("kubernetes", "default"), now),
    target(
      "kubernetes-nodes-cadvisor",
      "https://198.51.100.10:10250/metrics/cadvisor",
      { node_name: node },
      now,
    ),
    target(endpoints, "http://10.42.0.5:8080/metrics", of("prometheus-kube-state-metrics"), now),
    target(endpoints, "http://198.51.100.10:9100/metrics", of("prometheus-prometheus-node-exporter"), now),
    target("prometheus", "http://localhost:9090/metrics", { address: "localhost:9090" }, now),
    target(
      "federate",
      "http://source.example.com:9090/federate",
      { address: "source.example.com:9090" },
      now,
    ),
  ];
}

function healthyCluster(now: number): FakeKubeApi {
  const claim = {
    metadata: { name: "prometheus-server", namespace: "monitoring" },
    status: { phase: "Bound", capacity: { storage: "8Gi" } },
  };
  return {
    nodes: [nodeObject(node, "198.51.100.10")],
    pods: [
      serverPod(now),
      pod(podNames.alertmanager, labelsOf("alertmanager"), now),
      pod(podNames.stateMetrics, labelsOf("kube-state-metrics"), now),
      pod(podNames.nodeExporter, labelsOf("prometheus-node-exporter"), now),
      grafanaPod(now),
    ],
    services: [
      serviceObject("default", "kubernetes", "https", {}),
      serviceObject("monitoring", "prometheus-kube-state-metrics", "http", {
        "prometheus.io/scrape": "true",
      }),
      serviceObject("monitoring", "prometheus-prometheus-node-exporter", "metrics", {
        "prometheus.io/scrape": "true",
      }),
      serviceObject("monitoring", "prometheus-server", "http", {}),
    ],
    endpointSlices: [
      slice("default", "kubernetes", "198.51.100.10"),
      slice("monitoring", "prometheus-kube-state-metrics", "10.42.0.5"),
      slice("monitoring", "prometheus-prometheus-node-exporter", "198.51.100.10"),
    ],
    claims: [claim],
    events: [],
  };
}

/** Prometheus' own, which mounts its claim. */
function serverPod(now: number): ApiObject {
  const plain = pod(podNames.prometheus, labelsOf("prometheus", "server"), now);
  const container = {
    name: "prometheus-server",
    args: ["--storage.tsdb.retention.time=15d", "--storage.tsdb.path=/data"],
    ports: [{ containerPort: 9090 }],
    resources: serverResources,
    volumeMounts: [{ name: "storage-volume", mountPath: "/data" }],
  };
  const volume = { name: "storage-volume", persistentVolumeClaim: { claimName: "prometheus-server" } };
  return { ...plain, spec: { nodeName: node, containers: [container], volumes: [volume] } };
}

/** Grafana's own, with its environment. */
function grafanaPod(now: number): ApiObject {
  const plain = pod(podNames.grafana, labelsOf("grafana"), now);
  const container = { name: "grafana", env: grafanaEnv };
  return { ...plain, spec: { nodeName: node, containers: [{ name: "main" }, container], volumes: [] } };
}

export function nodeObject(name: string, address: string): ApiObject {
  return {
    metadata: { name, labels: { "kubernetes.io/os": "linux" } },
    status: { addresses: [{ type: "InternalIP", address }] },
  };
}

export function serviceObject(
  namespace: string,
  name: string,
  port: string,
  annotations: Record<string, string>,
): ApiObject {
  return { metadata: { name, namespace, annotations }, spec: { ports: [{ name: port, port: 80 }] } };
}

export function slice(namespace: string, service: string, ...addresses: string[]): ApiObject {
  const labels = { "kubernetes.io/service-name": service };
  return {
    metadata: { name: `${service}-abc`, namespace, labels },
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
  };
}

export function pod(name: string, labels: Record<string, string>, now = Date.now()): ApiObject {
  const startedAt = new Date(now - 60_000).toISOString();
  return {
    metadata: { name, namespace: "monitoring", uid: uidOf(name), labels },
    spec: { nodeName: node, containers: [{ name: "main" }], volumes: [] },
    status: {
      phase: "Running",
      startTime: startedAt,
      conditions: [{ type: "PodScheduled", status: "True" }],
      containerStatuses: [container({ state: { running: { startedAt } } })],
    },
  };
}

/** A container's status; ready unless changed. */
export function container(changes: Record<string, unknown>) {
  return { name: "main", image: "main:1", imageID: "", ready: true, restartCount: 0, ...changes };
}
