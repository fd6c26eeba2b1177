import { alertmanagerClient } from "../alertmanager.ts";
import { freshnessOf, splitFresh } from "../freshness.ts";
import { type PrometheusClient, prometheusClient, sumOfMetric } from "../prometheus.ts";
import type { Check, Stack, Verdict } from "../types.ts";
import { count, listOf, notDeployed, pass } from "../verdicts.ts";

export const alertmanagerWired: Check = {
  id: "alertmanager-wired",
  title: "Prometheus sends its alerts to Alertmanager",
  severity: "error",
  meaning: "Alerts fire in Prometheus, and nobody is told.",
  mend: "look at alerting.alertmanagers in prometheus.yml and at Prometheus' log for `notifier`",
  run,
};

const discovered = "prometheus_notifications_alertmanagers_discovered";
const counters = ["prometheus_notifications_errors_total", "prometheus_notifications_dropped_total"];

async function run({ context, prometheus, alertmanager, deployedAt }: Stack): Promise<Verdict> {
  if (prometheus === undefined) return notDeployed("Prometheus");
  if (alertmanager === undefined) return notDeployed("Alertmanager");
  const client = prometheusClient(context, prometheus);
  const [urls, exposition, status] = await Promise.all([
    client.alertmanagers(),
    client.metrics(),
    alertmanagerClient(context, alertmanager).status(),
  ]);
  if (urls.length === 0) {
    return {
      status: "fail",
      expected: "at least 1 active Alertmanager in Prometheus",
      seen: "none",
      cause: `Prometheus has not discovered ${alertmanager.service.namespace}/${alertmanager.service.name} yet, or its alerting section finds nothing`,
    };
  }
  // A counter that never counted may be absent; without its neighbour this is not the notifier's exposition at all.
  if (sumOfMetric(exposition, discovered) === undefined) {
    const seen = `${prometheus.url}/metrics has no ${discovered}`;
    return { status: "fail", expected: `${listOf(counters)} at 0`, seen };
  }
  const failed = counters.map((name) => ({ name, total: sumOfMetric(exposition, name) ?? 0 }));
  const wired = `${count(urls.length, "Alertmanager")} active (${listOf(urls)}), version ${status.version}`;
  const lost = failed.filter(({ total }) => total !== 0);
  if (lost.length === 0) return pass(`${wired}; no notification failed`);
  const totals = listOf(lost.map(({ name, total }) => `${name} is ${total}`));
  if (
    await hasStopped(
      client,
      lost.map(({ name }) => name),
      deployedAt,
    )
  ) {
    return pass(`${wired}; ${totals}, from the start only: none in the last minute`);
  }
  return {
    status: "fail",
    expected: "no notification is lost",
    seen: totals,
    cause: `Prometheus could not deliver alerts to ${listOf(urls)}: it was not up yet, or refuses them`,
  };
}

/** What was lost before Alertmanager was up stays in the counters; only what goes on being lost is a fault. */
async function hasStopped(
  client: PrometheusClient,
  names: readonly string[],
  deployedAt: string,
): Promise<boolean> {
  const freshness = await freshnessOf(client, deployedAt);
  const answers = names.map(async (name) => {
    const [taken, growth] = await Promise.all([
      client.query(`timestamp(${name})`),
      client.query(`sum(increase(${name}[1m]))`),
    ]);
    const { fresh } = splitFresh(taken, freshness);
    return fresh.length > 0 && growth.length > 0 && growth.every(({ value }) => value === 0);
  });
  return (await Promise.all(answers)).every(Boolean);
}
