import type { FakePrometheus, Series } from "../support/fake-prometheus.ts";
import {
  healthyWorld,
  nodeObject,
  pod,
  podNames,
  serviceObject,
  target,
  uidOf,
  type World,
} from "../verify/healthy-world.ts";
import { labelsOf } from "../verify/rendered-stack.ts";

/** How much there is of everything. */
export interface Scale {
  readonly targets: number;
  readonly dashboards: number;
  readonly panels: number;
  readonly series: number;
}

/** The largest stack that monstack promises to verify within 30 s and 300 MB. */
export const fullScale: Scale = { targets: 5_000, dashboards: 200, panels: 40, series: 2_000_000 };

/** A quarter of everything but the panels of a dashboard. */
export const quarterScale: Scale = { ...fullScale, targets: 1_250, dashboards: 50, series: 500_000 };

const podsPerService = 9;

interface Instance {
  readonly service: string;
  readonly namespace: string;
  readonly pod: string;
  readonly node: string;
  readonly address: string;
}

/** A healthy stack on a cluster of many nodes that run many services with a scrape annotation. */
export function createLargeWorld(scale: Scale): World {
  const world = healthyWorld();
  const nodes = Array.from({ length: Math.ceil(scale.targets / 50) }, (_, index) => `node-${index}`);
  // Besides the instances: each node's cAdvisor and node-exporter, the API server, kube-state-metrics and Prometheus.
  const instances = listInstances(scale.targets - 2 * nodes.length - 3, nodes);
  addObjects(world, nodes, instances);
  world.prometheus.config = scrapeOften(world.prometheus.config);
  world.prometheus.targets = listTargets(world, nodes, instances);
  addSeries(world, nodes);
  world.prometheus.tsdb = {
    series: scale.series,
    metrics: { container_memory_usage_bytes: 90_000, up: scale.targets },
  };
  world.grafana.dashboards = [...world.grafana.dashboards, ...listDashboards(scale)];
  return world;
}

/** Returns a text with the scrape interval of profile `ci`. */
export function scrapeOften(text: string): string {
  return text.replaceAll("scrape_interval: 15s", "scrape_interval: 2s");
}

function listInstances(count: number, nodes: readonly string[]): Instance[] {
  return Array.from({ length: count }, (_, index) => {
    const number = Math.floor(index / podsPerService);
    const service = `shop-${number}`;
    return {
      service,
      namespace: `team-${number % 20}`,
      pod: `${service}-7d4b9c-${index % podsPerService}`,
      node: nodes[index % nodes.length] ?? "",
      address: `10.43.${index >> 8}.${index & 255}:8080`,
    };
  });
}

function addressOf(node: number): string {
  return `198.51.${100 + (node >> 8)}.${node & 255}`;
}

/** Replaces the one node of the healthy cluster, and adds services with their pods. */
function addObjects({ kube }: World, nodes: readonly string[], instances: readonly Instance[]): void {
  kube.nodes = nodes.map((name, index) => nodeObject(name, addressOf(index)));
  const own = kube.pods.filter(({ metadata }) => metadata.name !== podNames.nodeExporter);
  const exporters = nodes.map((name) =>
    onNode(pod(exporterOn(name), labelsOf("prometheus-node-exporter")), name),
  );
  const theirs = instances.map(({ pod: name, namespace, node, service }) => {
    const object = onNode(pod(name, { app: service }), node);
    return { ...object, metadata: { ...object.metadata, namespace } };
  });
  kube.pods = [...own.map((one) => onNode(one, nodes[0] ?? "")), ...exporters, ...theirs];
  const byService = Map.groupBy(instances, ({ service }) => service);
  for (const [service, pods] of byService) {
    const namespace = pods[0]?.namespace ?? "";
    kube.services.push(serviceObject(namespace, service, "http", { "prometheus.io/scrape": "true" }));
    kube.endpointSlices.push(
      sliceOf(
        namespace,
        service,
        pods.map(({ address }) => address.split(":")[0] ?? ""),
      ),
    );
  }
  kube.endpointSlices = kube.endpointSlices.map((slice) =>
    slice.metadata.name.startsWith("prometheus-prometheus-node-exporter")
      ? sliceOf(
          "monitoring",
          "prometheus-prometheus-node-exporter",
          nodes.map((_, index) => addressOf(index)),
        )
      : slice,
  );
}

