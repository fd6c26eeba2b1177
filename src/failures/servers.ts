import type { Failure } from "./failure.ts";

/** Failures of the stack's servers that both a check and the diagnosis identify. */
export const prometheusConfigInvalid: Failure = {
  id: "prometheus-config-invalid",
  aliases: ["config-rejected"],
  layer: "configuration",
  title: "Prometheus refuses its configuration",
};

/** The variants match the text of the check alertmanager-wired: its expectation and its cause. */
export const alertmanagerNotWired: Failure = {
  id: "alertmanager-not-wired",
  aliases: ["no-alertmanager", "no-alertmanager-configured", "alertmanager-wrong-path"],
  layer: "alerting",
  title: "Prometheus doesn't send its alerts to Alertmanager",
  fix: "Correct alerting.alertmanagers in prometheus.yml: its discovery, its relabelling, and path_prefix.",
  keys: ["server.alertmanagers", "alertmanagers", "prefixURL", "path_prefix", "alertRelabelConfigs"],
  variants: [
    {
      matches: /serves the path/,
      explanation: "Prometheus posts its alerts to a path that Alertmanager does not serve",
    },
    {
      matches: /names no Alertmanager/,
      explanation: "Prometheus knows no Alertmanager, though one is deployed: its configuration names none",
      fix: "Leave alerting.alertmanagers (server.alertmanagers in the chart's values) to the chart, or name the Alertmanager service there.",
    },
    {
      explanation:
        "Prometheus knows no Alertmanager, though one is deployed: the alerting section of its configuration finds none",
    },
  ],
};

export const alertsNotDelivered: Failure = {
  id: "alerts-not-delivered",
  layer: "alerting",
  title: "Prometheus can't deliver its alerts to Alertmanager",
  fix: "Check Alertmanager's pod and what lies between the two (port, path_prefix, network policy).",
};

/**
 * The variants match Alertmanager's log about the response of a receiver's server. The log mostly leaves out the
 * address (`Post "<redacted>": context deadline exceeded`).
 */
export const notificationsFail: Failure = {
  id: "notifications-fail",
  layer: "alerting",
  title: "Alertmanager can't deliver to a receiver",
  keys: ["receivers.name"],
  variants: [
    {
      matches: /status code (401|403)/,
      explanation: "the other end refuses the credentials",
      fix: "Set the receiver's URL, token or credentials anew: the service reports that they are not valid.",
    },
    {
      matches: /status code (404|410)|no_service|channel_not_found|channel_is_archived/,
      explanation: "the address, webhook or channel does not exist",
      fix: "Correct the receiver's URL (a removed webhook gives the same response), or the channel.",
    },
    {
      matches: /status code 429/,
      explanation: "the other end limits the rate",
      fix: "Group more alerts into one notification (group_by, group_interval).",
    },
    {
      matches: /status code 5\d\d/,
      explanation: "the other end fails",
      fix: "Check the service that receives the notifications: the fault is on its side.",
    },
    {
      matches: /status code 4\d\d/,
      explanation: "the other end refuses what is sent",
      fix: "Compare the receiver's kind and its fields with what the service wants.",
    },
    {
      matches: /auth: 5\d\d|authentication failed|Username and Password not accepted/i,
      explanation: "the mail server refuses user and password",
      fix: "Set auth_username and auth_password anew; Gmail wants an app password.",
    },
    {
      matches: /does not advertise the STARTTLS|require_tls/,
      explanation: "the mail server speaks no TLS there, and the receiver requires it",
      fix: "Use the mail server's port with STARTTLS (587), or set require_tls: false.",
    },
    {
      matches: /x509|certificate|HTTP response to HTTPS client|tls:/i,
      explanation: "TLS with the other end fails",
      fix: "Set http_config.tls_config to the other end's CA, or correct http:// and https:// in the URL.",
    },
    {
      matches: /no such host|server misbehaving/,
      explanation: "the other end's name can't be resolved",
      fix: "Correct the host name; in a cluster without internet use `alerting: {receivers: capture}`.",
    },
    {
      matches:
        /connection refused|i\/o timeout|no route to host|network is unreachable|deadline exceeded|EOF/,
      explanation: "the other end can't be reached",
      fix: "Check whether the address is correct and reachable from the cluster (network policies, proxies, no internet).",
    },
    { explanation: "the notification fails", fix: "Correct the receiver as the message describes." },
  ],
};

/** The variants match the log of Grafana 9 to 13 with SQLite, and of its image's start script. */
export const grafanaDatabase: Failure = {
  id: "grafana-database",
  layer: "grafana",
  title: "Grafana can't use its database",
  explanation: "it reports that it can't reach it",
  fix: "Read the log of the grafana pod: the volume is full or read-only, or an external database is down.",
  keys: ["persistence", "securityContext", "initChownData", "database"],
  variants: [
    {
      matches:
        /GF_PATHS_DATA='[^']{0,300}' is not writable|can't create directory '\/var\/lib\/grafana|\/var\/lib\/grafana\S{0,300}: permission denied/i,
      explanation: "its data folder is not writable for it",
      fix: "Set securityContext.fsGroup: 472 (or initChownData.enabled: true) in the Grafana chart's values.",
    },
    {
      matches: /attempt to write a readonly database|\/var\/lib\/grafana.{0,500}read-only file system/i,
      explanation: "its database is read-only",
      fix: "Give Grafana a writable volume (persistence, or none), owned by user 472.",
    },
    {
      matches: /(?:✗|migration failed|failed to) .{0,500}database is locked/i,
      explanation: "its database is locked by another Grafana",
      fix: "Let the old pod end first (deploymentStrategy.type: Recreate), and keep SQLite off NFS.",
    },
    {
      matches:
        /migration failed|failed to (?:connect to|open) (?:the )?database|unable to open database file|✗ .{0,500}(dial tcp|Access denied|password authentication failed)/i,
      // A plugin that can't be downloaded.
      excludes: /✗ .{0,1000}https?:/i,
      explanation: "it can't open or migrate its database",
      fix: "Read the message: a volume of a newer Grafana can't be opened by an older one, an external database must be up, and its credentials right.",
    },
    {
      matches: /database disk image is malformed|file is not a database/i,
      explanation: "its database file is damaged",
      fix: "Delete Grafana's volume, and let it be provisioned anew.",
    },
  ],
};

export const datasourceMissing: Failure = {
  id: "datasource-missing",
  aliases: ["datasource-none"],
  layer: "grafana",
  title: "Grafana has no default Prometheus datasource",
  fix: "Provision one: `datasources:` in the Grafana chart's values, with type prometheus, isDefault: true, a fixed uid and the URL of the Prometheus service.",
  keys: ["datasources", "isDefault"],
};
