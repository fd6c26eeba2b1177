/** Label of every alert of monstack's own. Its value distinguishes one delivery from another. */
export const probeLabel = "monstack_probe";

/** Sent to Alertmanager's API by the check `alert-delivery`. */
export const syntheticAlert = "MonstackSyntheticAlert";

/** Fired by the rule that is deployed when monstack is the receiver; the check `rule-delivery` waits for it. */
export const ruleAlert = "MonstackRuleDelivery";

/** Alerts that monstack fires on purpose. They do not mean a problem. */
export const ownAlerts: readonly string[] = [syntheticAlert, ruleAlert];

/** Seconds after which the rule fires with another probe, which is the longest wait for the next delivery. */
export const ruleProbeSeconds = 10;

/** The metric with the number of Alertmanagers that Prometheus knows. */
const discoveredAlertmanagers = "prometheus_notifications_alertmanagers_discovered";
const evaluations = "monstack:rule_evaluations";

/**
 * The rule group that fires all the time. Its probe is the evaluation time in whole steps, so that each step is a new
 * alert, independent of earlier deliveries and of the user's repeat_interval. It waits until Prometheus knows an
 * Alertmanager, since earlier notifications count as lost. If Prometheus does not scrape itself, it fires after ten
 * seconds anyway.
 */
export const ruleGroup = {
  name: "monstack-rule-delivery",
  interval: "1s",
  rules: [
    { record: evaluations, expr: "vector(1)" },
    {
      alert: ruleAlert,
      expr: [
        `count_values("${probeLabel}", floor(vector(time() / ${ruleProbeSeconds})) * ${ruleProbeSeconds})`,
        `and on() (sum(${discoveredAlertmanagers}) > 0 or (count_over_time(${evaluations}[5m]) > 10 unless on() ${discoveredAlertmanagers}))`,
      ].join(" "),
      labels: { severity: "none" },
      annotations: {
        summary: "monstack proves with this alert that rules reach a receiver",
        description: "It fires all the time and needs no attention",
      },
    },
  ],
} as const;
