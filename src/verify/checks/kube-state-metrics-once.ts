import { formatList } from "../../lib/text.ts";
import { workloadsNamed } from "../../model/rendered.ts";
import { type Check, notDeployed, pass, type Stack, type Verdict } from "../../stack/check.ts";
import { prometheusClient, type Sample } from "../../stack/prometheus.ts";
import { freshnessOf, splitFresh } from "../runner/freshness.ts";
import { scrapeFault } from "../runner/grace-periods.ts";
import { whyNoMetric } from "../targets/missing-metrics.ts";

export const kubeStateMetricsOnce: Check = {
  id: "kube-state-metrics-once",
  title: "kube-state-metrics is scraped exactly once",
  severity: "error",
  absence: "targets",
  meaning:
    "Without it all kube_* metrics are missing; scraped twice, every sum over them is twice too large.",
  fix: "leave one way to scrape it: the prometheus.io/scrape annotation or a static job or a ServiceMonitor",
  run: checkKubeStateMetricsOnce,
};

/** Sharded, it has several sources too, but none of them has an object of another's: so each node is looked at. */
async function checkKubeStateMetricsOnce(stack: Stack): Promise<Verdict> {
  const { context, prometheus, rendered, deployedAt } = stack;
  if (prometheus === undefined) return notDeployed("Prometheus");
  if (workloadsNamed(rendered, "kube-state-metrics").length === 0) return notDeployed("kube-state-metrics");
  const client = prometheusClient(context, prometheus);
  const [samples, freshness] = await Promise.all([
    client.query("timestamp(kube_node_info)"),
    freshnessOf(client, deployedAt),
  ]);
  const { fresh, stale } = splitFresh(samples, freshness);
  const expected = "kube_node_info once for each node, scraped since the deployment began";
  if (fresh.length === 0) {
    const seen = stale[0]
      ? `only old samples: kube_node_info ${stale[0].why}`
      : "no series of kube_node_info";
    const cause = "kube-state-metrics has not been scraped yet, or has no target (see targets-up)";
    const fault = await scrapeFault(client, "kube-state-metrics-missing", /kube-state-metrics/);
    const reason = await whyNoMetric(stack, client, "kube-state-metrics", "kube_node_info");
    return { status: "fail", expected, seen, cause, fault, ...reason };
  }
  const nodes = [...new Set(fresh.map(({ labels }) => labels["node"] ?? ""))];
  const byNode = nodes.map((node) => fresh.filter(({ labels }) => labels["node"] === node));
  const twice = byNode.find((list) => list.length > 1);
  if (twice === undefined) return pass(`scraped once, by ${formatList(sourcesOf(fresh))}`);
  return {
    status: "fail",
    expected,
    seen: `kube_node_info of node ${twice[0]?.labels["node"]} comes from ${twice.length} scrapes: ${formatList(sourcesOf(twice))}`,
    cause: "two jobs scrape it, or two of it run",
    fault: await scrapeFault(client, "kube-state-metrics-twice", /kube-state-metrics/),
  };
}

function sourcesOf(samples: readonly Sample[]): string[] {
  return [...new Set(samples.map(({ labels }) => `job ${labels["job"]} from ${labels["instance"]}`))];
}
