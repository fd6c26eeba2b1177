import { parseDuration } from "../../../lib/duration.ts";
import { formatList } from "../../../lib/text.ts";
import type { PrometheusConfig } from "../../../model/prometheus-config.ts";
import { findPrometheusConfig } from "../../../model/rendered.ts";
import { type Check, pass, skipNotDeployed, type Verdict } from "../../../stack/check.ts";
import { abridgeBody, createUnexpectedError } from "../../../stack/http.ts";
import { createPrometheusClient, sumMetric } from "../../../stack/prometheus.ts";
import type { Stack } from "../../../stack/stack.ts";
import { createNotInForceFault } from "../../runner/grace-periods.ts";

export const prometheusReady: Check = {
  id: "prometheus-ready",
  title: "Prometheus is ready to answer",
  severity: "error",
  meaning:
    "Prometheus runs but can't be queried: it is still replaying its log, or its start does not finish.",
  fix: "read the log of the prometheus-server pod; give it memory or time to replay a large write-ahead log",
  run: checkPrometheusReady,
};

/** Fails while Prometheus responds with 503. Throws if another server responds. */
async function checkPrometheusReady({ context, prometheus }: Stack): Promise<Verdict> {
  if (prometheus === undefined) return skipNotDeployed("Prometheus");
  const response = await createPrometheusClient(context, prometheus).ready();
  if (response.status === 200 && /^Prometheus.* is Ready/i.test(response.body)) {
    return pass(`${response.url} answers: ${abridgeBody(response.body)}`);
  }
  if (response.status === 503) {
    return {
      status: "fail",
      expected: `${response.url} answers HTTP 200`,
      seen: `HTTP 503: ${abridgeBody(response.body)}`,
      cause:
        "Prometheus is still starting (it loads its blocks and replays its write-ahead log), or is shutting down",
      fault: { id: "prometheus-not-ready", graceMs: 15_000 },
    };
  }
  throw createUnexpectedError(response, `HTTP ${response.status}, not as Prometheus does`);
}

const reloadMetric = "prometheus_config_last_reload_successful";

export const prometheusConfigLoaded: Check = {
  id: "prometheus-config-loaded",
  title: "Prometheus has loaded its configuration",
  severity: "error",
  meaning: "The last configuration was refused, and Prometheus goes on with an older one.",
  fix: "the log of the prometheus-server pod names the line; `promtool check config` finds it beforehand",
  run: checkPrometheusConfigLoaded,
};

/**
 * Fails if Prometheus refused its last configuration, or runs with an older one. The metric is read from Prometheus'
 * own /metrics, not queried: so it is current, and Prometheus need not scrape itself.
 */
async function checkPrometheusConfigLoaded(stack: Stack): Promise<Verdict> {
  const { context, prometheus, rendered } = stack;
  if (prometheus === undefined) return skipNotDeployed("Prometheus");
  const client = createPrometheusClient(context, prometheus);
  const value = sumMetric(await client.metrics(), reloadMetric);
  const expected = `${reloadMetric} is 1`;
  if (value === undefined) {
    return {
      status: "fail",
      expected,
      seen: `${prometheus.url}/metrics has no such metric`,
      cause: "what answers there is not Prometheus, or one that has not loaded a configuration yet",
      fault: { id: "config-unknown", graceMs: 10_000 },
    };
  }
  if (value !== 1) {
    return {
      status: "fail",
      expected,
      seen: `${reloadMetric} is ${value}`,
      cause:
        "the configuration in the ConfigMap can't be loaded: a wrong key, a bad expression or a missing file",
      fault: await createNotInForceFault(stack, client, "prometheus-config-invalid"),
    };
  }
  const requested = findPrometheusConfig(rendered);
  const differences = requested === undefined ? [] : listDifferences(requested, await client.config());
  if (differences.length === 0) return pass(expected);
  return {
    status: "fail",
    expected: "the scrape jobs of this deployment are in force",
    seen: formatList(differences),
    cause:
      "Prometheus goes on with the configuration from before; a changed ConfigMap takes a minute to arrive",
    fault: await createNotInForceFault(stack, client, "config-not-in-force"),
  };
}

/**
 * Returns a line for each requested job or scrape interval that differs in the running configuration. The other
 * settings are not compared: Prometheus adds defaults and hides secrets.
 */
function listDifferences(requested: PrometheusConfig, running: PrometheusConfig): string[] {
  const jobs = running.scrape_configs ?? [];
  const intervals = (requested.scrape_configs ?? []).flatMap(({ job_name, scrape_interval }) => {
    const job = jobs.find((candidate) => candidate.job_name === job_name);
    if (job === undefined) return [`job ${job_name} is not there`];
    return describeDifference(`job ${job_name}'s scrape_interval`, scrape_interval, job.scrape_interval);
  });
  const globalInterval = requested.global?.scrape_interval;
  return [
    ...describeDifference("the global scrape_interval", globalInterval, running.global?.scrape_interval),
    ...intervals,
  ];
}

/** Returns a line on two durations that differ; empty if they are equal or one is not set. */
function describeDifference(
  setting: string,
  requested: string | undefined,
  running: string | undefined,
): string[] {
  if (requested === undefined || running === undefined || parseDuration(requested) === parseDuration(running))
    return [];
  return [`${setting} is ${running}, not ${requested}`];
}
