import { matchFailure } from "../../failures/failure.ts";
import { grafanaDatabase as database } from "../../failures/servers.ts";
import {
  findChecksWithFault,
  findFailedChecks,
  grafanaChecks,
  listUnpassedCheckIds,
  quoteCheck,
} from "../checks.ts";
import type { Evidence } from "../evidence.ts";
import { canExplainChecks, findLogLinesOfApp, getMessage, type LogLine, quoteLine } from "../log-lines.ts";
import type { DiagnosisRule, Finding } from "../rule.ts";

const twoDefaultsError =
  /Only one datasource per organization can be marked as default|Only one datasource can be marked as default/;
const provisioningError =
  /(Datasource|Dashboard|Notification|App|Plugin|Alert(?:ing| rules)?) provisioning error: ?/i;

export const datasourceTwoDefaults: DiagnosisRule = {
  id: "datasource-two-defaults",
  layer: "configuration",
  title: "Two datasources are marked as default",
  evidence: "Grafana's log; the datasources that the charts provision",
  find: (evidence) => {
    const line = findLastLine(evidence, twoDefaultsError);
    const checks = findChecksWithFault(evidence, "datasource-two-defaults");
    if (line === undefined && checks.length === 0) return [];
    const defaultNames = evidence.requested.datasources
      .filter(({ isDefault }) => isDefault)
      .map(({ name }) => name);
    const names = defaultNames.length > 1 ? `: ${defaultNames.join(" and ")}` : "";
    return [
      {
        what: `Grafana ${line ? "does not start" : "has two default datasources"}${line ? ": two datasources are marked as default" : ""}${names}`,
        how: [...(line ? [quoteLine(line)] : []), ...checks.map(quoteCheck)],
        fix: "Leave isDefault: true on one datasource only. A chart that brings its own (kube-prometheus-stack: grafana.sidecar.datasources.defaultDatasourceEnabled: false) counts too.",
        explains: listUnpassedCheckIds(evidence, grafanaChecks),
        keys: ["isDefault", "defaultDatasourceEnabled"],
        values: defaultNames.slice(1),
      },
    ];
  },
};

export const grafanaProvisioningInvalid: DiagnosisRule = {
  id: "grafana-provisioning-invalid",
  layer: "configuration",
  title: "Grafana refuses a provisioning file",
  evidence: "Grafana's log: `... provisioning error`",
  find: (evidence) => {
    const line = findLastLine(evidence, provisioningError);
    if (line === undefined || twoDefaultsError.test(line.text)) return [];
    const message = getMessage(line);
    const kind = (provisioningError.exec(message)?.[1] ?? "").toLowerCase();
    const reason = message
      .slice(message.search(provisioningError))
      .replace(provisioningError, "")
      .replace(/\]$/, "");
    const isMissingDatasource = /data source not found/i.test(reason);
    return [
      {
        what: `Grafana does not start: it refuses its ${kind} provisioning: ${reason}`,
        how: [quoteLine(line)],
        fix: isMissingDatasource
          ? "A volume from before holds that datasource under another uid: delete the volume, or give the datasource its old uid."
          : `Correct the ${kind} files in the Grafana chart's values: for YAML mind the indentation, and \`apiVersion: 1\` at the top.`,
        explains: listUnpassedCheckIds(evidence, grafanaChecks),
        keys: [kind === "dashboard" ? "dashboardProviders" : "datasources"],
      },
    ];
  },
};

/**
 * Milliseconds before a check in which an error still counts. Grafana reads the files every 10 s and logs a lasting
 * error each time.
 */
const pollMs = 15_000;

