import { ruleGroup } from "../alerting/own-alerts.ts";
import { isMapping, replaceAt, type Values, valueAt } from "../lib/values.ts";
import { chartName } from "../model/chart.ts";
import type { PlannedApp } from "../model/plan.ts";
import { stackChart } from "../model/stack-chart.ts";
import { hasGroups, isRuleFileRead } from "./rule-files.ts";

/** In the order in which they are preferred: the deprecated ones are hardly ever the user's. */
const ruleFiles = ["rules", "alerts", "alerting_rules.yml", "recording_rules.yml"];

/** The values with the rule in them, or why it can't be. */
export type WithRule = { at: readonly string[]; values: Values } | { without: string };

/** Adds the rule group of monstack's own to what Prometheus evaluates. */
export function withRule(app: PlannedApp, values: Values): WithRule {
  const chart = chartName(app.chart);
  if (chart === "prometheus") return inRuleFile(values);
  if (chart === stackChart) return asPrometheusRule(values);
  return { without: "only the charts prometheus and kube-prometheus-stack get monstack's own rule" };
}

/** The chart makes a PrometheusRule of it, with the label that its own selector asks for. */
function asPrometheusRule(values: Values): WithRule {
  const selector = valueAt(values, ["prometheus", "prometheusSpec", "ruleSelector"]);
  if (isMapping(selector) && Object.keys(selector).length > 0)
    return { without: "Prometheus takes in only the rules that your ruleSelector asks for" };
  const at = ["additionalPrometheusRulesMap", ruleGroup.name, "groups"];
  return { at, values: replaceAt(values, at, [ruleGroup]) };
}

/** Adds the group to a rule file that Prometheus reads: one that the user left empty, else beside the user's groups. */
function inRuleFile(values: Values): WithRule {
  if (valueAt(values, ["server", "configMapOverrideName"]))
    return { without: "Prometheus reads its files from a ConfigMap of the user's" };
  const contentOf = (file: string) => valueAt(values, ["serverFiles", file]);
  const isEmpty = (content: unknown) =>
    content === undefined || (isMapping(content) && Object.keys(content).length === 0);
  const readable = ruleFiles.filter((file) => isRuleFileRead(values, file));
  const file =
    readable.find((one) => isEmpty(contentOf(one))) ?? readable.find((one) => hasGroups(contentOf(one)));
  if (file === undefined)
    return { without: "none of the rule files that Prometheus reads can take monstack's own rule" };
  const there = contentOf(file);
  const groups = hasGroups(there) ? [...there.groups, ruleGroup] : [ruleGroup];
  return {
    at: ["serverFiles", file, "groups"],
    values: replaceAt(values, ["serverFiles", file], { ...(isMapping(there) ? there : {}), groups }),
  };
}
