import { prometheusClient, sumOfMetric } from "../prometheus.ts";
import type { Check, Stack, Verdict } from "../types.ts";
import { notDeployed, pass } from "../verdicts.ts";

const metric = "prometheus_config_last_reload_successful";

export const prometheusConfigLoaded: Check = {
  id: "prometheus-config-loaded",
  title: "Prometheus has loaded its configuration",
  severity: "error",
  meaning: "The last configuration was refused, and Prometheus goes on with an older one.",
  mend: "the log of the prometheus-server pod names the line; `promtool check config` finds it beforehand",
  run,
};

/** Read from Prometheus' own /metrics rather than by a query: that works without a scrape of itself and is never old. */
async function run({ context, prometheus }: Stack): Promise<Verdict> {
  if (prometheus === undefined) return notDeployed("Prometheus");
  const exposition = await prometheusClient(context, prometheus).metrics();
  const value = sumOfMetric(exposition, metric);
  const expected = `${metric} is 1`;
  if (value === undefined) {
    return {
      status: "fail",
      expected,
      seen: `${prometheus.url}/metrics has no such metric`,
      cause: "what answers there is not Prometheus, or one that has not loaded a configuration yet",
    };
  }
  if (value === 1) return pass(expected);
  return {
    status: "fail",
    expected,
    seen: `${metric} is ${value}`,
    cause:
      "the configuration in the ConfigMap can't be loaded: a wrong key, a bad expression or a missing file",
  };
}
