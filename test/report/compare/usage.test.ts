import { expect, it } from "vitest";
import { summarizeUsage } from "../../../src/report/compare/usage.ts";
import type { Plot, Point } from "../../../src/report/measurements-schema.ts";

const plot = (id: string, series: Plot["series"]): Plot => ({ id, title: id, unit: "", query: "", series });

function pod(name: string, points: readonly Point[], namespace = "monitoring"): Plot["series"][number] {
  return { name, labels: { namespace, pod: name }, points };
}

it("adds up a workload's pods: the peak of memory, the mean of CPU", () => {
  const memory = plot("memory", [
    pod("grafana-5f7d9c8b6d-x2v4k", [
      [1, 100],
      [2, 300],
    ]),
    pod("grafana-5f7d9c8b6d-q9w8z", [
      [1, 50],
      [2, null],
    ]),
  ]);
  const cpu = plot("cpu", [
    pod("grafana-5f7d9c8b6d-x2v4k", [
      [1, 0.2],
      [2, 0.4],
    ]),
    pod("grafana-5f7d9c8b6d-q9w8z", [[1, 0.2]]),
  ]);
  expect(summarizeUsage({ plots: [memory, cpu] })).toEqual([
    { workload: "monitoring/grafana", memoryBytes: 300, cpuCores: 0.4 },
  ]);
});

it("names a workload without what differs from run to run", () => {
  const names = [
    ["prometheus-server-0", "prometheus-server"],
    ["prometheus-prometheus-node-exporter-7x2k9", "prometheus-prometheus-node-exporter"],
    ["coredns-76c974cb66-wxl5c", "coredns"],
    ["my-own-job", "my-own-job"],
  ] as const;
  const memory = plot(
    "memory",
    names.map(([name]) => pod(name, [[1, 1]], "a")),
  );
  const expected = names.map(([, name]) => `a/${name}`).toSorted();
  expect(summarizeUsage({ plots: [memory] }).map(({ workload }) => workload)).toEqual(expected);
});

it("is empty where nothing was measured", () => {
  expect(summarizeUsage({ plots: [plot("memory", [pod("x", [[1, null]])])] })).toEqual([]);
});
