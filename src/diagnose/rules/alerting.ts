import { explainConfigurationError } from "../../failures/configuration.ts";
import { failedChecks, needAlertmanager, notPassed, quoteCheck, withFault } from "../checks.ts";
import type { Evidence } from "../evidence.ts";
import { canExplain, type LogLine, linesOf, quote, saidBy } from "../log-lines.ts";
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

interface Reason {
  readonly match: RegExp;
  readonly why: string;
  readonly fix: string;
}

/**
 * What a receiver's other end says, in Alertmanager's words; the first that matches counts. Alertmanager writes no address
 * with most of them (`Post "<redacted>": context deadline exceeded`).
 */
const reasons: readonly Reason[] = [
  {
    match: /status code (401|403)/,
    why: "the other end refuses the credentials",
    fix: "Set the receiver's URL, token or credentials anew: the service says that they are not valid.",
  },
  {
    match: /status code (404|410)|no_service|channel_not_found|channel_is_archived/,
    why: "the address, webhook or channel does not exist",
    fix: "Correct the receiver's URL (a webhook that was removed answers so too), or the channel.",
  },
  {
    match: /status code 429/,
    why: "the other end limits the rate",
    fix: "Group more alerts into one notification (group_by, group_interval).",
  },
  {
    match: /status code 5\d\d/,
    why: "the other end fails",
    fix: "Look at the service that receives the notifications: the fault is on its side.",
  },
  {
    match: /status code 4\d\d/,
    why: "the other end refuses what is sent",
    fix: "Compare the receiver's kind and its fields with what the service wants.",
  },
  {
    match: /auth: 5\d\d|authentication failed|Username and Password not accepted/i,
    why: "the mail server refuses user and password",
    fix: "Set auth_username and auth_password anew; Gmail wants an app password.",
  },
  {
    match: /does not advertise the STARTTLS|require_tls/,
    why: "the mail server speaks no TLS there, and the receiver requires it",
    fix: "Use the mail server's port with STARTTLS (587), or set require_tls: false.",
  },
  {
    match: /x509|certificate|HTTP response to HTTPS client|tls:/i,
    why: "TLS with the other end fails",
    fix: "Set http_config.tls_config to the other end's CA, or correct http:// and https:// in the URL.",
  },
  {
    match: /no such host|server misbehaving/,
    why: "the other end's name can't be resolved",
    fix: "Correct the host name; in a cluster without internet use `alerting: {receivers: capture}`.",
  },
  {
    match: /connection refused|i\/o timeout|no route to host|network is unreachable|deadline exceeded|EOF/,
    why: "the other end can't be reached",
    fix: "Look whether the address is right and reachable from the cluster (network policies, proxies, no internet).",
  },
];

export const notificationsFail: DiagnosisRule = {
  id: "notifications-fail",
  layer: "alerting",
  title: "Alertmanager can't deliver to a receiver",
  evidence: "Alertmanager's log: `Notify for alerts failed`, `Notify attempt failed`",
  find: (evidence) => [...byReceiver(evidence).values()].map((lines) => toFound(evidence, lines)),
};

export const alertsNotDelivered: DiagnosisRule = {
  id: "alerts-not-delivered",
  layer: "alerting",
  title: "Prometheus can't deliver its alerts to Alertmanager",
  evidence: "Prometheus' log: `Error sending alerts`; the check alertmanager-wired",
  find: (evidence) => {
    const checks = failedChecks(evidence).filter(({ fault }) => fault === "notifications-fail");
    if (checks.length === 0) return [];
    const explains = checks.map(({ id }) => id);
    const line = linesOf(evidence, "prometheus").findLast(
      (one) => /Error sending alert/.test(one.text) && canExplain(evidence, one, explains),
    );
    return [
      {
        what: "Prometheus can't deliver its alerts to Alertmanager",
        how: [...(line ? [quote(line)] : []), ...checks.map(quoteCheck)],
        fix: "Look at Alertmanager's pod and at what stands between the two (port, path_prefix, network policy).",
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
function byReceiver(evidence: Evidence): Map<string, LogLine> {
  const tried = deliveriesNotPassed(evidence);
  const found = new Map<string, LogLine>();
  for (const line of linesOf(evidence, "alertmanager")) {
    if (/Notify success/.test(line.text)) found.delete(receiverOf(line));
    if (!failedWords.test(line.text) || isAboutOwnReceiver(evidence, line)) continue;
    if (canExplain(evidence, line, tried)) found.set(receiverOf(line), line);
  }
  return found;
}

/**
 * Where monstack's receiver has taken the place of all others, it is the other end of each notification. What it got is known
 * without a log; what remains the user's is what Alertmanager fails to make, such as a template.
 */
function isAboutOwnReceiver({ requested }: Evidence, { text }: LogLine): boolean {
  return requested.capture !== undefined && reasons.some(({ match }) => match.test(text));
}

function deliveriesNotPassed(evidence: Evidence): readonly string[] {
  return notPassed(evidence, /^(alert-delivery|rule-delivery)$/);
}

/** `slack/slack[0]`. */
function receiverOf({ fields }: LogLine): string {
  const { receiver, integration, err = "" } = fields;
  if (receiver !== undefined && integration !== undefined) return `${receiver}/${integration}`;
  return /^([^\s:]+\/\w+\[\d+\]): /.exec(err)?.[1] ?? "";
}

function toFound(evidence: Evidence, line: LogLine): Finding {
  const { why, fix } = reasons.find(({ match }) => match.test(line.text)) ?? {
    why: "the notification fails",
    fix: "Correct the receiver as the message says.",
  };
  const [receiver = "", integration = ""] = receiverOf(line).split("/");
  const explained = deliveriesNotPassed(evidence);
  return {
    what: `Alertmanager can't deliver to receiver ${receiver || "?"}${integration && ` (${integration})`}: ${why}`,
    how: [quote(line)],
    fix,
    sureness: explained.length > 0 ? "certain" : "possible",
    explains: explained,
    keys: ["receivers.name"],
    values: [receiver],
  };
}

export const alertFiring: DiagnosisRule = {
  id: "alert-firing",
  layer: "alerting",
  title: "An alert fires that was not expected",
  evidence: "the checks alerts-quiet and no-alert-fired",
  find: (evidence) =>
    failedChecks(evidence)
      .filter(({ id, fault }) => id === "no-alert-fired" || fault === "alert-firing")
      .map((check) => ({
        what: `An alert fires: ${check.seen}`,
        how: [quoteCheck(check)],
        fix: "Fix what the alert tells of; if it may fire in this stack, name it in expect-alerts.",
        sureness: "likely",
        explains: [check.id],
        values: alertNames(check.seen),
      })),
};

/** `HighPodCpu{pod="a"} is firing, value 1.5, Other is firing`: labels and descriptions may have capitals too. */
function alertNames(seen: string): string[] {
  return [...seen.matchAll(/(?:^|, )(\w+)(?=\{| (?:is|fires))/g)].map(([, name = ""]) => name);
}
