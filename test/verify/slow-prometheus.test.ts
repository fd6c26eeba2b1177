import { expect, it } from "vitest";
import type { Stack } from "../../src/stack/stack.ts";
import { runChecks } from "../../src/verify/runner/run.ts";
import { answerAsKubeApi } from "../support/fake-kube-api.ts";
import { answerAsPrometheus } from "../support/fake-prometheus.ts";
import { serve } from "../support/local-server.ts";
import { withFastHost } from "./fast-host.ts";
import { healthyWorld } from "./healthy-world.ts";
import { stackAt } from "./open-stack.ts";

const speed = 50;
const answersAfterMs = 5_000;

/** On a k3s of monstack's own, where the kubelet measures every second. */
function onOwnK3s(stack: Stack): Stack {
  const { plan } = stack;
  return { ...stack, plan: { ...plan, config: { ...plan.config, cluster: { kind: "k3s" } } } } as Stack;
}

/** The first answer is from before the first scrapes; all others are from a stack that works. */
it.each([
  ["node-exporter-on-every-node", "timestamp(node_uname_info)"],
  ["query-cpu", "sum(rate(container_cpu_usage_seconds_total[5m])) by (pod)"],
  ["query-memory", "sum(container_memory_usage_bytes) by (pod)"],
  ["kube-node-info", "timestamp(kube_node_info)"],
])(
  "a Prometheus that answers in 5 s is no reason for %s to fail on what it saw at first",
  async (id, query) => {
    const world = healthyWorld();
    const { prometheus, kube } = world;
    const healthy = prometheus.queries[query] ?? [];
    prometheus.queries[query] = [];
    prometheus.targets = prometheus.targets.map((one) => ({ ...one, scrapeInterval: "2s" }));
    await using slow = await serve(async (request) => {
      const answer = answerAsPrometheus(prometheus, request);
      if (request.path.includes(encodeURIComponent(query))) prometheus.queries[query] = healthy;
      await new Promise((resolve) => setTimeout(resolve, answersAfterMs / speed));
      return answer;
    });
    await using api = await serve((request) => answerAsKubeApi(kube, request));
    const urls = { prometheus: slow.url, alertmanager: slow.url, grafana: slow.url, kube: api.url };
    const stack = withFastHost(onOwnK3s(await stackAt(urls, world)), speed);
    const [result] = (await runChecks(stack, { deadlineMs: 120_000, only: [id] })).results;
    expect(result).toMatchObject({ status: "pass", attempts: 2 });
  },
);
