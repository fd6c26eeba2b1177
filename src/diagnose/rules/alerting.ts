import { explainConfigurationError } from "../../failures/configuration.ts";
import { matchFailure } from "../../failures/failure.ts";
import * as failures from "../../failures/servers.ts";
import { findFailedChecks, listNotPassed, needAlertmanager, quoteCheck, withFault } from "../checks.ts";
import type { Evidence } from "../evidence.ts";
import { canExplain, findLinesOfApp, getMessage, type LogLine, quote } from "../log-lines.ts";
import type { DiagnosisRule, Finding } from "../rule.ts";

/** Up to 0.28, since 0.29, and of what is read with it. */
const refused =
  /Loading configuration file failed|error loading configuration file|failed to apply new config/;

export const alertmanagerConfigInvalid: DiagnosisRule = {
  id: "alertmanager-config-invalid",
  layer: "configuration",
  title: "Alertmanager refuses its configuration",
  evidence: "Alertmanager's log, of a start or of a reload",
  find: (evidence) => {
    const lines = findLinesOfApp(evidence, "alertmanager");
    const good = lines.findLastIndex(({ text }) => /Completed loading of configuration file/.test(text));
    const line = lines.findLast(({ text }, index) => index > good && refused.test(text));
    if (line === undefined) return [];
    const error = explainConfigurationError(line.fields["err"] ?? getMessage(line));
    return [
      {
        what: `Alertmanager refuses its configuration: ${error.what}`,
        how: [quote(line)],
        fix: error.fix,
        explains: listNotPassed(evidence, needAlertmanager),
        keys: error.keys,
        values: error.values,
      },
    ];
  },
};

export const alertmanagerNotWired: DiagnosisRule = {
  ...failures.alertmanagerNotWired,
  evidence: "the check alertmanager-wired; Prometheus' list of Alertmanagers; its configuration",
  find: (evidence) =>
    withFault(evidence, failures.alertmanagerNotWired.id).map((check) => {
      const known = matchFailure([failures.alertmanagerNotWired], `${check.expected}\n${check.cause ?? ""}`);
      return {
        what: known?.explanation ?? check.seen,
        how: [quoteCheck(check), ...(check.cause === undefined ? [] : [check.cause])],
        fix: known?.fix,
        explains: [...listNotPassed(evidence, /^alert-delivery$|^rule-delivery$/), check.id],
      };
    }),
};

export const notificationsFail: DiagnosisRule = {
  ...failures.notificationsFail,
  evidence: "Alertmanager's log: `Notify for alerts failed`, `Notify attempt failed`",
  find: (evidence) => [...groupByReceiver(evidence).values()].map((line) => describeReceiver(evidence, line)),
};

export const alertsNotDelivered: DiagnosisRule = {
  ...failures.alertsNotDelivered,
  evidence: "Prometheus' log: `Error sending alerts`; the check alertmanager-wired",
  find: (evidence) => {
    const checks = withFault(evidence, failures.alertsNotDelivered.id);
    if (checks.length === 0) return [];
    const explains = checks.map(({ id }) => id);
    const line = findLinesOfApp(evidence, "prometheus").findLast(
      (one) => /Error sending alert/.test(one.text) && canExplain(evidence, one, explains),
    );
    return [
      {
        what: "Prometheus can't deliver its alerts to Alertmanager",
        how: [...(line ? [quote(line)] : []), ...checks.map(quoteCheck)],
        sureness: line ? "certain" : "likely",
        explains,
      },
    ];
  },
};

const failedWords = /Notify for alerts failed|Notify attempt failed|Error on notify/;

/**
 * Per receiver and integration its last complaint since the delivery was tried. `Notify success` is logged where an attempt
 * failed before, and ends that complaint.
 */
function groupByReceiver(evidence: Evidence): Map<string, LogLine> {
  const tried = listFailedDeliveries(evidence);
  const found = new Map<string, LogLine>();
  for (const line of findLinesOfApp(evidence, "alertmanager")) {
    if (/Notify success/.test(line.text)) found.delete(formatReceiver(line));
    if (!failedWords.test(line.text) || isAboutOwnReceiver(evidence, line)) continue;
    if (canExplain(evidence, line, tried)) found.set(formatReceiver(line), line);
  }
  return found;
}

/**
 * Where monstack's receiver has taken the place of all others, it is the other end of each notification. What it got is known
 * without a log; what remains the user's is what Alertmanager fails to make, such as a template.
 */
function isAboutOwnReceiver({ requested }: Evidence, { text }: LogLine): boolean {
  return requested.capture !== undefined && matchNotification(text)?.matches !== undefined;
}

function listFailedDeliveries(evidence: Evidence): readonly string[] {
  return listNotPassed(evidence, /^(alert-delivery|rule-delivery)$/);
}

/** `slack/slack[0]`. */
function formatReceiver({ fields }: LogLine): string {
  const { receiver, integration, err = "" } = fields;
  if (receiver !== undefined && integration !== undefined) return `${receiver}/${integration}`;
  return /^([^\s:]+\/\w+\[\d+\]): /.exec(err)?.[1] ?? "";
}

const matchNotification = (text: string) => matchFailure([failures.notificationsFail], text);

function describeReceiver(evidence: Evidence, line: LogLine): Finding {
  const known = matchNotification(line.text);
  const [receiver = "", integration = ""] = formatReceiver(line).split("/");
  const explains = listFailedDeliveries(evidence);
  return {
    what: `Alertmanager can't deliver to receiver ${receiver || "?"}${integration && ` (${integration})`}: ${known?.explanation}`,
    how: [quote(line)],
    fix: known?.fix,
    sureness: explains.length > 0 ? "certain" : "possible",
    explains,
    values: [receiver],
  };
}

export const alertFiring: DiagnosisRule = {
  id: "alert-firing",
  layer: "alerting",
  title: "An alert fires that was not expected",
  evidence: "the checks alerts-quiet and no-alert-fired",
  find: (evidence) =>
    findFailedChecks(evidence)
      .filter(({ id, fault }) => id === "no-alert-fired" || fault === "alert-firing")
      .map((check) => ({
        what: `An alert fires: ${check.seen}`,
        how: [quoteCheck(check)],
        fix: "Fix what the alert reports; if it may fire in this stack, name it in expect-alerts.",
        sureness: "likely",
        explains: [check.id],
        values: parseAlertNames(check.seen),
      })),
};

/** `HighPodCpu{pod="a"} is firing, value 1.5, Other is firing`: labels and descriptions may have capitals too. */
function parseAlertNames(seen: string): string[] {
  return [...seen.matchAll(/(?:^|, )(\w+)(?=\{| (?:is|fires))/g)].map(([, name = ""]) => name);
}
