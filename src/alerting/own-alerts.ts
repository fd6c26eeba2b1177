/** Carried by every alert of monstack's own: distinguishes one delivery from another. */
export const probeLabel = "monstack_probe";

/** Sent to Alertmanager's API by the check `alert-delivery`. */
export const syntheticAlert = "MonstackSyntheticAlert";

/** Fired by the rule that is deployed when monstack is the receiver; the check `rule-delivery` waits for it. */
export const ruleAlert = "MonstackRuleDelivery";

/** Alerts that fire because monstack wants them to: no sign of trouble. */
export const ownAlerts: readonly string[] = [syntheticAlert, ruleAlert];

/** Seconds after which the rule fires with another probe: the longest wait for the next delivery. */
export const ruleProbeSeconds = 10;

const known = "prometheus_notifications_alertmanagers_discovered";
const evaluations = "monstack:rule_evaluations";

/**
 * The rule group that fires all the time, with a probe that says when it was evaluated: the time, in whole steps. So each
 * step is a new alert, whatever was delivered before and however long the user's repeat_interval is.
 * It waits until Prometheus knows an Alertmanager: what is sent before counts as lost. Where Prometheus doesn't scrape
 * itself, it fires after ten seconds anyway.
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
        `and on() (sum(${known}) > 0 or (count_over_time(${evaluations}[5m]) > 10 unless on() ${known}))`,
      ].join(" "),
      labels: { severity: "none" },
      annotations: {
        summary: "monstack proves with this alert that rules reach a receiver",
        description: "It fires all the time and needs no attention",
      },
    },
  ],
} as const;
