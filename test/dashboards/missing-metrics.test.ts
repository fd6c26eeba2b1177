import { describe, expect, it } from "vitest";
import { findCollector, findNearestMetric } from "../../src/dashboards/missing-metrics.ts";

const existing = [
  "kube_node_status_allocatable",
  "kube_pod_container_resource_requests",
  "kube_pod_container_status_restarts_total",
  "kube_pod_status_phase",
  "node_cpu_guest_seconds_total",
  "node_cpu_seconds_total",
  "node_disk_read_bytes_total",
  "node_filesystem_size_bytes",
  "prometheus_http_request_duration_seconds_bucket",
  "prometheus_http_request_duration_seconds_sum",
  "prometheus_http_request_duration_seconds_total",
];

describe("the metric that took a missing one's place", () => {
  it.each([
    ["node_cpu", "node_cpu_seconds_total"],
    ["node_filesystem_size", "node_filesystem_size_bytes"],
    ["node_disk_bytes_read", "node_disk_read_bytes_total"],
    ["kube_pod_container_resource_requests_cpu_cores", "kube_pod_container_resource_requests"],
    ["kube_pod_container_status_restarts", "kube_pod_container_status_restarts_total"],
    ["prometheus_http_request_duration_seconds", "prometheus_http_request_duration_seconds_total"],
    ["kube_pod_status_pase", "kube_pod_status_phase"],
    ["kube_job_status_active", undefined],
    ["http_request_duration_microseconds", undefined],
    ["go_threads", undefined],
  ])("%s: %s", (missing, near) => {
    expect(findNearestMetric(missing, existing)).toBe(near);
  });
});

describe("a collector of node-exporter", () => {
  it.each([
    ["node_systemd_unit_state", "systemd"],
    ["node_tcp_connection_states", "tcpstat"],
    ["node_cooling_device_cur_state", "thermal_zone"],
    ["node_cpu_seconds_total", undefined],
  ])("makes %s: %s", (metric, collector) => {
    expect(findCollector(metric)).toBe(collector);
  });
});
