import { describe, expect, it } from "vitest";
import type { Stack } from "../../../src/stack/stack.ts";
import { allChecks } from "../../../src/verify/catalogue.ts";
import type { World } from "../healthy-world.ts";
import { faultOf, verdictIn } from "../open-stack.ts";
import { labelsOf, workload } from "../rendered-stack.ts";

/** The exporter's workload with these arguments in place of the chart's. */
function runsWith(name: string, ...args: string[]): (stack: Stack) => Stack {
  const replaced = workload("Deployment", `prometheus-${name}`, labelsOf(name), args);
  return (stack) => ({
    ...stack,
    rendered: stack.rendered.map((one) => ({
      ...one,
      objects: one.objects.map((object) =>
        object.metadata.name === replaced.metadata.name ? replaced : object,
      ),
    })),
  });
}

/** Nothing of these metrics is there; the targets of the job expose what is said. */
function without(metrics: RegExp, job: string, exposes: Record<string, string>) {
  return ({ prometheus }: World) => {
    prometheus.exposes = { [job]: exposes };
    for (const expression of Object.keys(prometheus.queries))
      if (metrics.test(expression)) prometheus.queries[expression] = [];
  };
}

const endpoints = "kubernetes-service-endpoints";
const some = { kube_deployment_created: "gauge" };
const exporterHas = { node_load1: "gauge" };
const check = (id: string) => allChecks.find((one) => one.id === id) as (typeof allChecks)[number];

describe.each([
  ["kube-node-info", /kube_node_info/, "kube_node_info"],
  ["scraped-once", /kube_pod_info/, "kube_pod_info"],
  ["query-pod-status", /kube_pod_status_phase/, "kube_pod_status_phase"],
])("%s with a kube-state-metrics that is up", (id, metrics, metric) => {
  it.each([
    ["--metric-allowlist=kube_deployment_.*"],
    [`--metric-denylist=kube_(node|pod)_.*`],
    ["--resources=deployments,services"],
  ])("names the argument that leaves out the metric: %s", async (arg) => {
    const verdict = await verdictIn(
      check(id),
      without(metrics, endpoints, some),
      runsWith("kube-state-metrics", arg),
    );
    expect(verdict).toMatchObject({
      cause: `kube-state-metrics runs with ${arg}; that leaves out ${metric}`,
    });
    expect(faultOf(verdict)).toEqual({ id: "metric-not-exposed", graceMs: 3_000 });
  });

  it("names the relabelling that drops what is exposed", async () => {
    const verdict = await verdictIn(check(id), (world) => {
      without(metrics, endpoints, { ...some, [metric]: "gauge" })(world);
      world.prometheus.config = `scrape_configs: [{ job_name: ${endpoints}, metric_relabel_configs: [{ action: keep, source_labels: [__name__], regex: kube_deployment_.* }] }]`;
    });
    expect(verdict).toMatchObject({
      cause: `job ${endpoints} has the rule metric_relabel_configs[0] (keep __name__ =~ "kube_deployment_.*"); that leaves out ${metric}`,
    });
    expect(faultOf(verdict)?.id).toBe("metric-dropped");
  });

  it("says what the target exposes where nothing shows why", async () => {
    const verdict = await verdictIn(check(id), without(metrics, endpoints, some));
    expect(verdict).toMatchObject({
      cause: `target http://10.42.0.5:8080/metrics is up and exposes 1 metric; ${metric} is not among them`,
    });
    // It may have started only just now: the check's own grace period applies.
    expect(faultOf(verdict)?.id).not.toBe("metric-not-exposed");
  });

  it("goes on saying that it was not scraped yet when it was not", async () => {
    const verdict = await verdictIn(check(id), (world) => {
      without(metrics, endpoints, some)(world);
      for (const target of world.prometheus.targets)
        Object.assign(target, { health: "unknown", lastScrape: "0001-01-01T00:00:00Z" });
    });
    expect(verdict).toMatchObject({ cause: expect.stringContaining("has not been scraped") });
  });
});

describe("other exporters", () => {
  it.each([
    ["query-node-cpu", /node_cpu/, "--no-collector.cpu", "node_cpu_seconds_total"],
    ["query-node-cpu", /node_cpu/, "--collector.disable-defaults", "node_cpu_seconds_total"],
    ["node-exporter-on-every-node", /node_uname/, "--no-collector.uname", "node_uname_info"],
  ])("%s names the collector that is off", async (id, metrics, arg, metric) => {
    const verdict = await verdictIn(
      check(id),
      without(metrics, endpoints, exporterHas),
      runsWith("prometheus-node-exporter", arg),
    );
    expect(verdict).toMatchObject({
      cause: `prometheus-node-exporter runs with ${arg}; that leaves out ${metric}`,
    });
  });

  it.each([
    ["query-memory", "container_memory_usage_bytes"],
    ["cadvisor-containers", "container_memory_usage_bytes"],
    ["query-cpu", "container_cpu_usage_seconds_total"],
  ])("%s names the relabelling of cAdvisor's job", async (id, metric) => {
    const job = "kubernetes-nodes-cadvisor";
    const verdict = await verdictIn(check(id), (world) => {
      without(new RegExp(metric), job, { [metric]: "gauge" })(world);
      world.prometheus.config = `scrape_configs: [{ job_name: ${job}, metric_relabel_configs: [{ action: drop, source_labels: [__name__], regex: container_.* }] }]`;
    });
    expect(verdict).toMatchObject({
      cause: `job ${job} has the rule metric_relabel_configs[0] (drop __name__ =~ "container_.*"); that leaves out ${metric}`,
    });
  });
});
