import { describe, expect, test } from "vitest";
import { findTraps, type TrapOptions } from "../../src/rules/traps.ts";
import { parseQuery } from "../support/expressions.ts";

const everywhere = { scrapeMs: 60_000, localPath: true };
const traps = async (expr: string, options: TrapOptions = everywhere) =>
  findTraps(expr, await parseQuery(expr), options);
const found = async (expr: string) => (await traps(expr)).map(({ id, character }) => [id, character]);
const better = async (expr: string) => (await traps(expr))[0]?.correctedExpr;

describe("traps", () => {
  test.each([
    [
      "sum(container_memory_usage_bytes) by (pod)",
      [["root-cgroup", 4]],
      'sum(container_memory_usage_bytes{container!="",pod!=""}) by (pod)',
    ],
    [
      'sum by (pod) (rate(container_cpu_usage_seconds_total{pod=~"a.*",}[1h]))',
      [["root-cgroup", 19]],
      'sum by (pod) (rate(container_cpu_usage_seconds_total{pod=~"a.*",container!=""}[1h]))',
    ],
    ["sum(container_memory_rss{})", [["root-cgroup", 4]], 'sum(container_memory_rss{container!="",pod!=""})'],
    [
      "container_memory_usage_bytes / container_spec_memory_limit_bytes * 100 > 90",
      [["divided-by-no-limit", 31]],
      "container_memory_usage_bytes / (container_spec_memory_limit_bytes > 0) * 100 > 90",
    ],
    [
      "a /(container_spec_memory_limit_bytes)",
      [["divided-by-no-limit", 4]],
      "a /(container_spec_memory_limit_bytes > 0)",
    ],
    [
      "(a / container_spec_memory_limit_bytes offset 5m)",
      [["divided-by-no-limit", 5]],
      "(a / (container_spec_memory_limit_bytes offset 5m > 0))",
    ],
    [
      "sum(container_memory_rss) by (pod)/sum(container_spec_memory_limit_bytes) by (pod)",
      [
        ["root-cgroup", 4],
        ["root-cgroup", 39],
        ["divided-by-no-limit", 39],
      ],
      'sum(container_memory_rss{container!="",pod!=""}) by (pod)/ (sum(container_spec_memory_limit_bytes{container!="",pod!=""}) by (pod) > 0)',
    ],
    [
      "rate(a[1m]) / rate(b[90s])",
      [
        ["window-too-short", 7],
        ["window-too-short", 21],
      ],
      "rate(a[4m]) / rate(b[4m])",
    ],
    ["kubelet_volume_stats_available_bytes < 1", [["volume-stats-missing", 0]], undefined],
  ])("%s", async (expr, expected, correctedExpr) => {
    expect(await found(expr)).toEqual(expected);
    expect(await better(expr)).toBe(correctedExpr);
    if (correctedExpr === undefined) return;
    expect((await parseQuery(correctedExpr)).status).toBe("parsed");
    expect(await found(correctedExpr)).toEqual([]);
  });

  test.each([
    'sum(container_memory_usage_bytes{container!=""}) by (pod)',
    "sum(container_memory_usage_bytes) by (pod, container)",
    "sum without (cpu) (container_cpu_usage_seconds_total)",
    "max(container_memory_usage_bytes)",
    "container_memory_usage_bytes > 1",
    "sum(container_network_receive_bytes_total) by (pod)",
    "a / (container_spec_memory_limit_bytes > 0)",
    "a / (container_spec_memory_limit_bytes != 0)",
    "container_spec_memory_limit_bytes / 1024",
    "rate(kube_pod_container_status_restarts_total[15m]) > 0",
    "rate(a[2m])",
    "rate(job:recorded[1m])",
    "sum(",
    "rate(container_cpu_usage_seconds_total[5m]) / (container_spec_cpu_quota / container_spec_cpu_period)",
    'sum(container_memory_usage_bytes{name!=""}) by (pod)',
    "sum(container_memory_usage_bytes) by (name)",
    "sum by (image) (container_memory_usage_bytes)",
    "sum without (container, cpu) (container_cpu_usage_seconds_total)",
    "a / container_spec_memory_limit_bytes > 0.9 and container_spec_memory_limit_bytes > 0",
    "(a / container_spec_memory_limit_bytes) != +Inf > 0.9",
  ])("none in %s", async (expr) => {
    expect(await found(expr)).toEqual([]);
  });

  test("what isn't known isn't judged", async () => {
    const options = { scrapeMs: undefined, localPath: false };
    expect(await traps("rate(a[1s]) + kubelet_volume_stats_used_bytes", options)).toEqual([]);
  });
});
