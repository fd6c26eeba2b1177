import { z } from "zod";
import type { Context } from "../../../host/host.ts";
import { formatCount, formatList } from "../../../lib/text.ts";
import type { PrometheusConfig } from "../../../model/prometheus-config.ts";
import { createAlertmanagerClient } from "../../../stack/alertmanager.ts";
import { type Check, pass, skipNotDeployed, type Verdict } from "../../../stack/check.ts";
import { sendRequest } from "../../../stack/http.ts";
import { createPrometheusClient, type PrometheusClient, sumMetric } from "../../../stack/prometheus.ts";
import type { HttpEndpoint, Stack } from "../../../stack/stack.ts";
import { countRequestedReplicas } from "../../access/components.ts";
import { readFreshness, splitFresh } from "../../runner/freshness.ts";
import { parseSamples } from "./delivery.ts";

export const alertmanagerWired: Check = {
  id: "alertmanager-wired",
  title: "Prometheus sends its alerts to Alertmanager",
  severity: "error",
  absence: "rules",
  meaning: "Alerts fire in Prometheus, and nobody is notified.",
  fix: "look at alerting.alertmanagers in prometheus.yml and at Prometheus' log for `notifier`",
  run: checkAlertmanagerWired,
};

const discoveredMetric = "prometheus_notifications_alertmanagers_discovered";
const lossCounters = ["prometheus_notifications_errors_total", "prometheus_notifications_dropped_total"];

const alertingSchema = z.looseObject({
  alerting: z.looseObject({ alertmanagers: z.array(z.unknown()).nullish() }).nullish(),
});

/** Fails if Prometheus knows no Alertmanager, posts to a wrong path, or loses notifications. */
async function checkAlertmanagerWired(stack: Stack): Promise<Verdict> {
  const { context, prometheus, alertmanager, rendered, deployedAt } = stack;
  if (prometheus === undefined) return skipNotDeployed("Prometheus");
  if (alertmanager === undefined) return skipNotDeployed("Alertmanager");
  const client = createPrometheusClient(context, prometheus);
  const [urls, exposition, status] = await Promise.all([
    client.alertmanagers(),
    client.metrics(),
    createAlertmanagerClient(context, alertmanager).status(),
  ]);
  if (urls.length === 0) return reportNoneKnown(await client.config(), alertmanager);
  // A counter that is still 0 may be absent. The metric of discovered Alertmanagers is always there.
  if (sumMetric(exposition, discoveredMetric) === undefined) {
    const seen = `${prometheus.url}/metrics has no ${discoveredMetric}`;
    const fault = { id: "no-notifier", graceMs: 8_000 };
    return { status: "fail", expected: `${formatList(lossCounters)} at 0`, seen, fault };
  }
  // An alert is sent once a minute, so the counters may not show a wrong path for that long.
  const pathProblem = await findRefusal(context, alertmanager, urls);
  if (pathProblem !== undefined) {
    const fault = { id: "alertmanager-not-wired", graceMs: 6_000 };
    const expected = "Alertmanager serves the path that Prometheus posts alerts to";
    return { status: "fail", expected, seen: formatList(urls), cause: pathProblem, fault };
  }
  const replicas = countRequestedReplicas(rendered);
  if (replicas > 1 && status.peers < replicas) return reportNotClustered(replicas, status);
  const hasDeliveredSince = hasDelivered(stack, exposition, urls);
  const losses = await judgeLosses(client, exposition, urls, status.version, deployedAt, hasDeliveredSince);
  if (losses.status !== "pass" || urls.length >= replicas) return losses;
  const replicaNote = `Prometheus posts each alert to ${urls.length} of ${replicas} replicas, so that an alert is in one of them only`;
  return { ...losses, seen: `${losses.seen}; ${replicaNote}` };
}

/**
 * Returns the failure for replicas that form no cluster. Then each replica notifies by itself, and a silence
 * holds only in the replica that received it.
 */
function reportNotClustered(
  replicas: number,
  { cluster, peers }: { cluster: string; peers: number },
): Verdict {
  return {
    status: "fail",
    expected: `the ${replicas} replicas of Alertmanager form a cluster`,
    seen:
      cluster === "disabled" ? "clustering is disabled" : `${formatCount(peers, "peer")}, status ${cluster}`,
    cause:
      "replicas that do not know each other send each notification once per replica, and a silence holds in one of them only",
    fix: "let the replicas find each other (`--cluster.peer` and `--cluster.listen-address`, which the chart sets for replicaCount above 1), or run one replica",
    // A replica that starts later joins at its start.
    fault: { id: "alertmanager-not-clustered", graceMs: 20_000 },
  };
}

/**
 * Fails if notifications were lost, unless the losses have stopped.
 * @param hasDeliveredSince true if notifications have been delivered since the losses
 */