export const dashboardNotLoaded: DiagnosisRule = {
  id: "dashboard-not-loaded",
  layer: "grafana",
  title: "Grafana can't load a dashboard's file",
  evidence: "Grafana's log: `failed to load dashboard from`, `failed to save dashboard`",
  find: (evidence) => {
    const checks = listUnpassedCheckIds(evidence, /^dashboard/);
    const failedLines = findLogLinesOfApp(evidence, "grafana").filter(
      (line) =>
        /failed to (load|save|provision) dashboard/i.test(line.text) &&
        canExplainChecks(evidence, line, checks, pollMs),
    );
    const byFile = new Map(failedLines.map((line) => [line.fields["file"] ?? "", line]));
    return [...byFile].map(([file, line]) => {
      const fileName = file.split("/").at(-1) ?? "";
      const isEmpty = /(?:EOF|unexpected end of JSON input)\s*"?$/.test(line.text.trim());
      return {
        what: `Grafana can't load the dashboard ${fileName || "that is named below"}: ${isEmpty ? "its file is empty" : "its file is not as it should be"}`,
        how: [quoteLine(line), ...(file ? [`the file is ${file}`] : [])],
        fix: isEmpty
          ? "Its download failed unnoticed (gnetId or url, in the init container download-dashboards): set take-over-dashboards: true to have monstack download it, give the dashboard as json or file, or let the pod reach grafana.com."
          : "Correct the dashboard's JSON.",
        explains: checks,
        keys: [`${fileName.replace(/\.json$/, "")}.gnetId`, "dashboards"],
      };
    });
  },
};

/**
 * Matches a failed download that ends Grafana's start: `grafana cli` in the image's start script, or a synchronous
 * preinstall.
 */
const fatalDownload = /✗.{0,500}(?:grafana\.com\/api\/plugins\/|failed to install plugin)/;
/**
 * Matches a failed download of the installer that runs in the background. It also installs Grafana's own default
 * plugins.
 */
const backgroundDownload = /msg="Failed to install plugin"/;

export const grafanaPluginDownload: DiagnosisRule = {
  id: "grafana-plugin-download",
  layer: "grafana",
  title: "Grafana can't download a plugin",
  evidence:
    "Grafana's log: what ends its start, or `Failed to install plugin` for a plugin that a failed check names",
  find: (evidence) => {
    const fatalLine = findLastLine(evidence, fatalDownload);
    if (fatalLine !== undefined)
      return [
        describeFailedDownload(
          fatalLine,
          true,
          findPlugin(fatalLine),
          listUnpassedCheckIds(evidence, grafanaChecks),
        ),
      ];
    const failedLines = findLogLinesOfApp(evidence, "grafana").filter(({ text }) =>
      backgroundDownload.test(text),
    );
    const byPlugin = new Map(failedLines.map((line) => [findPlugin(line), line]));
    return [...byPlugin].flatMap(([plugin, line]) => {
      const checks = findFailedChecks(evidence)
        .filter(
          ({ expected, seen, cause = "" }) =>
            plugin !== "" && `${expected} ${seen} ${cause}`.includes(plugin),
        )
        .map(({ id }) => id);
      return checks.length > 0 || !line.isReady ? [describeFailedDownload(line, false, plugin, checks)] : [];
    });
  },
};

/** Returns the id of the plugin that a line names; empty if it names none. */
function findPlugin({ text, fields }: LogLine): string {
  const match =
    /failed to install plugin ([a-z0-9-]+)@/.exec(text) ??
    /\/api\/plugins\/repo\/([a-z0-9-]+)/.exec(text) ??
    /\/api\/plugins\/([a-z0-9-]+)\//.exec(text);
  return fields["pluginId"] ?? match?.[1] ?? "";
}

/**
 * Returns the finding for a plugin that can't be downloaded.
 * @param endsStart true if the failed download ends Grafana's start
 * @param explains ids of the checks
 */
function describeFailedDownload(
  line: LogLine,
  endsStart: boolean,
  plugin: string,
  explains: readonly string[],
): Finding {
  // In the background Grafana also installs plugins that nobody requested, so a check must miss the plugin.
  const backgroundSureness = explains.length > 0 ? "likely" : "possible";
  return {
    what: `Grafana ${endsStart ? "does not start: it " : ""}can't download the plugin ${plugin}`,
    how: [quoteLine(line)],
    fix: "Take it out of `plugins` (GF_INSTALL_PLUGINS, GF_PLUGINS_PREINSTALL), put it into the image, or let the pod reach grafana.com.",
    sureness: endsStart ? "certain" : backgroundSureness,
    explains,
    keys: ["plugins", "GF_INSTALL_PLUGINS", "GF_PLUGINS_PREINSTALL_SYNC", "GF_PLUGINS_PREINSTALL"],
    values: [plugin],
  };
}

/**
 * Returns the last line that matches and can explain the failed checks. In the log of a ready Grafana an error of its
 * start can only be from a later reload.
 */
