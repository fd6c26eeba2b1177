import { describe, expect, test } from "vitest";
import { parseQuery } from "../../src/promql/promql.ts";
import { trapsIn } from "../../src/rules/traps.ts";

const everywhere = { scrapeMs: 60_000, localPath: true };
const found = (expr: string) => trapsIn(expr, everywhere).map(({ id, character }) => [id, character]);
const better = (expr: string) => trapsIn(expr, everywhere)[0]?.instead;

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
    ["a /(container_spec_cpu_quota)", [["divided-by-no-limit", 4]], "a /(container_spec_cpu_quota > 0)"],
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
  ])("%s", (expr, traps, instead) => {
    expect(found(expr)).toEqual(traps);
    expect(better(expr)).toBe(instead);
    if (instead === undefined) return;
    expect(parseQuery(instead).status).toBe("parsed");
    expect(found(instead)).toEqual([]);
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
  ])("none in %s", (expr) => {
    expect(found(expr)).toEqual([]);
  });

  test("what isn't known isn't judged", () => {
    const options = { scrapeMs: undefined, localPath: false };
    expect(trapsIn("rate(a[1s]) + kubelet_volume_stats_used_bytes", options)).toEqual([]);
  });
});
