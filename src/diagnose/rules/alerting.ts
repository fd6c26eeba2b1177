import { explainConfigurationError } from "../../failures/configuration.ts";
import { matchFailure } from "../../failures/failure.ts";
import * as failures from "../../failures/servers.ts";
import {
  alertmanagerChecks,
  findChecksWithFault,
  findFailedChecks,
  listUnpassedCheckIds,
  quoteCheck,
} from "../checks.ts";
import type { Evidence } from "../evidence.ts";
import { canExplainChecks, findLogLinesOfApp, getMessage, type LogLine, quoteLine } from "../log-lines.ts";
import type { DiagnosisRule, Finding } from "../rule.ts";

/** Matches the log of Alertmanager up to 0.28, since 0.29, and for files that the configuration names. */
const refusedConfiguration =
  /Loading configuration file failed|error loading configuration file|failed to apply new config/;

export const alertmanagerConfigInvalid: DiagnosisRule = {
  id: "alertmanager-config-invalid",
  layer: "configuration",
  title: "Alertmanager refuses its configuration",
  evidence: "Alertmanager's log, of a start or of a reload",
  find: (evidence) => {
    const lines = findLogLinesOfApp(evidence, "alertmanager");
    const lastLoad = lines.findLastIndex(({ text }) => /Completed loading of configuration file/.test(text));
    const line = lines.findLast(({ text }, index) => index > lastLoad && refusedConfiguration.test(text));
    if (line === undefined) return [];
    const error = explainConfigurationError(line.fields["err"] ?? getMessage(line));
    return [
      {
        what: `Alertmanager refuses its configuration: ${error.what}`,
        how: [quoteLine(line)],
        fix: error.fix,
        explains: listUnpassedCheckIds(evidence, alertmanagerChecks),
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
    findChecksWithFault(evidence, failures.alertmanagerNotWired.id).map((check) => {
      const matchedFailure = matchFailure(
        [failures.alertmanagerNotWired],
        `${check.expected}\n${check.cause ?? ""}`,
      );
      return {
        what: matchedFailure?.explanation ?? check.seen,
        how: [quoteCheck(check), ...(check.cause === undefined ? [] : [check.cause])],
        fix: matchedFailure?.fix,
        explains: [...listUnpassedCheckIds(evidence, /^alert-delivery$|^rule-delivery$/), check.id],
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
    const checks = findChecksWithFault(evidence, failures.alertsNotDelivered.id);
    if (checks.length === 0) return [];
    const explains = checks.map(({ id }) => id);
    const line = findLogLinesOfApp(evidence, "prometheus").findLast(
      (candidate) =>
        /Error sending alert/.test(candidate.text) && canExplainChecks(evidence, candidate, explains),
    );
    return [
      {
        what: "Prometheus can't deliver its alerts to Alertmanager",
        how: [...(line ? [quoteLine(line)] : []), ...checks.map(quoteCheck)],
        sureness: line ? "certain" : "likely",
        explains,
      },
    ];
  },
};

/** Matches the log lines about a notification that failed. */
const failedNotification = /Notify for alerts failed|Notify attempt failed|Error on notify/;

/**
 * Returns for each receiver and integration the last error since a delivery was tried. `Notify success` is logged
 * after a failed attempt, and removes the earlier error.
 */
function groupByReceiver(evidence: Evidence): Map<string, LogLine> {
  const failedDeliveries = listFailedDeliveries(evidence);
  const lastErrors = new Map<string, LogLine>();
  for (const line of findLogLinesOfApp(evidence, "alertmanager")) {
    if (/Notify success/.test(line.text)) lastErrors.delete(formatReceiver(line));
    if (!failedNotification.test(line.text) || isAboutOwnReceiver(evidence, line)) continue;
    if (canExplainChecks(evidence, line, failedDeliveries)) lastErrors.set(formatReceiver(line), line);
  }
  return lastErrors;
}

/**
 * True if a failed notification was sent to monstack's own receiver, which has replaced all others and knows what it
 * received. Errors within Alertmanager, e.g. of a template, still concern the user's configuration.
 */
function isAboutOwnReceiver({ requested }: Evidence, { text }: LogLine): boolean {
  return requested.capture !== undefined && matchNotification(text)?.matches !== undefined;
}

/** Returns the ids of the checks of a delivery that did not pass. */
function listFailedDeliveries(evidence: Evidence): readonly string[] {
  return listUnpassedCheckIds(evidence, /^(alert-delivery|rule-delivery)$/);
}

/** Returns the receiver and integration of a line, e.g. `slack/slack[0]`; empty if the line names none. */
function formatReceiver({ fields }: LogLine): string {
  const { receiver, integration, err = "" } = fields;
  if (receiver !== undefined && integration !== undefined) return `${receiver}/${integration}`;
  return /^([^\s:]+\/\w+\[\d+\]): /.exec(err)?.[1] ?? "";
}

/** Returns the failure of a notification that a text reports. */
const matchNotification = (text: string) => matchFailure([failures.notificationsFail], text);

/** Returns the finding for a receiver whose notifications fail. */
function describeReceiver(evidence: Evidence, line: LogLine): Finding {
  const matchedFailure = matchNotification(line.text);
  const [receiver = "", integration = ""] = formatReceiver(line).split("/");
  const explains = listFailedDeliveries(evidence);
  return {
    what: `Alertmanager can't deliver to receiver ${receiver || "?"}${integration && ` (${integration})`}: ${matchedFailure?.explanation}`,
    how: [quoteLine(line)],
    fix: matchedFailure?.fix,
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

/**
 * Returns the names of the alerts in a text like `HighPodCpu{pod="a"} is firing, value 1.5, Other is firing`. Labels
 * and descriptions may have capitals too.
 */
function parseAlertNames(seen: string): string[] {
  return [...seen.matchAll(/(?:^|, )(\w+)(?=\{| (?:is|fires))/g)].map(([, name = ""]) => name);
}