function findLastLine(evidence: Evidence, pattern: RegExp): LogLine | undefined {
  const checks = listUnpassedCheckIds(evidence, grafanaChecks);
  return findLogLinesOfApp(evidence, "grafana").findLast(
    (line) => pattern.test(line.text) && canExplainChecks(evidence, line, checks),
  );
}

export const grafanaDatabase: DiagnosisRule = {
  ...database,
  evidence: "Grafana's log and its /api/health",
  find: (evidence) => {
    const explains = listUnpassedCheckIds(evidence, grafanaChecks);
    const variants = findLogLinesOfApp(evidence, "grafana")
      .filter((line) => canExplainChecks(evidence, line, explains))
      .flatMap((line) => matchFailure([database], line.text)?.variant ?? [])
      .sort();
    const checks = findChecksWithFault(evidence, database.id);
    if (variants.length === 0 && checks.length === 0) return [];
    const line = findLogLinesOfApp(evidence, "grafana").findLast(
      (candidate) =>
        canExplainChecks(evidence, candidate, explains) &&
        matchFailure([database], candidate.text)?.variant === (variants[0] ?? ""),
    );
    const matchedFailure = line && matchFailure([database], line.text);
    return [
      {
        what: `Grafana has trouble with its database: ${matchedFailure?.explanation ?? "it reports that it can't reach it"}`,
        how: [...(line ? [quoteLine(line)] : []), ...checks.map(quoteCheck)],
        fix: matchedFailure?.fix,
        // A Grafana that is ready may only have waited for its database once.
        sureness: checks.length > 0 || !line?.isReady ? "certain" : "possible",
        explains,
      },
    ];
  },
};

export const grafanaLoginRefused: DiagnosisRule = {
  id: "grafana-login-refused",
  layer: "grafana",
  title: "Grafana refuses the configured password",
  evidence: "its HTTP 401 to the configured user; the age of its volume",
  find: (evidence) => {
    const checks = findFailedChecks(evidence).filter(({ fault }) => fault === "grafana-login-refused");
    if (checks.length === 0 && !evidence.grafana?.loginRefused) return [];
    const claim = findOldClaim(evidence);
    return [
      {
        what: claim
          ? `Grafana refuses the configured password: its volume (claim ${claim.name}) is from an earlier deployment and holds another one`
          : "Grafana refuses the configured password: its database holds another one",
        how: [
          ...(checks.length > 0
            ? checks.slice(0, 1).map(quoteCheck)
            : ["Grafana answers HTTP 401 to the configured user"]),
          ...(claim
            ? [
                `the claim ${claim.name} was made ${claim.createdAt}, before this deployment (${evidence.deployedAt})`,
              ]
            : []),
        ],
        fix: claim
          ? `Delete the claim ${claim.name}, give the old password as grafana.password, or reset it: \`grafana cli admin reset-admin-password\` in the pod. Grafana takes the password from the values only for a new database.`
          : "Give the password that is in force as grafana.password, or reset it: `grafana cli admin reset-admin-password` in the pod. Somebody changed it, or the chart takes it from a Secret of your own (admin.existingSecret).",
        explains: [
          ...new Set([...checks.map(({ id }) => id), ...listUnpassedCheckIds(evidence, grafanaChecks)]),
        ].filter((id) => !id.startsWith("workloads-")),
        keys: ["adminPassword", "admin.existingSecret", "grafana.password"],
      },
    ];
  },
};

/** A claim that existed before this deployment. */
interface OldClaim {
  /** `namespace/name`. */
  readonly name: string;
  /** ISO 8601. */
  readonly createdAt: string;
}

/** Returns Grafana's claim if it is older than this deployment; otherwise undefined. */
function findOldClaim({ cluster, deployedAt }: Evidence): OldClaim | undefined {
  const claim = (cluster?.claims ?? []).find(({ metadata }) => /grafana/.test(metadata.name));
  const createdAt = claim?.metadata.creationTimestamp;
  if (claim === undefined || createdAt === undefined || deployedAt === undefined) return undefined;
  if (Date.parse(createdAt) >= Date.parse(deployedAt)) return undefined;
  return { name: `${claim.metadata.namespace}/${claim.metadata.name}`, createdAt };
}
