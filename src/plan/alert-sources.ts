import { isMapping, type Values, valueAt } from "../lib/values.ts";
import { chartName } from "../model/chart.ts";
import type { PlannedApp } from "../model/plan.ts";
import { stackChart } from "../model/stack-chart.ts";
import type { AlertSources } from "../rules/inhibition.ts";
import { rulesIn } from "../rules/rendered-alerts.ts";
import { readYaml } from "../yaml/read.ts";

/**
 * Where the alerts of a stack come from, as far as the values and the user's rule files say all of it: undefined where a
 * chart brings rules of its own, files that nobody knows yet are mounted, or Prometheus is elsewhere.
 * @param ruleTexts what the user's rule files hold
 */
export function alertSources(
  apps: readonly PlannedApp[],
  ruleTexts: readonly string[],
): AlertSources | undefined {
  const servers = apps.filter(({ chart }) => chartName(chart) === "prometheus");
  const [server] = servers;
  if (server === undefined || servers.length > 1 || apps.some(({ chart }) => chartName(chart) === stackChart))
    return undefined;
  const { values } = server;
  if (mounts.some((path) => !isNothing(valueAt(values, path)))) return undefined;
  const contents = [
    ...Object.values(mappingAt(values, "serverFiles")),
    ...Object.values(mappingAt(values, "ruleFiles")),
  ];
  return {
    rules: [...contents, ...ruleTexts].flatMap((content) =>
      rulesIn(typeof content === "string" ? readYaml(content).data : content),
    ),
    added: addedLabels(values),
  };
}

const mounts = [
  "extraConfigmapMounts",
  "extraSecretMounts",
  "extraVolumeMounts",
  "extraVolumes",
  "extraHostPathMounts",
].map((key) => ["server", key]);

function mappingAt(values: Values, key: string): Values {
  const found = values[key];
  return isMapping(found) ? found : {};
}

/** External labels, and what relabelling of alerts sets; undefined when that can be anything. */
function addedLabels(values: Values): string[] | undefined {
  const external = [
    ["server", "global"],
    ["serverFiles", "prometheus.yml", "global"],
  ].flatMap((path) => {
    const labels = valueAt(values, [...path, "external_labels"]);
    return isMapping(labels) ? Object.keys(labels) : [];
  });
  const relabelling = [
    ["serverFiles", "prometheus.yml", "alerting", "alert_relabel_configs"],
    ["alertRelabelConfigs", "alert_relabel_configs"],
  ].flatMap((path) => valueAt(values, path) ?? []);
  const targets = relabelling.map((one: unknown) => (isMapping(one) ? one["target_label"] : undefined));
  const isOpen = relabelling.some((one: unknown) => isMapping(one) && one["action"] === "labelmap");
  return isOpen ? undefined : [...external, ...targets.filter((one) => typeof one === "string")];
}

function isNothing(value: unknown): boolean {
  return !value || (typeof value === "object" && Object.keys(value).length === 0);
}
