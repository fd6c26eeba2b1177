import { formatCount, formatList } from "../../../lib/text.ts";
import { findWorkloadsByName } from "../../../model/rendered.ts";
import { type Check, type Fault, pass, skipNotDeployed, type Verdict } from "../../../stack/check.ts";
import { listNodes } from "../../../stack/kube.ts";
import type { PrometheusClient, Sample } from "../../../stack/prometheus.ts";
import { explainStaleness, readFreshness } from "../../runner/freshness.ts";
import { createScrapeFault, findLongestIntervalMs } from "../../runner/grace-periods.ts";
import { explainMissingMetric } from "../../targets/missing-metrics.ts";
import { type StackWith, withPrometheus } from "../required-services.ts";

const cpuQuery = '100 - (avg by (instance) (irate(node_cpu_seconds_total{mode="idle"}[5m])) * 100)';

export const queryNodeCpu: Check = {
  id: "query-node-cpu",
  title: "CPU usage of nodes can be queried",
  severity: "error",
  meaning: "Dashboards and alerts on the CPU of nodes stay empty.",
  fix: "see whether the node-exporter targets are up, and whether scrape_interval is at most half of 5m",
  run: withPrometheus(checkQueryNodeCpu),
};

/** Fails unless the query for CPU usage gives a finite value of this deployment for each Linux node. */
async function checkQueryNodeCpu(client: PrometheusClient, stack: StackWith<"prometheus">): Promise<Verdict> {
  if (findWorkloadsByName(stack.rendered, "prometheus-node-exporter").length === 0)
    return skipNotDeployed("node-exporter");
  const [values, times, freshness, nodes] = await Promise.all([
    client.query(cpuQuery),
    client.query('max by (instance) (timestamp(node_cpu_seconds_total{mode="idle"}))'),
    readFreshness(client, stack.deployedAt),
    listNodes(stack),
  ]);
  const linuxNodeCount = nodes.filter(
    ({ metadata }) => (metadata?.labels?.["kubernetes.io/os"] ?? "linux") === "linux",
  ).length;
  const expected = `a finite percentage for each of ${formatCount(linuxNodeCount, "node")}: ${cpuQuery}`;
  const judgedNodes = values.map(({ labels, value, text }) => {
    const instance = labels["instance"] ?? "";
    const time = times.find((sample) => sample.labels["instance"] === instance);
    const staleness = time === undefined ? "has no samples" : explainStaleness(time, freshness);
    const reason = staleness ?? (Number.isFinite(value) ? undefined : `is ${text}`);
    return {
      value,
      isOld: staleness !== undefined,
      problem: reason === undefined ? undefined : `${instance} ${reason}`,
    };
  });
  const validNodes = judgedNodes.filter(({ problem }) => problem === undefined);
  const problems = judgedNodes.flatMap(({ problem }) => problem ?? []);
  // Removed nodes, and nodes from a restored backup, leave series for 5 minutes.
  const hasFreshProblem = judgedNodes.some(({ isOld, problem }) => problem !== undefined && !isOld);
  if (linuxNodeCount > 0 && validNodes.length >= linuxNodeCount && !hasFreshProblem) {
    return pass(
      `${formatCount(validNodes.length, "node")}: ${formatList(validNodes.map(({ value }) => `${value.toFixed(1)} %`))}`,
    );
  }
  const reason =
    times.length === 0
      ? await explainMissingMetric(stack, client, "prometheus-node-exporter", "node_cpu_seconds_total")
      : undefined;
  return {
    status: "fail",
    expected,
    seen:
      values.length === 0
        ? "an empty answer"
        : formatList([`${formatCount(validNodes.length, "node")} with a value`, ...problems]),
    cause: "irate() needs two scrapes of node-exporter; until then a node has no value",
    fault: await createMissingValueFault(client, values),
    ...reason,
  };
}

const windowMs = 5 * 60_000;

/**
 * Returns the fault of missing values. It is final if the query's window is shorter than two scrapes; else it waits
 * for two scrapes.
 */
async function createMissingValueFault(client: PrometheusClient, values: readonly Sample[]): Promise<Fault> {
  const targetPattern = /node-exporter/;
  if (values.length === 0 && 2 * (await findLongestIntervalMs(client, targetPattern)) > windowMs)
    return { id: "window-too-short", graceMs: 0 };
  return await createScrapeFault(client, "query-nodes-missing", targetPattern, { scrapes: 2 });
}
