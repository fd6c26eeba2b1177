// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Grafana are written so.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { DashboardFinding } from "../../../../src/stack/check.ts";
import { runChecks } from "../../../../src/verify/runner/run.ts";
import { healthyWorld } from "../../healthy-world.ts";
import { openStack, testVerify } from "../../open-stack.ts";

const node = { job: "node", instance: "a:9100", kubernetes_io_hostname: "a" };
const of = (names: string) => names.split(" ").map((name) => ({ __name__: name, ...node, mode: "idle" }));

/** What a stack of today has, of what the dashboards ask for. */
const today = [
  ...of("node_uname_info node_cpu_seconds_total node_memory_MemAvailable_bytes node_memory_MemTotal_bytes"),
  ...of("node_time_seconds node_boot_time_seconds node_network_receive_bytes_total node_load1 node_load5"),
  ...of("node_network_transmit_bytes_total node_filesystem_size_bytes node_filesystem_free_bytes"),
  ...of("container_network_receive_bytes_total machine_memory_bytes machine_cpu_cores kube_node_info"),
  ...of("kube_pod_container_resource_requests kube_node_status_allocatable"),
  ...of("kube_pod_container_status_restarts_total prometheus_tsdb_head_series"),
  ...of("prometheus_tsdb_head_samples_appended_total"),
  ...["container_memory_working_set_bytes", "container_cpu_usage_seconds_total"].flatMap((name) => [
    { __name__: name, ...node, id: "/" },
    { __name__: name, ...node, id: "/kubepods/x", image: "i", pod: "p", container: "c", name: "0a1b" },
  ]),
  { __name__: "kube_pod_status_phase", phase: "Running" },
  { __name__: "prometheus_target_interval_length_seconds", quantile: "0.99" },
  { __name__: "process_start_time_seconds", job: "prometheus" },
];

const dead = [
  ["1860", []],
  [
    "315",
    [
      "container_cpu_usage_seconds_total has no label pod_name; the nearest is pod",
      'no series of container_memory_working_set_bytes has name=~"^k8s_.*"; name is "0a1b"',
    ],
  ],
  [
    "3662",
    [
      "metric prometheus_evaluator_iterations_total does not exist",
      "metric http_request_duration_microseconds does not exist, nor does any other that begins with http_",
    ],
  ],
  [
    "6417",
    [
      "metric kube_pod_container_resource_requests_cpu_cores does not exist; the nearest is kube_pod_container_resource_requests; metric kube_node_status_allocatable_cpu_cores does not exist; the nearest is kube_node_status_allocatable",
      "metric node_filesystem_size does not exist; the nearest is node_filesystem_size_bytes; metric node_filesystem_free does not exist; the nearest is node_filesystem_free_bytes",
    ],
  ],
] as const;

async function findingsOf(id: string): Promise<DashboardFinding | undefined> {
  const world = healthyWorld();
  const file = new URL(`../../../../lab/dashboards/${id}.json`, import.meta.url);
  const text = readFileSync(file, "utf8").replaceAll(/\$\{DS_\w+\}/g, "Prometheus");
  world.grafana.dashboards = [{ uid: id, title: id, model: JSON.parse(text) }];
  world.grafana.series.series.splice(0, Infinity, ...today);
  world.grafana.datasource = (one) => (one["isDefault"] === true ? one : undefined);
  await using open = await openStack(world);
  const stack = { ...open.stack, verify: testVerify({ maxDeadPanels: 99 }) };
  const { findings } = await runChecks(stack, {
    only: ["dashboard-panels"],
    deadlineMs: 5_000,
    pauseMs: 5_000,
  });
  return findings.dashboards?.[0];
}

it.each(dead)(
  "the lab's stand-in for %s shows data but for the panels that are dead today",
  async (id, whys) => {
    const found = await findingsOf(id);
    const empty = found?.panels.filter(({ status }) => status === "empty").map(({ why }) => why) ?? [];
    expect(empty).toEqual(whys);
    expect(found?.panels.filter(({ status }) => status === "data").length).toBeGreaterThanOrEqual(4);
  },
);
