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
  const refused = await findRefusal(context, alertmanager, urls);
  if (refused !== undefined) {
    const fault = { id: "alertmanager-not-wired", graceMs: 6_000 };
    const expected = "Alertmanager serves the path that Prometheus posts alerts to";
    return { status: "fail", expected, seen: formatList(urls), cause: refused, fault };
  }
  const replicas = countRequestedReplicas(rendered);
  if (replicas > 1 && status.peers < replicas) return reportNotClustered(replicas, status);
  const arrives = hasDelivered(stack, exposition, urls);
  const losses = await judgeLosses(client, exposition, urls, status.version, deployedAt, arrives);
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
 * Fails if notifications were lost, unless the losses have stopped. `arrives`: notifications have been delivered
 * since.
 */
async function judgeLosses(
  client: PrometheusClient,
  exposition: string,
  urls: readonly string[],
  version: string,
  deployedAt: string,
  arrives: boolean,
): Promise<Verdict> {
  const failed = lossCounters.map((name) => ({ name, total: sumMetric(exposition, name) ?? 0 }));
  const wired = `${formatCount(urls.length, "Alertmanager")} active (${formatList(urls)}), version ${version}`;
  const lost = failed.filter(({ total }) => total !== 0);
  if (lost.length === 0) return pass(`${wired}; no notification failed`);
  const totals = formatList(lost.map(({ name, total }) => `${name} is ${total}`));
  if (arrives) return pass(`${wired}; ${totals}, from the start only: what was sent since has arrived`);
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
    cause: `Prometheus could not deliver alerts to ${formatList(urls)}: it was not up yet, or refuses them`,
    // What was lost while Alertmanager was starting is sent again a minute later.
    fault: { id: "alerts-not-delivered", graceMs: 75_000 },
  };
}

/** Prometheus' lossCounters of notifications. */
interface NotificationCounts {
  readonly lost: number;
  /** In the order of the Alertmanagers' URLs; undefined if nothing was sent there. */
  readonly sent: readonly (number | undefined)[];
}

/** The counts at the first attempt since notifications were lost. Attempts of the same run share a stack. */
const earlierCounts = new WeakMap<Stack, NotificationCounts>();

/** True if Prometheus has sent something to each Alertmanager since an earlier attempt, and nothing was lost meanwhile. */
function hasDelivered(stack: Stack, exposition: string, urls: readonly string[]): boolean {
  const lost = lossCounters.reduce((sum, name) => sum + (sumMetric(exposition, name) ?? 0), 0);
  const samples = parseSamples(exposition, "prometheus_notifications_sent_total");
  const sent = urls.map((url) => {
    const sample = samples.find(({ labels }) => labels.includes(`alertmanager="${url}"`));
    return sample && Number(sample.value);
  });
  const before = earlierCounts.get(stack);
  if (before === undefined || before.lost !== lost || before.sent.length !== urls.length) {
    earlierCounts.set(stack, { lost, sent });
    return false;
  }
  return sent.every((count, index) => count !== undefined && count > (before.sent[index] ?? 0));
}

/** Returns the verdict if Prometheus has no Alertmanager. Discovery runs every 5 s, if an alerting section is configured. */
function reportNoneKnown(config: PrometheusConfig, { service }: HttpEndpoint): Verdict {
  const configured = alertingSchema.safeParse(config).data?.alerting?.alertmanagers?.length ?? 0;
  const where = `${service.namespace}/${service.name}`;
  return {
    status: "fail",
    expected: "at least 1 active Alertmanager in Prometheus",
    seen: "none",
    cause:
      configured > 0
        ? `Prometheus has not discovered ${where} yet, or its alerting section finds nothing`
        : `prometheus.yml names no Alertmanager (alerting.alertmanagers), though ${where} is deployed`,
    fault: { id: "alertmanager-not-wired", graceMs: configured > 0 ? 12_000 : 4_000 },
  };
}

/** Requests from Alertmanager the paths that Prometheus posts to. Returns why a path is wrong; undefined if all exist. */
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
