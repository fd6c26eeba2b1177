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

const discovered = "prometheus_notifications_alertmanagers_discovered";
const counters = ["prometheus_notifications_errors_total", "prometheus_notifications_dropped_total"];

const alertingSchema = z.looseObject({
  alerting: z.looseObject({ alertmanagers: z.array(z.unknown()).nullish() }).nullish(),
});

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
  // A counter that never counted may be absent; without its neighbour this is not the notifier's exposition at all.
  if (sumMetric(exposition, discovered) === undefined) {
    const seen = `${prometheus.url}/metrics has no ${discovered}`;
    const fault = { id: "no-notifier", graceMs: 8_000 };
    return { status: "fail", expected: `${formatList(counters)} at 0`, seen, fault };
  }
  // An alert is sent once a minute, so the counters may say nothing of a wrong path for that long.
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
  const rest = `Prometheus posts each alert to ${urls.length} of ${replicas} replicas, so that an alert is in one of them only`;
  return { ...losses, seen: `${losses.seen}; ${rest}` };
}

/** Without gossip each replica notifies by itself, and a silence holds in the one that a request came to. */
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

async function judgeLosses(
  client: PrometheusClient,
  exposition: string,
  urls: readonly string[],
  version: string,
  deployedAt: string,
  arrives: boolean,
): Promise<Verdict> {
  const failed = counters.map((name) => ({ name, total: sumMetric(exposition, name) ?? 0 }));
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

interface Counted {
  readonly lost: number;
  /** By Alertmanager's URL. */
  readonly sent: readonly (number | undefined)[];
}

/** Of the first attempt since notifications were lost. Attempts of the same run share a stack. */
const countedBefore = new WeakMap<Stack, Counted>();

/** Returns whether Prometheus has sent something to each Alertmanager since an earlier attempt, and nothing was lost meanwhile. */
function hasDelivered(stack: Stack, exposition: string, urls: readonly string[]): boolean {
  const lost = counters.reduce((sum, name) => sum + (sumMetric(exposition, name) ?? 0), 0);
  const all = parseSamples(exposition, "prometheus_notifications_sent_total");
  const sent = urls.map((url) => all.find(({ labels }) => labels.includes(`alertmanager="${url}"`)));
  const now = { lost, sent: sent.map((one) => one && Number(one.value)) };
  const before = countedBefore.get(stack);
  if (before === undefined || before.lost !== lost || before.sent.length !== urls.length) {
    countedBefore.set(stack, now);
    return false;
  }
  return now.sent.every((count, at) => count !== undefined && count > (before.sent[at] ?? 0));
}

/** Returns the verdict if Prometheus has no Alertmanager. Discovery runs every 5 s, if an alerting section is configured. */
function reportNoneKnown(config: PrometheusConfig, { service }: HttpEndpoint): Verdict {
  const asked = alertingSchema.safeParse(config).data?.alerting?.alertmanagers?.length ?? 0;
  const where = `${service.namespace}/${service.name}`;
  return {
    status: "fail",
    expected: "at least 1 active Alertmanager in Prometheus",
    seen: "none",
    cause:
      asked > 0
        ? `Prometheus has not discovered ${where} yet, or its alerting section finds nothing`
        : `prometheus.yml names no Alertmanager (alerting.alertmanagers), though ${where} is deployed`,
    fault: { id: "alertmanager-not-wired", graceMs: asked > 0 ? 12_000 : 4_000 },
  };
}

/** Requests the paths that Prometheus posts to at Alertmanager. Returns why one is wrong; undefined if all exist. */
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

/** Returns whether notifications are no longer lost: earlier losses stay in the counters. */
async function hasStopped(
  client: PrometheusClient,
  names: readonly string[],
  deployedAt: string,
): Promise<boolean> {
  const freshness = await readFreshness(client, deployedAt);
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