async function judgeLosses(
  client: PrometheusClient,
  exposition: string,
  urls: readonly string[],
  version: string,
  deployedAt: string,
  hasDeliveredSince: boolean,
): Promise<Verdict> {
  const counterTotals = lossCounters.map((name) => ({ name, total: sumMetric(exposition, name) ?? 0 }));
  const activeText = `${formatCount(urls.length, "Alertmanager")} active (${formatList(urls)}), version ${version}`;
  const lossTotals = counterTotals.filter(({ total }) => total !== 0);
  if (lossTotals.length === 0) return pass(`${activeText}; no notification failed`);
  const totals = formatList(lossTotals.map(({ name, total }) => `${name} is ${total}`));
  if (hasDeliveredSince)
    return pass(`${activeText}; ${totals}, from the start only: what was sent since has arrived`);
  if (
    await hasStopped(
      client,
      lossTotals.map(({ name }) => name),
      deployedAt,
    )
  ) {
    return pass(`${activeText}; ${totals}, from the start only: none in the last minute`);
  }
  return {
    status: "fail",
    expected: "no notification is lost",
    seen: totals,
    cause: `Prometheus could not deliver alerts to ${formatList(urls)}: it was not up yet, or refuses them`,
    // What was lost while Alertmanager was starting is sent again a minute later.
    fault: { id: "alerts-not-delivered", graceMs: 75_000 },
  };
}

/** Prometheus' counters of notifications. */
interface NotificationCounts {
  readonly lost: number;
  /** In the order of the Alertmanagers' URLs; undefined if nothing was sent there. */
  readonly sent: readonly (number | undefined)[];
}

/** The counts at the first attempt since notifications were lost. Attempts of the same run share a stack. */
const earlierCounts = new WeakMap<Stack, NotificationCounts>();

/** True if Prometheus has sent something to each Alertmanager since an earlier attempt, and nothing was lost meanwhile. */
function hasDelivered(stack: Stack, exposition: string, urls: readonly string[]): boolean {
  const lostCount = lossCounters.reduce((sum, name) => sum + (sumMetric(exposition, name) ?? 0), 0);
  const samples = parseSamples(exposition, "prometheus_notifications_sent_total");
  const sentCounts = urls.map((url) => {
    const sample = samples.find(({ labels }) => labels.includes(`alertmanager="${url}"`));
    return sample && Number(sample.value);
  });
  const earlier = earlierCounts.get(stack);
  if (earlier === undefined || earlier.lost !== lostCount || earlier.sent.length !== urls.length) {
    earlierCounts.set(stack, { lost: lostCount, sent: sentCounts });
    return false;
  }
  return sentCounts.every((count, index) => count !== undefined && count > (earlier.sent[index] ?? 0));
}

/**
 * Returns the failure if Prometheus knows no Alertmanager. If an alerting section is configured, discovery runs every
 * 5 s.
 */
function reportNoneKnown(config: PrometheusConfig, { service }: HttpEndpoint): Verdict {
  const sectionCount = alertingSchema.safeParse(config).data?.alerting?.alertmanagers?.length ?? 0;
  const serviceName = `${service.namespace}/${service.name}`;
  return {
    status: "fail",
    expected: "at least 1 active Alertmanager in Prometheus",
    seen: "none",
    cause:
      sectionCount > 0
        ? `Prometheus has not discovered ${serviceName} yet, or its alerting section finds nothing`
        : `prometheus.yml names no Alertmanager (alerting.alertmanagers), though ${serviceName} is deployed`,
    fault: { id: "alertmanager-not-wired", graceMs: sectionCount > 0 ? 12_000 : 4_000 },
  };
}

/**
 * Returns why Alertmanager does not serve a path that Prometheus posts alerts to; undefined if all paths exist.
 * Requests each path from Alertmanager.
 */
async function findRefusal(
  context: Context,
  endpoint: HttpEndpoint,
  urls: readonly string[],
): Promise<string | undefined> {
  for (const url of urls) {
    if (!URL.canParse(url)) continue;
    const { pathname } = new URL(url);
    const { status } = await sendRequest(context, new URL(pathname, endpoint.url).href);
    if (status === 404) {
      return `Prometheus posts alerts to ${pathname}, which Alertmanager does not serve (HTTP 404): path_prefix or api_version of alerting.alertmanagers is wrong`;
    }
  }
  return undefined;
}

/** True if no notification was lost in the last minute. Earlier losses stay in the counters. */
async function hasStopped(
  client: PrometheusClient,
  names: readonly string[],
  deployedAt: string,
): Promise<boolean> {
  const freshness = await readFreshness(client, deployedAt);
  const results = names.map(async (name) => {
    const [timestamps, growth] = await Promise.all([
      client.query(`timestamp(${name})`),
      client.query(`sum(increase(${name}[1m]))`),
    ]);
    const { fresh } = splitFresh(timestamps, freshness);
    return fresh.length > 0 && growth.length > 0 && growth.every(({ value }) => value === 0);
  });
  return (await Promise.all(results)).every(Boolean);
}