function exporterOn(node: string): string {
  return `prometheus-prometheus-node-exporter-${node}`;
}

function onNode<T extends object>(object: T, nodeName: string): T {
  const { spec } = object as { spec?: object };
  return { ...object, spec: { ...spec, nodeName } };
}

function sliceOf(namespace: string, service: string, addresses: readonly string[]) {
  const labels = { "kubernetes.io/service-name": service };
  const endpoints = addresses.map((address) => ({ addresses: [address], conditions: { ready: true } }));
  return { metadata: { name: `${service}-abc`, namespace, labels }, endpoints };
}

const endpointsJob = "kubernetes-service-endpoints";

function listTargets(world: World, nodes: readonly string[], instances: readonly Instance[]) {
  const single = world.prometheus.targets.filter(
    ({ scrapePool, scrapeUrl }) =>
      ["kubernetes-api-servers", "prometheus"].includes(scrapePool as string) ||
      /:8080\//.test(scrapeUrl as string),
  );
  const ofNodes = nodes.flatMap((name, index) => [
    target("kubernetes-nodes-cadvisor", `https://${addressOf(index)}:10250/metrics/cadvisor`, {
      node_name: name,
    }),
    target(endpointsJob, `http://${addressOf(index)}:9100/metrics`, {
      namespace: "monitoring",
      service_name: "prometheus-prometheus-node-exporter",
    }),
  ]);
  const ofInstances = instances.map(({ service, namespace, pod: name, node, address }) => {
    const meta = {
      namespace,
      service_name: service,
      pod_name: name,
      pod_node_name: node,
      ...discoveredMeta(service, name),
    };
    const found = target(endpointsJob, `http://${address}/metrics`, meta);
    const labels = { ...found.labels, app: service, namespace, node, pod: name, service };
    return { ...found, labels, lastScrapeDuration: 0.012, scrapeTimeout: "10s", globalUrl: found.scrapeUrl };
  });
  return [...single, ...ofNodes, ...ofInstances];
}

/** As many labels as Prometheus discovers for a pod behind a service: they are most of what it answers. */
function discoveredMeta(service: string, name: string): Record<string, string> {
  const texts = [
    "app",
    "chart",
    "heritage",
    "instance",
    "managed_by",
    "part_of",
    "pod_template_hash",
    "version",
  ];
  const labels = texts.flatMap((label) => [
    [`pod_label_app_kubernetes_io_${label}`, service],
    [`pod_labelpresent_app_kubernetes_io_${label}`, "true"],
    [`service_label_app_kubernetes_io_${label}`, service],
    [`service_labelpresent_app_kubernetes_io_${label}`, "true"],
  ]);
  return {
    ...Object.fromEntries(labels),
    pod_ready: "true",
    pod_uid: uidOf(name),
    pod_controller_name: service,
  };
}

