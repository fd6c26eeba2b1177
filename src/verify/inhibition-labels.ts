import { matches } from "../alerting/matchers.ts";
import { ownAlerts } from "../alerting/own-alerts.ts";
import type { Inhibition } from "../alerting/routes.ts";
import { prometheusClient } from "../stack/prometheus.ts";
import type { Stack } from "../stack/types.ts";

/** A label that an inhibition rule names and that no alert of this Prometheus can have. */
export interface UnknownLabel {
  readonly label: string;
  /** Where the rule names it, and what comes of it. */
  readonly consequence: string;
}

/**
 * An alert has the labels of its rule, of the series in its expression, and external labels. What none of these has is in
 * no alert. Only rules that the user wrote are judged: a chart's own can be for alerts that this stack leaves out.
 */
export async function labelsNobodyHas(
  stack: Stack,
  inhibitions: readonly Inhibition[],
): Promise<readonly UnknownLabel[]> {
  if (stack.prometheus === undefined || !areUserWritten(stack)) return [];
  const client = prometheusClient(stack.context, stack.prometheus);
  const [groups, config, ofSeries] = await Promise.all([
    client.rules(),
    client.config(),
    client.labelNames(),
  ]);
  const alerting = groups
    .flatMap(({ rules }) => rules)
    .filter(({ type, name }) => type === "alerting" && !ownAlerts.includes(name));
  // Then its alerts come from elsewhere.
  if (alerting.length === 0) return [];
  const { global, scrape_configs: _, ...rest } = config;
  const known = new Set([
    "alertname",
    ...ofSeries,
    ...alerting.flatMap(({ labels }) => Object.keys(labels)),
    ...Object.keys(global?.external_labels ?? {}),
    // What alert_relabel_configs write.
    ...[...JSON.stringify(rest).matchAll(/"target_label":"([^"]+)"/g)].map(([, label = ""]) => label),
  ]);
  return inhibitions.flatMap((rule) => unknownIn(rule, known));
}

function areUserWritten({ plan, rendered }: Stack): boolean {
  if (plan.config.alerting?.config !== undefined) return true;
  return rendered.some(({ app }) => JSON.stringify(app.values).includes('"inhibit_rules"'));
}

function unknownIn({ source, target, equal }: Inhibition, known: ReadonlySet<string>): UnknownLabel[] {
  // One that fits alerts without the label asks for nothing.
  const demanded = [...source, ...target].filter((one) => !matches(one, {}));
  const never = demanded.map(({ label }) => ({
    label,
    consequence: `its matchers ask for ${label}, so that it never holds an alert back`,
  }));
  const wide = equal.map((label) => ({
    label,
    consequence: `equal names ${label}, and two alerts without it count as equal: it holds back more than is meant`,
  }));
  return [...never, ...wide].filter(({ label }) => !known.has(label));
}
