import { explainConfigurationError } from "../configuration-errors.ts";
import { needAlertmanager, notPassed, quoteCheck, withFault } from "../failed.ts";
import { linesOf, quote, saidBy } from "../log-lines.ts";
import type { DiagnosisRule } from "../rule.ts";

/** Up to 0.28, since 0.29, and of what is read with it. */
const refused =
  /Loading configuration file failed|error loading configuration file|failed to apply new config/;

export const alertmanagerConfigInvalid: DiagnosisRule = {
  id: "alertmanager-config-invalid",
  layer: "configuration",
  title: "Alertmanager refuses its configuration",
  evidence: "Alertmanager's log, of a start or of a reload",
  find: (evidence) => {
    const lines = linesOf(evidence, "alertmanager");
    const good = lines.findLastIndex(({ text }) => /Completed loading of configuration file/.test(text));
    const line = lines.findLast(({ text }, index) => index > good && refused.test(text));
    if (line === undefined) return [];
    const error = explainConfigurationError(line.fields["err"] ?? saidBy(line));
    return [
      {
        what: `Alertmanager refuses its configuration: ${error.what}`,
        how: [quote(line)],
        fix: error.fix,
        explains: notPassed(evidence, needAlertmanager),
        keys: error.keys,
        values: error.values,
      },
    ];
  },
};

export const alertmanagerNotWired: DiagnosisRule = {
  id: "alertmanager-not-wired",
  layer: "alerting",
  title: "Prometheus doesn't send its alerts to Alertmanager",
  evidence: "the check alertmanager-wired; Prometheus' list of Alertmanagers; its configuration",
  find: (evidence) =>
    withFault(evidence, "no-alertmanager", "no-alertmanager-configured", "alertmanager-wrong-path").map(
      (check) => {
        const unnamed = check.fault === "no-alertmanager-configured";
        return {
          what:
            check.fault === "alertmanager-wrong-path"
              ? "Prometheus posts its alerts to a path that Alertmanager does not serve"
              : `Prometheus knows no Alertmanager, though one is deployed: ${unnamed ? "its configuration names none" : "the alerting section of its configuration finds none"}`,
          how: [quoteCheck(check), ...(check.cause === undefined ? [] : [check.cause])],
          fix: unnamed
            ? "Leave alerting.alertmanagers (server.alertmanagers in the chart's values) to the chart, or name the Alertmanager service there."
            : "Correct alerting.alertmanagers in prometheus.yml: its discovery, its relabelling, and path_prefix.",
          explains: [...notPassed(evidence, /^alert-delivery$|^rule-delivery$/), check.id],
          keys: ["server.alertmanagers", "alertmanagers", "prefixURL", "path_prefix", "alertRelabelConfigs"],
        };
      },
    ),
};