/** What the checks' queries find: of each pod a container, of each node what its exporter says. */
function addSeries({ prometheus, kube }: World, nodes: readonly string[]): void {
  const scraped = Date.now() / 1000 - 1;
  const names = kube.pods.map(({ metadata }) => metadata.name);
  const own = kube.pods
    .filter(({ metadata }) => metadata.namespace === "monitoring")
    .map(({ metadata }) => metadata.name);
  const perPod = (value: number): Series[] => names.map((name) => [{ pod: name }, value]);
  const cadvisor = (index: number) => ({
    job: "kubernetes-nodes-cadvisor",
    instance: nodes[index % nodes.length] ?? "",
  });
  const stateMetrics = { job: endpointsJob, instance: "10.42.0.5:8080" };
  const phases = (value: number | undefined) =>
    own.flatMap((name): Series[] =>
      ["Running", "Pending"].map((phase) => [
        { __name__: "kube_pod_status_phase", ...stateMetrics, pod: name, uid: uidOf(name), phase },
        value ?? (phase === "Running" ? 1 : 0),
      ]),
    );
  const containers = kube.pods.map(({ metadata }, index): Series => {
    const labels = {
      namespace: metadata.namespace ?? "",
      pod: metadata.name,
      container: "main",
      image: "main:1",
    };
    return [{ ...labels, id: `/kubepods/${metadata.name}`, ...cadvisor(index) }, scraped];
  });
  const perNode = (value: number): Series[] =>
    nodes.map((_, index) => [{ instance: `${addressOf(index)}:9100` }, value]);
  const info = (value: number): Series[] =>
    nodes.map((node, index) => [
      { job: endpointsJob, instance: `${addressOf(index)}:9100`, node, nodename: node },
      value,
    ]);
  const samples = (value: number): Series[] =>
    prometheus.targets.map(({ labels }) => [labels as Record<string, string>, value]);
  const ownPodTime = (metric: string) =>
    `max by (pod) (timestamp(${metric}{namespace=~"monitoring",pod!=""}))`;
  const large: FakePrometheus["queries"] = {
    scrape_samples_scraped: samples(400),
    scrape_samples_post_metric_relabeling: samples(390),
    "sum(rate(container_cpu_usage_seconds_total[5m])) by (pod)": [[{}, 1.5], ...perPod(0.01)],
    "sum(container_memory_usage_bytes) by (pod)": [[{ pod: "" }, 9e9], ...perPod(5e7)],
    [ownPodTime("container_cpu_usage_seconds_total")]: own.map((name) => [{ pod: name }, scraped]),
    [ownPodTime("container_memory_usage_bytes")]: own.map((name) => [{ pod: name }, scraped]),
    'max by (namespace, pod, container, image) (timestamp(container_memory_usage_bytes{container!=""}))':
      containers,
    'max by (id, pod, container, job, instance) (timestamp(container_memory_usage_bytes{container!=""}))':
      containers,
    "max by (uid, job, instance) (timestamp(kube_pod_info))": names.map((name) => [
      { uid: uidOf(name), ...stateMetrics },
      scraped,
    ]),
    'kube_pod_status_phase{namespace="monitoring"}': phases(undefined),
    'timestamp(kube_pod_status_phase{namespace="monitoring"})': phases(scraped),
    "timestamp(kube_node_info)": nodes.map((node) => [{ ...stateMetrics, node }, scraped]),
    "timestamp(node_uname_info)": info(scraped),
    "max by (nodename, job, instance) (timestamp(node_uname_info))": info(scraped),
    'min by (instance) (node_filesystem_avail_bytes{mountpoint="/"})': perNode(5e10),
    'max by (instance) (timestamp(node_filesystem_avail_bytes{mountpoint="/"}))': perNode(scraped),
    '100 - (avg by (instance) (irate(node_cpu_seconds_total{mode="idle"}[5m])) * 100)': perNode(12.5),
    'max by (instance) (timestamp(node_cpu_seconds_total{mode="idle"}))': perNode(scraped),
  };
  prometheus.queries = { ...prometheus.queries, ...large };
}

/** The metrics that panels query. */
export const metricNames: readonly string[] = Array.from(
  { length: 3_000 },
  (_, index) => `shop_orders_${index}_total`,
);

/** One panel in twenty queries a metric that does not exist. */
function writeQuery(number: number): string {
  const metric =
    number % 20 === 7 ? `shop_removed_${number}_total` : metricNames[number % metricNames.length];
  return `sum by (pod) (rate(${metric}{namespace="$namespace", instance=~"$instance"}[$__rate_interval]))`;
}

function listDashboards({ dashboards, panels }: Scale): World["grafana"]["dashboards"] {
  const datasource = { type: "prometheus", uid: "prometheus" };
  const variable = (name: string, query: string) => ({
    type: "query",
    name,
    query: { query, refId: name },
    datasource,
    refresh: 2,
  });
  // Each dashboard queries other series for its variables, so that none of these queries is shared.
  const createTemplating = (board: number) => ({
    list: [
      { ...variable("namespace", "label_values(kube_pod_info, namespace)"), current: {} },
      {
        ...variable("instance", `label_values(${metricNames[board]}{namespace="$namespace"}, instance)`),
        current: { text: ["All"], value: ["$__all"] },
        includeAll: true,
        multi: true,
      },
    ],
  });
  return Array.from({ length: dashboards }, (_, board) => {
    const model = {
      uid: `board-${board}`,
      title: `Board ${board}`,
      schemaVersion: 39,
      templating: createTemplating(board),
      panels: Array.from({ length: panels }, (_, index) => ({
        id: index + 1,
        type: "timeseries",
        title: `Panel ${index}`,
        datasource,
        targets: [{ refId: "A", datasource, expr: writeQuery(board * panels + index) }],
      })),
    };
    return { uid: model.uid, title: model.title, model };
  });
}
