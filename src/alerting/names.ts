/** Carried by every alert of monstack's own: what tells one delivery from another. */
export const probeLabel = "monstack_probe";

/** Sent to Alertmanager's API by the check `alert-delivery`. */
export const syntheticAlert = "MonstackSyntheticAlert";

/** Fired by the rule that is deployed when monstack is the receiver; the check `rule-delivery` waits for it. */
export const ruleAlert = "MonstackRuleDelivery";

/** Alerts that fire because monstack wants them to: no sign of trouble. */
export const ownAlerts: readonly string[] = [syntheticAlert, ruleAlert];

/** Seconds after which the rule fires with another probe: so long can a delivery that is waited for be away. */
export const ruleProbeSeconds = 10;

/**
 * The rule group that fires all the time, with a probe that says when it was evaluated: the time, in whole steps. So each
 * step is a new alert, whatever was delivered before and however long the user's repeat_interval is.
 */
export const ruleGroup = {
  name: "monstack-rule-delivery",
  interval: "2s",
  rules: [
    {
      alert: ruleAlert,
      expr: `count_values("${probeLabel}", floor(vector(time() / ${ruleProbeSeconds})) * ${ruleProbeSeconds})`,
      labels: { severity: "none" },
      annotations: {
        summary: "monstack proves with this alert that rules reach a receiver",
        description: "It fires all the time and needs no attention",
      },
    },
  ],
} as const;
