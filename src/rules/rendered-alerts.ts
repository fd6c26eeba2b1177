import { isMapping } from "../lib/values.ts";
import type { RenderedApp } from "../model/rendered-app.ts";
import type { AlertSources } from "./inhibition.ts";

/** Where the alerts of a stack with an operator come from: its rules are PrometheusRules. Undefined: it has no Prometheus. */
export function renderedAlertSources(rendered: readonly RenderedApp[]): AlertSources | undefined {
  const objects = rendered.flatMap(({ objects }) => objects);
  const servers = objects
    .filter(({ kind }) => kind === "Prometheus")
    .map(({ spec }) => (isMapping(spec) ? spec : {}));
  if (servers.length === 0) return undefined;
  const isOpen = servers.some((spec) => spec["additionalAlertRelabelConfigs"] !== undefined);
  const external = servers.flatMap(({ externalLabels }) => Object.keys(externalLabels ?? {}));
  const rules = objects.filter(({ kind }) => kind === "PrometheusRule").flatMap(rulesIn);
  // The operator adds where the alert comes from.
  return { rules, added: isOpen ? undefined : [...external, "prometheus", "prometheus_replica"] };
}

/** The rules of a rule file or a PrometheusRule, each with the labels of its group. */
export function rulesIn(content: unknown): unknown[] {
  if (!isMapping(content)) return [];
  const { groups } = isMapping(content["spec"]) ? content["spec"] : content;
  return (Array.isArray(groups) ? groups : []).flatMap((group: unknown) => {
    if (!isMapping(group) || !Array.isArray(group["rules"])) return [];
    const shared = isMapping(group["labels"]) ? group["labels"] : {};
    return group["rules"].filter(isMapping).map((rule) => ({
      ...rule,
      labels: { ...shared, ...(isMapping(rule["labels"]) ? rule["labels"] : {}) },
    }));
  });
}
